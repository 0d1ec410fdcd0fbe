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

	// What later revisions do; not documented, all of it.

	// RevisionRefusal is how a revision that is not accepted is refused, with a 400: "problem" (the default) by the product's
	// problem; "nested" by a code in an object named error; "sentence" by a title that names the accepted ones; "misleading"
	// by one that names those that are gone, and none that is accepted.
	RevisionRefusal string
	// TokenTakesAnyRevision lets /token accept every well-formed revision.
	TokenTakesAnyRevision bool
	// MissingEndpoint is how an endpoint is answered that a revision does not have: "problem" (the default), a 404 as for any
	// unknown path; "framework", a 404 with the web framework's document; "405"; "501"; "unsupported", as if the revision
	// were not accepted.
	MissingEndpoint string
	// NoValidation takes the validation endpoints away, in every revision.
	NoValidation bool
	// FrameworkErrorsSince is the revision from which on every refusal is the web framework's own document. Default
	// "1.8-rev0", of which public clients know it; "none" for never.
	FrameworkErrorsSince string
	// RoleField is the property of a user that has its role, from 1.4-rev0 on. Default "role"; "none" for no such property.
	RoleField string
	// RoleValues are the roles that a request can give. A user who was given none, or has none when it was made without a
	// request, has the first, and only the first may do anything. Default: the four known ones.
	RoleValues []string
	// RoleRequired refuses to create a user without a role, in revisions that have them.
	RoleRequired bool

	// The habits: ways in which an appliance may differ from the vendor's document. By default it answers as the
	// vendor's OpenAPI document says; [SeenOnTheWire] switches the habits on with which appliances are known to differ
	// from it.

	// ZonelessDates answers dates without a zone. By default they are in UTC and say so.
	ZonelessDates bool
	// NullForMissing answers null for a missing description and for a missing credentialsId. By default the one is "" and the
	// other is omitted.
	NullForMissing bool
	// VariesEmptyLists answers a validation that finds nothing with no body, null and an empty list in turn. The default is
	// the empty list.
	VariesEmptyLists bool
	// UserRefusalStatus refuses the values of a user. The default is 500, the only documented status that fits: the document has no
	// 400 for users. Where problem documents are not the product's, it is 400.
	UserRefusalStatus int
	// FrameworkModelErrors refuses what the web framework itself finds wrong with a body, a query or an id in the framework's own
	// document and with a 400. By default it is refused like anything else.
	FrameworkModelErrors bool
	// TrimsSpace removes the whitespace around every value but a password before it is checked and kept. A blank
	// description is kept as none.
	TrimsSpace bool
	// MaxLimit refuses a larger Limit with a 400. The default, 0, refuses none and serves [Config.PageLimit] records.
	MaxLimit int
	// WrongPasswordStatus and WrongPasswordProblem refuse a wrong oldPassword. Not documented. The problem is the name of a
	// documented one, such as "invalidAccessToken"; "framework" for the web framework's own document with the property in its
	// errors; or "none" for no body. Default: validationError with the status of [Config.UserRefusalStatus], another status from
	// 401 on with accessDenied, and another problem with its own status.
	WrongPasswordStatus  int
	WrongPasswordProblem string
	// RefusesDeletionInUse keeps the credentials record that the email settings name from being deleted.
	RefusesDeletionInUse bool
	// FrameworkErrors makes every refusal the web framework's own document, without errorCode and details, in every revision.
	FrameworkErrors bool
	// BlankProblems gives every problem document the type "about:blank", and detail for errorCode and details.
	BlankProblems bool
	// SessionsEndWithPassword and SessionsEndWithUser end a user's sessions when its password changes, or when it is
	// deleted. By default they continue.
	SessionsEndWithPassword, SessionsEndWithUser bool
	// RefusesOldPasswords refuses a password that the user has or had.
	RefusesOldPasswords bool

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

// Values that Config chooses from.
var (
	revisionRefusals = []string{"", "problem", "nested", "sentence", "misleading"}
	missingEndpoints = []string{"", "problem", "framework", "405", "501", "unsupported"}
)

// Validate reports a value that is not among the documented ones.
func (c Config) Validate() error {
	chosen := func(what, value string, known []string) error {
		if slices.Contains(known, value) {
			return nil
		}
		return fmt.Errorf("unknown %s %q, known are %q", what, value, slices.DeleteFunc(known, func(one string) bool { return one == "" }))
	}
	isRevision := func(value string) error {
		if _, ok := parseRevision(value); !ok {
			return fmt.Errorf("the API version %q is not of the form <major>.<minor>-rev<n>", value)
		}
		return nil
	}
	_, err := parseMFASecret(c.MFASecret)
	err = errors.Join(err,
		chosen("product", c.Product, append(Products(), "")),
		chosen("revision refusal", c.RevisionRefusal, slices.Clone(revisionRefusals)),
		chosen("missing endpoint", c.MissingEndpoint, slices.Clone(missingEndpoints)),
		chosen("problem of a wrong password", c.WrongPasswordProblem, append(slices.Sorted(maps.Keys(problemsByName)), "", "framework", "none")))
	for _, version := range c.APIVersions {
		err = errors.Join(err, isRevision(version))
	}
	if since := c.FrameworkErrorsSince; since != "" && since != "none" {
		err = errors.Join(err, isRevision(since))
	}
	return err
}

// SeenOnTheWire returns a configuration with the habits that public clients of appliances cope with.
func SeenOnTheWire(c Config) Config {
	c.ZonelessDates, c.NullForMissing, c.VariesEmptyLists, c.FrameworkModelErrors = true, true, true, true
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
