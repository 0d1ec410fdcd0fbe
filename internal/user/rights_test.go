package user_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// No right is given or taken silently: a creation names the fields that the appliance chose, and the plan of a replacement
// those that are lost.
func TestUser_rights(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{Product: "11"})
	w := acctest.NewWorkspace(t, a, strings.Replace(variablePassword, "  description      = var.description", `  description      = var.description
  additional_fields = var.additional_fields`, 1)+`
variable "additional_fields" {
  type    = string
  default = null
}
`)
	with := func(name, fields string) map[string]string {
		variables := map[string]string{"name": name, "password": first}
		if fields != "" {
			variables["additional_fields"] = fields
		}
		return variables
	}
	const (
		chosen = `Warning: Fields chosen by the appliance for user "operator"`
		lost   = `Warning: Values lost by replacing user "operator"`
	)
	acctest.Tell(t, a, w,
		acctest.Command{Because: "a creation without a role", With: with("operator", ""), Args: "apply -auto-approve", Says: []string{chosen, `"role":"Portal Administrator"`}, Writes: []string{"POST /users"}},
		acctest.Command{Because: "nothing is created", With: with("operator", ""), Args: "apply -auto-approve", Silent: []string{"Warning"}},
		acctest.Command{
			Because: "another name", With: with("other", ""), Args: "plan",
			Says: []string{"must be replaced", lost, `"role":"Portal Administrator"`}, Silent: []string{"must enroll again"},
		},
	)
	a.Simulated.PutUser(simulator.User{Name: "operator", Password: first, Role: "Restore Operator", MFAEnabled: true})
	acctest.Tell(t, a, w,
		acctest.Command{Because: "taint", With: with("operator", ""), Args: "taint veeam_user.operator"},
		acctest.Command{Because: "tainted", With: with("operator", ""), Args: "plan", Says: []string{lost, `"role":"Restore Operator"`, "must enroll again"}},
		acctest.Command{
			Because: "the role is managed", With: with("operator", `{"Role":"Restore Operator","accountType":"Internal"}`), Args: "plan",
			Says: []string{lost, "must enroll again"}, Silent: []string{"does not set these values"},
		},
		acctest.Command{
			Because: "a replacement with a role", With: with("operator", `{"role":"Restore Operator"}`), Args: "apply -auto-approve",
			Silent: []string{chosen}, Writes: []string{"DELETE /users/operator", "POST /users"},
		},
	)
}

// The answer to a creation may lack what the appliance chose. One read of the new user shows it, on revisions that may have
// roles.
func TestUser_rightsThatAnAnswerLacks(t *testing.T) {
	t.Parallel()
	const (
		bare   = `{"name":"jane","description":"","mfaEnabled":false,"isDefault":false}`
		chosen = "Fields chosen by the appliance for user \"jane\""
	)
	for name, test := range map[string]struct {
		product, fields string
		created, read   string // answers, empty for those of the appliance
		says            string
		reads           int // the first one finds the name free
	}{
		"an answer without further fields": {product: "11", created: bare, says: `"role":"Portal Administrator"`, reads: 2},
		"a role that is ignored": {
			product: "11", fields: `{"role":"Restore Operator"}`, created: bare,
			read: `{"name":"jane","description":"","mfaEnabled":false,"isDefault":false,"roleName":"Portal Administrator"}`, says: `{"roleName":"Portal Administrator"}`, reads: 2,
		},
		"an answer without a role":      {product: "11", created: `{"name":"jane","description":"","mfaEnabled":false,"isDefault":false,"accountType":"Internal"}`, says: `"role":"Portal Administrator"`, reads: 2},
		"the role that was asked for":   {product: "11", fields: `{"role":"Restore Operator"}`, created: bare, reads: 2},
		"a whole answer":                {product: "11", says: `"role":"Portal Administrator"`, reads: 1},
		"an answer with what was asked": {product: "11", fields: `{"role":"Restore Operator"}`, reads: 1},
		"a user who cannot be read":     {product: "11", created: bare, read: `{}`, reads: 2},
		"no roles":                      {product: "2", created: bare, reads: 1},
		"no roles, but account types":   {product: "5", created: bare, reads: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{Product: test.product})
			if test.created != "" {
				a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: http.MethodPost, Path: "/users", Body: test.created})
			}
			if test.read != "" {
				a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: http.MethodGet, Path: "/users/jane", Body: test.read, Skip: 1})
			}
			config := acctest.Values{"name": "jane", "password": first}
			if test.fields != "" {
				config["additional_fields"] = test.fields
			}
			created, said := a.Protocol(t, nil).Create(t, typeName, config)
			text := strings.Join(said, "\n")
			if strings.Contains(text, chosen) != (test.says != "") || !strings.Contains(text, test.says) || created == nil {
				t.Errorf("said %q, want %q", text, test.says)
			}
			if reads := a.Simulated.Count(http.MethodGet, "/users/jane"); reads != test.reads {
				t.Errorf("%d reads, want %d", reads, test.reads)
			}
		})
	}
}

// An appliance may reset a role that a PUT does not have. The update names each right that it changed.
func TestUser_rightsThatAnUpdateChanges(t *testing.T) {
	t.Parallel()
	const (
		bare    = `{"name":"jane","description":"d","mfaEnabled":false,"isDefault":false}`
		changed = "Rights changed by the update of user \"jane\""
	)
	for name, test := range map[string]struct {
		product, fields string
		keeps           bool   // the appliance keeps the role
		answered        string // by the PUT, empty for the appliance's answer
		unreadable      bool
		fails           bool // the update
		says            string
		reads           int
	}{
		"reset":                        {product: "11", says: `role: "Read-Only User" -> "Portal Administrator"`},
		"reset, and not in the answer": {product: "11", answered: bare, says: `role: "Read-Only User" -> "Portal Administrator"`, reads: 1},
		"reset, with another field":    {product: "11", fields: `{"accountType":"Internal"}`, says: `role: "Read-Only User" -> "Portal Administrator"`},
		"reset, without an answer":     {product: "11", answered: "{}", fails: true, says: `role: "Read-Only User" -> "Portal Administrator"`, reads: 1},
		"another field":                {product: "11", answered: `{"name":"jane","description":"d","mfaEnabled":false,"isDefault":false,"role":"Read-Only User","lastLogin":"now"}`},
		"a new field":                  {product: "11", answered: `{"name":"jane","description":"d","mfaEnabled":false,"isDefault":false,"role":"Read-Only User","groups":["all"]}`, says: `groups: null -> ["all"]`},
		"cleared":                      {product: "11", answered: `{"name":"jane","description":"d","mfaEnabled":false,"isDefault":false,"role":null}`, says: `role: "Read-Only User" -> null`},
		"secrets":                      {product: "11", answered: `{"name":"jane","description":"d","mfaEnabled":false,"isDefault":false,"role":"Read-Only User","roleToken":"hidden"}`},
		"kept":                         {product: "11", keeps: true},
		"managed":                      {product: "11", fields: `{"role":"Restore Operator"}`},
		"a user who cannot be read":    {product: "11", answered: bare, unreadable: true, reads: 1},
		"no roles":                     {product: "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{Product: test.product, Habits: simulator.Habits{simulator.ResetsRole: !test.keeps}})
			a.Simulated.PutUser(simulator.User{Name: "jane", Password: first, Role: "Read-Only User"})
			if test.answered != "" {
				a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: http.MethodPut, Body: test.answered})
			}
			config := acctest.Values{"name": "jane", "password": first, "description": "d"}
			state := acctest.Values{"id": "jane", "name": "jane", "mfa_enabled": false, "is_default": false}
			if test.fields != "" {
				config["additional_fields"], state["additional_fields"] = test.fields, test.fields
			}
			private := a.Protocol(t, nil).Refresh(t, typeName, state).Private
			a.Simulated.ResetRequests()
			if test.unreadable {
				a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: http.MethodGet, Path: "/users/jane", Body: `{}`})
			}
			text := strings.Join(a.Protocol(t, nil).UpdateFrom(t, typeName, state, private, config), "\n")
			if strings.Contains(text, changed) != (test.says != "") || !strings.Contains(text, test.says) || strings.Contains(text, "ERROR") != test.fails {
				t.Errorf("said %q, want %q", text, test.says)
			}
			if reads := a.Simulated.Count(http.MethodGet, "/users/jane"); reads != test.reads {
				t.Errorf("%d reads, want %d", reads, test.reads)
			}
			if writes := a.Simulated.Count(http.MethodPut, "/users/jane"); writes != 1 {
				t.Errorf("%d updates", writes)
			}
		})
	}
}

// With -refresh=false, the plan of a replacement warns about what the state knows to be lost.
func TestUser_rightsWithoutRefresh(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{Product: "11"})
	a.Simulated.PutUser(simulator.User{Name: "jane", Password: first, Role: "Restore Operator"})
	state := acctest.Values{"id": "jane", "name": "jane", "mfa_enabled": true, "is_default": false, "additional_fields": `{"team":"a","site":"b"}`}
	private := a.Protocol(t, nil).Refresh(t, typeName, state).Private
	a.Simulated.ResetRequests()
	renamed := acctest.Values{"name": "other", "password": first, "additional_fields": `{"site":"b"}`}
	said := strings.Join(a.Protocol(t, nil).PlanUpdate(t, typeName, state, private, renamed), "\n")
	for _, want := range []string{`Values lost by replacing user "jane"`, `{"role":"Restore Operator","team":"a"}`, "must enroll again"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q does not have %q", said, want)
		}
	}
	if a.Simulated.Count(http.MethodGet, "") > 0 {
		t.Error("the plan has read from the appliance")
	}
	nothing := acctest.Values{"id": "jane", "name": "jane", "mfa_enabled": false, "is_default": false}
	if said := a.Protocol(t, nil).PlanUpdate(t, typeName, nothing, nil, renamed); len(said) > 0 {
		t.Errorf("without anything to lose, the plan said %q", said)
	}
}
