package user_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// A field that a revision wants, and of which nobody knows the name, is asked for in one error on additional_fields, in
// whatever words the appliance refuses, and is enough to give. A field that no revision has is the appliance's to refuse.
func TestProducts_fieldRequired(t *testing.T) {
	for _, field := range []string{"role", "portalRole"} {
		for _, frameworkErrors := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, framework errors %t", field, frameworkErrors), func(t *testing.T) {
				config := simulator.Config{RoleField: field, Habits: simulator.Habits{simulator.RoleRequired: true, simulator.FrameworkErrors: frameworkErrors}}
				acctest.EachProduct(t, config, func(t *testing.T, a *acctest.Appliance, profile simulator.Profile) {
					newest := profile.Documented[len(profile.Documented)-1]
					p := a.Protocol(t, acctest.Values{"api_version": newest})
					values := acctest.Values{"name": "operator", "password": first}
					created, said := p.Create(t, "veeam_user", values)
					hasRoles := newest >= "1.4"
					if hasRoles != (created == nil) {
						t.Fatalf("created %v: %q", created, said)
					}
					if hasRoles {
						if len(said) != 1 || !strings.Contains(said[0], `AttributeName("additional_fields")`) ||
							!strings.Contains(said[0], "Set them in additional_fields") || !strings.Contains(said[0], "look it up with the data source veeam_user") {
							t.Errorf("%q", said)
						}
						values["additional_fields"] = fmt.Sprintf("{%q:\"Portal Operator\"}", field)
						if created, said = p.Create(t, "veeam_user", values); created == nil || len(said) > 0 {
							t.Errorf("with %s: %q", values["additional_fields"], said)
						}
						if user, _ := a.Simulated.User("operator"); user.Role != "Portal Operator" {
							t.Errorf("the role is %q", user.Role)
						}
					}
					values["name"], values["additional_fields"] = "another", `{"unheard":1}`
					if created, said = p.Create(t, "veeam_user", values); created != nil || len(said) != 1 || !strings.Contains(said[0], `Could not create user "another"`) {
						t.Errorf("with a field that there is not: %v, %q", created, said)
					}
				})
			})
		}
	}
}
