package account_test

import (
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Two records cannot exchange their names in one run, and no run after it can. The error says how to do it.
func TestAccount_exchangedNames(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, `
terraform {
  required_providers {
    veeam = { source = "terraform-provider-veeam/veeam" }
  }
}

variable "one" {}

variable "two" {}

resource "veeam_standard_account" "one" {
  name     = var.one
  username = "one@example.com"
  password = "a password"
}

resource "veeam_standard_account" "two" {
  name     = var.two
  username = "two@example.com"
  password = "a password"
}
`)
	names := func(one, two string) map[string]string { return map[string]string{"one": one, "two": two} }
	const put = "PUT /accounts/standard/{id}"
	exchange := acctest.Command{
		Because: "each name is still in use", With: names("relay", "alerts"), Args: "apply -auto-approve", Fails: true, Writes: []string{put, put},
		Says: []string{
			`Validation error: A credentials record named "relay" already exists (HTTP status 400)`,
			`Validation error: A credentials record named "alerts" already exists (HTTP status 400)`,
			"13: name = var.one Validation error",
			"If this run renames the record that has this name, run Terraform again. To exchange the names of two records, first apply a third name for one of them.",
		},
	}
	rename := func(one, two string) acctest.Command {
		return acctest.Command{Because: "the new name is free", With: names(one, two), Args: "apply -auto-approve", Writes: []string{put}}
	}
	acctest.Tell(t, a, w,
		acctest.Command{Because: "creation", With: names("alerts", "relay"), Args: "apply -auto-approve", Writes: []string{"POST /accounts/standard", "POST /accounts/standard"}},
		exchange, exchange, rename("spare", "relay"), rename("spare", "alerts"), rename("relay", "alerts"),
		acctest.Command{Because: "all is done", With: names("relay", "alerts"), Args: "plan -detailed-exitcode"},
	)
	for name, username := range map[string]string{"relay": "one@example.com", "alerts": "two@example.com"} {
		if record, _ := a.Simulated.AccountByName(name); record.Username != username {
			t.Errorf("%s has the username %q, expected %q", name, record.Username, username)
		}
	}
}
