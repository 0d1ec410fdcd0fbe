package provider

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
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

// hasUnknown reports whether a value will be known only after apply.
func (c configuration) hasUnknown() bool {
	return c.Host.IsUnknown() || c.Token.IsUnknown() || c.Username.IsUnknown() || c.Password.IsUnknown() ||
		c.MFASecret.IsUnknown() || c.MFACode.IsUnknown() || c.APIVersion.IsUnknown() || c.CACertificate.IsUnknown() || c.Insecure.IsUnknown() ||
		c.RequestTimeout.IsUnknown() || c.MaxRetries.IsUnknown() || c.PlanValidation.IsUnknown()
}

// resolve completes the configuration from the environment and the defaults. Values of the configuration have been
// validated. Values of the environment are checked here.
func (c configuration) resolve(diags *diag.Diagnostics) api.Config {
	config := api.Config{Config: wire.Config{RequestTimeout: wire.DefaultRequestTimeout, MaxRetries: wire.DefaultMaxRetries}}
	c.resolveSignIn(&config, diags)

	host := setting{attribute: "host", variable: "VEEAM_HOST", configured: c.Host, check: checkHost}
	switch value := host.checked(diags); {
	case host.value() == "":
		host.missing(diags, "The provider needs the address of an appliance")
	case value != "":
		config.BaseURL, _ = parseHost(value)
		config.Proxy = proxy(config.BaseURL, diags)
	}
	config.APIVersion = setting{attribute: "api_version", variable: "VEEAM_API_VERSION", configured: c.APIVersion, check: checkAPIVersion}.checked(diags)

	certificates := setting{attribute: "ca_certificate", variable: "VEEAM_CA_CERTIFICATE", configured: c.CACertificate, check: checkCertificates}
	found, skipped, _ := parseCertificates(certificates.checked(diags))
	config.Certificates = found
	for _, reason := range skipped {
		diags.AddAttributeWarning(path.Root("ca_certificate"), "Unusable certificate in ca_certificate",
			"The provider does not trust it: "+reason.Error()+".")
	}

	config.Insecure = boolean("insecure", "VEEAM_INSECURE", c.Insecure, false, diags)
	if !framework.IsUnset(c.RequestTimeout) {
		config.RequestTimeout, _ = time.ParseDuration(strings.TrimSpace(c.RequestTimeout.ValueString()))
	}
	if !c.MaxRetries.IsNull() {
		config.MaxRetries = int(c.MaxRetries.ValueInt64())
	}
	return config
}

// validatesPlan reports whether to validate names and passwords with the appliance at plan time.
func (c configuration) validatesPlan(diags *diag.Diagnostics) bool {
	return boolean("plan_validation", "VEEAM_PLAN_VALIDATION", c.PlanValidation, true, diags)
}

// boolean takes a value from the configuration, else from the environment, else the default.
func boolean(attribute, variable string, configured types.Bool, byDefault bool, diags *diag.Diagnostics) bool {
	if !configured.IsNull() {
		return configured.ValueBool()
	}
	text := setting{attribute: attribute, variable: variable, configured: types.StringNull(), check: checkBoolean}.checked(diags)
	if text == "" {
		return byDefault
	}
	value, _ := strconv.ParseBool(text)
	return value
}

// checkSignIn reports at plan time what is wrong with the credentials, as soon as they are known.
func (c configuration) checkSignIn(diags *diag.Diagnostics) {
	if !c.Token.IsUnknown() && !c.Username.IsUnknown() && !c.Password.IsUnknown() && !c.MFASecret.IsUnknown() && !c.MFACode.IsUnknown() {
		c.resolveSignIn(&api.Config{}, diags)
	}
}

// resolveSignIn takes the token, or the username and password, either from the configuration or from the environment: a
// configured token is not mixed with a username from the environment.
func (c configuration) resolveSignIn(config *api.Config, diags *diag.Diagnostics) {
	token := setting{attribute: "token", variable: "VEEAM_TOKEN", configured: c.Token, check: checkToken}
	username := setting{attribute: "username", variable: "VEEAM_USERNAME", configured: c.Username, check: unquoted}
	password := setting{attribute: "password", variable: "VEEAM_PASSWORD", configured: c.Password, exact: true}

	switch {
	case token.given() != "":
		config.Token = token.checked(diags)
		return
	case username.given() == "" && password.given() == "" && token.value() != "":
		config.Token = token.checked(diags)
		if username.value() != "" || password.value() != "" {
			diags.AddAttributeError(path.Root("token"), "Conflicting credentials",
				"VEEAM_TOKEN is set together with VEEAM_USERNAME or VEEAM_PASSWORD. Unset one of them, or set either token or username and password in the provider configuration.")
		}
		return
	}
	config.Username, config.Password = username.checked(diags), password.value()
	switch {
	case username.value() == "" && config.Password == "":
		diags.AddAttributeError(path.Root("username"), "No credentials configured",
			"The provider needs credentials to sign in. Set username and password (VEEAM_USERNAME, VEEAM_PASSWORD), or token (VEEAM_TOKEN), in the provider configuration or the environment.")
	case username.value() == "":
		username.missing(diags, "A password is set without a username")
	case config.Password == "":
		password.missing(diags, "A username is set without a password")
	}
	password.warnOfPassword(diags)
	c.resolveSecondFactor(config, diags)
}

// warnOfPassword warns about a password that looks like a mistake. The provider sends it unchanged.
func (s setting) warnOfPassword(diags *diag.Diagnostics) {
	value := s.value()
	switch {
	case strings.HasSuffix(value, "\n"), strings.HasSuffix(value, "\r"):
		diags.AddAttributeWarning(path.Root("password"), "The provider's password ends in a line break",
			"The provider sends the password unchanged. If the line break comes from a file, remove it with trimspace(file(…)).")
	case s.given() == "" && len(value) > 1 && value[0] == value[len(value)-1] && strings.ContainsAny(value[:1], "\"'"):
		diags.AddAttributeWarning(path.Root("password"), "The provider's password is in quotation marks",
			"The provider sends the password unchanged. If the quotation marks are not part of the password, remove them from "+s.variable+". For example, docker --env-file keeps quotation marks.")
	}
}

// resolveSecondFactor takes the secret or the code. If the configuration sets one of them, the variable of the other is
// ignored.
func (c configuration) resolveSecondFactor(config *api.Config, diags *diag.Diagnostics) {
	secret := setting{attribute: "mfa_secret", variable: "VEEAM_MFA_SECRET", configured: c.MFASecret, check: checkMFASecret}
	code := setting{attribute: "mfa_code", variable: "VEEAM_MFA_CODE", configured: c.MFACode, check: checkMFACode}
	useSecret := secret.value() != "" && (secret.given() != "" || code.given() == "")
	useCode := code.value() != "" && (code.given() != "" || secret.given() == "")
	if useSecret && useCode {
		diags.AddAttributeError(path.Root("mfa_secret"), "Conflicting MFA settings",
			"Both mfa_secret (VEEAM_MFA_SECRET) and mfa_code (VEEAM_MFA_CODE) are set. Remove mfa_code, because the provider makes a code from the secret for each sign-in.")
		return
	}
	if useCode {
		config.MFACode = code.checked(diags)
	}
	if useSecret {
		config.MFASecret, _ = framework.ParseMFASecret(secret.checked(diags))
	}
}

// conflicts reports arguments that exclude each other.
func (c configuration) conflicts(diags *diag.Diagnostics) {
	for _, second := range []setting{
		{attribute: "username", configured: c.Username}, {attribute: "password", configured: c.Password},
		{attribute: "mfa_secret", configured: c.MFASecret}, {attribute: "mfa_code", configured: c.MFACode},
	} {
		if !framework.IsUnset(c.Token) && !framework.IsUnset(second.configured) {
			diags.AddAttributeError(path.Root(second.attribute), "Conflicting credentials",
				second.attribute+" cannot be set together with token. Remove one of them.")
		}
	}
	if !framework.IsUnset(c.MFASecret) && !framework.IsUnset(c.MFACode) {
		diags.AddAttributeError(path.Root("mfa_code"), "Conflicting MFA settings",
			"mfa_code cannot be set together with mfa_secret. Remove mfa_code, because the provider makes a code from the secret for each sign-in.")
	}
}

// setting is an argument and the environment variable that applies if it is not set. An empty string counts as unset in
// both.
type setting struct {
	attribute  string
	variable   string
	configured types.String
	exact      bool               // whitespace around it is part of it
	check      func(string) error // of a value without whitespace around it; its error does not repeat a secret
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

// checked is the value, or "" if there is none or if it is not valid, which it reports.
func (s setting) checked(diags *diag.Diagnostics) string {
	value := s.value()
	if value == "" {
		return ""
	}
	if err := s.check(value); err != nil {
		source := "in the provider configuration"
		if s.given() == "" {
			source = "from the environment variable " + s.variable
		}
		diags.AddAttributeError(path.Root(s.attribute), "Invalid "+s.attribute, fmt.Sprintf("The value %s is not valid: %s.", source, err))
		return ""
	}
	return value
}

func (s setting) missing(diags *diag.Diagnostics, what string) {
	diags.AddAttributeError(path.Root(s.attribute), "Missing "+s.attribute,
		fmt.Sprintf("%s. Set %s in the provider configuration or the environment variable %s.", what, s.attribute, s.variable))
}
