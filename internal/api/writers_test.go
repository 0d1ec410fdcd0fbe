package api_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// late serves the first request of a method under a path in its own way, and all others as the appliance does.
func late(appliance http.Handler, method, path string, first http.HandlerFunc) http.Handler {
	pending := make(chan struct{}, 1)
	pending <- struct{}{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method && strings.HasPrefix(r.URL.Path, "/api/v1"+path) {
			select {
			case <-pending:
				first(w, r)
				return
			default:
			}
		}
		appliance.ServeHTTP(w, r)
	})
}

// gatewayTimeout lets the appliance do its work, and answers as a gateway that has lost patience.
func gatewayTimeout(appliance http.Handler, after time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		serveInto(appliance, r)
		time.Sleep(after)
		always(http.StatusGatewayTimeout, "text/html", "<html>504 Gateway Time-out</html>")(w, r)
	}
}

// silence never answers. It lets the appliance do its work where there is one.
func silence(appliance http.Handler) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		if appliance != nil {
			serveInto(appliance, r)
		}
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
}

// serveInto does a request's work and drops the answer.
func serveInto(appliance http.Handler, r *http.Request) {
	appliance.ServeHTTP(discard{http.Header{}}, r)
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// A user moves from one address to another in one run: the deletion and the creation are about one name.
func TestDeletionBesideCreation(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(http.Handler) http.HandlerFunc{
		"a late 504":               func(appliance http.Handler) http.HandlerFunc { return gatewayTimeout(appliance, 20*time.Second) },
		"no answer after the work": func(appliance http.Handler) http.HandlerFunc { return silence(appliance) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{})
				appliance.PutUser(simulator.User{Name: "jane", Password: oldPassword})
				client := onClock(late(appliance, "DELETE", "/users/", first(appliance)), asAdministrator)
				errs := concurrently(2, func(i int) error {
					if i == 0 {
						return client.Users.Delete(t.Context(), "jane")
					}
					time.Sleep(time.Second)
					_, err := client.Users.Create(t.Context(), api.NewUser{Name: "jane", Password: newPassword})
					return err
				})
				if err := errors.Join(errs...); err != nil {
					t.Errorf("one of them failed: %v", err)
				}
				if user, found := appliance.User("jane"); !found || user.Password != newPassword {
					t.Errorf("the user of the new address is there: %v, as %+v", found, user)
				}
			})
		})
	}
}

// A deletion without an answer is looked into: what is gone was deleted.
func TestDeletionWithoutAnswer(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]bool{"after the work": true, "before the work": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{})
				appliance.PutUser(simulator.User{Name: "jane", Password: oldPassword})
				record := appliance.PutAccount(simulator.Account{Name: "smtp"})
				worker := http.Handler(appliance)
				if !done {
					worker = nil
				}
				handler := late(late(appliance, "DELETE", "/users/", silence(worker)), "DELETE", "/accounts/", silence(worker))
				client := onClock(handler, asAdministrator)
				for what, err := range map[string]error{
					"user": client.Users.Delete(t.Context(), "jane"), "record": client.StandardAccounts.Delete(t.Context(), record.ID, "smtp"),
				} {
					if done != (err == nil) || !done && !wire.IsUnanswered(err) {
						t.Errorf("the deletion of the %s ended with %v", what, err)
					}
				}
			})
		})
	}
}

// A record takes a name while another one is created with it: neither gets the other's password.
func TestRenameBesideCreation(t *testing.T) {
	t.Parallel()
	brokenOff := func(http.ResponseWriter, *http.Request) {
		time.Sleep(10 * time.Second)
		panic(http.ErrAbortHandler)
	}
	slow := func(appliance http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second)
			appliance.ServeHTTP(w, r)
		}
	}
	for name, test := range map[string]struct {
		method        string
		first         func(http.Handler) http.HandlerFunc
		renameIsFirst bool
	}{
		"the creation breaks off before its work": {"POST", func(http.Handler) http.HandlerFunc { return brokenOff }, false},
		"the rename is slow":                      {"PUT", slow, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{})
				a := appliance.PutAccount(simulator.Account{Name: "old", Username: "relay", Password: oldPassword})
				client := onClock(late(appliance, test.method, "/accounts/standard", test.first(appliance)), asAdministrator)
				var b api.StandardAccount
				rename := func(ctx context.Context) error {
					_, err := client.StandardAccounts.Update(ctx, a.ID, api.StandardAccountValues{Name: "smtp", Username: "relay"})
					return err
				}
				create := func(ctx context.Context) (err error) {
					b, err = client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
					return err
				}
				steps := []func(context.Context) error{create, rename}
				if test.renameIsFirst {
					steps = []func(context.Context) error{rename, create}
				}
				errs := concurrently(2, func(i int) error {
					time.Sleep(time.Duration(i) * time.Second)
					return steps[i](t.Context())
				})
				if errs[0] != nil || errs[1] == nil {
					t.Errorf("the first one ended with %v, the second one, which finds the name taken, with %v", errs[0], errs[1])
				}
				there := appliance.Accounts()
				renamed := slices.IndexFunc(there, func(account simulator.Account) bool { return account.ID == a.ID })
				if b.ID == a.ID || renamed < 0 || there[renamed].Password != oldPassword {
					t.Errorf("there are %+v, and %+v was created beside %s", there, b, a.ID)
				}
			})
		})
	}
}
