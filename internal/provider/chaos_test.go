package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

// chaosAccounts and chaosUsers are how many objects there are, and chaosParallelism is how many Terraform works on at a time.
var chaosAccounts, chaosUsers, chaosParallelism = chaosSize()

func chaosSize() (accounts, users, parallelism int) {
	if acctest.All() {
		return 200, 100, 50
	}
	return 40, 20, 10
}

var chaosConfiguration = fmt.Sprintf(`
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

provider "veeam" {
  max_retries = 9
}

variable "description" {
  type    = string
  default = null
}

variable "password" {
  type      = string
  ephemeral = true
}

variable "old_password" {
  type      = string
  ephemeral = true
  default   = null
}

resource "veeam_standard_account" "many" {
  count = %d

  name        = "account-${count.index}"
  username    = "relay-${count.index}@example.com"
  description = var.description
  password    = "${var.password}-${count.index}"
}

resource "veeam_user" "many" {
  count = %d

  name         = "user-${count.index}"
  description  = var.description
  password     = "${var.password}-${count.index}"
  old_password = var.old_password == null ? null : "${var.old_password}-${count.index}"
}
`, chaosAccounts, chaosUsers)

// chaos is about one request in seven: refused, throttled, and cut off before and after its work was done.
var chaos = []simulator.Fault{
	{Kind: simulator.Status, Status: http.StatusServiceUnavailable, Share: 0.04},
	{Kind: simulator.Status, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}, Share: 0.02},
	{Kind: simulator.CutBefore, Share: 0.04},
	{Kind: simulator.CutAfter, Share: 0.05},
}

// counts is what the appliance saw of a story.
type counts struct {
	requests, logins, refreshes, writes atomic.Int64
}

func (c *counts) observe(request simulator.Request) {
	c.requests.Add(1)
	switch {
	case request.Path == "/token" && strings.Contains(string(request.Body), "grant_type=password"):
		c.logins.Add(1)
	case request.Path == "/token":
		c.refreshes.Add(1)
	case request.Method != http.MethodGet && !strings.Contains(request.Path, "validate"):
		c.writes.Add(1)
	}
}

// A real Terraform creates, changes, rotates and destroys many objects while one request in seven fails, tokens live for
// seconds, and the apply is interrupted half-way. In the end, the appliance has exactly the configured objects.
func TestStory_chaos(t *testing.T) {
	t.Parallel()
	var (
		seen      counts
		interrupt atomic.Pointer[func()]
	)
	a := acctest.NewSimulated(t, simulator.Config{
		AccessTokenLifetime: 2 * time.Second, RefreshTokenLifetime: 5 * time.Second, Seed: 20261122,
		OnRequest: func(request simulator.Request) {
			seen.observe(request)
			if stop := interrupt.Load(); stop != nil {
				(*stop)()
			}
		},
	})
	w := acctest.NewWorkspace(t, a, chaosConfiguration, raceDetector(t)...)
	parallelism := fmt.Sprintf("-parallelism=%d", chaosParallelism)
	w.Environment["TF_CLI_ARGS_apply"] = parallelism
	w.Environment["TF_CLI_ARGS_destroy"] = parallelism
	races := filepath.Join(t.TempDir(), "race")
	w.Environment["GORACE"] = "halt_on_error=1 atexit_sleep_ms=0 log_path=" + races
	started := time.Now()
	a.Simulated.AddFault(chaos...)

	const first, second = "Quiet-harbour", "Brown-lantern"

	// The first apply is interrupted when a part of the objects has been created …
	set(w, "", first, "")
	interruptedAfter(t, w, &interrupt, &seen, int64(chaosAccounts+chaosUsers)/5)
	if created := len(a.Simulated.Accounts()) + len(a.Simulated.Users()) - 1; created == 0 || created == chaosAccounts+chaosUsers {
		t.Fatalf("%d objects exist after the interrupt, expected a part of them", created)
	}
	// … and the next one creates the missing objects, and none twice.
	apply(t, w)
	verify(t, a, "", first)

	// Everything gets another description and another password, again with an interrupt on the way.
	set(w, "Changed in a storm", second, first)
	interruptedAfter(t, w, &interrupt, &seen, int64(chaosAccounts+chaosUsers)/5)
	apply(t, w)
	verify(t, a, "Changed in a storm", second)
	settled(t, w)

	if _, err := w.Run(t.Context(), "destroy", "-auto-approve"); err != nil {
		t.Fatal(err)
	}
	if accounts, users := len(a.Simulated.Accounts()), len(a.Simulated.Users()); accounts != 0 || users != 1 {
		t.Errorf("%d records and %d users are left, expected none but the administrator", accounts, users)
	}
	if reports, _ := filepath.Glob(races + "*"); len(reports) != 0 {
		report, _ := os.ReadFile(reports[0])
		t.Errorf("the race detector reports:\n%s", report)
	}

	requests, faults := seen.requests.Load(), a.Simulated.FaultsInjected()
	t.Logf("%d objects, %d requests, %d faults (%.1f%%): %d times 503 or 429, %d connections cut before the work, %d after it; %.1f logins and %.1f refreshes per thousand requests; %.0f s",
		chaosAccounts+chaosUsers, requests, faults, 100*float64(faults)/float64(requests),
		a.Simulated.FaultsInjected(simulator.Status), a.Simulated.FaultsInjected(simulator.CutBefore), a.Simulated.FaultsInjected(simulator.CutAfter),
		1000*float64(seen.logins.Load())/float64(requests), 1000*float64(seen.refreshes.Load())/float64(requests), time.Since(started).Seconds())
	if share := float64(faults) / float64(requests); share < 0.10 {
		t.Errorf("only %.1f%% of the requests failed: this was no storm", 100*share)
	}
}

// raceDetector is the flag of go build for it, where it can be built.
func raceDetector(t *testing.T) []string {
	t.Helper()
	cgo, err := exec.CommandContext(t.Context(), "go", "env", "CGO_ENABLED").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(cgo)) != "1" { // there is no C compiler
		return nil
	}
	return []string{"-race"}
}

func set(w *workspace.Workspace, description, password, oldPassword string) {
	for name, value := range map[string]string{"description": description, "password": password, "old_password": oldPassword} {
		delete(w.Environment, "TF_VAR_"+name)
		if value != "" {
			w.Environment["TF_VAR_"+name] = value
		}
	}
}

func apply(t *testing.T, w *workspace.Workspace) {
	t.Helper()
	if _, err := w.Run(t.Context(), "apply", "-auto-approve"); err != nil {
		t.Fatal(err)
	}
}

// settled checks that a plan with refresh finds nothing to do.
func settled(t *testing.T, w *workspace.Workspace) {
	t.Helper()
	if _, err := w.Run(t.Context(), "plan", "-detailed-exitcode"); err != nil {
		t.Fatalf("there is still something to do: %v", err)
	}
}

// interruptedAfter starts an apply and interrupts Terraform, as Ctrl-C does, when the appliance has seen some writes.
func interruptedAfter(t *testing.T, w *workspace.Workspace, interrupt *atomic.Pointer[func()], seen *counts, writes int64) {
	t.Helper()
	command := w.Command(t.Context(), "apply", "-auto-approve")
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	limit := seen.writes.Load() + writes
	var sent atomic.Bool
	stop := func() {
		if seen.writes.Load() >= limit && sent.CompareAndSwap(false, true) {
			_ = command.Process.Signal(os.Interrupt)
		}
	}
	interrupt.Store(&stop)
	err := command.Wait()
	interrupt.Store(nil)
	if err == nil || !strings.Contains(output.String(), "Interrupt") {
		t.Fatalf("the apply was not interrupted: %v\n%s", err, output.String())
	}
}

// verify checks that the appliance has each object once, with the right description and password, and no other.
func verify(t *testing.T, a *acctest.Appliance, description, password string) {
	t.Helper()
	accounts := map[string]int{}
	for _, account := range a.Simulated.Accounts() {
		accounts[account.Name]++
		_, index, _ := strings.Cut(account.Name, "-")
		if account.Password != password+"-"+index || text(account.Description) != description || account.Username != "relay-"+index+"@example.com" {
			t.Errorf("the record %q is not as it was asked for", account.Name)
		}
	}
	users := map[string]int{}
	for _, user := range a.Simulated.Users() {
		if user.IsDefault {
			continue
		}
		users[user.Name]++
		_, index, _ := strings.Cut(user.Name, "-")
		if user.Password != password+"-"+index || user.Description != description {
			t.Errorf("the user %q is not as it was asked for", user.Name)
		}
	}
	for i := range chaosAccounts {
		if n := accounts[fmt.Sprintf("account-%d", i)]; n != 1 {
			t.Errorf("the record account-%d is there %d times", i, n)
		}
	}
	for i := range chaosUsers {
		if n := users[fmt.Sprintf("user-%d", i)]; n != 1 {
			t.Errorf("the user user-%d is there %d times", i, n)
		}
	}
	if len(accounts) != chaosAccounts || len(users) != chaosUsers {
		t.Errorf("there are %d records and %d users, expected %d and %d", len(accounts), len(users), chaosAccounts, chaosUsers)
	}
	if t.Failed() {
		t.FailNow()
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
