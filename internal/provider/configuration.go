package provider

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// configuration is the provider block.
type configuration struct {
	Host           types.String `tfsdk:"host"`
	Token          types.String `tfsdk:"token"`
	Username       types.String `tfsdk:"username"`
	Password       types.String `tfsdk:"password"`
	MFASecret      types.String `tfsdk:"mfa_secret"`
	MFACode        types.String `tfsdk:"mfa_code"`
	APIVersion     types.String `tfsdk:"api_version"`
	CACertificate  types.String `tfsdk:"ca_certificate"`
	Insecure       types.Bool   `tfsdk:"insecure"`
	RequestTimeout types.String `tfsdk:"request_timeout"`
	MaxRetries     types.Int64  `tfsdk:"max_retries"`
	PlanValidation types.Bool   `tfsdk:"plan_validation"`
}

// hasUnknown tells whether a value will be known only after apply.
func (c configuration) hasUnknown() bool {
	return c.Host.IsUnknown() || c.Token.IsUnknown() || c.Username.IsUnknown() || c.Password.IsUnknown() ||
		c.MFASecret.IsUnknown() || c.MFACode.IsUnknown() || c.APIVersion.IsUnknown() || c.CACertificate.IsUnknown() || c.Insecure.IsUnknown() ||
		c.RequestTimeout.IsUnknown() || c.MaxRetries.IsUnknown() || c.PlanValidation.IsUnknown()
}

// resolve completes the configuration from the environment and the defaults. Values of the configuration have been
// validated; values of the environment are checked here.
func (c configuration) resolve(diags *diag.Diagnostics) api.Config {
	config := api.Config{
		RequestTimeout: api.DefaultRequestTimeout,
		MaxRetries:     wire.DefaultMaxRetries,
	}
	c.resolveSignIn(&config, diags)

	host := setting{attribute: "host", variable: "VEEAM_HOST", configured: c.Host}
	if value := host.value(); value == "" {
		host.missing(diags, "There is no appliance to talk to")
	} else if base, err := wire.ParseHost(value); err != nil {
		host.invalid(diags, err)
	} else {
		config.BaseURL = base
		config.Proxy = proxy(base, diags)
	}

	version := setting{attribute: "api_version", variable: "VEEAM_API_VERSION", configured: c.APIVersion}
	if value := version.value(); value != "" {
		config.APIVersion = value
		if !session.APIVersionPattern.MatchString(value) {
			version.invalid(diags, fmt.Errorf("%q is not of the form <major>.<minor>-rev<n>, such as 1.8-rev0", value))
		}
	}

	certificate := setting{attribute: "ca_certificate", variable: "VEEAM_CA_CERTIFICATE", configured: c.CACertificate}
	if value := certificate.value(); value != "" {
		given, err := certificates(value)
		if err != nil {
			certificate.invalid(diags, err)
		}
		config.Certificates = given
	}

	config.Insecure = c.Insecure.ValueBool()
	if variable := strings.TrimSpace(os.Getenv("VEEAM_INSECURE")); c.Insecure.IsNull() && variable != "" {
		insecure, err := strconv.ParseBool(variable)
		if err != nil {
			setting{attribute: "insecure", variable: "VEEAM_INSECURE"}.invalid(diags, fmt.Errorf("%q is neither true nor false", variable))
		}
		config.Insecure = insecure
	}
	if !framework.IsUnset(c.RequestTimeout) {
		config.RequestTimeout, _ = time.ParseDuration(c.RequestTimeout.ValueString())
	}
	if !c.MaxRetries.IsNull() {
		config.MaxRetries = int(c.MaxRetries.ValueInt64())
	}
	return config
}

// proxy finds the proxy of the environment. The provider never connects without one that cannot be used.
func proxy(base *url.URL, diags *diag.Diagnostics) *wire.Proxy {
	found, err := wire.ProxyFromEnvironment(base)
	if invalid, ok := errors.AsType[*wire.InvalidProxyError](err); ok {
		diags.AddError("Invalid "+invalid.Variable, fmt.Sprintf("The proxy address in the environment variable %s is not valid: %s.\n\n"+
			"To connect to %s without the proxy, add it to the environment variable NO_PROXY.", invalid.Variable, err, base.Hostname()))
	}
	return found
}

// checkSignIn says at plan time what is wrong with the way of signing in, when that much is known already.
func (c configuration) checkSignIn(diags *diag.Diagnostics) {
	if !c.Token.IsUnknown() && !c.Username.IsUnknown() && !c.Password.IsUnknown() && !c.MFASecret.IsUnknown() && !c.MFACode.IsUnknown() {
		c.resolveSignIn(&api.Config{}, diags)
	}
}

// resolveSignIn takes either way of signing in, whole from the configuration or whole from the environment: a token
// that is configured is not mixed with a user name that happens to be in the environment.
func (c configuration) resolveSignIn(config *api.Config, diags *diag.Diagnostics) {
	token := setting{attribute: "token", variable: "VEEAM_TOKEN", configured: c.Token}
	username := setting{attribute: "username", variable: "VEEAM_USERNAME", configured: c.Username}
	password := setting{attribute: "password", variable: "VEEAM_PASSWORD", configured: c.Password, exact: true}

	switch {
	case token.given() != "":
		config.Token = token.word(diags)
		return
	case username.given() == "" && password.given() == "" && token.value() != "":
		config.Token = token.word(diags)
		if username.value() != "" || password.value() != "" {
			diags.AddAttributeError(path.Root("token"), "Two ways of signing in",
				"VEEAM_TOKEN is set together with VEEAM_USERNAME or VEEAM_PASSWORD. Unset one of them, or set token, or username and password, in the provider configuration.")
		}
		return
	}
	config.Username, config.Password = username.value(), password.value()
	switch {
	case config.Username == "" && config.Password == "":
		diags.AddAttributeError(path.Root("username"), "Missing credentials",
			"There is no way to sign in. Set username and password (VEEAM_USERNAME, VEEAM_PASSWORD), or token (VEEAM_TOKEN), in the provider configuration or the environment.")
	case config.Username == "":
		username.missing(diags, "There is a password to sign in with, but no user name")
	case config.Password == "":
		password.missing(diags, "There is a user name to sign in with, but no password")
	}
	if strings.HasSuffix(config.Password, "\n") || strings.HasSuffix(config.Password, "\r") {
		diags.AddAttributeWarning(path.Root("password"), "The provider's password ends in a line break",
			"It is sent as it is. A line break at the end is nearly always that of the file which the password was read from: trimspace(file(…)) takes it off.")
	}
	c.resolveSecondFactor(config, diags)
}

// resolveSecondFactor takes the secret or the code. What is configured of the two hides the other's variable.
func (c configuration) resolveSecondFactor(config *api.Config, diags *diag.Diagnostics) {
	secret := setting{attribute: "mfa_secret", variable: "VEEAM_MFA_SECRET", configured: c.MFASecret}
	code := setting{attribute: "mfa_code", variable: "VEEAM_MFA_CODE", configured: c.MFACode}
	useSecret := secret.value() != "" && (secret.given() != "" || code.given() == "")
	useCode := code.value() != "" && (code.given() != "" || secret.given() == "")
	if useSecret && useCode {
		diags.AddAttributeError(path.Root("mfa_secret"), "Two second factors",
			"mfa_secret (VEEAM_MFA_SECRET) and mfa_code (VEEAM_MFA_CODE) are both set. A secret gives a code for every sign-in: leave out mfa_code.")
		return
	}
	if useCode {
		config.MFACode = code.word(diags)
	}
	if useSecret {
		parsed, err := session.ParseMFASecret(secret.value())
		if err != nil {
			secret.invalid(diags, err)
		}
		config.MFASecret = parsed
	}
}

// conflicts says what is configured beside something that it does not go with.
func (c configuration) conflicts(diags *diag.Diagnostics) {
	for _, second := range []setting{
		{attribute: "username", configured: c.Username}, {attribute: "password", configured: c.Password},
		{attribute: "mfa_secret", configured: c.MFASecret}, {attribute: "mfa_code", configured: c.MFACode},
	} {
		if !framework.IsUnset(c.Token) && !framework.IsUnset(second.configured) {
			diags.AddAttributeError(path.Root(second.attribute), "Two ways of signing in",
				second.attribute+" cannot be set together with token: a token needs nothing beside it.")
		}
	}
	if !framework.IsUnset(c.MFASecret) && !framework.IsUnset(c.MFACode) {
		diags.AddAttributeError(path.Root("mfa_code"), "Two second factors",
			"mfa_code cannot be set together with mfa_secret, which gives a code for every sign-in.")
	}
}

// setting is an argument with the environment variable that stands in for it. Nothing is what "" is, in either place.
type setting struct {
	attribute  string
	variable   string
	configured types.String
	exact      bool // white space around it belongs to it
}

// given is what the configuration holds.
func (s setting) given() string { return s.clean(s.configured.ValueString()) }

// value is what the configuration holds, else the environment.
func (s setting) value() string {
	if given := s.given(); given != "" {
		return given
	}
	return s.clean(os.Getenv(s.variable))
}

func (s setting) clean(value string) string {
	if s.exact {
		return value
	}
	return strings.TrimSpace(value)
}

// word is a value that has no white space in it.
func (s setting) word(diags *diag.Diagnostics) string {
	value := s.value()
	if err := oneWord(value); err != nil {
		s.invalid(diags, err)
	}
	return value
}

func (s setting) missing(diags *diag.Diagnostics, what string) {
	diags.AddAttributeError(path.Root(s.attribute), "Missing "+s.attribute,
		fmt.Sprintf("%s. Set %s in the provider configuration or the environment variable %s.", what, s.attribute, s.variable))
}

func (s setting) invalid(diags *diag.Diagnostics, err error) {
	source := "in the provider configuration"
	if s.given() == "" {
		source = "from the environment variable " + s.variable
	}
	diags.AddAttributeError(path.Root(s.attribute), "Invalid "+s.attribute, fmt.Sprintf("The value %s is not valid: %s.", source, err))
}

// oneWord refuses white space between what is more than one value, or a broken one. The error does not repeat it.
func oneWord(value string) error {
	if strings.ContainsFunc(strings.TrimSpace(value), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return errors.New("there is white space in it")
	}
	return nil
}

// certificates reads PEM as it comes from files, variables and other systems: with the line breaks of Windows, byte order
// marks and indentation.
func certificates(text string) ([]*x509.Certificate, error) {
	const begin = "-----BEGIN CERTIFICATE-----"
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\ufeff", "").Replace(text)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
		if strings.Contains(line, begin) && lines[i] != begin {
			return nil, errors.New("its line breaks are gone: " + begin + " must stand on a line of its own")
		}
	}
	var found []*x509.Certificate
	rest := []byte(strings.Join(lines, "\n"))
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d in it cannot be read: %w", len(found)+1, err)
		}
		found = append(found, certificate)
	}
	if len(found) == 0 && strings.TrimSpace(text) != "" {
		return nil, errors.New("it holds no certificate in PEM form (" + begin + ")")
	}
	if want := strings.Count(text, begin); len(found) < want {
		return nil, fmt.Errorf("only %d of the %d certificates in it can be read", len(found), want)
	}
	return found, nil
}
