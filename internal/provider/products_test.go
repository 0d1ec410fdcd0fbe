package provider_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// found is the revision that the provider finds on each product, by the order in which it tries them.
var found = map[string]string{
	"2": "1.0-rev0", "3": "1.0-rev0", "4": "1.0-rev0", "5": "1.0-rev0", "6": "1.3-rev0",
	"7": "1.3-rev0", "8": "1.4-rev0", "9": "1.7-rev0", "10": "1.7-rev0", "11": "1.7-rev0",
}

const (
	oldPassword = "First-pw-19"
	newPassword = "Second-pw-28"
)

// inRevision is a record and what a revision has of users, with the data sources that see them.
func inRevision(provider, revision, password, old, role string) string {
	fields, users := "", "veeam_user.operator"
	if hasRoles(revision) {
		fields = "role = \"" + role + "\""
	}
	if hasAccountTypes(revision) {
		users += ", veeam_user.jane"
	}
	config := provider + fmt.Sprintf(`
		resource "veeam_standard_account" "relay" {
			name     = "relay"
			username = "relay@example.com"
			password = %[1]q
		}
		resource "veeam_user" "operator" {
			name              = "operator"
			password          = %[1]q
			old_password      = %[2]q
			additional_fields = jsonencode({ %[3]s })
		}
		data "veeam_appliance" "this" {}
		data "veeam_standard_account" "relay" {
			name       = "relay"
			depends_on = [veeam_standard_account.relay]
		}
		data "veeam_standard_accounts" "all" {
			depends_on = [veeam_standard_account.relay]
		}
		data "veeam_user" "operator" {
			name       = "operator"
			depends_on = [veeam_user.operator]
		}
		data "veeam_users" "all" {
			depends_on = [%[4]s]
		}
	`, password, old, fields, users)
	if hasAccountTypes(revision) {
		config += fmt.Sprintf(`
		resource "veeam_user" "jane" {
			name              = %q
			description       = "of %s"
			additional_fields = jsonencode({
				accountType = "External"
				%s
			})
		}`, external, role, fields)
	}
	return config
}

// external is the longest name of an identity provider's user.
var external = strings.Repeat("jane-", 25)

// What the simulated appliance assumes of the revisions.
func hasAccountTypes(revision string) bool { return revision >= "1.1" }
func hasRoles(revision string) bool        { return revision >= "1.4" }

// One life in every product version: created in the revision that the provider finds, changed in the newest one,
// imported and destroyed.
func TestStory_products(t *testing.T) {
	acctest.EachProduct(t, simulator.Config{Habits: simulator.Habits{simulator.RoleRequired: true}}, func(t *testing.T, a *acctest.Appliance, profile simulator.Profile) {
		if !slices.Contains([]string{"2", "6", "11"}, profile.Product) { // the oldest, the first with external users, the newest
			acctest.OnlyInAll(t)
		}
		first, newest := found[profile.Product], profile.Documented[len(profile.Documented)-1]
		sent := func(revision string, writes map[string][]string) resource.TestCheckFunc {
			return a.Check(func(s *simulator.Server) error {
				defer s.ResetRequests()
				got := map[string][]string{}
				for _, request := range s.Requests() {
					if one := acctest.Writes([]simulator.Request{request}); len(one) > 0 {
						got[one[0]] = append(got[one[0]], string(request.Body))
					}
				}
				for _, bodies := range got {
					slices.Sort(bodies)
				}
				if diff := cmp.Diff(writes, got); diff != "" {
					return fmt.Errorf("what was sent is not as expected:\n%s", diff)
				}
				return a.SpokeOnly(revision)
			})
		}
		fields := func(revision, role string) (sent, shown string) {
			switch {
			case hasRoles(revision):
				return `,"role":"` + role + `"`, `{"accountType":"Internal","role":"` + role + `"}`
			case hasAccountTypes(revision):
				return "", `{"accountType":"Internal"}`
			}
			return "", "{}"
		}
		see := func(revision, role string) []statecheck.StateCheck {
			_, shown := fields(revision, role)
			users := 2
			if hasAccountTypes(revision) {
				users++
			}
			is := func(address, attribute string, check knownvalue.Check) statecheck.StateCheck {
				return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
			}
			return []statecheck.StateCheck{
				is("data.veeam_appliance.this", "api_version", knownvalue.StringExact(revision)),
				is("data.veeam_appliance.this", "product_version", knownvalue.StringExact(profile.ProductVersion)),
				is("data.veeam_standard_account.relay", "username", knownvalue.StringExact("relay@example.com")),
				is("data.veeam_standard_accounts.all", "accounts", knownvalue.ListSizeExact(1)),
				is("data.veeam_user.operator", "additional_fields", knownvalue.StringExact(shown)),
				is("data.veeam_users.all", "users", knownvalue.ListSizeExact(users)),
			}
		}

		made := map[string][]string{
			"POST /accounts/standard": {`{"name":"relay","username":"relay@example.com","password":"` + oldPassword + `"}`},
		}
		role, _ := fields(first, "Portal Operator")
		if hasAccountTypes(first) {
			made["POST /users"] = append(made["POST /users"], `{"name":"`+external+`","description":"of Portal Operator","accountType":"External"`+role+`}`)
		}
		made["POST /users"] = append(made["POST /users"], `{"name":"operator","description":"","password":"`+oldPassword+`"`+role+`}`)

		role, _ = fields(newest, "Restore Operator")
		changed := map[string][]string{
			"PUT /accounts/standard/{id}": {`{"name":"relay","username":"relay@example.com","password":"` + newPassword + `"}`},
			"PUT /users/operator":         {`{"oldPassword":"` + oldPassword + `","description":"","password":"` + newPassword + `"` + role + `}`},
		}
		action, gone := plancheck.ResourceActionUpdate, []string{"DELETE /accounts/standard/{id}", "DELETE /users/operator"}
		switch {
		case hasAccountTypes(first):
			changed["PUT /users/"+external] = []string{`{"description":"of Restore Operator","accountType":"External"` + role + `}`}
		case hasAccountTypes(newest):
			action = plancheck.ResourceActionCreate
			changed["POST /users"] = []string{`{"name":"` + external + `","description":"of Restore Operator","accountType":"External"}`}
		}
		inPlace := []plancheck.PlanCheck{
			plancheck.ExpectResourceAction("veeam_standard_account.relay", plancheck.ResourceActionUpdate),
			plancheck.ExpectResourceAction("veeam_user.operator", plancheck.ResourceActionUpdate),
		}
		if hasAccountTypes(newest) {
			inPlace = append(inPlace, plancheck.ExpectResourceAction("veeam_user.jane", action))
			gone = append(gone, "DELETE /users/"+external)
		}

		later := inRevision(a.Provider(fmt.Sprintf("api_version = %q", newest)), newest, newPassword, oldPassword, "Restore Operator")
		steps := []resource.TestStep{
			{ // The revision is found, and its fields are available.
				Config:            inRevision(a.Provider(), first, oldPassword, "", "Portal Operator"),
				ConfigStateChecks: see(first, "Portal Operator"),
				Check:             sent(first, made),
			},
			{ // Another revision alone changes nothing; passwords, a role and a description do, in place.
				PreConfig:         a.Simulated.ResetRequests,
				Config:            later,
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: inPlace},
				ConfigStateChecks: see(newest, "Restore Operator"),
				Check:             sent(newest, changed),
			},
			{Config: later, ResourceName: "veeam_standard_account.relay", ImportState: true, ImportStateId: "relay", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"password_version"}},
			{Config: later, ResourceName: "veeam_user.operator", ImportState: true, ImportStateId: "operator", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"password_version", "additional_fields"}},
		}
		if hasAccountTypes(newest) {
			steps = append(steps, resource.TestStep{
				Config: later, ResourceName: "veeam_user.jane", ImportState: true, ImportStateId: external, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"additional_fields"},
			})
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			TerraformVersionChecks:   acctest.WriteOnly,
			CheckDestroy: resource.ComposeTestCheckFunc(
				a.Check(func(*simulator.Server) error { return a.SpokeOnly(newest) }),
				a.Wrote(gone...),
			),
			Steps: steps,
		})
	})
}

// However a product refuses a revision, and whether it accepts the assumed ones or only those that are documented, with
// a username and with a bare token: one that it accepts is found, with one sign-in, and once for many who ask at once.
func TestProducts_revisionFound(t *testing.T) {
	documented := map[string]string{"6": "1.4-rev0", "10": "1.8-rev0", "11": "1.9-rev0"} // of these alone
	refusedFirst := map[string]int{"1.0-rev0": 0, "1.3-rev0": 1, "1.4-rev0": 2, "1.7-rev0": 3, "1.8-rev0": 4, "1.9-rev0": 5}
	for _, refusal := range []string{"problem", "nested", "sentence", "misleading"} {
		for _, anyToken := range []bool{false, true} {
			for _, documentedOnly := range []bool{false, true} {
				for _, bare := range []bool{false, true} {
					name := fmt.Sprintf("%s, any revision at /token %t, documented only %t, bare token %t", refusal, anyToken, documentedOnly, bare)
					t.Run(name, func(t *testing.T) {
						config := simulator.Config{RevisionRefusal: refusal, Habits: simulator.Habits{simulator.TokenTakesAnyRevision: anyToken}}
						acctest.EachProduct(t, config, func(t *testing.T, a *acctest.Appliance, profile simulator.Profile) {
							want := found[profile.Product]
							if documentedOnly {
								alone, differs := documented[profile.Product]
								if !differs {
									return
								}
								config := config
								config.Product, config.APIVersions = profile.Product, profile.Documented
								a, want = acctest.NewSimulated(t, config), alone
							}
							arguments := acctest.Values(nil)
							if bare {
								arguments = acctest.Values{"username": nil, "password": nil, "token": a.Token(t)}
								a.Simulated.ResetRequests()
							}
							p := a.Protocol(t, arguments)
							read := func() {
								var asking sync.WaitGroup
								for _, typeName := range []string{"veeam_standard_accounts", "veeam_users", "veeam_appliance"} {
									asking.Go(func() {
										if _, said := p.ReadData(t, typeName, nil); len(said) > 0 {
											t.Errorf("%s: %q", typeName, said)
										}
									})
								}
								asking.Wait()
							}
							read()
							refused, signIns := 0, 0
							for _, request := range a.Simulated.Requests() {
								switch {
								case request.Status == http.StatusBadRequest:
									refused++
								case request.Path == "/token":
									signIns++
								}
							}
							if bare != (signIns == 0) || signIns > 1 {
								t.Errorf("signed in %d times", signIns)
							}
							least, most := refusedFirst[want], refusedFirst[want]
							switch {
							case most == 0:
							case refusal == "sentence":
								least, most = 1, 1
							case refusal == "misleading":
								most = 10
							}
							if bare || anyToken { // the first request is refused as well as the version
								most++
							}
							if refused < least || refused > most {
								t.Errorf("%d requests were refused, expected %d to %d", refused, least, most)
							}
							a.Simulated.ResetRequests()
							read()
							if err := a.SpokeOnly(want); err != nil {
								t.Error(err)
							}
							if asked := len(a.Simulated.Requests()); asked != 3 {
								t.Errorf("%d requests when the revision is known, expected 3", asked)
							}
							if shown, _ := p.ReadData(t, "veeam_appliance", nil); shown["api_version"] != want {
								t.Errorf("the data source shows %v, expected %s", shown["api_version"], want)
							}
						})
					})
				}
			}
		}
	}
}

// A validation that a revision does not have gives one warning for each kind of value, however many objects there are,
// and no more requests of that kind. Other values are still validated.
func TestProducts_withoutValidation(t *testing.T) {
	for _, missing := range []string{"problem", "framework", "405", "501", "unsupported"} {
		t.Run(missing, func(t *testing.T) {
			config := simulator.Config{Habits: simulator.Habits{simulator.NoValidation: true}, MissingEndpoint: missing}
			acctest.EachProduct(t, config, func(t *testing.T, a *acctest.Appliance, profile simulator.Profile) {
				p := a.Protocol(t, nil)
				var said []string
				for i := range 3 {
					name := fmt.Sprintf("one-of-%d", i)
					for typeName, config := range map[string]acctest.Values{
						"veeam_standard_account": {"name": name, "username": "relay@example.com", "password": oldPassword},
						"veeam_user":             {"name": name, "description": "d", "password": oldPassword},
					} {
						_, texts := p.PlanNew(t, typeName, config)
						said = append(said, texts...)
					}
				}
				want := []string{
					"WARNING : Could not validate the description at plan time",
					"WARNING : Could not validate the name at plan time",
					"WARNING : Could not validate the name at plan time",
					"WARNING : Could not validate the password at plan time",
				}
				slices.Sort(said)
				if len(said) != len(want) {
					t.Fatalf("%d warnings, expected %d: %q", len(said), len(want), said)
				}
				for i := range want {
					if !strings.HasPrefix(said[i], want[i]) || !strings.Contains(said[i], "plan_validation = false") {
						t.Errorf("%q, expected %q", said[i], want[i])
					}
				}
				asked := 0
				for _, request := range a.Simulated.Requests() {
					if strings.Contains(request.Path, "/validate") {
						asked++
					}
				}
				if asked != len(want) {
					t.Errorf("%d questions, expected %d", asked, len(want))
				}
			})
		})
	}
}

// An api_version that a product refuses, and a product that accepts none that is published, end in one error that says what
// was tried, what the appliance said and where to look, after one sign-in at most and before any password is judged twice.
func TestProducts_revisionRefused(t *testing.T) {
	const published = "1.0-rev0, 1.3-rev0, 1.4-rev0, 1.7-rev0, 1.8-rev0, 1.9-rev0, 1.6-rev0, 1.5-rev1, 1.5-rev0, 1.2-rev0, 1.1-rev0"
	for _, refusal := range []string{"problem", "nested", "sentence", "misleading"} {
		for _, anyToken := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, any revision at /token %t", refusal, anyToken), func(t *testing.T) {
				config := simulator.Config{RevisionRefusal: refusal, Habits: simulator.Habits{simulator.TokenTakesAnyRevision: anyToken}}
				acctest.EachProduct(t, config, func(t *testing.T, a *acctest.Appliance, profile simulator.Profile) {
					config := config
					config.Product, config.APIVersions = profile.Product, []string{"2.0-rev0", "2.1-rev0"}
					unpublished := acctest.NewSimulated(t, config)
					tried, named := "asked for "+published, ""
					if refusal == "sentence" {
						tried, named = "asked for 1.0-rev0, it answered", "It names only revisions that this provider does not know: 2.0-rev0, 2.1-rev0"
					}
					accepted := ""
					if refusal == "sentence" {
						accepted = strings.Join(profile.APIVersions(), ", ")
					}
					for _, test := range []struct {
						a         *acctest.Appliance
						arguments acctest.Values
						bare      bool
						wants     []string
					}{
						{a, acctest.Values{"api_version": "1.0-rev9"}, false, []string{"use api_version 1.0-rev9 with ", "asked for 1.0-rev9, it answered", accepted}},
						{a, acctest.Values{"api_version": "1.0-rev9"}, true, []string{"use api_version 1.0-rev9 with ", "asked for 1.0-rev9, it answered", accepted}},
						{unpublished, acctest.Values{}, false, []string{"find an api_version that ", tried, named}},
						{unpublished, acctest.Values{}, true, []string{"find an api_version that ", tried, named}},
					} {
						if test.bare {
							test.arguments["username"], test.arguments["password"], test.arguments["token"] = nil, nil, test.a.Token(t)
						}
						test.a.Simulated.ResetRequests()
						p := test.a.Protocol(t, test.arguments)
						_, said := p.PlanNew(t, "veeam_standard_account", acctest.Values{"name": "relay", "username": "relay@example.com", "password": oldPassword})
						if len(said) != 1 {
							t.Fatalf("%q, expected one error", said)
						}
						for _, want := range append(test.wants, test.a.Simulated.Host(), "is not supported", "Set api_version (VEEAM_API_VERSION)", "/guides/compatibility") {
							if !strings.Contains(said[0], want) {
								t.Errorf("%s does not say %q", said[0], want)
							}
						}
						signIns := 0
						for _, request := range test.a.Simulated.Requests() {
							if request.Path == "/token" && request.Status == http.StatusOK {
								signIns++
							}
						}
						if signIns > 1 || test.bare && signIns > 0 {
							t.Errorf("%d sign-ins", signIns)
						}
						before := len(test.a.Simulated.Requests())
						if _, said = p.PlanNew(t, "veeam_user", acctest.Values{"name": "operator", "password": oldPassword}); len(said) > 0 {
							t.Errorf("it is said again: %q", said)
						}
						if asked := len(test.a.Simulated.Requests()); asked != before {
							t.Errorf("%d more requests", asked-before)
						}
					}
				})
			})
		}
	}
}

// A request to an appliance that is busy for a moment is retried, whatever it reads and however the appliance reports
// it.
func TestProducts_busy(t *testing.T) {
	acctest.EachProduct(t, simulator.Config{}, func(t *testing.T, a *acctest.Appliance, profile simulator.Profile) {
		p := a.Protocol(t, acctest.Values{"api_version": profile.Documented[len(profile.Documented)-1]})
		a.Simulated.PutAccount(simulator.Account{Name: "relay", Username: "relay@example.com", Password: oldPassword})
		for _, path := range []string{"/users", "/users/*", "/accounts/standard", "/system/version"} {
			for _, status := range []int{http.StatusServiceUnavailable, http.StatusGatewayTimeout} {
				a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Method: http.MethodGet, Path: path, Status: status, Count: 1})
			}
		}
		for typeName, config := range map[string]acctest.Values{
			"veeam_users": nil, "veeam_user": {"name": "admin"}, "veeam_standard_account": {"name": "relay"}, "veeam_appliance": nil,
		} {
			if _, said := p.ReadData(t, typeName, config); len(said) > 0 {
				t.Errorf("%s: %q", typeName, said)
			}
		}
		if hit := a.Simulated.FaultsInjected(); hit != 8 {
			t.Errorf("%d answers were faults, expected 8", hit)
		}
	})
}

// Every listed object can be imported without changes, in the revision that is found and in the newest one.
func TestProducts_lists(t *testing.T) {
	acctest.EachProduct(t, simulator.Config{}, func(t *testing.T, a *acctest.Appliance, profile simulator.Profile) {
		newest := profile.Documented[len(profile.Documented)-1:]
		for revision, a := range map[string]*acctest.Appliance{
			found[profile.Product]: a,
			newest[0]:              acctest.NewSimulated(t, simulator.Config{Product: profile.Product, APIVersions: newest}),
		} {
			a.Simulated.PutAccount(simulator.Account{Name: "relay", Username: "relay@example.com", Password: oldPassword})
			a.Simulated.PutUser(simulator.User{Name: "operator", Description: "Runs restores", Password: oldPassword})
			a.Simulated.PutUser(simulator.User{Name: external, AccountType: "External", Role: "Portal Operator"})
			listed := 0
			for _, typeName := range []string{"veeam_standard_account", "veeam_user"} {
				a.ListsWhatImports(t, typeName)
				for range a.Protocol(t, nil).List(t, typeName, nil, 0, false) {
					listed++
				}
			}
			if listed != 4 {
				t.Errorf("%d objects were listed, expected 4", listed)
			}
			if err := a.SpokeOnly(revision); err != nil {
				t.Error(err)
			}
		}
	})
}

// The log of a run says once which revision of the API it has come to, and which ones were refused.
func TestProducts_log(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{Product: "9"})
	p := a.Protocol(t, nil)
	var output bytes.Buffer
	kind := p.Schemas.DataSourceSchemas["veeam_appliance"].ValueType()
	for range 2 {
		read, err := p.Server.ReadDataSource(tflogtest.RootLogger(t.Context(), &output), &tfprotov6.ReadDataSourceRequest{
			TypeName: "veeam_appliance", Config: acctest.Encode(t, kind, nil),
		})
		acctest.Succeeded(t, read.Diagnostics, err)
	}
	entries, err := tflogtest.MultilineJSONDecode(&output)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, entry := range entries {
		if entry["api_version"] != nil {
			said = append(said, fmt.Sprint(entry["@level"], " ", entry["@message"], " ", entry["api_version"], " ", entry["refused"]))
		}
	}
	want := []string{"info the appliance accepts this revision of the API " + found["9"] + " [1.0-rev0 1.3-rev0 1.4-rev0]"}
	if !slices.Equal(said, want) {
		t.Errorf("the log says %q, expected %q", said, want)
	}
}
