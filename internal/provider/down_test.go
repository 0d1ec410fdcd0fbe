package provider_test

import (
	"flag"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

// With -v and, for example, -objects=1000, what is printed is measured.
var objects = flag.Int("objects", 25, "how many objects an appliance that is down has")

const downConfiguration = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

provider "veeam" {
  request_timeout = "3s"
}

variable "objects" {
  type = number
}

resource "veeam_standard_account" "many" {
  count = ceil(var.objects / 2)

  name     = "relay-${count.index}"
  username = "relay-${count.index}@example.com"
  password = "Quiet-harbour-71"
}

resource "veeam_user" "many" {
  count = floor(var.objects / 2)

  name     = "operator-${count.index}"
  password = "Quiet-harbour-71"
}
`

// checkedConfiguration has a data source that meets the trouble too, where its errors are warnings.
const checkedConfiguration = `
check "appliance" {
  data "veeam_appliance" "this" {}

  assert {
    condition     = data.veeam_appliance.this.product_version != ""
    error_message = "There is no version."
  }
}
`

// A plan reports a problem of the appliance once, with the cause and the appliance, and waits for it once. A write that
// fails for that cause reports it in one line.
func TestStory_down(t *testing.T) {
	t.Parallel()
	healthy := acctest.NewSimulated(t, simulator.Config{})
	before := acctest.NewWorkspace(t, healthy, downConfiguration)
	before.Environment["TF_VAR_objects"] = strconv.Itoa(*objects)
	for _, args := range [][]string{{"plan", "-out=create.tfplan", "-state=none.tfstate"}, {"apply", "-auto-approve"}} {
		if _, err := before.Run(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := before.Write("check.tf", checkedConfiguration); err != nil {
		t.Fatal(err)
	}

	stalled := simulator.Fault{Kind: simulator.Stall}
	page := simulator.Fault{Kind: simulator.Status, Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<p>Who are you?</p>"}
	token := map[string]string{"VEEAM_TOKEN": "nonsense", "VEEAM_USERNAME": "", "VEEAM_PASSWORD": ""}
	for name, test := range map[string]struct {
		environment map[string]string
		faults      []simulator.Fault
		title       string // before the host, and what follows it
		says        string
		creates     bool // an object that is created, or destroyed without a refresh, does not meet it
		met         bool // by deletions that were sent before the problem was known
		all         bool // only in make test-all
	}{
		"wrong password":        {environment: map[string]string{"VEEAM_PASSWORD": "not-it"}, title: "sign in to HOST as admin", says: "The appliance refused the username or password"},
		"bad token":             {environment: token, title: "sign in to HOST with the token", says: "The appliance does not accept the token", all: true},
		"untrusted certificate": {environment: map[string]string{"VEEAM_CA_CERTIFICATE": ""}, title: "connect to HOST", says: "Set ca_certificate", all: true},
		"nobody listens":        {environment: map[string]string{"VEEAM_HOST": nobodyListens(t)}, title: "connect to HOST", says: "connection refused"},
		"hangs at the sign-in":  {faults: at(stalled, "POST", "/token"), title: "sign in to HOST as admin", says: "no answer came within 3s", all: true},
		"hangs at the list":     {faults: at(stalled, "GET", "/users", "/accounts/standard"), title: "get an answer from HOST", says: "no answer came within 3s", creates: true},
		"503 for ever":          {faults: at(simulator.Fault{Kind: simulator.Status}, "", ""), title: "sign in to HOST as admin", says: "The appliance cannot serve requests now", all: true},
		"a page to the sign-in": {faults: at(page, "POST", "/token"), title: "sign in to HOST as admin", says: "A proxy or another server may have answered", all: true},
		"a page to everything":  {environment: token, faults: at(page, "", ""), title: "reach HOST", says: "A proxy or another server may have answered", met: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.all {
				acctest.OnlyInAll(t)
			}
			a := acctest.NewSimulated(t, simulator.Config{})
			for _, account := range healthy.Simulated.Accounts() {
				a.Simulated.PutAccount(account)
			}
			for _, user := range healthy.Simulated.Users() {
				a.Simulated.PutUser(user)
			}
			a.Simulated.AddFault(test.faults...)
			w := beside(t, before)
			w.Environment["VEEAM_HOST"], w.Environment["VEEAM_CA_CERTIFICATE"] = a.Simulated.Host(), a.Simulated.CACertificate()
			maps.Copy(w.Environment, test.environment)
			whole := "Could not " + strings.ReplaceAll(test.title, "HOST", w.Environment["VEEAM_HOST"])
			for _, step := range []struct {
				args    string
				writes  bool
				succeed bool
			}{
				{args: "plan"},
				{args: "plan -state=none.tfstate", succeed: test.creates},
				{args: "apply -state=none.tfstate create.tfplan", writes: true},
				{args: "destroy -auto-approve -refresh=false", writes: true, succeed: test.creates},
			} {
				begun := time.Now()
				output, err := w.Run(t.Context(), strings.Fields(step.args)...)
				took := time.Since(begun)
				errors := blocks(output, "Error")
				lines := 0
				for _, block := range errors {
					lines += strings.Count(block, "\n")
				}
				t.Logf("%s: %d errors in %d lines, %.1f s, %d sessions left", step.args, len(errors), lines, took.Seconds(), a.Simulated.Sessions())
				if (err == nil) != step.succeed {
					t.Fatalf("terraform %s: %v\n%s", step.args, err, output)
				}
				if step.succeed {
					continue
				}
				text := strings.Join(strings.Fields(strings.Join(errors, "\n")), " ")
				want := 1
				if step.writes {
					want = *objects
				}
				if len(errors) != want || strings.Count(text, "Error: "+whole+" ") != 1 || strings.Count(text, test.says) != 1 && !test.met || strings.Contains(text, "plan_validation") {
					t.Errorf("terraform %s: %d errors, want %d, one of them titled %q that says %q:\n%s", step.args, len(errors), want, whole, test.says, output)
				}
				if took > time.Minute { // one wait for each object would take longer
					t.Errorf("terraform %s took %v", step.args, took)
				}
			}
		})
	}
}

// at makes a fault hit the requests with a method to some paths.
func at(fault simulator.Fault, method string, paths ...string) []simulator.Fault {
	var faults []simulator.Fault
	for _, path := range paths {
		fault.Method, fault.Path = method, path
		faults = append(faults, fault)
	}
	return faults
}

// nobodyListens returns an address at which no server listens.
func nobodyListens(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// beside returns a workspace with the files of another one.
func beside(t *testing.T, other *workspace.Workspace) *workspace.Workspace {
	t.Helper()
	w, err := workspace.New(t.TempDir(), filepath.Join(filepath.Dir(other.Dir), "mirror"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(w.Dir, os.DirFS(other.Dir)); err != nil {
		t.Fatal(err)
	}
	maps.Copy(w.Environment, other.Environment)
	return w
}

var heading = regexp.MustCompile(`(?m)^(?:│ )?(Error|Warning): `)

// blocks are the errors, or the warnings, that Terraform printed.
func blocks(output, kind string) []string {
	var found []string
	starts := heading.FindAllStringSubmatchIndex(output, -1)
	for i, start := range starts {
		end := len(output)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		if output[start[2]:start[3]] == kind {
			found = append(found, output[start[0]:end])
		}
	}
	return found
}
