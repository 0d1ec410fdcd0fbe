package user_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// variablePassword is a user whose arguments are variables, so that every command can be run with others.
const variablePassword = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

variable "password" {
  type      = string
  ephemeral = true
  default   = null
}

variable "description" {
  type    = string
  default = null
}

variable "password_version" {
  type    = string
  default = null
}

variable "name" {
  type    = string
  default = "operator"
}

resource "veeam_user" "operator" {
  name             = var.name
  description      = var.description
  password         = var.password
  password_version = var.password_version
}
`

// Nothing that a change of an existing user would need stands in the way of a plan, a replacement or a destroy, all of
// which Terraform begins by planning an update.
func TestUser_teardownWithAnyPassword(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, variablePassword)
	password := func(password string) map[string]string { return map[string]string{"password": password} }
	const needed, refused = `The user's old password is needed for "operator"`, "The appliance would refuse the name of"
	acctest.Tell(t, a, w,
		acctest.Command{Because: "creation", With: password(first), Args: "apply -auto-approve", Writes: []string{"POST /users"}},
		acctest.Command{
			Because: "another password", With: password(second), Args: "plan",
			Says:   []string{"Warning: " + needed, "For this run, set old_password", "If you apply this plan unchanged, the update fails before anything is sent."},
			Silent: []string{"-replace"},
		},
		acctest.Command{Because: "another password", With: password(second), Args: "plan -out=plan"},
		acctest.Command{
			Because: "the apply says it once, and all of it", With: password(second), Args: "apply plan", Fails: true, Silent: []string{"Warning"},
			Says: []string{"Error: " + needed, "set password_version", "use -replace with the address", "loses MFA and all fields that additional_fields does not set"},
		},
		acctest.Command{Because: "another password", With: password(second), Args: "plan -destroy", Silent: []string{needed}},
		acctest.Command{
			Because: "another password", With: password(second), Args: "apply -auto-approve -replace=veeam_user.operator",
			Writes: []string{"DELETE /users/operator", "POST /users"},
		},
		acctest.Command{Because: "the same password", With: password(second), Args: "plan -detailed-exitcode", Silent: []string{"Warning"}},
		acctest.Command{Because: "taint", With: password(second), Args: "taint veeam_user.operator"},
		acctest.Command{Because: "tainted", With: password(second), Args: "plan", Says: []string{"is tainted, so must be replaced"}, Silent: []string{refused}},
		acctest.Command{
			Because: "tainted", With: password(second), Args: "apply -auto-approve", Silent: []string{refused},
			Writes: []string{"DELETE /users/operator", "POST /users"},
		},
		acctest.Command{
			Because: "no password, and a version that moves", With: map[string]string{"password_version": "2"}, Args: "plan",
			Says: []string{`Warning: A password is needed for user "operator"`},
		},
		acctest.Command{
			Because: "no password, and a description that changes", With: map[string]string{"description": "new"}, Args: "plan",
			Says: []string{`Warning: The user's current password is needed for "operator"`},
		},
		acctest.Command{
			Because: "no password, and both", With: map[string]string{"description": "new", "password_version": "2"}, Args: "apply -auto-approve", Fails: true,
			Says: []string{`Error: A password is needed for user "operator"`},
		},
		acctest.Command{Because: "yet another password", With: password(third), Args: "destroy -auto-approve", Writes: []string{"DELETE /users/operator"}},
	)
}

// A state that was restored from before a rotation has the old password's check value, and the appliance the new password.
// The error says so, and how to go on.
func TestUser_stateFromBeforeARotation(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, strings.Replace(variablePassword, "  password         = var.password", `  password         = var.password
  old_password     = var.old_password`, 1)+`
variable "old_password" {
  type      = string
  ephemeral = true
  default   = null
}
`)
	with := func(password, old string) map[string]string {
		return map[string]string{"password": password, "old_password": old}
	}
	acctest.Tell(t, a, w, acctest.Command{Because: "creation", With: with(first, ""), Args: "apply -auto-approve", Writes: []string{"POST /users"}})
	state := filepath.Join(w.Dir, "terraform.tfstate")
	backup, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	acctest.Tell(t, a, w, acctest.Command{Because: "rotation", With: with(second, first), Args: "apply -auto-approve", Writes: []string{"PUT /users/operator"}})
	if err := os.WriteFile(state, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	acctest.Tell(t, a, w,
		acctest.Command{
			Because: "the state is older", With: with(second, ""), Args: "apply -auto-approve", Fails: true,
			Says: []string{"because the state was restored from a backup", "set old_password to the same value as password"},
		},
		acctest.Command{Because: "the same in both", With: with(second, second), Args: "apply -auto-approve", Writes: []string{"PUT /users/operator"}},
		acctest.Command{Because: "settled", With: with(second, ""), Args: "plan -detailed-exitcode"},
	)
}

// What a new object lacks is an error, also where a destroy begins with a plan, and that says how to get past it.
func TestUser_teardownBesideANewUser(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, variablePassword)
	acctest.Tell(t, a, w, acctest.Command{Because: "creation", With: map[string]string{"password": first}, Args: "apply -auto-approve", Writes: []string{"POST /users"}})
	if err := w.Write("new.tf", `resource "veeam_user" "new" { name = "new" }`); err != nil {
		t.Fatal(err)
	}
	acctest.Tell(t, a, w,
		acctest.Command{Because: "a new user without a password", Args: "destroy -auto-approve", Fails: true, Says: []string{"Error: A password is needed", "run terraform destroy -refresh=false."}},
		acctest.Command{Because: "a new user without a password", Args: "destroy -auto-approve -refresh=false", Writes: []string{"DELETE /users/operator"}},
	)
}

// Terraform hides from a plan what is in ignore_changes, and hands it over when it applies.
func TestUser_ignoredPassword(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	ignoring := strings.Replace(variablePassword, `  name             = var.name`, `  name             = var.name
  lifecycle {
    ignore_changes = [password]
  }`, 1)
	w := acctest.NewWorkspace(t, a, ignoring)
	with := func(description, version string) map[string]string {
		return map[string]string{"password": first, "description": description, "password_version": version}
	}
	acctest.Tell(t, a, w,
		acctest.Command{Because: "creation", With: with("old", "1"), Args: "apply -auto-approve", Writes: []string{"POST /users"}},
		acctest.Command{
			Because: "a description that changes", With: with("new", "1"), Args: "plan",
			Says: []string{"If ignore_changes contains password, remove it there."},
		},
		acctest.Command{
			Because: "a version that changes", With: with("old", "2"), Args: "plan",
			Says: []string{"If ignore_changes contains password, remove it there"}, Silent: []string{"there is none"},
		},
		acctest.Command{Because: "both", With: with("new", "2"), Args: "apply -auto-approve", Writes: []string{"PUT /users/operator"}},
	)
}

// Another client deletes the user whom create_before_destroy replaces. His successor has the same name, and is not deleted in his
// place.
func TestUser_predecessorIsGone(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, strings.Replace(variablePassword, `  name             = var.name`, `  name             = var.name
  lifecycle {
    create_before_destroy = true
  }`, 1))
	with := map[string]string{"password": first}
	acctest.Tell(t, a, w, acctest.Command{Because: "creation", With: with, Args: "apply -auto-approve", Writes: []string{"POST /users"}})
	a.Simulated.DeleteUser("operator")
	acctest.Tell(t, a, w,
		acctest.Command{
			Because: "the predecessor is gone", With: with, Args: "apply -auto-approve -refresh=false -replace=veeam_user.operator",
			Says: []string{"1 added, 0 changed, 1 destroyed"}, Writes: []string{"POST /users"},
		},
		acctest.Command{Because: "the successor is there", With: with, Args: "plan -detailed-exitcode"},
		acctest.Command{Because: "another run deletes him", With: with, Args: "destroy -auto-approve", Writes: []string{"DELETE /users/operator"}},
	)
}

// A version that was counted cannot be taken up together with another password: nothing would be sent.
func TestUser_countedVersionTakenUp(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, variablePassword)
	with := func(password, version string) map[string]string {
		return map[string]string{"password": password, "password_version": version}
	}
	const lost = `Error: The password of user "operator" would not be sent`
	acctest.Tell(t, a, w,
		acctest.Command{Because: "creation", With: map[string]string{"password": first}, Args: "apply -auto-approve", Writes: []string{"POST /users"}},
		acctest.Command{Because: "the counted version, another password", With: with(second, "1"), Args: "plan", Fails: true, Says: []string{lost, "set another password_version"}},
		acctest.Command{
			Because: "another user with that version", With: map[string]string{"name": "other", "password": second, "password_version": "1"}, Args: "plan",
			Says: []string{"must be replaced"}, Silent: []string{"would not be sent"},
		},
		acctest.Command{Because: "the counted version, the same password", With: with(first, "1"), Args: "apply -auto-approve"},
		acctest.Command{Because: "and then another password", With: with(second, "1"), Args: "plan", Fails: true, Says: []string{lost}},
		acctest.Command{Because: "another version, the same password", With: with(first, "blue"), Args: "apply -auto-approve", Writes: []string{"PUT /users/operator"}},
		acctest.Command{Because: "a version that is held", With: with(second, "blue"), Args: "plan -detailed-exitcode"},
	)
}

// An answer about another user, as a mixed-up cache may give, is an error: nobody is replaced, deleted or adopted for it.
func TestUser_answersAboutAnother(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutUser(simulator.User{Name: "bob", Password: first})
	w := acctest.NewWorkspace(t, a, variablePassword)
	with := map[string]string{"password": first}
	acctest.Tell(t, a, w, acctest.Command{Because: "creation", With: with, Args: "apply -auto-approve", Writes: []string{"POST /users"}})
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: "GET", Path: "/users/operator", Status: 200, Body: `{"name": "bob", "description": null}`})
	acctest.Tell(t, a, w,
		acctest.Command{Because: "it is about somebody else", With: with, Args: "apply -auto-approve", Fails: true, Says: []string{`The answer is about another user, "bob"`}},
		acctest.Command{Because: "it is about somebody else", With: with, Args: "destroy -auto-approve", Fails: true, Says: []string{`The answer is about another user, "bob"`}},
	)
	a.Simulated.ClearFaults()
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: "GET", Path: "/users/operator", Status: 200, Body: `{"name": "OPERATOR", "description": null}`})
	acctest.Tell(t, a, w, acctest.Command{Because: "letters in the other case are no other name", With: with, Args: "plan -detailed-exitcode"})
}
