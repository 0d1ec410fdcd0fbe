package simulator

import (
	"crypto/x509"
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

// Config describes an appliance. The zero value is a fresh appliance with the documented defaults and, of the habits that
// nobody rules out, none.
type Config struct {
	// Username and Password are those of the default administrator: listed among the users with isDefault, never
	// deletable through the API. Defaults: [DefaultUsername], [DefaultPassword].
	Username, Password string
	// MFASecret, when set, switches multi-factor authentication on for the default administrator: the secret of the
	// authenticator, in base32. [Appliance.MFACode] tells its codes.
	MFASecret string
	// APIVersions are the accepted values of the x-api-version header. Default: "1.0-rev0" alone.
	APIVersions []string
	// ProductVersion is what GET /system/version answers. Default "2.0.0.0".
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

	// BeforeRequest, when set, is called with every request before it is worked, so that a test can let somebody else
	// change what is on the appliance between two requests of one apply. It is called concurrently.
	BeforeRequest func(*Appliance, Request)
	// OnRequest, when set, is called with every request once its answer is known and before it is sent, and
	// [Appliance.Requests] stays empty: for an appliance that runs long. It is called concurrently.
	OnRequest func(Request)

	// The habits: what an appliance may do, as far as anybody knows.

	// EmptyDescriptionAsText answers "" for a missing description; the default is null. Appliances do either.
	EmptyDescriptionAsText bool
	// TrimsSpace takes the white space around every value but a password off before it is checked and kept. A blank
	// description is kept as none.
	TrimsSpace bool
	// MaxLimit refuses a larger Limit with a 400. The default, 0, refuses none and serves [Config.PageLimit] records.
	MaxLimit int
	// WrongPasswordStatus and WrongPasswordProblem refuse a wrong oldPassword. Not documented. The problem is the name of a
	// documented one, such as "invalidAccessToken"; "framework" for the web framework's own document with the property in its
	// errors; or "none" for no body. Default: 400 with validationError, another status with accessDenied, and another
	// problem with its own status.
	WrongPasswordStatus  int
	WrongPasswordProblem string
	// RefusesDeletionInUse keeps the credentials record that the email settings name from being deleted.
	RefusesDeletionInUse bool
	// FrameworkErrors makes every refusal the web framework's own document, without errorCode and details.
	FrameworkErrors bool
	// BlankProblems gives every problem document the type "about:blank", and detail for errorCode and details.
	BlankProblems bool
	// SessionsEndWithPassword and SessionsEndWithUser end a user's sessions when its password changes, or when it is
	// deleted. By default they live on.
	SessionsEndWithPassword, SessionsEndWithUser bool
	// RefusesOldPasswords lets a user have no password again that it has or had.
	RefusesOldPasswords bool

	// Address is where [Start] listens. Default "127.0.0.1:0", a free port.
	Address string
	// PlainHTTP makes [Start] serve http instead of https; loopback addresses only.
	PlainHTTP bool
	// CertificateNames are the host names and IP addresses that the certificate of [Start] is made out to. Default:
	// 127.0.0.1, ::1, localhost and the host of Address; an empty slice that is not nil leaves the common name alone.
	CertificateNames []string
	// CertificateCommonName is the common name of its subject. By default it names no host.
	CertificateCommonName string
	// CertificateNotAfter is when it expires. Default: in a year.
	CertificateNotAfter time.Time
	// CertificateIsLeaf makes it one that may sign no other. The default is an authority that signed itself.
	CertificateIsLeaf bool
}

// Validate reports a value that is not among the documented ones.
func (c Config) Validate() error {
	if _, known := problemsByName[c.WrongPasswordProblem]; !known && !slices.Contains([]string{"", "framework", "none"}, c.WrongPasswordProblem) {
		return fmt.Errorf("unknown problem %q of a wrong password, known are %q, framework and none", c.WrongPasswordProblem, slices.Sorted(maps.Keys(problemsByName)))
	}
	_, err := parseMFASecret(c.MFASecret)
	return err
}

func (c Config) withDefaults() Config {
	setDefault(&c.Username, DefaultUsername)
	setDefault(&c.Password, DefaultPassword)
	c.MFASecret, _ = parseMFASecret(c.MFASecret)
	setDefault(&c.ProductVersion, "2.0.0.0")
	setDefault(&c.AccessTokenLifetime, time.Hour)
	setDefault(&c.RefreshTokenLifetime, 2*time.Hour)
	setDefault(&c.PageLimit, 100)
	setDefault(&c.WrongPasswordStatus, problemsByName[c.WrongPasswordProblem].status)
	setDefault(&c.WrongPasswordStatus, http.StatusBadRequest)
	setDefault(&c.Address, "127.0.0.1:0")
	setDefault(&c.CertificateCommonName, "Simulated Veeam Backup for AWS appliance")
	if c.Now == nil {
		c.Now = time.Now
	}
	if len(c.APIVersions) == 0 {
		c.APIVersions = []string{"1.0-rev0"}
	}
	return c
}

func setDefault[T comparable](value *T, byDefault T) {
	var zero T
	if *value == zero {
		*value = byDefault
	}
}
