package provider_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// The proxy of the environment leads to the appliance, whose own certificate is trusted although it is issued for another
// name; NO_PROXY leads past it.
func TestProvider_proxy(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, `
		terraform {
			required_providers {
				veeam = { source = "terraform-provider-veeam/veeam" }
			}
		}`+account)
	var mu sync.Mutex
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.Host)
		mu.Unlock()
		there, err := net.Dial("tcp", a.Simulated.Host())
		if err != nil {
			t.Error(err)
			return
		}
		here, _, err := http.NewResponseController(answer).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
		_, _ = io.Copy(here, there)
		_ = here.Close()
	}))
	t.Cleanup(proxy.Close)
	w.Environment["VEEAM_HOST"] = "backup.invalid"
	w.Environment["HTTPS_PROXY"] = proxy.URL
	w.Environment["NO_PROXY"] = "other.invalid"
	if output, err := w.Run(t.Context(), "apply", "-auto-approve"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	mu.Lock()
	through := strings.Join(asked, "\n")
	mu.Unlock()
	if through == "" || strings.Trim(strings.ReplaceAll(through, "CONNECT backup.invalid:11005", ""), "\n") != "" {
		t.Errorf("the proxy was asked for %q", through)
	}

	w.Environment["NO_PROXY"] = ".invalid"
	if output, err := w.Run(t.Context(), "plan"); err == nil {
		t.Errorf("a host that does not exist was reached\n%s", output)
	}
	mu.Lock()
	defer mu.Unlock()
	if strings.Join(asked, "\n") != through {
		t.Errorf("the proxy was asked for %q more", asked)
	}
}
