package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// A proxy that refuses is asked once and named, without its password.
func TestStory_proxyRefuses(t *testing.T) {
	t.Parallel()
	for status, says := range map[int]string{
		http.StatusForbidden:         "403 Forbidden",
		http.StatusProxyAuthRequired: "407 Proxy Authentication Required (Proxy-Authenticate: Negotiate)",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			proxy := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				if status == http.StatusProxyAuthRequired {
					answer.Header().Set("Proxy-Authenticate", "Negotiate")
				}
				answer.WriteHeader(status)
			}))
			t.Cleanup(proxy.Close)
			w := acctest.NewWorkspace(t, acctest.NewSimulated(t, simulator.Config{}), requiresVeeam+account)
			w.Environment["VEEAM_HOST"] = "backup.invalid"
			w.Environment["HTTPS_PROXY"] = strings.Replace(proxy.URL, "http://", "http://jane:s3cret%40@", 1)
			output, err := w.Run(t.Context(), "plan")
			if err == nil || strings.Contains(output, "s3cret") || strings.Contains(output, "jane") {
				t.Fatalf("%v\n%s", err, output)
			}
			text := unwrapped(output)
			for _, want := range []string{
				"Could not connect to backup.invalid:11005", "The proxy refused the connection: the proxy " + proxy.URL + " (HTTPS_PROXY) answered with status " + says, "NO_PROXY",
			} {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q:\n%s", want, output)
				}
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("the proxy was asked %d times", n)
			}
		})
	}
}

// A proxy that cannot be used is an error. The provider does not connect without it.
func TestStory_proxyInvalid(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t, acctest.NewSimulated(t, simulator.Config{}), requiresVeeam+account)
	w.Environment["VEEAM_HOST"] = "backup.invalid"
	w.Environment["https_proxy"] = "http://jane:s3cret#1@proxy.invalid:3128"
	output, err := w.Run(t.Context(), "plan")
	text := unwrapped(output)
	if err == nil || !strings.Contains(text, "Error: Invalid https_proxy") || !strings.Contains(text, "http://[username:password@]host[:port]") || strings.Contains(text, "s3cret") {
		t.Errorf("%v\n%s", err, output)
	}
	w.Environment["NO_PROXY"] = ".invalid"
	if output, err := w.Run(t.Context(), "plan"); err == nil || strings.Contains(output, "https_proxy") {
		t.Errorf("bypassed: %v\n%s", err, output)
	}
}

const requiresVeeam = `
terraform {
  required_providers {
    veeam = { source = "terraform-provider-veeam/veeam" }
  }
}
`

// unwrapped is what Terraform printed without its frame and line breaks.
func unwrapped(output string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
}
