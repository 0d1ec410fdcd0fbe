package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const validatedConfiguration = requiresVeeam + `
resource "veeam_standard_account" "relay" {
  count    = 2
  name     = "relay-${count.index}"
  username = "relay@example.com"
  password = "a password"
}

resource "veeam_user" "operator" {
  count       = 2
  name        = "operator-${count.index}"
  description = "on call"
  password    = "Secret-pw-1"
}
`

var createsAll = []string{"POST /accounts/standard", "POST /accounts/standard", "POST /users", "POST /users"}

// validations counts the requests of the last command that validate a value.
func validations(a *acctest.Appliance) (count int) {
	for _, request := range a.Simulated.Requests() {
		if strings.Contains(request.Path, "/validate") {
			count++
		}
	}
	return count
}

// A plan job switches validation off by a variable. An apply job without the variable has the same configuration, and
// validates every value: two names of records, and the name, description and password of two users. It may do so again
// before it creates the first object.
func TestStory_planValidationVariable(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, validatedConfiguration)
	w.Environment["VEEAM_PLAN_VALIDATION"] = "false"
	acctest.Tell(t, a, w, acctest.Command{Because: "the plan job", Args: "plan -out=plan", Says: []string{"4 to add"}, Silent: []string{"Warning"}})
	if got := validations(a); got != 0 {
		t.Errorf("the plan job validated %d values, expected none", got)
	}
	delete(w.Environment, "VEEAM_PLAN_VALIDATION")
	acctest.Tell(t, a, w, acctest.Command{Because: "the apply job", Args: "apply -auto-approve", Silent: []string{"Warning"}, Writes: createsAll})
	if got := validations(a); got < 8 {
		t.Errorf("the apply job validated %d values, expected 8 at least", got)
	}
}

// A plan job whose user may only read warns once for each kind of value, and succeeds. An apply job with all permissions
// applies its plan.
func TestStory_planValidationForbidden(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, validatedConfiguration)
	for _, path := range []string{"/accounts/standard/validate*", "/users/validate*"} {
		a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Method: http.MethodPost, Path: path, Status: http.StatusForbidden})
	}
	acctest.Tell(t, a, w, acctest.Command{Because: "the plan job", Args: "plan -out=plan", Says: []string{
		"4 to add, 0 to change, 0 to destroy.",
		"Warning: Could not validate the name at plan time with veeam_standard_account.relay[",
		"(and one more similar warning elsewhere)", // the name of a user
		"Warning: Could not validate the description at plan time with veeam_user.operator[",
		"Warning: Could not validate the password at plan time with veeam_user.operator[",
		"The user does not have permission: Access denied: This failure was asked for (HTTP status 403)",
		"The appliance validates it when the plan is applied. To plan without validation, set plan_validation = false (VEEAM_PLAN_VALIDATION) in the provider configuration.",
	}})
	a.Simulated.ClearFaults()
	acctest.Tell(t, a, w, acctest.Command{Because: "the apply job", Args: "apply plan", Silent: []string{"Warning"}, Writes: createsAll})
}
