package user_test

import (
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// The names of one user in two resources may differ in case.
func TestUser_twoInOneState(t *testing.T) {
	t.Parallel()
	acctest.TwoResources{
		Type: "veeam_user",
		Put: func(s *simulator.Server) acctest.Values {
			s.PutUser(simulator.User{Name: "jane", Password: "Jane-secret-19"})
			return acctest.Values{"id": "jane", "name": "jane", "mfa_enabled": false, "is_default": false}
		},
		Exists:       func(s *simulator.Server) bool { _, found := s.User("jane"); return found },
		Config:       acctest.Values{"name": "jane"},
		Password:     "Jane-secret-19",
		Second:       acctest.Values{"id": "JANE", "name": "JANE"},
		SecondConfig: acctest.Values{"name": "JANE"},
	}.Test(t)
}
