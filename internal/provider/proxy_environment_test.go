package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

func TestProxy_environment(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		host      string
		want      string // how the proxy is called
		fails     string
	}{
		"none":                 {nil, "backup.example.com", "", ""},
		"a URL":                {map[string]string{"HTTPS_PROXY": "http://proxy.example.com:3128"}, "backup.example.com", "http://proxy.example.com:3128 (HTTPS_PROXY)", ""},
		"with a password":      {map[string]string{"HTTPS_PROXY": "http://jane:s3cret%40@proxy.example.com:3128/"}, "backup.example.com", "http://proxy.example.com:3128 (HTTPS_PROXY)", ""},
		"an address":           {map[string]string{"https_proxy": "proxy.example.com:3128"}, "backup.example.com", "http://proxy.example.com:3128 (https_proxy)", ""},
		"a name":               {map[string]string{"https_proxy": "proxy"}, "backup.example.com", "http://proxy (https_proxy)", ""},
		"SOCKS":                {map[string]string{"HTTPS_PROXY": "socks5://proxy.example.com:1080"}, "backup.example.com", "socks5://proxy.example.com:1080 (HTTPS_PROXY)", ""},
		"both":                 {map[string]string{"HTTPS_PROXY": "a.example.com", "https_proxy": "b.example.com"}, "backup.example.com", "http://a.example.com (HTTPS_PROXY)", ""},
		"bypassed":             {map[string]string{"HTTPS_PROXY": "proxy.example.com", "NO_PROXY": "localhost,.example.com"}, "backup.example.com", "", ""},
		"loopback":             {map[string]string{"HTTPS_PROXY": "proxy.example.com"}, "127.0.0.1", "", ""},
		"in plain text":        {map[string]string{"HTTPS_PROXY": "proxy.example.com", "HTTP_PROXY": "proxy.example.com"}, "http://localhost", "", ""},
		"another variable":     {map[string]string{"HTTP_PROXY": "proxy.example.com"}, "backup.example.com", "", ""},
		"a special character":  {map[string]string{"HTTPS_PROXY": "http://jane:s3cret#1@proxy.example.com:3128"}, "backup.example.com", "", "percent-encode"},
		"a slash":              {map[string]string{"HTTPS_PROXY": "http://jane:s3cret/1@proxy.example.com:3128"}, "backup.example.com", "", "percent-encode"},
		"a percent sign":       {map[string]string{"HTTPS_PROXY": "http://jane:s3cret%@proxy.example.com:3128"}, "backup.example.com", "", "percent-encode"},
		"quotation marks":      {map[string]string{"HTTPS_PROXY": `"http://proxy.example.com:3128"`}, "backup.example.com", "", "quotation marks"},
		"another scheme":       {map[string]string{"HTTPS_PROXY": "ftp://proxy.example.com"}, "backup.example.com", "", "scheme"},
		"no host":              {map[string]string{"HTTPS_PROXY": "http://"}, "backup.example.com", "", "of the form"},
		"no number for a port": {map[string]string{"https_proxy": "proxy.example.com:s3cret"}, "backup.example.com", "", "of the form"},
		"white space":          {map[string]string{"https_proxy": "http://proxy example"}, "backup.example.com", "", "of the form"},
		"invalid and bypassed": {map[string]string{"https_proxy": "http://", "NO_PROXY": "*"}, "backup.example.com", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
				t.Setenv(variable, test.variables[variable])
			}
			base, err := parseHost(test.host)
			if err != nil {
				t.Fatal(err)
			}
			var diags diag.Diagnostics
			got := proxy(base, &diags)
			called := ""
			if got != nil {
				called = got.String()
			}
			if called != test.want || diags.HasError() != (test.fails != "") {
				t.Fatalf("%q, %v", called, diags)
			}
			for _, d := range diags {
				if !strings.Contains(d.Detail(), test.fails) || strings.Contains(d.Summary()+d.Detail(), "s3cret") {
					t.Errorf("%v, expected something about %q", d, test.fails)
				}
			}
		})
	}
}
