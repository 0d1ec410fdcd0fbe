package user_test

import (
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// The plan warns of what happens to the user whom Terraform signs in as.
func TestUser_ownUser(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, variablePassword)
	with := map[string]string{"password": first}
	const deleted = `Warning: Terraform signs in as the user "operator", who will be deleted`
	acctest.Tell(t, a, w, acctest.Command{Because: "creation", With: with, Args: "apply -auto-approve", Writes: []string{"POST /users"}})
	w.Environment["VEEAM_USERNAME"], w.Environment["VEEAM_PASSWORD"] = "operator", first
	acctest.Tell(t, a, w,
		acctest.Command{Because: "another password", With: map[string]string{"password": second}, Args: "plan", Says: []string{`Warning: Terraform signs in as the user "operator", whose password will change`}},
		acctest.Command{Because: "another name", With: map[string]string{"password": first, "name": "other"}, Args: "plan", Says: []string{deleted}},
		acctest.Command{Because: "destruction", With: with, Args: "plan -destroy", Says: []string{deleted}},
		acctest.Command{Because: "taint", With: with, Args: "taint veeam_user.operator"},
		acctest.Command{Because: "tainted", With: with, Args: "plan", Says: []string{deleted}},
	)
}
