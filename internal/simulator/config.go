package simulator

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// DefaultUsername and DefaultPassword are those of the default administrator of a zero [Config].
const (
	DefaultUsername = "admin"
	DefaultPassword = "Adm1n-secret-pw"
)

// Config describes an appliance. The zero value is a fresh appliance with the documented defaults and without any of the
// habits below.
type Config struct {
	// Username and Password are those of the default administrator: listed among the users with isDefault, never
	// deletable through the API. Defaults: [DefaultUsername], [DefaultPassword].
	Username, Password string
	// MFASecret, when set, switches multi-factor authentication on for the default administrator: the secret of the
	// authenticator, in base32. [Appliance.MFACode] returns its codes.
	MFASecret string
	// Product is a product version, one of [Products]: the default of APIVersions and ProductVersion. What a request can ask
	// for follows from its revision alone.
	Product string
	// APIVersions are the accepted values of the x-api-version header. Default: those of the Product, or "1.0-rev0" alone.
	APIVersions []string
	// ProductVersion is what GET /system/version answers. Default: that of the Product, or "2.0.0.0".
	ProductVersion string
	// AccessTokenLifetime and RefreshTokenLifetime default to the documented 1 and 2 hours. Lifetimes below a second
	// are kept exactly, although expires_in can only say 1.
	AccessTokenLifetime, RefreshTokenLifetime time.Duration
	// PageLimit is the largest page of a collection, and the page size without Limit. Default 100.
	PageLimit int
	// Latency delays every answer, after the work was done.
	Latency time.Duration
	// SMTPRootCAs are trusted, instead of the system's, when a test message is sent with STARTTLS.
	SMTPRootCAs *x509.CertPool
	// Now is the appliance's clock, for tokens and MFA codes. Default [time.Now].
	Now func() time.Time
	// Seed makes the choices of [Fault.Share] repeatable.
	Seed uint64

	// BeforeRequest, when set, is called with every request before it is processed, so that a test can let another
	// client change what is on the appliance between two requests of one apply. It is called concurrently.
	BeforeRequest func(*Appliance, Request)
	// OnExchange, when set, is called with every request and the whole answer to it, before that is sent. It is called concurrently.
	OnExchange func(Exchange)
	// OnRequest, when set, is called with every request once its answer is known and before it is sent, and
	// [Appliance.Requests] stays empty: for an appliance that runs long. It is called concurrently.
	OnRequest func(Request)

	// Behavior of later revisions, all undocumented.

	// RevisionRefusal is how a revision that is not accepted is refused, with a 400: "problem" (the default) by the product's
	// problem; "nested" by a code in an object named error; "sentence" by a title that names the accepted ones; "misleading"
	// by one that names those that are gone, and none that is accepted.
	RevisionRefusal string
	// MissingEndpoint is how an endpoint is answered that a revision does not have: "problem" (the default), a 404 as for any
	// unknown path; "framework", a 404 with the web framework's document; "405"; "501"; "unsupported", as if the revision
	// were not accepted.
	MissingEndpoint string
	// FrameworkErrorsSince is the revision from which on every refusal is the web framework's own document. Default
	// "1.8-rev0", of which public clients know it; "none" for never.
	FrameworkErrorsSince string
	// RoleField is the property of a user that has its role, from 1.4-rev0 on. Default "role"; "none" for no such property.
	RoleField string
	// RoleValues are the roles that a request can give. A user who was given none, or has none when it was made without a
	// request, has the first, and only the first may do anything. Default: the four known ones.
	RoleValues []string

	// By default an appliance answers as the vendor's OpenAPI document says. What follows are ways in which it may differ;
	// [SeenOnTheWire] sets those that are known from appliances. Those that have no value are Habits.
	Habits Habits

	// UserRefusalStatus is the status that refuses the values of a user. The default is 500, the only documented status that
	// fits: the document has no 400 for users. Where problem documents are not the product's, it is 400.
	UserRefusalStatus int
	// MaxLimit is the largest Limit that is not refused with a 400. With 0, the default, none is refused, and a page has
	// [Config.PageLimit] records at most.
	MaxLimit int
	// WrongPasswordStatus and WrongPasswordProblem are the status and the problem that refuse a wrong oldPassword. Neither is
	// documented. The problem is the name of a documented one, such as "invalidAccessToken"; "framework" for the web framework's
	// own document with the property in its errors; or "none" for no body. Default: validationError with
	// [Config.UserRefusalStatus]. If only the status is set and is 401 to 499: accessDenied. If only the problem is set: its own
	// status.
	WrongPasswordStatus  int
	WrongPasswordProblem string

	// Address is where [Start] listens. Default "127.0.0.1:0", a free port.
	Address string
	// PlainHTTP makes [Start] serve http instead of https; loopback addresses only.
	PlainHTTP bool
	// CertificateNames are the host names and IP addresses that the certificate of [Start] is issued for. Default:
	// 127.0.0.1, ::1, localhost and the host of Address; an empty slice that is not nil leaves the common name alone.
	CertificateNames []string
	// CertificateCommonName is the common name of its subject. By default it names no host.
	CertificateCommonName string
	// CertificateNotAfter is when it expires. Default: in a year.
	CertificateNotAfter time.Time
	// CertificateIsLeaf makes it one that may sign no other. The default is an authority that signed itself.
	CertificateIsLeaf bool
}

// Habit is a way in which an appliance may differ from the vendor's document. The command has a flag for each.
type Habit struct{ Flag, Usage string }

// Habits are those of one appliance: each one that is true.
type Habits map[Habit]bool

// AllHabits has every habit.
var AllHabits []Habit

func habit(flag, usage string) Habit {
	AllHabits = append(AllHabits, Habit{flag, usage})
	return Habit{flag, usage}
}

// The habits, as the command describes them.
var (
	BlankProblems           = habit("blank-problems", "answer all errors with problem documents of the type about:blank")
	FrameworkErrors         = habit("framework-errors", "answer all errors with the web framework's own error documents")
	FrameworkModelErrors    = habit("framework-model-errors", "answer malformed bodies, queries and ids with the web framework's own error documents")
	NoValidation            = habit("no-validation", "have no validation endpoints")
	NullForMissing          = habit("null-for-missing", `answer null for a missing description, instead of "", and for a missing credentialsId`)
	RefusesDeletionInUse    = habit("refuse-deletion-in-use", "refuse to delete the credentials record that the email settings use")
	RefusesOldPasswords     = habit("refuse-old-passwords", "refuse a password that the user has or had")
	ResetsRole              = habit("reset-role", "give a user the default role in an update without a role")
	RoleRequired            = habit("role-required", "refuse to create a user without a role, in revisions that have roles")
	SessionsEndWithPassword = habit("sessions-end-with-password", "end the sessions of a user whose password changes")
	SessionsEndWithUser     = habit("sessions-end-with-user", "end the sessions of a user who is deleted")
	TokenTakesAnyRevision   = habit("token-takes-any-revision", "accept every revision at /token")
	TrimsSpace              = habit("trim-space", "remove whitespace around all values but passwords")
	VariesEmptyLists        = habit("vary-empty-lists", "answer a validation that finds nothing with no body, null and an empty list in turn")
	ZonelessDates           = habit("zoneless-dates", "answer dates without a time zone")
)

// Values that Config chooses from.
var (
	revisionRefusals = []string{"problem", "nested", "sentence", "misleading"}
	missingEndpoints = []string{"problem", "framework", "405", "501", "unsupported"}
)

// Validate reports a value that is not among the documented ones.
func (c Config) Validate() error {
	chosen := func(what, value string, known []string) error {
		if value == "" || slices.Contains(known, value) {
			return nil
		}
		return fmt.Errorf("unknown %s %q, known are %q", what, value, known)
	}
	isRevision := func(value string) error {
		if _, ok := parseRevision(value); !ok {
			return fmt.Errorf("the API version %q is not of the form <major>.<minor>-rev<n>", value)
		}
		return nil
	}
	_, err := parseMFASecret(c.MFASecret)
	err = errors.Join(err,
		chosen("product", c.Product, Products()),
		chosen("revision refusal", c.RevisionRefusal, revisionRefusals),
		chosen("missing endpoint", c.MissingEndpoint, missingEndpoints),
		chosen("problem of a wrong password", c.WrongPasswordProblem, append(slices.Sorted(maps.Keys(problemsByName)), "framework", "none")))
	for _, version := range c.APIVersions {
		err = errors.Join(err, isRevision(version))
	}
	if since := c.FrameworkErrorsSince; since != "" && since != "none" {
		err = errors.Join(err, isRevision(since))
	}
	return err
}

// SeenOnTheWire adds the habits that public clients cope with, unless c sets them to false.
func SeenOnTheWire(c Config) Config {
	seen := Habits{ZonelessDates: true, NullForMissing: true, VariesEmptyLists: true, FrameworkModelErrors: true}
	maps.Copy(seen, c.Habits)
	c.Habits = seen
	setDefault(&c.UserRefusalStatus, http.StatusBadRequest)
	return c
}

func (c Config) withDefaults() Config {
	setDefault(&c.Username, DefaultUsername)
	setDefault(&c.Password, DefaultPassword)
	c.MFASecret, _ = parseMFASecret(c.MFASecret)
	if profile, ok := ProfileOf(c.Product); ok {
		setDefault(&c.ProductVersion, profile.ProductVersion)
		setDefaults(&c.APIVersions, profile.APIVersions())
	}
	setDefault(&c.ProductVersion, "2.0.0.0")
	setDefaults(&c.APIVersions, []string{"1.0-rev0"})
	setDefault(&c.AccessTokenLifetime, time.Hour)
	setDefault(&c.RefreshTokenLifetime, 2*time.Hour)
	setDefault(&c.PageLimit, 100)
	if c.Now == nil {
		c.Now = time.Now
	}
	setDefault(&c.FrameworkErrorsSince, defaultFrameworkErrorsSince)
	setDefault(&c.RoleField, "role")
	setDefaults(&c.RoleValues, defaultRoles)
	setDefault(&c.WrongPasswordStatus, problemsByName[c.WrongPasswordProblem].status)
	setDefault(&c.Address, "127.0.0.1:0")
	setDefault(&c.CertificateCommonName, "Simulated Veeam Backup for AWS appliance")
	return c
}

func setDefaults[T any](values *[]T, byDefault []T) {
	if len(*values) == 0 {
		*values = byDefault
	}
}

func setDefault[T comparable](value *T, byDefault T) {
	var zero T
	if *value == zero {
		*value = byDefault
	}
}
