package acctest

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// EachProduct tells a story on a simulated appliance of every product version, several at a time. A story that starts
// one of its own, of that product, may ignore the one it is given.
func EachProduct(t *testing.T, config simulator.Config, story func(*testing.T, *Appliance, simulator.Profile)) {
	for _, product := range simulator.Products() {
		t.Run("product "+product, func(t *testing.T) {
			t.Parallel()
			profile, _ := simulator.ProfileOf(product)
			config := config
			config.Product = product
			story(t, NewSimulated(t, config), profile)
		})
	}
}

// EachManner runs a story on an appliance that answers as the vendor's document says, and on one that answers as real
// appliances have been observed to. make test runs it on the second alone, because all other stories have the first.
func EachManner(t *testing.T, story func(*testing.T, *Appliance)) {
	t.Run("as documented", func(t *testing.T) {
		OnlyInAll(t)
		story(t, NewSimulated(t, simulator.Config{}))
	})
	t.Run("as seen on the wire", func(t *testing.T) {
		story(t, NewSimulated(t, simulator.SeenOnTheWire(simulator.Config{})))
	})
}

// accepted is a revision that an appliance accepts.
func accepted(config simulator.Config) string {
	profile, _ := simulator.ProfileOf(config.Product)
	return slices.Concat(config.APIVersions, profile.APIVersions(), []string{"1.0-rev0"})[0]
}

// SpokeOnly checks that everything since the last check was asked in one revision of the API, except requests that were
// refused because of their revision.
func (a *Appliance) SpokeOnly(revision string) error {
	for _, request := range a.Simulated.Requests() {
		if asked := request.Header.Get("X-Api-Version"); asked != revision && request.Status != http.StatusBadRequest {
			return fmt.Errorf("%s %s was asked in revision %s, and not in %s", request.Method, request.Path, asked, revision)
		}
	}
	return nil
}
