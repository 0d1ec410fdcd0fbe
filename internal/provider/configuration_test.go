package provider

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

var variables = []string{"HOST", "TOKEN", "USERNAME", "PASSWORD", "MFA_SECRET", "MFA_CODE", "API_VERSION", "CA_CERTIFICATE", "INSECURE", "PLAN_VALIDATION"}

// resolved returns a resolved configuration and its diagnostics: attribute and summary.
func resolved(t *testing.T, arguments, environment map[string]string) (api.Config, []string) {
	t.Helper()
	for _, variable := range variables {
		t.Setenv("VEEAM_"+variable, environment["VEEAM_"+variable])
	}
	var c configuration
	for name, argument := range map[string]*types.String{
		"host": &c.Host, "token": &c.Token, "username": &c.Username, "password": &c.Password, "mfa_secret": &c.MFASecret, "mfa_code": &c.MFACode,
		"api_version": &c.APIVersion, "ca_certificate": &c.CACertificate,
	} {
		if value, found := arguments[name]; found {
			*argument = types.StringValue(value)
		}
	}
	var diags diag.Diagnostics
	config := c.resolve(&diags)
	var said []string
	for _, d := range diags {
		on := ""
		if d, ok := d.(diag.DiagnosticWithPath); ok {
			on = d.Path().String()
		}
		said = append(said, strings.ToLower(d.Severity().String())+" on "+on+": "+d.Summary())
		if strings.Contains(d.Detail(), "s3cret") {
			t.Errorf("a secret is in %q", d.Detail())
		}
	}
	return config, said
}

func TestResolveSignIn(t *testing.T) {
	signedIn := map[string]string{"username": "u", "password": "p"}
	with := func(more map[string]string) map[string]string {
		all := maps.Clone(signedIn)
		maps.Copy(all, more)
		return all
	}
	type from = map[string]string
	for name, test := range map[string]struct {
		arguments, environment, want from
		said                         string
	}{
		"nothing":                   {nil, nil, nil, "error on username: No credentials configured"},
		"empty values":              {from{"token": "", "username": "", "password": ""}, nil, nil, "error on username: No credentials configured"},
		"empty values hide nothing": {from{"token": "", "username": "", "password": ""}, from{"VEEAM_USERNAME": "u", "VEEAM_PASSWORD": "p"}, from{"username": "u", "password": "p"}, ""},
		"a token from a file":       {from{"token": " s3cret\r\n"}, nil, from{"token": "s3cret"}, ""},
		"from a variable":           {nil, from{"VEEAM_TOKEN": "s3cret\n"}, from{"token": "s3cret"}, ""},
		"a blank token":             {from{"token": " \n"}, from{"VEEAM_TOKEN": "t"}, from{"token": "t"}, ""},
		"a broken token":            {nil, from{"VEEAM_TOKEN": "s3cret\ns3cret"}, nil, "error on token: Invalid token"},
		"token over user":           {from{"token": "t"}, from{"VEEAM_USERNAME": "u", "VEEAM_PASSWORD": "p", "VEEAM_MFA_CODE": "1"}, from{"token": "t"}, ""},
		"user over token":           {signedIn, from{"VEEAM_TOKEN": "t"}, from{"username": "u", "password": "p"}, ""},
		"both in the environment":   {nil, from{"VEEAM_TOKEN": "t", "VEEAM_USERNAME": "u"}, from{"token": "t"}, "error on token: Conflicting credentials"},
		"no password":               {from{"username": "u"}, nil, from{"username": "u"}, "error on password: Missing password"},
		"no user":                   {from{"password": "p"}, nil, from{"password": "p"}, "error on username: Missing username"},
		"a user from a file":        {nil, from{"VEEAM_USERNAME": "u\r\n", "VEEAM_PASSWORD": "p"}, from{"username": "u", "password": "p"}, ""},
		"a password is as it is":    {from{"username": "u", "password": " s3cret "}, nil, from{"username": "u", "password": " s3cret "}, ""},
		"with a line break":         {from{"username": "u", "password": "s3cret\n"}, nil, from{"username": "u", "password": "s3cret\n"}, "warning on password: The provider's password ends in a line break"},
		"quoted, from a file":       {nil, from{"VEEAM_TOKEN": `"s3cret"`}, nil, "error on token: Invalid token"},
		"quoted user":               {nil, from{"VEEAM_USERNAME": "'u'", "VEEAM_PASSWORD": "p"}, from{"password": "p"}, "error on username: Invalid username"},
		"quoted password":           {nil, from{"VEEAM_USERNAME": "u", "VEEAM_PASSWORD": `"s3cret"`}, from{"username": "u", "password": `"s3cret"`}, "warning on password: The provider's password is in quotation marks"},
		"quotes in a password":      {nil, from{"VEEAM_USERNAME": "u", "VEEAM_PASSWORD": `"s3cret`}, from{"username": "u", "password": `"s3cret`}, ""},
		"quotes, configured":        {from{"username": "u", "password": `"s3cret"`}, nil, from{"username": "u", "password": `"s3cret"`}, ""},
		"a header for a token":      {nil, from{"VEEAM_TOKEN": "Bearer s3cret"}, nil, "error on token: Invalid token"},
		"a code":                    {with(from{"mfa_code": "314159\n"}), nil, from{"username": "u", "password": "p", "mfa_code": "314159"}, ""},
		"a code in two":             {with(from{"mfa_code": "314 159"}), nil, from{"username": "u", "password": "p"}, "error on mfa_code: Invalid mfa_code"},
		"a secret":                  {with(from{"mfa_secret": "jbsw y3dp\n"}), nil, from{"username": "u", "password": "p", "mfa_secret": "JBSWY3DP"}, ""},
		"a secret outside":          {signedIn, from{"VEEAM_MFA_SECRET": "jbsw y3dp\n"}, from{"username": "u", "password": "p", "mfa_secret": "JBSWY3DP"}, ""},
		"a secret that is none":     {signedIn, from{"VEEAM_MFA_SECRET": "s3cret-1"}, from{"username": "u", "password": "p"}, "error on mfa_secret: Invalid mfa_secret"},
		"secret over code":          {with(from{"mfa_secret": "JBSWY3DP"}), from{"VEEAM_MFA_CODE": "1"}, from{"username": "u", "password": "p", "mfa_secret": "JBSWY3DP"}, ""},
		"code over secret":          {with(from{"mfa_code": "1"}), from{"VEEAM_MFA_SECRET": "JBSWY3DP"}, from{"username": "u", "password": "p", "mfa_code": "1"}, ""},
		"a blank secret":            {with(from{"mfa_secret": " "}), from{"VEEAM_MFA_CODE": "1"}, from{"username": "u", "password": "p", "mfa_code": "1"}, ""},
		"both outside":              {signedIn, from{"VEEAM_MFA_SECRET": "JBSWY3DP", "VEEAM_MFA_CODE": "1"}, from{"username": "u", "password": "p"}, "error on mfa_secret: Conflicting MFA settings"},
	} {
		t.Run(name, func(t *testing.T) {
			arguments := maps.Clone(test.arguments)
			if arguments == nil {
				arguments = from{}
			}
			arguments["host"] = "https://appliance/ "
			config, said := resolved(t, arguments, test.environment)
			got := from{
				"token": config.Token, "username": config.Username, "password": config.Password, "mfa_secret": config.MFASecret, "mfa_code": config.MFACode,
			}
			maps.DeleteFunc(got, func(_, value string) bool { return value == "" })
			if !maps.Equal(got, test.want) {
				t.Errorf("got %v", got)
			}
			if want := slices.DeleteFunc([]string{test.said}, func(s string) bool { return s == "" }); !slices.Equal(said, want) {
				t.Errorf("said %q, expected %q", said, want)
			}
		})
	}
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	value := types.StringValue
	for _, test := range []struct {
		configuration configuration
		on            []string
	}{
		{configuration{Token: value("t"), Username: value(""), MFACode: value("")}, nil},
		{configuration{Token: value(""), Username: value("u"), Password: value("p")}, nil},
		{configuration{Token: value("t"), Username: value("u"), Password: value("p")}, []string{"username", "password"}},
		{configuration{Token: value("t"), MFASecret: value("A")}, []string{"mfa_secret"}},
		{configuration{MFASecret: value("A"), MFACode: value("1")}, []string{"mfa_code"}},
		{configuration{MFASecret: value("A"), MFACode: value("")}, nil},
	} {
		var diags diag.Diagnostics
		test.configuration.conflicts(&diags)
		var on []string
		for _, d := range diags {
			on = append(on, d.(diag.DiagnosticWithPath).Path().String())
		}
		if !slices.Equal(on, test.on) {
			t.Errorf("%v, expected %v", on, test.on)
		}
	}
}
