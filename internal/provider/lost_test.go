//go:build unix

package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const lostConfiguration = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

variable "password" {
  type = string
}

variable "old_password" {
  type    = string
  default = null
}

resource "veeam_standard_account" "relay" {
  name     = "relay"
  username = "relay@example.com"
  password = var.password
}

resource "veeam_user" "operator" {
  name         = "operator"
  password     = var.password
  old_password = var.old_password
}
`

// oneOfEach checks that there is one record and one user besides the administrator, with this password.
func oneOfEach(s *simulator.Server, password string) error {
	accounts, users := s.Accounts(), s.Users()
	if len(accounts) != 1 || len(users) != 2 {
		return fmt.Errorf("there are %d records and %d users, expected one and two", len(accounts), len(users))
	}
	operator, _ := s.User("operator")
	if accounts[0].Password != password || operator.Password != password {
		return fmt.Errorf("a password is not the expected one")
	}
	return nil
}

// Whichever answers are lost, there is exactly one object in the end, with the right password and an empty plan, without
// manual steps. If a change is not repeated within the apply, the next apply does it. The tests of the client lose
// answers in all these ways too, and the histories in most.
func TestStory_lostAnswers(t *testing.T) {
	t.Parallel()
	page := http.Header{"Content-Type": {"text/html"}}
	for name, test := range map[string]struct {
		fault        simulator.Fault
		updatesAgain bool // only the next apply can find out whether an update was done
	}{
		"cut off before the work":  {simulator.Fault{Kind: simulator.CutBefore}, false},
		"cut off after the work":   {simulator.Fault{Kind: simulator.CutAfter}, false},
		"cut off in the answer":    {simulator.Fault{Kind: simulator.CutBody}, false},
		"never answered":           {simulator.Fault{Kind: simulator.Stall}, true},
		"answered by a proxy":      {simulator.Fault{Kind: simulator.Body, Status: http.StatusBadGateway, Header: page, Body: "<html>Bad gateway</html>"}, false},
		"answered with a page":     {simulator.Fault{Kind: simulator.Body, Status: http.StatusOK, Header: page, Body: "<html>Welcome</html>"}, true},
		"answered with an error":   {simulator.Fault{Kind: simulator.Body, Status: http.StatusInternalServerError, Body: `{"type": "x/unknownError", "title": "Unknown error", "status": 500}`}, true},
		"turned away for a moment": {simulator.Fault{Kind: simulator.Status, Status: http.StatusServiceUnavailable}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name != "cut off after the work" && name != "answered with an error" {
				acctest.OnlyInAll(t)
			}
			a := acctest.NewSimulated(t, simulator.Config{})
			lose := func(method string) func() {
				return func() {
					a.Simulated.ClearFaults()
					paths := []string{"/accounts/standard/*", "/users/*"}
					if method == http.MethodPost {
						paths = []string{"/accounts/standard", "/users"}
					}
					for _, path := range paths {
						fault := test.fault
						fault.Method, fault.Path, fault.Count = method, path, 1
						a.Simulated.AddFault(fault)
					}
				}
			}
			config := func(password, oldPassword string) string {
				return a.Provider(`request_timeout = "2s"`) + fmt.Sprintf(`
					resource "veeam_standard_account" "relay" {
						name     = "relay"
						username = "relay@example.com"
						password = %[1]q
					}
					resource "veeam_user" "operator" {
						name         = "operator"
						password     = %[1]q
						old_password = %[2]q
					}`, password, oldPassword)
			}
			const first, second = "First-pw-19", "Second-pw-28"
			steps := []resource.TestStep{{
				PreConfig: lose(http.MethodPost),
				Config:    config(first, "unused"),
				Check:     a.Check(func(s *simulator.Server) error { return oneOfEach(s, first) }),
			}}
			rotate := resource.TestStep{
				PreConfig: lose(http.MethodPut),
				Config:    config(second, first),
				Check:     a.Check(func(s *simulator.Server) error { return oneOfEach(s, second) }),
			}
			if test.updatesAgain {
				steps = append(steps, resource.TestStep{PreConfig: rotate.PreConfig, Config: rotate.Config, ExpectError: acctest.Saying("The appliance may have carried out the request.")})
				rotate.PreConfig = nil
			}
			destroy := resource.TestStep{PreConfig: lose(http.MethodDelete), Config: config(second, first), Destroy: true}
			steps = append(steps, rotate, destroy)
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), TerraformVersionChecks: acctest.WriteOnly, Steps: steps})
			if left := len(a.Simulated.Accounts()) + len(a.Simulated.Users()) - 1; left != 0 {
				t.Errorf("%d objects are left", left)
			}
			if injected := a.Simulated.FaultsInjected(); injected != 6 {
				t.Errorf("%d answers were lost, expected 6", injected)
			}
		})
	}
}

// A user moves to another address in one run, and the deletion is answered late: its repetition does not delete the new
// user. The creation waits for a slow one, so that the deletion begins first.
func TestStory_userAtAnotherAddress(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	provider := a.Provider(`api_version = "1.0-rev0"`) // else the first request goes alone
	config := func(address, more string) string {
		return provider + fmt.Sprintf(`resource "veeam_user" %q {
			name     = "operator"
			password = "First-pw-19"
			%s
		}`, address, more)
	}
	slow := `
		resource "veeam_user" "slow" {
			name     = "slow"
			password = "First-pw-19"
		}`
	isThere := a.Check(func(s *simulator.Server) error {
		if user, found := s.User("operator"); !found || user.Password != "First-pw-19" {
			return fmt.Errorf("the user is there: %v", found)
		}
		return nil
	})
	late := func() {
		a.Simulated.AddFault(
			simulator.Fault{Kind: simulator.Delay, Method: http.MethodPost, Path: "/users", Delay: time.Second, Count: 1},
			simulator.Fault{
				Kind: simulator.Body, Status: http.StatusGatewayTimeout, Method: http.MethodDelete, Path: "/users/operator", Delay: 2 * time.Second, Count: 1,
			},
		)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config("before", ""), Check: isThere},
			{PreConfig: late, Config: config("after", "depends_on = [veeam_user.slow]") + slow, Check: isThere},
		},
	})
	if injected := a.Simulated.FaultsInjected(); injected != 2 {
		t.Errorf("%d answers came late, expected 2", injected)
	}
}

// A record takes a name in the run in which another resource wants it for a new one: two records stay two.
func TestStory_renameBesideCreation(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	var id string
	provider := a.Provider(`api_version = "1.0-rev0"`) // else the first request goes alone
	record := func(address, name, password, more string) string {
		return fmt.Sprintf(`resource "veeam_standard_account" %q {
			name     = %q
			username = "relay@example.com"
			password = %q
			%s
		}
		`, address, name, password, more)
	}
	slow := `resource "veeam_user" "slow" {
		name     = "slow"
		password = "First-pw-19"
	}
	`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config: provider + record("a", "old", "First-pw-19", ""),
				Check: a.Check(func(s *simulator.Server) error {
					id = s.Accounts()[0].ID
					return nil
				}),
			},
			{
				PreConfig: func() {
					a.Simulated.AddFault(
						simulator.Fault{Kind: simulator.Delay, Method: http.MethodPost, Path: "/users", Delay: time.Second / 2, Count: 1},
						simulator.Fault{Kind: simulator.CutBefore, Method: http.MethodPost, Path: "/accounts/standard", Delay: 2 * time.Second, Count: 1},
					)
				},
				Config: provider + slow + record("b", "smtp", "Second-pw-28", "") +
					record("a", "smtp", "First-pw-19", "depends_on = [veeam_user.slow]"),
				ExpectError: acctest.Saying(`named "smtp"`), // of whichever comes second
			},
		},
	})
	for _, account := range a.Simulated.Accounts() {
		if renamed := account.ID == id; renamed != (account.Password == "First-pw-19") {
			t.Errorf("the record that was renamed is %q (%v), and has the other one's password", account.Name, renamed)
		}
	}
}

// Terraform and the provider are killed when the appliance has made a change and not yet answered: nothing of it is in
// the state. The next apply finds out.
func TestStory_killedBeforeTheStateWasSaved(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"a record's rotation": "/accounts/standard/", "a user's rotation": "/users/operator"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var kill atomic.Pointer[func()]
			a := acctest.NewSimulated(t, simulator.Config{OnRequest: func(request simulator.Request) {
				if kill := kill.Load(); kill != nil && request.Method == http.MethodPut && strings.HasPrefix(request.Path, path) {
					(*kill)()
				}
			}})
			w := acctest.NewWorkspace(t, a, lostConfiguration)
			w.Environment["TF_VAR_password"] = "First-pw-19"
			apply(t, w)

			w.Environment["TF_VAR_password"], w.Environment["TF_VAR_old_password"] = "Second-pw-28", "First-pw-19"
			command := w.Command(t.Context(), "apply", "-auto-approve", "-parallelism=1")
			command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the provider dies with Terraform
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			killGroup := func() { _ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
			kill.Store(&killGroup)
			err := command.Wait()
			kill.Store(nil)
			if err == nil {
				t.Fatal("the apply was not killed")
			}
			apply(t, w)
			if err := oneOfEach(a.Simulated, "Second-pw-28"); err != nil {
				t.Error(err)
			}
			settled(t, w)
		})
	}
}
