package provider

import (
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

// configuration is the provider block.
type configuration struct {
	Host           types.String `tfsdk:"host"`
	Token          types.String `tfsdk:"token"`
	Username       types.String `tfsdk:"username"`
	Password       types.String `tfsdk:"password"`
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
		c.MFACode.IsUnknown() || c.APIVersion.IsUnknown() || c.CACertificate.IsUnknown() || c.Insecure.IsUnknown() ||
		c.RequestTimeout.IsUnknown() || c.MaxRetries.IsUnknown() || c.PlanValidation.IsUnknown()
}

// resolve completes the configuration from the environment and the defaults. Values of the configuration have been
// validated; values of the environment are checked here.
func (c configuration) resolve(diags *diag.Diagnostics) api.Config {
	config := api.Config{
		APIVersion:     api.DefaultAPIVersion,
		RequestTimeout: api.DefaultRequestTimeout,
		MaxRetries:     api.DefaultMaxRetries,
	}
	c.resolveSignIn(&config, diags)

	host := setting{attribute: "host", variable: "VEEAM_HOST", configured: c.Host}
	if value := host.value(); value == "" {
		host.missing(diags, "There is no appliance to talk to")
	} else if base, err := api.ParseHost(value); err != nil {
		host.invalid(diags, err)
	} else {
		config.BaseURL = base
	}

	version := setting{attribute: "api_version", variable: "VEEAM_API_VERSION", configured: c.APIVersion}
	if value := version.value(); value != "" {
		config.APIVersion = value
		if !api.APIVersionPattern.MatchString(value) {
			version.invalid(diags, fmt.Errorf("%q is not of the form <major>.<minor>-rev<n>, such as %s", value, api.DefaultAPIVersion))
		}
	}

	certificate := setting{attribute: "ca_certificate", variable: "VEEAM_CA_CERTIFICATE", configured: c.CACertificate}
	if value := certificate.value(); value != "" {
		roots, err := trusting(value)
		if err != nil {
			certificate.invalid(diags, err)
		}
		config.RootCAs = roots
	}

	config.Insecure = c.Insecure.ValueBool()
	if variable := os.Getenv("VEEAM_INSECURE"); c.Insecure.IsNull() && variable != "" {
		insecure, err := strconv.ParseBool(variable)
		if err != nil {
			setting{attribute: "insecure", variable: "VEEAM_INSECURE"}.invalid(diags, fmt.Errorf("%q is neither true nor false", variable))
		}
		config.Insecure = insecure
	}
	if !c.RequestTimeout.IsNull() {
		config.RequestTimeout, _ = time.ParseDuration(c.RequestTimeout.ValueString())
	}
	if !c.MaxRetries.IsNull() {
		config.MaxRetries = int(c.MaxRetries.ValueInt64())
	}
	return config
}

// checkSignIn says at plan time what is wrong with the way of signing in, when that much is known already.
func (c configuration) checkSignIn(diags *diag.Diagnostics) {
	if !c.Token.IsUnknown() && !c.Username.IsUnknown() && !c.Password.IsUnknown() && !c.MFACode.IsUnknown() {
		c.resolveSignIn(&api.Config{}, diags)
	}
}

// resolveSignIn takes either way of signing in, whole from the configuration or whole from the environment: a token
// that is configured is not mixed with a user name that happens to be in the environment.
func (c configuration) resolveSignIn(config *api.Config, diags *diag.Diagnostics) {
	token := setting{attribute: "token", variable: "VEEAM_TOKEN", configured: c.Token}
	username := setting{attribute: "username", variable: "VEEAM_USERNAME", configured: c.Username}
	password := setting{attribute: "password", variable: "VEEAM_PASSWORD", configured: c.Password}
	mfaCode := setting{attribute: "mfa_code", variable: "VEEAM_MFA_CODE", configured: c.MFACode}

	switch {
	case !c.Token.IsNull():
		config.Token = c.Token.ValueString()
		return
	case c.Username.IsNull() && c.Password.IsNull() && token.value() != "":
		config.Token = token.value()
		if username.value() != "" || password.value() != "" {
			diags.AddAttributeError(path.Root("token"), "Two ways of signing in",
				"VEEAM_TOKEN is set together with VEEAM_USERNAME or VEEAM_PASSWORD. Unset one of them, or set token, or username and password, in the provider configuration.")
		}
		return
	}
	config.Username, config.Password, config.MFACode = username.value(), password.value(), mfaCode.value()
	switch {
	case config.Username == "" && config.Password == "":
		token.missing(diags, "There is no way to sign in: neither a token nor a user name with a password", "username and password (VEEAM_USERNAME, VEEAM_PASSWORD)")
	case config.Username == "":
		username.missing(diags, "There is a password to sign in with, but no user name")
	case config.Password == "":
		password.missing(diags, "There is a user name to sign in with, but no password")
	}
}

// setting is an argument with the environment variable that stands in for it.
type setting struct {
	attribute  string
	variable   string
	configured types.String
}

func (s setting) value() string {
	if s.configured.IsNull() {
		return os.Getenv(s.variable)
	}
	return s.configured.ValueString()
}

func (s setting) missing(diags *diag.Diagnostics, what string, alternatives ...string) {
	detail := fmt.Sprintf("%s. Set %s in the provider configuration or the environment variable %s", what, s.attribute, s.variable)
	for _, alternative := range alternatives {
		detail += ", or " + alternative
	}
	diags.AddAttributeError(path.Root(s.attribute), "Missing "+s.attribute, detail+".")
}

func (s setting) invalid(diags *diag.Diagnostics, err error) {
	source := "in the provider configuration"
	if s.configured.IsNull() {
		source = "from the environment variable " + s.variable
	}
	diags.AddAttributeError(path.Root(s.attribute), "Invalid "+s.attribute, fmt.Sprintf("The value %s is not valid: %s.", source, err))
}

// trusting adds PEM certificates to those that the system trusts.
func trusting(pem string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM([]byte(pem)) {
		return nil, fmt.Errorf("it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
	}
	return roots, nil
}
