// Package acctest holds what acceptance tests share: an appliance to run against, the provider under test, and checks of
// what Terraform did to that appliance.
package acctest

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	sdkacctest "github.com/hashicorp/terraform-plugin-testing/helper/acctest"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/contract"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/provider"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Providers are the factories of the provider under test.
func Providers() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"veeam": func() (tfprotov6.ProviderServer, error) { return provider.NewServer("test"), nil },
	}
}

// WriteOnly skips a story on a Terraform older than write-only arguments.
var WriteOnly = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)}

// All reports whether everything is tested, as make test-all does, and not only what make test does.
func All() bool { return os.Getenv("TEST_ALL") != "" }

// OnlyInAll leaves a test to make test-all: one that takes long and finds hardly anything that the others do not.
func OnlyInAll(t *testing.T) {
	t.Helper()
	if !All() {
		t.Skip("make test-all runs this test")
	}
}

// Appliance is what a story runs against: a separate simulated appliance, or the real one that VEEAM_HOST names.
type Appliance struct {
	// Simulated is nil when the appliance is real: checks that need the simulator are then skipped.
	Simulated *simulator.Server

	revision string // of the API, one that the simulated appliance accepts
}

// NewAppliance returns an appliance for a story.
func NewAppliance(t *testing.T) *Appliance {
	t.Helper()
	if os.Getenv("VEEAM_HOST") != "" {
		return &Appliance{}
	}
	return NewSimulated(t, simulator.Config{})
}

// NewSimulated gives a story a simulated appliance, for tests that a real one cannot serve. The story is skipped when
// VEEAM_HOST names a real appliance.
func NewSimulated(t *testing.T, config simulator.Config) *Appliance {
	t.Helper()
	if os.Getenv("VEEAM_HOST") != "" {
		t.Skip("this story needs the simulated appliance, and VEEAM_HOST names a real one")
	}
	server, err := simulator.Start(contract.Watch(t, config))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return &Appliance{Simulated: server, revision: accepted(config)}
}

// Credentials with which a simulated appliance lets its default administrator in.
const (
	Username = "admin"
	Password = "Adm1n-secret-pw"
)

// Provider is the provider block for the appliance, with more arguments in it. A real appliance is configured by the
// environment alone.
func (a *Appliance) Provider(arguments ...string) string {
	if a.Simulated != nil {
		arguments = append([]string{
			fmt.Sprintf("host = %q", a.Simulated.Host()),
			fmt.Sprintf("username = %q", Username),
			fmt.Sprintf("password = %q", Password),
			fmt.Sprintf("ca_certificate = %q", a.Simulated.CACertificate()),
		}, arguments...)
	}
	return "provider \"veeam\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

// ProviderKnownAfterApply is the provider block for the simulated appliance as if the same run made it.
func (a *Appliance) ProviderKnownAfterApply() string {
	return fmt.Sprintf(`
		resource "terraform_data" "appliance" {
			input = %q
		}
		provider "veeam" {
			host           = terraform_data.appliance.output
			username       = %q
			password       = %q
			ca_certificate = %q
		}
	`, a.Simulated.Host(), Username, Password, a.Simulated.CACertificate())
}

// Check runs a check of the simulated appliance as part of a step. On a real appliance it checks nothing.
func (a *Appliance) Check(check func(*simulator.Server) error) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if a.Simulated == nil {
			return nil
		}
		return check(a.Simulated)
	}
}

// Wrote checks which writes the appliance has seen since the last such check, in any order: "POST /users". Logins and
// validations, which write nothing, do not count.
func (a *Appliance) Wrote(want ...string) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		got := Writes(s.Requests())
		s.ResetRequests()
		want := slices.Sorted(slices.Values(want))
		if !slices.Equal(got, want) {
			return fmt.Errorf("the appliance was sent the writes %q, expected %q", got, want)
		}
		return nil
	})
}

var uuid = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)

// Writes lists the requests that change an object, sorted, each as method and path with {id} for a UUID.
func Writes(requests []simulator.Request) []string {
	writes := []string{}
	for _, request := range requests {
		if request.Method == http.MethodGet || strings.HasPrefix(request.Path, "/token") || strings.Contains(request.Path, "/validate") {
			continue
		}
		writes = append(writes, request.Method+" "+uuid.ReplaceAllString(request.Path, "{id}"))
	}
	slices.Sort(writes)
	return writes
}

// Bodies returns the bodies of the requests with a method and a path, in the order in which they came.
func Bodies(requests []simulator.Request, method, path string) []string {
	var bodies []string
	for _, request := range requests {
		if request.Method == method && (request.Path == path || strings.HasPrefix(request.Path, path+"/") && !strings.Contains(request.Path, "/validate")) {
			bodies = append(bodies, string(request.Body))
		}
	}
	return bodies
}

// UniqueName makes a name for an object that is unlikely to exist on a real appliance.
func UniqueName(t *testing.T) string {
	t.Helper()
	return sdkacctest.RandomWithPrefix("tf-acc")
}

// Saying matches an error that says these words, wherever Terraform breaks its lines.
func Saying(words string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(regexp.MustCompile(`\s+`).Split(regexp.QuoteMeta(words), -1), `[\s│]+`))
}

// Token signs in at the simulated appliance and returns the access token, for tests that set token.
func (a *Appliance) Token(t *testing.T) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // a simulator on loopback
	form := url.Values{"grant_type": {"password"}, "username": {Username}, "password": {Password}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+a.Simulated.Host()+"/api/v1/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Api-Version", a.revision)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("no token: HTTP %d, %v", response.StatusCode, err)
	}
	return answer.AccessToken
}

// Refused is a configuration that fails, with what the error says.
type Refused = struct{ Config, Says string }

// Refuses checks that each configuration [Fails] below a provider block, and that the appliance is sent nothing.
func (a *Appliance) Refuses(t *testing.T, provider string, cases map[string]Refused) {
	t.Helper()
	for name, refused := range cases {
		t.Run(name, func(t *testing.T) {
			Fails(t, provider+refused.Config, refused.Says)
		})
	}
	if sent := len(a.Simulated.Requests()); sent != 0 {
		t.Errorf("the appliance was sent %d requests, expected none", sent)
	}
}
