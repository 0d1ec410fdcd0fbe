package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// at returns a client of an appliance in this process that does not wait between attempts.
func at(appliance http.Handler) *api.Client {
	return api.WithoutWaits(onClock(appliance, asAdministrator))
}

// documents are the bodies of a 404, by what each of them proves.
var documents = map[string]struct {
	fault   simulator.Fault
	isAWord bool // of the product, about the object
}{
	"product":     {simulator.Fault{}, true},
	"about:blank": {simulator.Fault{Document: "about:blank"}, false},
	"framework":   {simulator.Fault{Document: "framework"}, false},
	"html":        {simulator.Fault{Document: "html"}, false},
	"empty":       {simulator.Fault{Document: "empty"}, false},
	"no endpoint": {simulator.Fault{Body: problemJSON("resourceNotFound", "Resource not found", "InvalidURI", "")}, false},
}

func notFound(document simulator.Fault, method, path string) simulator.Fault {
	document.Kind, document.Status, document.Method, document.Path = simulator.Status, 404, method, path
	return document
}

// An object is missing if the appliance's own problem document says so, or after any 404 if a complete list does not have it.
func TestGone(t *testing.T) {
	t.Parallel()
	for document, of := range documents {
		for list, there := range map[string]bool{"with it": true, "without it": false, "changing": false, "failing": false, "404": false} {
			for _, method := range []string{"GET", "DELETE"} {
				t.Run(fmt.Sprintf("%s, list %s, %s", document, list, method), func(t *testing.T) {
					t.Parallel()
					appliance := newAppliance(t, simulator.Config{PageLimit: 2})
					addUsers(appliance, 6)
					account := simulator.Account{ID: "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", Name: "smtp"}
					if there {
						appliance.PutUser(simulator.User{Name: "jane"})
						appliance.PutAccount(account)
					}
					addAccounts(appliance, 6)
					appliance.AddFault(notFound(of.fault, method, "/users/jane"), notFound(of.fault, method, "/accounts/standard/"+account.ID))
					var handler http.Handler = appliance
					switch list {
					case "changing":
						handler = beforePages(appliance, func(n int) {
							appliance.PutUser(simulator.User{Name: fmt.Sprintf("new-%d", n)})
							appliance.PutAccount(simulator.Account{Name: fmt.Sprintf("new-%d", n)})
						})
					case "failing":
						appliance.AddFault(simulator.Fault{Kind: simulator.Status, Status: 500, Method: "GET", Path: "/users"}, simulator.Fault{Kind: simulator.Status, Status: 500, Method: "GET", Path: "/accounts/standard"})
					case "404":
						appliance.AddFault(notFound(simulator.Fault{}, "GET", "/users"), notFound(simulator.Fault{}, "GET", "/accounts/standard"))
					}
					ctx, client := t.Context(), at(handler)
					gone := func(_ any, err error) bool {
						if err != nil && failure(t, err).Status != 404 {
							t.Errorf("the error is of another request: %v", err)
						}
						return store.IsNotFound(err)
					}
					want := of.isAWord || list == "without it"
					check := func(what string, got bool) {
						if got != want {
							t.Errorf("the %s is said to be gone: %v", what, got)
						}
					}
					if method == "DELETE" {
						for range 2 { // the second time beside what the first has read
							err, recordErr := client.Users.Delete(ctx, "jane"), client.StandardAccounts.Delete(ctx, account.ID, "smtp")
							check("user", err == nil && !gone(nil, err))
							check("record", recordErr == nil && !gone(nil, recordErr))
						}
						return
					}
					check("user", gone(client.Users.Refresh(ctx, "jane")))
					check("record", gone(client.StandardAccounts.Refresh(ctx, account.ID, "smtp")))
					check("user", gone(client.Users.Get(ctx, "jane")))
					check("record", gone(client.StandardAccounts.Get(ctx, account.ID)))
				})
			}
		}
	}
}

// A 404 to the sign-in or to the list is not about an object, whatever the operation.
func TestNotGone(t *testing.T) {
	t.Parallel()
	for document, of := range documents {
		for _, path := range []string{"/token", "/users"} {
			t.Run(document+" at "+path, func(t *testing.T) {
				t.Parallel()
				appliance := newAppliance(t, simulator.Config{})
				addUsers(appliance, 3)
				appliance.AddFault(notFound(of.fault, "", path))
				ctx, client := t.Context(), at(appliance)
				reads := map[string]func() error{
					"refresh": func() error { _, err := client.Users.Refresh(ctx, userName(0)); return err },
					"again":   func() error { _, err := client.Users.Refresh(ctx, userName(1)); return err },
					"get":     func() error { _, err := client.Users.Get(ctx, userName(1)); return err },
					"delete":  func() error { return client.Users.Delete(ctx, userName(2)) },
					"update": func() error {
						_, err := client.Users.Update(ctx, userName(2), api.UserValues{OldPassword: oldPassword})
						return err
					},
					"create": func() error {
						_, err := client.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
						return err
					},
				}
				for _, name := range []string{"refresh", "again", "get", "update", "create", "delete"} {
					err := reads[name]()
					if store.IsNotFound(err) || err == nil && path == "/token" {
						t.Errorf("%s: %v", name, err)
					}
					if err != nil && store.IsNotFound(err) {
						t.Errorf("%s: %v: somebody is said to have deleted it", name, err)
					}
				}
				if users := len(appliance.Users()); path == "/token" && (users != 4 || appliance.Count("", "") != 1) {
					t.Errorf("%d users are left after %d requests", users, appliance.Count("", ""))
				}
			})
		}
	}
}

// A 404 to an update means a missing object only if the appliance's own problem document or the list says so.
func TestVanished(t *testing.T) {
	t.Parallel()
	for document, of := range documents {
		for _, exists := range []bool{false, true} {
			appliance := newAppliance(t, simulator.Config{})
			appliance.AddFault(notFound(of.fault, "PUT", ""))
			if exists {
				appliance.PutUser(simulator.User{Name: "jane", Password: oldPassword})
			}
			_, err := at(appliance).Users.Update(t.Context(), "jane", api.UserValues{OldPassword: oldPassword})
			if got := store.IsNotFound(err); got != (!exists || of.isAWord) {
				t.Errorf("%s, there %t: %v", document, exists, err)
			}
		}
	}
}

// Many missing objects do not need a list each, whatever the body of the 404.
func TestManyThatAreGone(t *testing.T) {
	t.Parallel()
	const n = 1000
	for _, frameworkErrors := range []bool{false, true} {
		t.Run(fmt.Sprintf("framework errors %v", frameworkErrors), func(t *testing.T) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{Habits: simulator.Habits{simulator.FrameworkErrors: frameworkErrors}, PageLimit: 500})
			addUsers(appliance, n)
			ctx, client := t.Context(), at(appliance)
			for i := range 2 { // from the second on there is a snapshot
				if _, err := client.Users.Refresh(ctx, userName(i)); err != nil {
					t.Fatal(err)
				}
			}
			for i := range n - 1 {
				appliance.DeleteUser(userName(i))
			}
			appliance.ResetRequests()
			for i := range 100 {
				if err := client.Users.Delete(ctx, userName(i)); err != nil {
					t.Fatal(err)
				}
			}
			if lists, most := appliance.Count("GET", ""), 1; lists > most || appliance.Count("", "") != 100+lists {
				t.Errorf("%d requests for a DELETE of 100 objects that were gone, %d of them lists", appliance.Count("", ""), lists)
			}
			if _, err := client.Users.Refresh(ctx, userName(n-1)); err != nil || appliance.Count("GET", "/users/*") != 0 {
				t.Errorf("what was read before was dropped: %v", err)
			}
			client = at(appliance)
			appliance.ResetRequests()
			for i := range n - 1 {
				if _, err := client.Users.Refresh(ctx, userName(i)); !store.IsNotFound(err) {
					t.Fatal(err)
				}
			}
			if requests := appliance.Count("", ""); requests > n+2 { // a sign-in and a list
				t.Errorf("%d requests for a read of %d objects that are gone", requests, n-1)
			}
		})
	}
}

// lostCreations are faults of the tested POST, before and after it has taken effect.
var lostCreations = map[string]simulator.Fault{
	"503":       {Kind: simulator.Status, Status: 503},
	"cut":       {Kind: simulator.CutBefore},
	"done, 503": faults["503 after the work"],
	"done, cut": {Kind: simulator.CutAfter},
}

// earlier makes a client's next creation its first, or not.
var earlier = map[string]func(context.Context, *api.Client) error{
	"first creation": func(context.Context, *api.Client) error { return nil },
	"second creation": func(ctx context.Context, client *api.Client) error {
		_, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "another", Username: "u", Password: newPassword})
		_, userErr := client.Users.Create(ctx, api.UserValues{Name: "another", Password: newPassword})
		return errors.Join(err, userErr)
	},
}

func isConflict(t *testing.T, err error, id string) {
	t.Helper()
	if conflict, ok := errors.AsType[*store.ConflictError](err); !ok || conflict.ID != id {
		t.Errorf("got %v, want a conflict with %s", err, id)
	}
}

// A replacement that is created before the old object is destroyed is not taken for the old object.
func TestPredecessor(t *testing.T) {
	t.Parallel()
	for name, fault := range lostCreations {
		for which, before := range earlier {
			for _, refreshed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, refreshed %v", name, which, refreshed), func(t *testing.T) {
					t.Parallel()
					appliance := newAppliance(t, simulator.Config{})
					old := appliance.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: oldPassword})
					jane := simulator.User{Name: "jane", Password: newPassword} // so that it could be claimed
					appliance.PutUser(jane)
					ctx, client := t.Context(), at(appliance)
					if refreshed {
						_, err := client.StandardAccounts.Refresh(ctx, old.ID, "")
						if _, userErr := client.Users.Refresh(ctx, "jane"); errors.Join(err, userErr) != nil {
							t.Fatal(err, userErr)
						}
					}
					if err := before(ctx, client); err != nil {
						t.Fatal(err)
					}
					appliance.AddFault(onceFor(fault, "POST", "/accounts/standard"), onceFor(fault, "POST", "/users"))
					_, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
					isConflict(t, err, old.ID)
					_, err = client.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
					isConflict(t, err, "jane")
					if now, _ := appliance.AccountByName("smtp"); now != old || appliance.Count("PUT", "") != 0 {
						t.Errorf("there is %+v, there was %+v, %d PUTs", now, old, appliance.Count("PUT", ""))
					}
				})
			}
		}
	}
}

// Of two resources with one name, one is created, and the error of the other one says so.
func TestTwins(t *testing.T) {
	t.Parallel()
	for name, fault := range lostCreations {
		for _, atOnce := range []bool{false, true} {
			for skip := range 2 {
				t.Run(fmt.Sprintf("%s of number %d, at once %v", name, skip+1, atOnce), func(t *testing.T) {
					t.Parallel()
					appliance := newAppliance(t, simulator.Config{Habits: simulator.Habits{simulator.TrimsSpace: true}})
					for _, path := range []string{"/users", "/accounts/standard"} {
						lost := onceFor(fault, "POST", path)
						lost.Skip = skip
						appliance.AddFault(lost)
					}
					ctx, client := t.Context(), at(appliance)
					ids := make([]string, 2)
					account := func(i int) error {
						got, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: []string{"smtp", "smtp\n"}[i], Username: "relay", Password: fmt.Sprint(newPassword, i)})
						ids[i] = got.ID
						return err
					}
					user := func(i int) error {
						_, err := client.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
						return err
					}
					for kind, create := range map[string]func(int) error{"record": account, "user": user} {
						results := []error{nil, nil}
						if atOnce {
							results = concurrently(2, create)
						} else {
							results[0], results[1] = create(0), create(1)
						}
						winner := slices.Index(results, nil)
						if winner < 0 || results[1-winner] == nil {
							t.Fatalf("%s: %v", kind, results)
						}
						if kind == "user" {
							isConflict(t, results[1-winner], "jane")
							continue
						}
						isConflict(t, results[1-winner], ids[winner])
						if got, _ := appliance.AccountByName("smtp"); got.ID != ids[winner] || got.Password != fmt.Sprint(newPassword, winner) {
							t.Errorf("there is %+v, and %d has created it as %s", got, winner, ids[winner])
						}
					}
				})
			}
		}
	}
}

// Another client creates an object with the name just before the POST. An object with other values is theirs. A record with the
// same values cannot be distinguished from our own; a user can, by the password.
func TestOtherClientAfterTheLookup(t *testing.T) {
	t.Parallel()
	for name, fault := range lostCreations {
		for which, before := range earlier {
			for values, theirs := range map[string]simulator.Account{
				"another user name": {Name: "smtp", Username: "other", Password: oldPassword},
				"the same":          {Name: "smtp", Username: "relay", Password: oldPassword},
			} {
				t.Run(fmt.Sprintf("%s, %s, %s", name, which, values), func(t *testing.T) {
					t.Parallel()
					var posts atomic.Int64
					var other simulator.Account
					config := simulator.Config{BeforeRequest: func(appliance *simulator.Appliance, r simulator.Request) {
						if r.Method != "POST" || !strings.Contains(string(r.Body), `"smtp"`) && !strings.Contains(string(r.Body), `"jane"`) {
							return
						}
						switch posts.Add(1) {
						case 1:
							other = appliance.PutAccount(theirs)
						case 3: // after the two POSTs of the record
							appliance.PutUser(simulator.User{Name: "jane", Password: oldPassword})
						}
					}}
					appliance := newAppliance(t, config)
					ctx, client := t.Context(), at(appliance)
					if err := before(ctx, client); err != nil {
						t.Fatal(err)
					}
					appliance.AddFault(onceFor(fault, "POST", "/accounts/standard"), onceFor(fault, "POST", "/users"))
					got, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
					if values == "the same" { // the documented limit
						if err != nil || got.ID != other.ID {
							t.Errorf("%+v, %v", got, err)
						}
					} else {
						isConflict(t, err, other.ID)
						if now, _ := appliance.AccountByName("smtp"); now != other {
							t.Errorf("there is %+v, there was %+v", now, other)
						}
					}
					_, err = client.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
					isConflict(t, err, "jane")
					if jane, _ := appliance.User("jane"); jane.Password != oldPassword {
						t.Errorf("there is %+v", jane)
					}
				})
			}
		}
	}
}

// A record that this process has read under another name, and that gets the name just before the POST, is not a new one.
func TestRecordThatWasReadBefore(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(context.Context, *api.Client, string) error{
		"by id": func(ctx context.Context, client *api.Client, id string) error {
			_, err := client.StandardAccounts.Get(ctx, id)
			return err
		},
		"by name": func(ctx context.Context, client *api.Client, _ string) error {
			_, _, err := client.StandardAccounts.Find(ctx, "other")
			return err
		},
		"in a list": func(ctx context.Context, client *api.Client, _ string) error {
			_, err := client.StandardAccounts.List(ctx, "oth")
			return err
		},
	} {
		for which, before := range earlier {
			other := simulator.Account{ID: "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", Name: "other", Username: "relay", Password: oldPassword}
			appliance := newAppliance(t, simulator.Config{BeforeRequest: func(a *simulator.Appliance, r simulator.Request) {
				if r.Method == "POST" && strings.Contains(string(r.Body), `"smtp"`) {
					other.Name = "smtp"
					a.PutAccount(other)
				}
			}})
			appliance.PutAccount(other)
			ctx, client := t.Context(), at(appliance)
			if err := errors.Join(read(ctx, client, other.ID), before(ctx, client)); err != nil {
				t.Fatal(err)
			}
			appliance.AddFault(onceFor(lostCreations["cut"], "POST", "/accounts/standard"))
			_, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
			isConflict(t, err, other.ID)
			if now, _ := appliance.AccountByName("smtp"); now.Password != oldPassword {
				t.Errorf("%s, %s: there is %+v", name, which, now)
			}
		}
	}
}

// A search that does not find a name proves little: an object that only the list finds afterwards may have existed before. Two
// lists prove that it is new.
func TestNameThatOnlyTheListHas(t *testing.T) {
	t.Parallel()
	for which, before := range earlier {
		appliance := newAppliance(t, simulator.Config{})
		ctx, client := t.Context(), at(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("SearchPattern") {
				always(200, jsonType, `{"totalCount": 0, "results": []}`)(w, r)
				return
			}
			appliance.ServeHTTP(w, r)
		}))
		if err := before(ctx, client); err != nil {
			t.Fatal(err)
		}
		appliance.AddFault(onceFor(lostCreations["done, cut"], "POST", "/accounts/standard"))
		got, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
		account, _ := appliance.AccountByName("smtp")
		if which == "first creation" {
			isConflict(t, err, account.ID)
		} else if err != nil || got.ID != account.ID {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// A client that may create but not read does not know whether a name is free. That matters only if an answer is lost.
func TestCreationWithoutTheRightToRead(t *testing.T) {
	t.Parallel()
	for which, before := range earlier {
		for _, lost := range []bool{false, true} {
			appliance := newAppliance(t, simulator.Config{})
			forbidden := simulator.Fault{Kind: simulator.Status, Status: 403, Method: "GET"}
			ctx, client := t.Context(), at(appliance)
			appliance.AddFault(forbidden)
			if err := before(ctx, client); err != nil {
				t.Fatalf("%s: %v", which, err)
			}
			if !lost {
				_, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
				if _, userErr := client.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword}); err != nil || userErr != nil {
					t.Errorf("%s: %v, %v", which, err, userErr)
				}
				continue
			}
			lift := onceFor(lostCreations["done, cut"], "POST", "/accounts/standard")
			appliance.AddFault(lift)
			_, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
			if got := failure(t, err); !got.Unknown || !got.Creation || appliance.Count("PUT", "") != 0 {
				t.Errorf("%s: %#v", which, got)
			}
		}
	}
	// The permission is granted again while the answer is lost: the owner was unknown, and nothing is adopted.
	appliance := newAppliance(t, simulator.Config{BeforeRequest: func(a *simulator.Appliance, r simulator.Request) {
		if r.Method == "POST" && r.Path == "/accounts/standard" {
			a.ClearFaults()
		}
	}})
	appliance.AddFault(simulator.Fault{Kind: simulator.Status, Status: 403, Method: "GET"}, onceFor(lostCreations["done, cut"], "POST", "/accounts/standard"))
	_, err := at(appliance).StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
	account, _ := appliance.AccountByName("smtp")
	isConflict(t, err, account.ID)
}

// If the read before a creation fails, the creation is not sent and returns that error.
func TestCreationThatCannotLook(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"500":            {Kind: simulator.Status, Status: 500},
		"503":            {Kind: simulator.Status, Status: 503},
		"cut":            {Kind: simulator.CutBefore},
		"a page":         {Kind: simulator.Status, Status: 404, Document: "html"},
		"a proxy's 403":  {Kind: simulator.Status, Status: 403, Document: "html"},
		"400":            {Kind: simulator.Status, Status: 400},
		"no such object": {Kind: simulator.Body, Status: 200, Body: "{}"},
	} {
		for which, before := range earlier {
			t.Run(name+", "+which, func(t *testing.T) {
				t.Parallel()
				appliance := newAppliance(t, simulator.Config{})
				ctx, client := t.Context(), at(appliance)
				if err := before(ctx, client); err != nil {
					t.Fatal(err)
				}
				appliance.ResetRequests()
				for _, path := range []string{"/accounts/standard", "/users", "/users/*"} {
					fails := fault
					fails.Method, fails.Path = "GET", path
					appliance.AddFault(fails)
				}
				_, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
				_, userErr := client.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
				for _, err := range []error{err, userErr} {
					got := failure(t, err)
					if got.Unknown || got.Cause == nil && !strings.HasPrefix(got.Operation, "create ") || got.Cause != nil && !strings.HasPrefix(got.Blocked, "create ") || !got.NotSent {
						t.Errorf("%#v", got)
					}
				}
				if appliance.Count("POST", "/users")+appliance.Count("POST", "/accounts/standard") != 0 {
					t.Error("something was created")
				}
			})
		}
	}
}

// The requests that determine the outcome of a creation, the claim included, are repeated, after a timeout too, and sent even if
// the circuit is open.
func TestLookAgainIsPatient(t *testing.T) {
	t.Parallel()
	for _, kind := range []simulator.FaultKind{simulator.Stall, simulator.CutBefore, simulator.Status} {
		for _, path := range []string{"GET /accounts/standard", "PUT /accounts/standard/*"} {
			t.Run(fmt.Sprint(kind, " ", path), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					appliance := newAppliance(t, simulator.Config{})
					client := onClock(appliance, func(config *api.Config) { asAdministrator(config); config.MaxRetries = 0 })
					method, path, _ := strings.Cut(path, " ")
					fault := simulator.Fault{Kind: kind, Method: method, Path: path, Count: 4}
					if method == "GET" {
						fault.Skip = 1 // the look before
					}
					appliance.AddFault(onceFor(lostCreations["done, cut"], "POST", "/accounts/standard"), fault)
					got, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
					if account, _ := appliance.AccountByName("smtp"); err != nil || got.ID != account.ID || appliance.FaultsInjected() != 5 {
						t.Errorf("%+v, %v after %d faults", got, err, appliance.FaultsInjected())
					}
				})
			})
		}
	}
}

// If they fail too, the error of the creation says that it may have taken effect.
func TestLookAgainThatFails(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"GET /accounts/standard", "PUT /accounts/standard/*"} {
		appliance := newAppliance(t, simulator.Config{})
		method, path, _ := strings.Cut(path, " ")
		fault := simulator.Fault{Kind: simulator.Status, Method: method, Path: path}
		if method == "GET" {
			fault.Skip = 1
		}
		appliance.AddFault(onceFor(lostCreations["done, cut"], "POST", "/accounts/standard"), fault)
		_, err := at(appliance).StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
		if got := failure(t, err); !got.Unknown || !got.Creation || !strings.HasPrefix(got.Operation, "create ") {
			t.Errorf("%s: %#v", path, got)
		}
	}
}

// The list that shows who has a name is kept current with the client's own writes.
func TestHoldersAreKeptCurrent(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{})
	renamed := appliance.PutAccount(simulator.Account{Name: "old", Username: "relay", Password: oldPassword})
	removed := appliance.PutAccount(simulator.Account{Name: "removed", Username: "relay", Password: oldPassword})
	ctx, client := t.Context(), at(appliance)
	if err := earlier["second creation"](ctx, client); err != nil {
		t.Fatal(err)
	}
	create := func(name string) (api.StandardAccount, error) {
		appliance.AddFault(onceFor(lostCreations["done, cut"], "POST", "/accounts/standard"))
		return client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: name, Username: "relay", Password: newPassword})
	}
	if _, err := create("third"); err != nil { // has read the list
		t.Fatal(err)
	}
	if _, err := client.StandardAccounts.Update(ctx, renamed.ID, "", api.StandardAccountValues{Name: "new", Username: "relay"}); err != nil {
		t.Fatal(err)
	}
	if err := client.StandardAccounts.Delete(ctx, removed.ID, ""); err != nil {
		t.Fatal(err)
	}
	appliance.ResetRequests()
	_, err := create("new")
	isConflict(t, err, renamed.ID)
	for _, free := range []string{"old", "removed"} {
		if got, err := create(free); err != nil || got.ID == renamed.ID || got.ID == removed.ID {
			t.Errorf("%s: %+v, %v", free, got, err)
		}
	}
	for _, r := range appliance.Requests() {
		if r.Method == "GET" && !r.Query.Has("SearchPattern") {
			t.Error("the list was read once more")
		}
	}
}

// A creation is refused for another reason while the list, which was read some time ago, still has its name.
func TestRefusedCreationBesideAnOldList(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{})
	gone := appliance.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: oldPassword})
	ctx, client := t.Context(), at(appliance)
	if err := errors.Join(earlier["second creation"](ctx, client), func() error {
		_, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "third", Username: "u", Password: newPassword})
		return err
	}()); err != nil {
		t.Fatal(err)
	}
	appliance.DeleteAccount(gone.ID)
	appliance.ResetRequests()
	_, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Password: newPassword}) // a username has a character or more
	if _, ok := errors.AsType[*store.ConflictError](err); ok || !wire.IsRefused(err) || appliance.Count("", "") != 2 {
		t.Errorf("%d requests: %v", appliance.Count("", ""), err)
	}
}

func TestRequestsOfCreations(t *testing.T) {
	t.Parallel()
	for n, most := range map[int]int{1: 3, 2: 5, 1000: 1000 + 3} { // a sign-in, a look and, from the second on, a list
		appliance := newAppliance(t, simulator.Config{})
		client := at(appliance)
		if err := errors.Join(concurrently(n, func(i int) error {
			_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: fmt.Sprint("smtp-", i), Username: "u", Password: newPassword})
			return err
		})...); err != nil {
			t.Fatal(err)
		}
		if requests := appliance.Count("", ""); requests > most+10 || n == 1 && requests != most || len(appliance.Accounts()) != n {
			t.Errorf("%d requests for %d creations, want %d", requests, n, most)
		} else {
			t.Logf("%d requests for %d creations", requests, n)
		}
	}
}

// A user of an identity provider has no password that could confirm it, so that the other values decide.
func TestLostAnswerOfExternalUser(t *testing.T) {
	t.Parallel()
	external := additionalFields(`{"accountType":"External"}`)
	for name, theirs := range map[string]*simulator.User{
		"ours":              nil,
		"there before":      {Name: "jane", AccountType: "External"},
		"another's account": {Name: "jane", Password: oldPassword},
	} {
		appliance := newAppliance(t, simulator.Config{Product: "5"})
		if theirs != nil {
			appliance.PutUser(*theirs)
		}
		client := api.WithoutWaits(onClock(appliance, func(config *api.Config) { asAdministrator(config); config.APIVersion = "1.3-rev0" }))
		appliance.AddFault(onceFor(lostCreations["done, cut"], "POST", "/users"))
		got, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", AdditionalFields: external})
		if theirs != nil {
			isConflict(t, err, "jane")
		} else if err != nil || got.Name != "jane" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if n := appliance.Count("PUT", ""); n != 0 {
			t.Errorf("%s: %d PUTs", name, n)
		}
	}
}

// A 501 says that nothing was done.
func TestNotImplementedIsNotLost(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{})
	appliance.AddFault(simulator.Fault{Kind: simulator.Status, Status: 501, Method: "POST", Path: "/users"})
	_, err := at(appliance).Users.Create(t.Context(), api.UserValues{Name: "jane", Password: newPassword})
	if got := failure(t, err); got.Unknown || got.Status != 501 || appliance.Count("GET", "") != 1 {
		t.Errorf("%d looks: %#v", appliance.Count("GET", ""), got)
	}
}

// A data source reads the current objects, whatever was read before for resources.
func TestDataSourcesAreCurrent(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{})
	accounts := addAccounts(appliance, 3)
	addUsers(appliance, 3)
	ctx, client := t.Context(), at(appliance)
	for i := range 3 { // now there are snapshots
		_, err := client.StandardAccounts.Refresh(ctx, accounts[i].ID, "")
		if _, userErr := client.Users.Refresh(ctx, userName(i)); err != nil || userErr != nil {
			t.Fatal(err, userErr)
		}
	}
	changed := accounts[1] // by a script
	changed.Username = "changed"
	appliance.PutAccount(changed)
	made := appliance.PutAccount(simulator.Account{Name: "made", Username: "u"})
	appliance.DeleteAccount(accounts[2].ID)
	appliance.PutUser(simulator.User{Name: userName(1), Description: "changed"})
	appliance.PutUser(simulator.User{Name: "made"})

	if got, err := client.StandardAccounts.Get(ctx, changed.ID); err != nil || got.Username != "changed" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, found, err := client.StandardAccounts.Find(ctx, changed.Name); err != nil || !found || got.Username != "changed" {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
	if got, found, err := client.StandardAccounts.Find(ctx, "made"); err != nil || !found || got.ID != made.ID {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
	if got, found, err := client.StandardAccounts.Find(ctx, accounts[2].Name); err != nil || found {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
	if _, err := client.StandardAccounts.Get(ctx, accounts[2].ID); !store.IsNotFound(err) {
		t.Error(err)
	}
	if got, err := client.Users.Get(ctx, userName(1)); err != nil || got.Description != "changed" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, pattern := range []string{"", "m"} {
		appliance.PutAccount(simulator.Account{Name: "made after " + pattern, Username: "u"})
		if got, err := client.StandardAccounts.List(ctx, pattern); err != nil || !slices.ContainsFunc(got, func(one api.StandardAccount) bool { return one.Name == "made after "+pattern }) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if got, err := client.Users.List(ctx, ""); err != nil || !slices.Contains(names(got), "made") {
		t.Errorf("%+v, %v", got, err)
	}
}

// Concurrent calls share a reading of the list that begins after them. A call during a reading waits for the next one.
func TestListsShareAReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		release := make(chan struct{})
		client := onClock(beforePages(appliance, func(int) { <-release }), asAdministrator)
		list := func(want string) error {
			users, err := client.Users.List(t.Context(), "")
			if err == nil && want != "" && !slices.Contains(names(users), want) {
				return fmt.Errorf("%s is missing in %v", want, names(users))
			}
			return err
		}
		results := make(chan error, 100)
		go func() { results <- list("") }()
		synctest.Wait() // it is under way
		appliance.PutUser(simulator.User{Name: "late"})
		for range 50 {
			go func() { results <- list("late") }()
		}
		synctest.Wait()
		close(release)
		for range 51 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if pages := appliance.Count("GET", "/users"); pages != 2 {
			t.Errorf("the list was read %d times for 51 who asked", pages)
		}
	})
}

// A snapshot is used for as long as its reading took, counted from its end.
func TestSnapshotThatTakesLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{PageLimit: 1, Latency: 20 * time.Second})
		addUsers(appliance, 9) // with the administrator ten pages: one, and then four at a time
		client := onClock(appliance, asAdministrator)
		refresh := func(i int) {
			t.Helper()
			if _, err := client.Users.Refresh(t.Context(), userName(i)); err != nil {
				t.Fatal(err)
			}
		}
		refresh(0)
		begun := time.Now()
		refresh(1)
		took := time.Since(begun)
		if pages := appliance.Count("GET", "/users"); pages != 10 || took < 60*time.Second {
			t.Fatalf("%d pages in %s", pages, took)
		}
		for i := 2; i < 9; i++ {
			refresh(i)
		}
		time.Sleep(took - time.Second)
		refresh(2)
		if pages := appliance.Count("GET", "/users"); pages != 10 {
			t.Errorf("%d pages: the snapshot had expired before its time", pages)
		}
		time.Sleep(2 * time.Second)
		refresh(2)
		if pages := appliance.Count("GET", "/users"); pages != 20 {
			t.Errorf("%d pages: the snapshot is too old", pages)
		}
	})
}

// If an appliance refuses a Limit, requests are sent without one from then on.
func TestLimitThatIsRefused(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{MaxLimit: 200, PageLimit: 50})
	addUsers(appliance, 120)
	ctx, client := t.Context(), at(appliance)
	for range 3 {
		if users, err := client.Users.List(ctx, ""); err != nil || len(users) != 121 {
			t.Fatalf("%d users, %v", len(users), err)
		}
	}
	if pages := appliance.Count("GET", "/users"); pages != 1+3*3 {
		t.Errorf("%d requests for 3 times 3 pages", pages)
	}

	var pages atomic.Int64 // refused for one page and not for another
	appliance = newAppliance(t, simulator.Config{PageLimit: 50})
	addUsers(appliance, 120)
	client = at(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/users" && r.URL.Query().Has("Limit") && pages.Add(1) == 2 {
			always(400, problemJSONType, problemJSON("validationError", "Validation error", "UnexpectedContent", "The Limit is too high."))(w, r)
			return
		}
		appliance.ServeHTTP(w, r)
	}))
	if users, err := client.Users.List(ctx, ""); err != nil || len(users) != 121 {
		t.Errorf("%d users, %v", len(users), err)
	}

	// After another refusal, the request is repeated once without a Limit, and the refusal is returned.
	appliance.ResetRequests()
	appliance.AddFault(simulator.Fault{Kind: simulator.Status, Status: 400, Problem: "validationError", Method: "GET"})
	if _, err := at(appliance).Users.List(ctx, ""); failure(t, err).Status != 400 || appliance.Count("GET", "") != 2 {
		t.Errorf("%d requests: %v", appliance.Count("GET", ""), err)
	}
}

// An old list does not show who has a name now: another client may have taken it since.
func TestNameTakenDuringARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		client := onClock(appliance, asAdministrator)
		create := func(name string) error {
			_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: name, Username: "us", Password: newPassword})
			return err
		}
		if err := errors.Join(create("one"), create("two")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		appliance.PutAccount(simulator.Account{Name: "three", Username: "us", Password: oldPassword})
		appliance.AddFault(simulator.Fault{Kind: simulator.Status, Method: "POST", Path: "/accounts/standard", Status: http.StatusServiceUnavailable, Count: 1})
		err := create("three")
		if conflict, ok := errors.AsType[*store.ConflictError](err); !ok || conflict.Name != "three" {
			t.Errorf("%v", err)
		}
		if record, _ := appliance.AccountByName("three"); record.Password != oldPassword {
			t.Error("another client's record was changed")
		}
		if err := create("four"); err != nil || appliance.Count("GET", "/accounts/standard") != 3+1 { // a look by name, two lists, a look at the conflict
			t.Errorf("%v: %d readings", err, appliance.Count("GET", "/accounts/standard"))
		}
	})
}

// An answer about another object is an error, so that another client's object stays unchanged. The case of names and ids is
// ignored.
func TestAnswerAboutAnother(t *testing.T) {
	t.Parallel()
	const own, others = "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "5771a6e1-6a6b-4b2c-8f4b-3a4ad9fbe1c7"
	const bob, theirs = `{"name": "bob", "description": ""}`, `{"id": "` + others + `", "name": "others", "username": "them"}`
	prepare := func(method, path, body string) (*simulator.Appliance, *api.Client) {
		appliance := newAppliance(t, simulator.Config{})
		appliance.PutUser(simulator.User{Name: "jane", Password: oldPassword})
		appliance.PutUser(simulator.User{Name: "bob", Password: oldPassword})
		appliance.PutAccount(simulator.Account{ID: own, Name: "smtp", Username: "us"})
		appliance.PutAccount(simulator.Account{ID: others, Name: "others", Username: "them"})
		appliance.AddFault(simulator.Fault{Kind: simulator.Body, Method: method, Path: path, Status: http.StatusOK, Body: body, Count: 1})
		return appliance, at(appliance)
	}
	ctx := t.Context()
	refuses := func(name string, unknown bool, err error) {
		t.Helper()
		if got := failure(t, err); got.Reason != wire.Unreadable || got.Unknown != unknown || !strings.Contains(got.Message, "the answer is about another") || store.IsNotFound(err) {
			t.Errorf("%s: %#v", name, got)
		}
	}
	_, client := prepare("GET", "/users/jane", bob)
	_, err := client.Users.Refresh(ctx, "jane")
	refuses("refresh of a user", false, err)
	_, client = prepare("GET", "/accounts/standard/"+own, theirs)
	_, err = client.StandardAccounts.Get(ctx, own)
	refuses("get of a record", false, err)
	_, client = prepare("PUT", "/users/jane", bob)
	_, err = client.Users.Update(ctx, "jane", api.UserValues{OldPassword: oldPassword, Description: "new"})
	refuses("update of a user", true, err)
	_, client = prepare("PUT", "/accounts/standard/"+own, theirs)
	_, err = client.StandardAccounts.Update(ctx, own, "", api.StandardAccountValues{Name: "smtp", Username: "others"})
	refuses("update of a record", true, err)

	_, client = prepare("GET", "/users/jane", `{"name": "JANE", "description": ""}`)
	if _, err := client.Users.Get(ctx, "jane"); err != nil {
		t.Errorf("a name in capitals: %v", err)
	}

	// The new object is found by its name, and the other client's object stays unchanged.
	appliance, client := prepare("POST", "/users", bob)
	if user, err := client.Users.Create(ctx, api.UserValues{Name: "joan", Password: newPassword}); err != nil || user.Name != "joan" || appliance.Count("PUT", "/users/bob") != 0 {
		t.Errorf("created %q: %v", user.Name, err)
	}
	for _, body := range []string{theirs, strings.Replace(theirs, `"others"`, `"second"`, 1)} { // by its name, by its id
		appliance, client = prepare("POST", "/accounts/standard", "")
		appliance.ClearFaults()
		for _, name := range []string{"first", "second"} {
			if name == "second" {
				appliance.AddFault(simulator.Fault{Kind: simulator.Body, Method: "POST", Path: "/accounts/standard", Status: http.StatusOK, Body: body})
			}
			record, err := client.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: name, Username: "one", Password: newPassword})
			if err != nil || record.ID == others || record.Name != name || appliance.Count("PUT", "/accounts/standard/"+others) != 0 {
				t.Errorf("created %+v: %v", record, err)
			}
		}
	}
}

// A 404 that is not the appliance's own problem document is confirmed only by a list, not by a body without one.
func TestNotGone_withoutList(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"totalCount": 0}`, `{"totalCount": 0, "results": null}`, `{"TotalCount": 0, "error": {}}`} {
		appliance := newAppliance(t, simulator.Config{})
		appliance.PutUser(simulator.User{Name: "jane"})
		appliance.AddFault(notFound(simulator.Fault{Document: "framework"}, "GET", "/users/jane"),
			simulator.Fault{Kind: simulator.Body, Method: "GET", Path: "/users", Status: http.StatusOK, Body: body})
		if _, err := at(appliance).Users.Refresh(t.Context(), "jane"); store.IsNotFound(err) || err == nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A problem document is a refusal even if the status is a success.
func TestDeletionRefusedWithSuccess(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{})
	appliance.PutUser(simulator.User{Name: "jane"})
	appliance.AddFault(simulator.Fault{Kind: simulator.Status, Method: "DELETE", Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: problemJSON("validationError", "In use", "UnexpectedContent", "")})
	if err := at(appliance).Users.Delete(t.Context(), "jane"); err == nil || !strings.Contains(failure(t, err).Message, "In use") {
		t.Errorf("%v", err)
	}
}

// A list that is too short does not show whether an object exists.
func TestFind_inShortList(t *testing.T) {
	t.Parallel()
	client := at(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		appliance := newAppliance(t, simulator.Config{})
		if r.URL.Path == "/api/v1/accounts/standard" {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Query().Get("SearchPattern") != "" {
				_, _ = w.Write([]byte(`{"totalCount": 0, "results": []}`))
				return
			}
			_, _ = w.Write([]byte(`{"totalCount": 2, "results": [{"id": "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "name": "a", "username": "u"}]}`))
			return
		}
		appliance.ServeHTTP(w, r)
	}))
	if _, _, err := client.StandardAccounts.Find(t.Context(), "b"); err == nil || !strings.Contains(failure(t, err).Message, "total of 2, but lists only 1") {
		t.Errorf("%v", err)
	}
	if record, found, err := client.StandardAccounts.Find(t.Context(), "a"); err != nil || !found || record.Username != "u" {
		t.Errorf("%+v %t %v", record, found, err)
	}
}
