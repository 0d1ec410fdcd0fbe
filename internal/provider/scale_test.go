package provider_test

import (
	"net/http"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const scaleConfiguration = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

resource "veeam_standard_account" "many" {
  count = 200

  name     = "account-${count.index}"
  username = "relay-${count.index}@example.com"
  password = "Quiet-harbour-71"
}
`

// What 200 records cost the appliance, with pages of 50, each of which begins with the last record of the one before.
func TestStory_scale(t *testing.T) {
	t.Parallel()
	const records, pages = 200, 5
	a := acctest.NewSimulated(t, simulator.Config{PageLimit: 50})
	tf := acctest.NewWorkspace(t, a, scaleConfiguration)

	for _, step := range []struct {
		name                                         string
		args                                         []string
		logins, validations, reads, creates, deletes int // at most
	}{
		// One plan, in which every name is validated. While applying, Terraform plans again; nothing tells the provider
		// so before the first write begins, and by then there are as many plans under way as Terraform runs in parallel.
		// The first name is looked up, the others in the list, before anything is created.
		{name: "create", args: []string{"apply", "-auto-approve"}, logins: 2, validations: records + 10, reads: 2, creates: records},
		{name: "plan", args: []string{"plan", "-detailed-exitcode"}, logins: 1, reads: pages + 1},
		{name: "destroy", args: []string{"destroy", "-auto-approve"}, logins: 2, reads: pages + 1, deletes: records},
	} {
		a.Simulated.ResetRequests()
		if output, err := tf.Run(t.Context(), step.args...); err != nil {
			t.Fatalf("%s: %v\n%s", step.name, err, output)
		}
		connections := 0
		for _, request := range a.Simulated.Requests() {
			if request.NewConnection {
				connections++
			}
		}
		for _, kind := range []struct {
			name         string
			method, path string
			most         int
		}{
			{"logins", http.MethodPost, "/token", step.logins},
			{"validations", http.MethodPost, "/accounts/standard/validateName", step.validations},
			{"reads", http.MethodGet, "", step.reads},
			{"creates", http.MethodPost, "/accounts/standard", step.creates},
			{"deletes", http.MethodDelete, "/accounts/standard/*", step.deletes},
			{"sign-outs", http.MethodDelete, "/token", step.logins},
			{"requests", "", "", 2*step.logins + step.validations + step.reads + step.creates + step.deletes},
		} {
			if count := a.Simulated.Count(kind.method, kind.path); count > kind.most {
				t.Errorf("%s: %d %s, expected at most %d", step.name, count, kind.name, kind.most)
			}
		}
		// One for each process of the provider that sends something: HTTP/2 needs no more.
		if connections > step.logins {
			t.Errorf("%s: %d connections, expected at most %d", step.name, connections, step.logins)
		}
	}
	if left := len(a.Simulated.Accounts()); left != 0 {
		t.Errorf("%d records are left", left)
	}
}
