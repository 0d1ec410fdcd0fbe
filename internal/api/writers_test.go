package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// late serves the first request of a method under a path in a special way, and all others as the appliance does.
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

// gatewayTimeout lets the appliance do its work, and answers as a gateway does after a timeout.
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

// A user moves from one address to another in one run: the deletion and the creation have the same name.
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
					_, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", Password: newPassword})
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

// After a deletion without an answer, a read shows whether the object is missing.
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
					if done != (err == nil) || !done && !wire.IsOutcomeUnknown(err) {
						t.Errorf("the deletion of the %s ended with %v", what, err)
					}
				}
			})
		})
	}
}

// A record gets a name while another one is created with it: neither gets the other's password.
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
					_, err := client.StandardAccounts.Update(ctx, a.ID, "", api.StandardAccountValues{Name: "smtp", Username: "relay"})
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

// edited changes the body of requests of a method on their way to the appliance.
func edited(appliance http.Handler, method, from, to string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method {
			body, _ := io.ReadAll(r.Body)
			body = bytes.ReplaceAll(body, []byte(from), []byte(to))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		appliance.ServeHTTP(w, r)
	})
}

// A new record whose name the appliance changes goes into the state, so that no orphan is left.
func TestNameThatTheApplianceChanges(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]string{"one space": "My SMTP", "cut off": "My"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{})
			client := at(edited(appliance, "POST", "My  SMTP", changed))
			record, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "My  SMTP", Username: "relay", Password: newPassword})
			if err != nil || record.Name != changed {
				t.Fatalf("%+v: %v", record, err)
			}
			if there := appliance.Accounts(); len(there) != 1 || there[0].ID != record.ID {
				t.Errorf("there are %+v, and %+v was returned", there, record)
			}
			if !client.StandardAccounts.HasCreated(record.ID) {
				t.Error("the record does not count as created")
			}
		})
	}
}

// Another client's object stays unchanged, and the error names it.
func TestAnswerAboutAnObjectThatIsNotOurs(t *testing.T) {
	t.Parallel()
	const others = `{"id": "5771a6e1-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "name": "others", "username": "them", "description": ""}`
	appliance := newAppliance(t, simulator.Config{})
	appliance.AddFault(simulator.Fault{Kind: simulator.Status, Method: "POST", Path: "/accounts/standard", Status: http.StatusCreated, Body: others})
	_, err := at(appliance).StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
	if err == nil || !strings.Contains(err.Error(), "5771a6e1-6a6b-4b2c-8f4b-3a4ad9fbe1c7") {
		t.Errorf("%v", err)
	}
	if n := appliance.Count("PUT", ""); n != 0 {
		t.Errorf("%d writes", n)
	}
}

// A conflict names the owner of the name.
func TestHolderOfAName(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(context.Context, *api.Client, api.StandardAccount) error
		want   store.Holder
	}{
		"another client's": {func(context.Context, *api.Client, api.StandardAccount) error { return nil }, store.OtherClient},
		"refreshed": {func(ctx context.Context, c *api.Client, there api.StandardAccount) error {
			_, err := c.StandardAccounts.Refresh(ctx, there.ID, there.Name)
			return err
		}, store.ThisState},
		"renamed": {func(ctx context.Context, c *api.Client, there api.StandardAccount) error {
			_, err := c.StandardAccounts.Update(ctx, there.ID, "", api.StandardAccountValues{Name: "smtp", Username: "relay"})
			return err
		}, store.ThisState},
		"created": {func(ctx context.Context, c *api.Client, there api.StandardAccount) error {
			if err := c.StandardAccounts.Delete(ctx, there.ID, there.Name); err != nil {
				return err
			}
			_, err := c.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
			return err
		}, store.ThisRun},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{})
			there := appliance.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: oldPassword})
			client := at(appliance)
			if err := test.before(t.Context(), client, api.StandardAccount{ID: there.ID, Name: there.Name}); err != nil {
				t.Fatal(err)
			}
			_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
			if conflict, ok := errors.AsType[*store.ConflictError](err); !ok || conflict.Holder != test.want {
				t.Errorf("%#v, want holder %d", err, test.want)
			}
		})
	}
}

// A creation whose answer was lost does not make another client's object one of this state.
func TestHolderOfAName_lostAnswer(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{})
	appliance.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: oldPassword})
	client := at(appliance)
	for range 2 { // the second one looks into the list
		appliance.AddFault(onceFor(lostCreations["cut"], "POST", "/accounts/standard"))
		_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
		if conflict, ok := errors.AsType[*store.ConflictError](err); !ok || conflict.Holder != store.OtherClient {
			t.Errorf("%#v, want another client as the holder", err)
		}
	}
}

// A creation that takes its turn before the deletion of the object with its name lets the deletion go first.
func TestCreationBesideDeletionThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		there := appliance.PutAccount(simulator.Account{Name: "smtp", Username: "relay"})
		client := onClock(late(appliance, "GET", "/accounts/standard", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second) // the creation looks, and has the turn
			appliance.ServeHTTP(w, r)
		}), asAdministrator)
		errs := concurrently(2, func(i int) error {
			if i == 0 {
				_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
				return err
			}
			time.Sleep(time.Second)
			return client.StandardAccounts.Delete(t.Context(), there.ID, "smtp")
		})
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		if now := appliance.Accounts(); len(now) != 1 || now[0].ID == there.ID {
			t.Errorf("there are %+v", now)
		}
	})
}

// A search for terraform query also reports a list that is shorter than its own count.
func TestSearch_inShortList(t *testing.T) {
	t.Parallel()
	users := pageScript(func(int, int) any { return usersPage{7, usersFrom(0, 3)} })
	listed, failures := 0, 0
	for _, err := range onClock(users, nil).Users.Search(t.Context(), "", 0) {
		if err == nil {
			listed++
		} else if failures++; !strings.Contains(failure(t, err).Message, "total of 7, but lists only 3") {
			t.Error(err)
		}
	}
	if listed != 3 || failures != 1 {
		t.Errorf("%d users, %d failures", listed, failures)
	}
	for _, err := range onClock(users, nil).Users.Search(t.Context(), "", 3) {
		if err != nil {
			t.Error(err)
		}
		if listed++; listed == 6 { // as many as were asked for
			break
		}
	}
}

// A refusal is about the API revision if its text says so, unless the user's own values say it.
func TestRevisionInWords(t *testing.T) {
	t.Parallel()
	refusal := func(status int, detail string) http.HandlerFunc {
		document := `{"type": "about:blank", "title": "Bad Request", "detail": ` + strconv.Quote(detail) + `}`
		return always(status, problemJSONType, document)
	}
	for detail, want := range map[string]bool{
		"Unsupported RESTAPI version '1.0-rev0'. Supported versions: 1.2-rev0, 1.3-rev0": true,
		"The requested API-version is not available.":                                    true,
		"Revision 1.0-rev0 cannot be used.":                                              true,
		"The apiVersion is unknown":                                                      true,
		"The password is wrong.":                                                         false,
		"Version 2 of the mail server is not supported.":                                 false,
	} {
		for _, status := range []int{400, 404, 405, 406, 415, 422, 501} {
			client := at(refusal(status, detail))
			_, err := client.ProductVersion(t.Context())
			if got := wire.IsReason(err, wire.UnsupportedVersion); got != want {
				t.Errorf("%d %q: %v, want %v: %v", status, detail, got, want, err)
			}
		}
	}
	for _, name := range []string{"api-version-alerts", "smtp 1.0-rev0", "API version"} {
		appliance := newAppliance(t, simulator.Config{})
		appliance.PutAccount(simulator.Account{Name: name, Username: "relay"})
		_, err := at(appliance).StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: name, Username: "relay", Password: newPassword})
		if _, ok := errors.AsType[*store.ConflictError](err); !ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Another resource creates a user who was already missing before its deletion has its turn: nothing is left to delete.
func TestDeletionAfterCreation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		client := onClock(late(appliance, "POST", "/users", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second)
			appliance.ServeHTTP(w, r)
		}), asAdministrator)
		errs := concurrently(2, func(i int) error {
			if i == 0 {
				_, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", Password: newPassword})
				return err
			}
			time.Sleep(time.Second)
			return client.Users.Delete(t.Context(), "jane")
		})
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		if _, found := appliance.User("jane"); !found {
			t.Error("the new user was deleted")
		}
		if err := client.Users.Delete(t.Context(), "jane"); err != nil { // asked for after the creation
			t.Error(err)
		}
		if _, found := appliance.User("jane"); found {
			t.Error("the user was not deleted")
		}
	})
}

// The answer to one creation is about the object of another one, or of another client: neither is adopted.
func TestAnswerOfAnotherCreation(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]string{"of this process": "mail1", "of this process, with a longer name": "mail", "of another client": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{})
			theirs := appliance.PutAccount(simulator.Account{Name: "foreign", Username: "relay", Password: oldPassword})
			document := func() string {
				return `{"id": "` + theirs.ID + `", "name": "foreign", "username": "relay", "description": ""}`
			}
			client := at(late(appliance, "POST", "/accounts/standard", func(w http.ResponseWriter, r *http.Request) {
				serveInto(appliance, r)
				if other != "" {
					_, err := at(appliance).StandardAccounts.Create(r.Context(), api.StandardAccountValues{Name: other, Username: "relay", Password: oldPassword})
					account, _ := appliance.AccountByName(other)
					always(http.StatusCreated, "application/json", `{"id": "`+account.ID+`", "name": "`+other+`", "username": "relay", "description": ""}`)(w, r)
					if err != nil {
						t.Error(err)
					}
					return
				}
				always(http.StatusCreated, "application/json", document())(w, r)
			}))
			record, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "mail12", Username: "relay", Password: newPassword})
			if err != nil || record.Name != "mail12" {
				t.Errorf("%+v: %v", record, err)
			}
			for _, account := range appliance.Accounts() {
				if own := account.Name == "mail12"; own != (account.ID == record.ID) || own != (account.Password == newPassword) {
					t.Errorf("there is %+v, and %+v was created", account, record)
				}
			}
		})
	}
}

// The state has a user in another case than this process has created it: the user is not deleted.
func TestDeletionInAnotherCase(t *testing.T) {
	t.Parallel()
	for name, insensitive := range map[string]bool{"one user": true, "two users": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{})
			if !insensitive {
				appliance.PutUser(simulator.User{Name: "BOB", Password: oldPassword})
			}
			client := at(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if insensitive {
					r.URL.Path = strings.ReplaceAll(r.URL.Path, "BOB", "bob")
				}
				appliance.ServeHTTP(w, r)
			}))
			if _, err := client.Users.Create(t.Context(), api.UserValues{Name: "bob", Password: newPassword}); err != nil {
				t.Fatal(err)
			}
			if err := client.Users.Delete(t.Context(), "BOB"); err != nil {
				t.Error(err)
			}
			_, own := appliance.User("bob")
			_, other := appliance.User("BOB")
			if !own || other {
				t.Errorf("bob is there: %v, BOB is there: %v", own, other)
			}
		})
	}
}

// The old name of a record is free for another one after the rename. Two records that swap their names do not wait for each other
// forever.
func TestCreationBesideRename(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		there := appliance.PutAccount(simulator.Account{Name: "old", Username: "relay", Password: oldPassword})
		client := onClock(late(appliance, "PUT", "/accounts/standard", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second)
			appliance.ServeHTTP(w, r)
		}), asAdministrator)
		errs := concurrently(2, func(i int) error {
			time.Sleep(time.Duration(i) * time.Second)
			if i == 0 {
				_, err := client.StandardAccounts.Update(t.Context(), there.ID, "old", api.StandardAccountValues{Name: "new", Username: "relay"})
				return err
			}
			_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "old", Username: "relay", Password: newPassword})
			return err
		})
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		_ = concurrently(2, func(i int) error {
			names := []string{"old", "new"}
			_, err := client.StandardAccounts.Update(t.Context(), there.ID, names[i], api.StandardAccountValues{Name: names[1-i], Username: "relay"})
			return err
		})
	})
}
