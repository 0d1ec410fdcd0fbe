package user_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const actionType = "veeam_disable_mfa"

func TestDisableMFA(t *testing.T) {
	t.Parallel()
	const switchOff = "POST /users/jane$/disableMfa"
	for name, test := range map[string]struct {
		user     string // whose MFA is to be switched off
		enabled  bool   // for jane$
		provider acctest.Values
		fault    simulator.Fault
		progress string
		failure  []string // parts of the one error; none when all is well
		writes   []string
	}{
		"on": {
			user: "jane$", enabled: true,
			progress: `Multi-factor authentication of "jane$" is now off. The user signs in with the password only.`, writes: []string{switchOff},
		},
		"off already": {user: "jane$", progress: `Multi-factor authentication of "jane$" is already off. Nothing was changed.`},
		"no such user": {
			user: "joe", enabled: true, failure: []string{`ERROR AttributeName("name"): No such user`, `has the name "joe".`},
		},
		"no name":               {user: "", failure: []string{`ERROR AttributeName("name"): Invalid name`, "This must not be empty."}},
		"a name of other rules": {user: "Jane.Doe", failure: []string{`ERROR AttributeName("name"): No such user`, `has the name "Jane.Doe".`}},
		"appliance not known yet": {
			user: "jane$", provider: acctest.Values{"host": acctest.Unknown}, failure: []string{"The appliance is not known yet"},
		},
		"user unreadable": {
			user: "jane$", enabled: true, fault: simulator.Fault{Kind: simulator.Status, Path: "/users/jane$", Status: 500},
			failure: []string{`Could not read user "jane$"`, "HTTP status 500"},
		},
		"refused": {
			user: "jane$", enabled: true, fault: simulator.Fault{Kind: simulator.Status, Method: "POST", Path: "/users/jane$/disableMfa", Status: 403},
			failure: []string{`Could not switch off multi-factor authentication of user "jane$"`, "HTTP status 403"}, writes: []string{switchOff},
		},
		"lost answer": {
			user: "jane$", enabled: true, fault: simulator.Fault{Kind: simulator.CutAfter, Method: "POST", Path: "/users/jane$/disableMfa", Count: 1},
			progress: `Multi-factor authentication of "jane$" is now off. The user signs in with the password only.`, writes: []string{switchOff, switchOff},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.PutUser(simulator.User{Name: "jane$", Description: "Night shift", Password: first, MFAEnabled: test.enabled})
			if test.fault.Kind != "" {
				a.Simulated.AddFault(test.fault)
			}
			progress, failures := a.Protocol(t, test.provider).Invoke(t, actionType, acctest.Values{"name": test.user})
			if strings.Join(progress, "\n") != test.progress {
				t.Errorf("the progress was %q, expected %q", progress, test.progress)
			}
			if min(len(test.failure), 1) != len(failures) {
				t.Fatalf("the errors were %q", failures)
			}
			for _, part := range test.failure {
				if !strings.Contains(failures[0], part) {
					t.Errorf("the error does not say %q: %s", part, failures[0])
				}
			}
			if writes := acctest.Writes(a.Simulated.Requests()); !slices.Equal(writes, test.writes) && len(writes)+len(test.writes) > 0 {
				t.Errorf("the appliance was sent %q, expected %q", writes, test.writes)
			}
			user, _ := a.Simulated.User("jane$")
			if want := test.enabled && test.progress == ""; user.MFAEnabled != want || user.Password != first || user.Description != "Night shift" {
				t.Errorf("the user is %+v, expected MFA to be on: %t", user, want)
			}
		})
	}
}

// Terraform invokes the action, and the user's resource shows the change at the next refresh.
func TestDisableMFA_example(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutUser(simulator.User{Name: "jane", Password: first, MFAEnabled: true})
	example, err := os.ReadFile("../../examples/actions/veeam_disable_mfa/action.tf")
	if err != nil {
		t.Fatal(err)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{{
			Config: a.Provider() + string(example) + `
				resource "terraform_data" "now" {
					lifecycle {
						action_trigger {
							events  = [after_create]
							actions = [action.veeam_disable_mfa.jane]
						}
					}
				}`,
			Check: resource.ComposeAggregateTestCheckFunc(a.Wrote("POST /users/jane/disableMfa"), a.Check(func(s *simulator.Server) error {
				if user, _ := s.User("jane"); user.MFAEnabled {
					return fmt.Errorf("MFA is still on")
				}
				return nil
			})),
		}},
	})
}
