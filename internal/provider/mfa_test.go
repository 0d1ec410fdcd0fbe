package provider_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const manyRecords = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

variable "suffix" {
  default = ""
}

resource "veeam_standard_account" "many" {
  count    = 20
  name     = "relay-${count.index}${var.suffix}"
  username = "mailer"
  password = "Quiet-harbour-71"
}
`

// A pipeline signs in with the secret of a second factor: to plan, and again to apply. A code is good once, so that the
// second process may have to wait for the next half-minute.
func TestStory_secondFactor(t *testing.T) {
	t.Parallel()
	const secret = "JBSWY3DPEHPK3PXP"
	a := acctest.NewSimulated(t, simulator.Config{MFASecret: secret})
	w := acctest.NewWorkspace(t, a, manyRecords)
	w.Environment["VEEAM_MFA_SECRET"] = "jbsw y3dp ehpk 3pxp"
	if output, err := w.Run(t.Context(), "apply", "-auto-approve"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var accepted, refused []string
	for _, request := range a.Simulated.Requests() {
		if form, err := url.ParseQuery(string(request.Body)); err == nil && form.Get("grant_type") == "mfa" {
			if request.Status == http.StatusOK {
				accepted = append(accepted, form.Get("mfa_code"))
			} else {
				refused = append(refused, form.Get("mfa_code"))
			}
		}
	}
	if len(accepted) != 2 || accepted[0] == accepted[1] || len(refused) > 1 {
		t.Errorf("%d codes were accepted and %d refused", len(accepted), len(refused))
	}
	if created, left := len(a.Simulated.Accounts()), a.Simulated.Sessions(); created != 20 || left != 0 {
		t.Errorf("%d records were created, and %d sessions are left", created, left)
	}
	if _, hits, err := w.SearchSecrets(append(slices.Concat(accepted, refused), secret)...); err != nil || len(hits) != 0 {
		t.Errorf("%q hold the secret or a code (%v)", hits, err)
	}
}
