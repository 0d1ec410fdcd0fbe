package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const account = `
	resource "veeam_standard_account" "mail" {
		name     = "mail"
		username = "relay@example.com"
		password = "a password"
	}`

func step(t *testing.T, step resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), TerraformVersionChecks: acctest.WriteOnly, Steps: []resource.TestStep{step}})
}

// clearEnvironment takes away the settings of the user who runs the tests, and gives those of a case.
func clearEnvironment(t *testing.T, environment map[string]string) {
	t.Helper()
	for _, name := range []string{"HOST", "TOKEN", "USERNAME", "PASSWORD", "MFA_SECRET", "MFA_CODE", "API_VERSION", "CA_CERTIFICATE", "INSECURE", "PLAN_VALIDATION"} {
		t.Setenv("VEEAM_"+name, environment["VEEAM_"+name])
	}
}

func TestProvider_badInput(t *testing.T) {
	const signIn = `
		username = "admin"
		password = "secret"`
	const host = `
		host = "appliance.example.com"`
	for name, test := range map[string]struct {
		arguments   string
		environment map[string]string
		want        string
	}{
		"no host":                       {arguments: signIn, want: `Set host in the provider configuration or the environment variable VEEAM_HOST`},
		"empty host":                    {arguments: signIn + "\n" + `host = ""`, want: `Set host in the provider configuration or the environment variable VEEAM_HOST`},
		"host with a path":              {arguments: signIn + "\n" + `host = "https://appliance.example.com/api/v1"`, want: `it must not contain a path, query or fragment`},
		"host with user info":           {arguments: signIn + "\n" + `host = "https://admin:secret@appliance.example.com"`, want: `it must not contain a username or password`},
		"unknown scheme":                {arguments: signIn + "\n" + `host = "ftp://appliance.example.com"`, want: `the scheme must be https`},
		"bad port":                      {arguments: signIn + "\n" + `host = "appliance.example.com:65536"`, want: `the port must be a number from 1 to 65535`},
		"plain http over a network":     {arguments: signIn + "\n" + `host = "http://appliance.example.com"`, want: `it is accepted for a loopback address only`},
		"bad host in the environment":   {arguments: signIn, environment: map[string]string{"VEEAM_HOST": "a b"}, want: `The value from the environment variable VEEAM_HOST is not valid`},
		"no way of signing in":          {arguments: host, want: `No credentials configured`},
		"both ways of signing in":       {arguments: host + signIn + "\n" + `token = "t"`, want: `username cannot be set together with token`},
		"both in the environment":       {arguments: host, environment: map[string]string{"VEEAM_TOKEN": "t", "VEEAM_USERNAME": "u", "VEEAM_PASSWORD": "p"}, want: `Conflicting credentials`},
		"no password":                   {arguments: host + "\n" + `username = "admin"`, want: `Set password in the provider configuration or the environment variable VEEAM_PASSWORD`},
		"no user name":                  {arguments: host + "\n" + `password = "secret"`, want: `Set username in the provider configuration or the environment variable VEEAM_USERNAME`},
		"secret and code":               {arguments: host + signIn + "\n" + `mfa_secret = "JBSWY3DP"` + "\n" + `mfa_code = "1"`, want: `mfa_code cannot be set together with mfa_secret`},
		"a secret that is none":         {arguments: host + signIn + "\n" + `mfa_secret = "314159"`, want: `it is a code, not the secret that codes are made from`},
		"quoted host outside":           {arguments: signIn, environment: map[string]string{"VEEAM_HOST": `"appliance.example.com"`}, want: `The value from the environment variable VEEAM_HOST is not valid: it begins with a quotation mark`},
		"bearer":                        {arguments: host + "\n" + `token = "Bearer abc"`, want: `This must be a token: it begins with "Bearer "`},
		"token of two lines":            {arguments: host + "\n" + `token = "a\nb"`, want: `it contains whitespace`},
		"certificate in one line":       {arguments: host + signIn + "\n" + `ca_certificate = "-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----"`, want: `its line breaks are missing`},
		"malformed revision":            {arguments: host + signIn + "\n" + `api_version = "v1"`, want: `is not of the form <major>.<minor>-rev<n>`},
		"malformed revision outside":    {arguments: host + signIn, environment: map[string]string{"VEEAM_API_VERSION": "1.0"}, want: `The value from the environment variable VEEAM_API_VERSION is not valid`},
		"malformed certificate":         {arguments: host + signIn + "\n" + `ca_certificate = "certificate.pem"`, want: `it is the path of a file: use file`},
		"malformed certificate outside": {arguments: host + signIn, environment: map[string]string{"VEEAM_CA_CERTIFICATE": "x"}, want: `The value from the environment variable VEEAM_CA_CERTIFICATE is not valid`},
		"malformed timeout":             {arguments: host + signIn + "\n" + `request_timeout = "30"`, want: `it has no unit: write 30s for seconds`},
		"negative timeout":              {arguments: host + signIn + "\n" + `request_timeout = "-1s"`, want: `it must be above zero`},
		"a fraction of a retry":         {arguments: host + signIn + "\n" + `max_retries = 1.5`, want: `This must be a whole number, not 1.5.`},
		"too many retries to count":     {arguments: host + signIn + "\n" + `max_retries = 1e30`, want: `This number is too large.`},
		"negative retries":              {arguments: host + signIn + "\n" + `max_retries = -1`, want: `max_retries value must be between 0 and 100`},
		"no validation, outside":        {arguments: host + signIn, environment: map[string]string{"VEEAM_PLAN_VALIDATION": "off"}, want: `The value from the environment variable VEEAM_PLAN_VALIDATION is not valid: "off" is neither true nor false`},
		"neither true nor false":        {arguments: host + signIn, environment: map[string]string{"VEEAM_INSECURE": "perhaps"}, want: `"perhaps" is neither true nor false`},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnvironment(t, test.environment)
			acctest.Fails(t, "provider \"veeam\" {\n"+test.arguments+"\n}\n"+account, test.want)
		})
	}
}

func TestProvider_environment(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	clearEnvironment(t, map[string]string{
		"VEEAM_HOST": a.Simulated.Host(), "VEEAM_USERNAME": acctest.Username, "VEEAM_PASSWORD": acctest.Password,
		"VEEAM_CA_CERTIFICATE": a.Simulated.CACertificate(), "VEEAM_API_VERSION": "1.0-rev0",
	})
	step(t, resource.TestStep{Config: account, Check: a.Wrote("POST /accounts/standard")})
}

func TestProvider_configuredSignInWinsAsAWhole(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	clearEnvironment(t, map[string]string{"VEEAM_TOKEN": "a token that nobody knows", "VEEAM_MFA_CODE": "1"})
	step(t, resource.TestStep{Config: a.Provider() + account, Check: a.Wrote("POST /accounts/standard")})
}

// One code is good for one sign-in, and an apply is the first to need one here: the plan after it needs another.
func TestProvider_secondFactor(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{MFASecret: "JBSWY3DPEHPK3PXP"})
	config := a.Provider(`mfa_code = "`+a.Simulated.MFACode(acctest.Username)+`"`, "plan_validation = false") + account
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), TerraformVersionChecks: acctest.WriteOnly, Steps: []resource.TestStep{
		{Config: config, ExpectError: acctest.Saying(`The appliance refused the MFA code`)},
		{
			PreConfig: func() {
				if got := a.Simulated.Count("POST", "/accounts/standard"); got != 1 {
					t.Errorf("%d records were created", got)
				}
				a.Simulated.PutUser(simulator.User{Name: acctest.Username, Password: acctest.Password, IsDefault: true}) // without MFA
			},
			Config: config,
		},
	}})
}

// If the appliance is created in the same run, its new records are planned without validation, and existing ones without
// a refresh.
func TestProvider_unknownHost(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	made := func(generation string) string {
		return fmt.Sprintf(`
			resource "terraform_data" "instance" {
				input            = %[1]q
				triggers_replace = %[2]q
			}
			provider "veeam" {
				host           = terraform_data.instance.output
				username       = %[3]q
				password       = %[4]q
				ca_certificate = %[5]q
			}
			`, a.Simulated.Host(), generation, acctest.Username, acctest.Password, a.Simulated.CACertificate()) + account
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config: made("first"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("veeam_standard_account.mail", plancheck.ResourceActionCreate),
				}},
				Check: a.Wrote("POST /accounts/standard"),
			},
			{
				Config: made("second"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("veeam_standard_account.mail", plancheck.ResourceActionNoop),
				}},
				Check: a.Wrote(),
			},
			{
				Config: made("third") + `
					import {
						to = veeam_standard_account.other
						id = "mail"
					}
					resource "veeam_standard_account" "other" {
						name     = "mail"
						username = "relay@example.com"
					}`,
				ExpectError: acctest.Saying(`Terraform cannot import a credentials record: the provider configuration depends on values that are known only after apply.`),
			},
		},
	})
}

// Wrong credentials arguments are an error even while the host is unknown.
func TestProvider_unknownHostWithoutSignIn(t *testing.T) {
	clearEnvironment(t, nil)
	acctest.Fails(t, `
		resource "terraform_data" "instance" {
			input = "appliance.example.com"
		}
		provider "veeam" {
			host     = terraform_data.instance.output
			username = "admin"
		}`+account, `Set password in the provider configuration or the environment variable VEEAM_PASSWORD`)
}

// The User-Agent names the provider and Terraform.
func TestProvider_userAgent(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	step(t, resource.TestStep{
		Config: a.Provider() + account,
		Check: a.Check(func(s *simulator.Server) error {
			for _, request := range s.Requests() {
				agent := request.Header.Get("User-Agent")
				if !strings.HasPrefix(agent, "terraform-provider-veeam/test (+https://") || !strings.Contains(agent, ") Terraform/1.") {
					return fmt.Errorf("%s %s was sent by %q", request.Method, request.Path, agent)
				}
			}
			return nil
		}),
	})
}
