package email_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// A fraction is a mistake in the configuration, not a bug in the provider.
func TestEmail_fractions(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	for argument, value := range map[string]string{"port": "587.5", "timeout": "0.5"} {
		resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: []resource.TestStep{{
			Config: a.Provider() + `
				resource "veeam_email_notifications" "this" {
					enabled     = true
					server      = "mail.example.com"
					from        = "backup@example.com"
					to          = "ops@example.com"
					` + argument + ` = ` + value + `
				}`,
			ExpectError: acctest.Saying("This must be a whole number, not " + value + "."),
		}}})
	}
}
