// Package examples_test runs the examples and the commands of the guides.
package examples_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

// guide is a folder of examples/guides laid out for a real Terraform.
type guide struct {
	*workspace.Workspace
	appliance *simulator.Server
	folder    string
}

func newGuide(t *testing.T, folder string, config simulator.Config) guide {
	t.Helper()
	a := acctest.NewSimulated(t, config)
	g := guide{appliance: a.Simulated, folder: filepath.Join("guides", folder)}
	g.Workspace = acctest.NewWorkspace(t, a, g.read(t, "main.tf"))
	return g
}

func (g guide) read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(g.folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// use copies files of the guide into the configuration.
func (g guide) use(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := g.Write(name, g.read(t, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs the commands of a file of the guide as a user would who answers yes to Terraform.
func (g guide) run(t *testing.T, name string) string {
	t.Helper()
	terraform := g.Command(t.Context())
	bin := filepath.Join(t.TempDir(), "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"terraform", "tofu"} { // whichever it is
		if err := os.Symlink(terraform.Path, filepath.Join(bin, command)); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.CommandContext(t.Context(), "sh", "-eu", "-c", g.read(t, name))
	shell.Dir = terraform.Dir
	shell.Env = append(terraform.Env, "TF_CLI_ARGS_apply=-auto-approve", "TF_CLI_ARGS_destroy=-auto-approve", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, output)
	}
	return string(output)
}

const (
	adoptedAccounts = 500
	adoptedUsers    = 50
	pages           = 5 + 1 // of 100 each, the administrator included
)

// newHandmade gives the guide an appliance that was set up by hand.
func newHandmade(t *testing.T) guide {
	t.Helper()
	g := newGuide(t, "adopting", simulator.Config{PageLimit: 100})
	for i := range adoptedAccounts {
		account := simulator.Account{Name: fmt.Sprintf("Mail %d", i), Username: "relay@example.com", Password: fmt.Sprintf("set by hand %d", i)}
		if i%3 == 0 {
			description := "With \"quotes\", ${a template}, %{directives}\nand a new line"
			account.Name, account.Description = account.Name+` "${x}`, &description
		}
		g.appliance.PutAccount(account)
	}
	for i := range adoptedUsers - 1 {
		user := simulator.User{Name: fmt.Sprintf("user-%d$", i), Password: fmt.Sprintf("By-hand-%d", i), MFAEnabled: i%5 == 0}
		if i%3 == 0 {
			user.Description = "Made by hand"
		}
		g.appliance.PutUser(user)
	}
	return g
}

// expectAdopted runs the last step of the guide and checks that all is under Terraform, and the appliance as before.
func (g guide) expectAdopted(t *testing.T) {
	t.Helper()
	accounts, users := g.appliance.Accounts(), g.appliance.Users()
	started := time.Now()
	g.appliance.ResetRequests()
	output := g.run(t, "import.sh")
	took := time.Since(started)

	for _, want := range []string{
		fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", adoptedAccounts+adoptedUsers),
		fmt.Sprintf("Apply complete! Resources: %d imported, 0 added, 0 changed, 0 destroyed.", adoptedAccounts+adoptedUsers),
		"No changes.",
	} {
		if !strings.Contains(output, want) {
			t.Errorf("Terraform did not say %q", want)
		}
	}
	requests := g.appliance.Requests()
	t.Logf("plan, apply and second plan in %.0f s: %s", took.Seconds(), tally(requests))
	// Each of the two plans signs in and out and reads the pages once, and again when the snapshot gets old.
	if limit := 2 * (pages + 4) * (1 + int(took/(30*time.Second))); len(requests) > limit {
		t.Errorf("%d requests were sent, expected at most %d", len(requests), limit)
	}
	g.expectUntouched(t, accounts, users)
}

func (g guide) expectUntouched(t *testing.T, accounts []simulator.Account, users []simulator.User) {
	t.Helper()
	if writes := acctest.Writes(g.appliance.Requests()); len(writes) != 0 {
		t.Errorf("%d writes were sent", len(writes))
	}
	if !cmp.Equal(accounts, g.appliance.Accounts()) || !cmp.Equal(users, g.appliance.Users()) {
		t.Error("the appliance is not what it was")
	}
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// tally counts requests by kind: "1× POST /token, 7× GET /users".
func tally(requests []simulator.Request) string {
	counts := map[string]int{}
	for _, request := range requests {
		path := uuid.ReplaceAllString(request.Path, "{id}")
		if strings.HasPrefix(path, "/users/") {
			path = "/users/{name}"
		}
		counts[request.Method+" "+path]++
	}
	kinds := []string{}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		kinds = append(kinds, fmt.Sprintf("%d× %s", counts[kind], kind))
	}
	return fmt.Sprintf("%d requests: %s", len(requests), strings.Join(kinds, ", "))
}

func TestAdopting_byForEach(t *testing.T) {
	t.Parallel()
	g := newHandmade(t)
	g.use(t, "discover.tf", "resources.tf")
	g.expectAdopted(t)

	accounts, users := g.appliance.Accounts(), g.appliance.Users()
	g.run(t, "write.sh")
	g.use(t, "objects.tf")
	if output := g.run(t, "check.sh"); !strings.Contains(output, "No changes.") {
		t.Errorf("the objects in objects.yaml differ from the state:\n%s", output)
	}
	g.expectUntouched(t, accounts, users)
}

func TestAdopting_byQuery(t *testing.T) {
	t.Parallel()
	g := newHandmade(t)
	if _, err := g.Run(t.Context(), "query", "-help"); err != nil {
		t.Skip("terraform query came with Terraform 1.14")
	}
	accounts, users := g.appliance.Accounts(), g.appliance.Users()
	g.use(t, "adopt.tfquery.hcl")
	g.run(t, "query.sh")
	t.Logf("finding and generating: %s", tally(g.appliance.Requests()))
	if reads := g.appliance.Count(http.MethodGet, ""); reads != 2*pages {
		t.Errorf("two queries read %d times, expected the %d pages once each", reads, pages)
	}
	g.expectUntouched(t, accounts, users)
	if err := os.Remove(filepath.Join(g.Dir, "adopt.tfquery.hcl")); err != nil {
		t.Fatal(err)
	}
	g.expectAdopted(t)
}

// The email settings are adopted with the record that they use. A name that would be no name in Terraform is one.
func TestAdopting_emailSettings(t *testing.T) {
	t.Parallel()
	g := newGuide(t, "adopting", simulator.Config{})
	credentials := "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61"
	g.appliance.PutAccount(simulator.Account{ID: credentials, Name: "25 日本", Username: "relay@example.com"})
	settings := g.appliance.EmailNotifications()
	settings.Enabled, settings.Server, settings.From, settings.To = true, "mail.example.com", "backup@example.com", "ops@example.com;"
	settings.UseCredentials, settings.CredentialsID = true, &credentials
	g.appliance.SetEmailNotifications(settings)
	g.use(t, "discover.tf", "resources.tf")
	email, err := os.ReadFile(filepath.Join("resources", "veeam_email_notifications", "import-by-string-id.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Write("email_import.tf", string(email)); err != nil {
		t.Fatal(err)
	}
	g.run(t, "email.sh")
	output := g.run(t, "import.sh")
	state, err := g.Run(t.Context(), "state", "list")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"data.veeam_standard_accounts.all", "data.veeam_users.all",
		"veeam_email_notifications.this", `veeam_standard_account.this["25`, `日本"]`, `veeam_user.this["admin"]`,
	}
	if diff := cmp.Diff(want, strings.Fields(state)); diff != "" {
		t.Error(diff)
	}
	if writes := acctest.Writes(g.appliance.Requests()); len(writes) != 0 || !strings.Contains(output, "No changes.") {
		t.Errorf("%q was sent\n%s", writes, output)
	}

	// An appliance that no longer exists leaves nothing but its state, which can be emptied without it.
	g.appliance.Close()
	g.folder = filepath.Join("guides", "troubleshooting")
	g.run(t, "forget.sh")
	if state, err := g.Run(t.Context(), "state", "list"); err != nil || state != "" {
		t.Errorf("the state still has %q (%v)", state, err)
	}
}
