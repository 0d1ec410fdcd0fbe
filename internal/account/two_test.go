package account_test

import (
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestAccount_twoInOneState(t *testing.T) {
	t.Parallel()
	acctest.TwoResources{
		Type: "veeam_standard_account",
		Put: func(s *simulator.Server) acctest.Values {
			there := s.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: "First-pw-19"})
			return acctest.Values{"id": there.ID, "name": "smtp", "username": "relay"}
		},
		Exists:   func(s *simulator.Server) bool { return len(s.Accounts()) > 0 },
		Config:   acctest.Values{"name": "smtp", "username": "relay"},
		Password: "First-pw-19",
	}.Test(t)
}
