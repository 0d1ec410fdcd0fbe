package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const (
	oldPassword = "Old-Passw0rd"
	newPassword = "New-Passw0rd"
)

// faults are what can happen to the answer of the tested request. After each, the work has been done or will be.
var faults = map[string]simulator.Fault{
	"cut before the work":   {Kind: simulator.CutBefore},
	"503 before the work":   {Kind: simulator.Status, Status: 503},
	"429 before the work":   {Kind: simulator.Status, Status: 429},
	"cut after the work":    {Kind: simulator.CutAfter},
	"cut in the answer":     {Kind: simulator.CutBody},
	"stall":                 {Kind: simulator.Stall},
	"500 after the work":    {Kind: simulator.Body, Status: 500, Body: "oops"},
	"502 after the work":    {Kind: simulator.Body, Status: 502, Body: "<html>Bad Gateway</html>", Header: http.Header{"Content-Type": {"text/html"}}},
	"503 after the work":    {Kind: simulator.Body, Status: 503, Body: problemJSON("serviceUnavailable", "Service unavailable", "ServiceUnavailable", "")},
	"504 after the work":    {Kind: simulator.Body, Status: 504},
	"HTML with 200":         {Kind: simulator.Body, Status: 200, Body: "<html>Welcome</html>", Header: http.Header{"Content-Type": {"text/html"}}},
	"no object with 201":    {Kind: simulator.Body, Status: 201, Body: "{}"},
	"nothing with 200":      {Kind: simulator.Body, Status: 200},
	"more than can be read": {Kind: simulator.Endless},
}

// failsAnUpdate are the faults after which an update fails: the request is not repeated, so that only a second apply finds the
// outcome.
var failsAnUpdate = []string{"stall", "500 after the work", "HTML with 200", "no object with 201", "nothing with 200", "more than can be read"}

// onceFor makes a fault affect the first request of a kind.
func onceFor(fault simulator.Fault, method, path string) simulator.Fault {
	fault.Method, fault.Path, fault.Count = method, path, 1
	return fault
}

// forEachFault runs a test for every fault over both protocols. A stall takes two seconds, which is what it is about.
func forEachFault(t *testing.T, test func(t *testing.T, name string, fault simulator.Fault, server *simulator.Server, client *api.Client)) {
	t.Helper()
	t.Parallel()
	for protocol, config := range protocols {
		for name, fault := range faults {
			t.Run(fmt.Sprintf("%s over %s", name, protocol), func(t *testing.T) {
				t.Parallel()
				server := start(t, config)
				settings := configFor(t, server)
				if fault.Kind == simulator.Stall {
					settings.RequestTimeout = 2 * time.Second
				}
				client := api.WithoutWaits(api.New(settings))
				if _, err := client.ProductVersion(t.Context()); err != nil { // signs in
					t.Fatal(err)
				}
				test(t, name, fault, server, client)
			})
		}
	}
}

func TestLostAnswerOfAccountCreation(t *testing.T) {
	forEachFault(t, func(t *testing.T, _ string, fault simulator.Fault, server *simulator.Server, client *api.Client) {
		server.AddFault(onceFor(fault, "POST", "/accounts/standard"))
		want := api.StandardAccountValues{Name: "smtp", Username: "relay", Description: "d", Password: newPassword}
		got, err := client.StandardAccounts.Create(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		accounts := server.Accounts()
		if len(accounts) != 1 || accounts[0].ID != got.ID || accounts[0].Password != newPassword || accounts[0].Username != "relay" || *accounts[0].Description != "d" {
			t.Errorf("there are %+v, and %+v was returned", accounts, got)
		}
		if got.Name != "smtp" || got.Username != "relay" || got.Description != "d" {
			t.Errorf("returned %+v", got)
		}
		if server.FaultsInjected() != 1 {
			t.Error("nothing went wrong")
		}
	})
}

func TestLostAnswerOfUserCreation(t *testing.T) {
	forEachFault(t, func(t *testing.T, _ string, fault simulator.Fault, server *simulator.Server, client *api.Client) {
		server.AddFault(onceFor(fault, "POST", "/users"))
		got, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", Description: "d", Password: newPassword})
		if err != nil {
			t.Fatal(err)
		}
		user, _ := server.User("jane")
		if user.Password != newPassword || user.Description != "d" || len(server.Users()) != 2 || got.Name != "jane" || got.Description != "d" {
			t.Errorf("there is %+v, and %+v was returned", user, got)
		}
		if server.FaultsInjected() != 1 {
			t.Error("nothing went wrong")
		}
	})
}

// An update may fail whether or not the password has been changed. A second apply corrects that without manual steps.
func TestLostAnswerOfPasswordChange(t *testing.T) {
	forEachFault(t, func(t *testing.T, name string, fault simulator.Fault, server *simulator.Server, client *api.Client) {
		server.PutUser(simulator.User{Name: "jane", Password: oldPassword})
		server.AddFault(onceFor(fault, "PUT", "/users/jane"))
		change := api.UserValues{OldPassword: oldPassword, Password: newPassword, Description: "d"}
		_, err := client.Users.Update(t.Context(), "jane", change)
		if fails := slices.Contains(failsAnUpdate, name); fails != (err != nil) {
			t.Errorf("the update failed: %v, want %v", err, fails)
		}
		if err != nil {
			if got := failure(t, err); !got.Unknown {
				t.Errorf("%#v claims to know that nothing was done", got)
			}
			if _, err := client.Users.Update(t.Context(), "jane", change); err != nil {
				t.Errorf("the second update failed: %v", err)
			}
		}
		if user, _ := server.User("jane"); user.Password != newPassword || user.Description != "d" {
			t.Errorf("there is %+v", user)
		}
	})
}

func TestLostAnswerOfAccountUpdate(t *testing.T) {
	forEachFault(t, func(t *testing.T, name string, fault simulator.Fault, server *simulator.Server, client *api.Client) {
		account := server.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: oldPassword})
		server.AddFault(onceFor(fault, "PUT", "/accounts/standard/*"))
		change := api.StandardAccountValues{Name: "smtp2", Username: "relay2", Password: newPassword}
		_, err := client.StandardAccounts.Update(t.Context(), account.ID, "", change)
		if fails := slices.Contains(failsAnUpdate, name); fails != (err != nil) {
			t.Errorf("the update failed: %v, want %v", err, fails)
		}
		if err != nil {
			if _, err := client.StandardAccounts.Update(t.Context(), account.ID, "", change); err != nil {
				t.Errorf("the second update failed: %v", err)
			}
		}
		if got := server.Accounts(); len(got) != 1 || got[0].Name != "smtp2" || got[0].Username != "relay2" || got[0].Password != newPassword {
			t.Errorf("there are %+v", got)
		}
	})
}

func TestLostAnswerOfDelete(t *testing.T) {
	forEachFault(t, func(t *testing.T, _ string, fault simulator.Fault, server *simulator.Server, client *api.Client) {
		server.PutUser(simulator.User{Name: "jane", Password: oldPassword})
		account := server.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: oldPassword})
		server.AddFault(onceFor(fault, "DELETE", "/users/*"), onceFor(fault, "DELETE", "/accounts/standard/*"))
		// Either the deletion is repeated, or a read afterwards shows that the object is missing.
		err := errors.Join(client.Users.Delete(t.Context(), "jane"), client.StandardAccounts.Delete(t.Context(), account.ID, ""))
		if err != nil || len(server.Users()) != 1 || len(server.Accounts()) != 0 {
			t.Errorf("%v; there are %+v and %+v", err, server.Users(), server.Accounts())
		}
	})
}

func TestFailedDeletion(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	server.PutUser(simulator.User{Name: "jane", Password: oldPassword})
	server.AddFault(
		simulator.Fault{Kind: simulator.Status, Method: "DELETE", Status: 404, Body: "<h1>Not Found</h1>", Header: http.Header{"Content-Type": {"text/html"}}, Count: 1},
		simulator.Fault{Kind: simulator.Status, Method: "DELETE", Status: 403, Count: 1},
	)
	for range 2 { // a proxy's 404 and a refusal are no deletion
		if err := client.Users.Delete(t.Context(), "jane"); err == nil {
			t.Error("the deletion is reported as a success")
		}
	}
	if err := client.Users.Delete(t.Context(), "jane"); err != nil || len(server.Users()) != 1 {
		t.Errorf("%v: %+v", err, server.Users())
	}
}

// When every attempt fails, the error says whether the request may have taken effect.
func TestCreationThatNeverSucceeds(t *testing.T) {
	t.Parallel()
	for name, fault := range faults {
		if !slices.Contains([]simulator.FaultKind{simulator.CutBefore, simulator.Status}, fault.Kind) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			client := connect(t, server)
			fault.Method, fault.Path = "POST", "/accounts/*"
			server.AddFault(fault)
			_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
			if got := failure(t, err); got.Unknown != (fault.Status != 429) {
				t.Errorf("%#v", got)
			}
			if n := server.Count("POST", "/accounts/standard"); n != 5 || len(server.Accounts()) != 0 {
				t.Errorf("%d POSTs, %+v", n, server.Accounts())
			}
		})
	}
}

// Another client's object that has the name is never changed.
func TestOtherClientsAccount(t *testing.T) {
	t.Parallel()
	description := "theirs"
	for name, theirs := range map[string]simulator.Account{
		"same content":        {Name: "smtp", Username: "relay", Password: oldPassword},
		"another user name":   {Name: "smtp", Username: "other", Password: oldPassword},
		"another description": {Name: "smtp", Username: "relay", Description: &description, Password: oldPassword},
	} {
		for faultName, fault := range map[string]*simulator.Fault{
			"no fault":       nil,
			"answer lost":    {Kind: simulator.CutBefore},
			"503":            {Kind: simulator.Status},
			"refusal lost":   {Kind: simulator.CutAfter},
			"429":            {Kind: simulator.Status, Status: 429},
			"broken refusal": {Kind: simulator.Body, Body: "{"},
		} {
			if name == "same content" && fault != nil && fault.Status != 429 && fault.Kind != simulator.Body {
				continue // see TestAccountThatCannotBeTold
			}
			t.Run(name+", "+faultName, func(t *testing.T) {
				t.Parallel()
				server := start(t, simulator.Config{})
				client := connect(t, server)
				theirs := server.PutAccount(theirs)
				if fault != nil {
					server.AddFault(onceFor(*fault, "POST", "/accounts/standard"))
				}
				_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
				conflict, ok := errors.AsType[*store.ConflictError](err)
				if !ok {
					t.Fatalf("got %v, want a conflict", err)
				}
				if conflict.Kind != "credentials record" || conflict.Name != "smtp" || conflict.ID != theirs.ID || conflict.Err == nil {
					t.Errorf("%#v", conflict)
				}
				if got := server.Accounts(); len(got) != 1 || got[0] != theirs || server.Count("PUT", "") != 0 {
					t.Errorf("there are %+v, there was %+v", got, theirs)
				}
			})
		}
	}
}

// A record that existed before belongs to another client, or is the one to replace, even if it has all the requested values.
func TestRecordThatWasThereBefore(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	existing := server.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: oldPassword})
	server.AddFault(onceFor(faults["cut before the work"], "POST", "/accounts/standard"))
	got, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
	var conflict *store.ConflictError
	if !errors.As(err, &conflict) || conflict.ID != existing.ID {
		t.Errorf("%+v, %v", got, err)
	}
	if accounts := server.Accounts(); len(accounts) != 1 || accounts[0] != existing {
		t.Errorf("there are %+v", accounts)
	}
}

// The outcome of a request whose answer was lost is not looked up in an older snapshot.
func TestLostAnswerBesideASnapshot(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	gone := server.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: oldPassword})
	if _, err := client.StandardAccounts.List(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	server.DeleteAccount(gone.ID)
	server.AddFault(onceFor(faults["cut after the work"], "POST", "/accounts/standard"))
	got, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
	if accounts := server.Accounts(); err != nil || len(accounts) != 1 || accounts[0].ID != got.ID || accounts[0].Password != newPassword {
		t.Errorf("%v: %+v, %+v", err, got, accounts)
	}
}

func TestOtherClientsUser(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 409, 422} { // refuses the claim; not documented
		for name, theirs := range map[string]simulator.User{
			"same content":        {Name: "jane", Password: oldPassword},
			"another description": {Name: "jane", Password: newPassword, Description: "theirs"},
		} {
			for faultName, fault := range map[string]*simulator.Fault{
				"no fault":     nil,
				"answer lost":  {Kind: simulator.CutBefore},
				"503":          {Kind: simulator.Status},
				"refusal lost": {Kind: simulator.CutAfter},
			} {
				t.Run(fmt.Sprintf("%s, %s, %d", name, faultName, status), func(t *testing.T) {
					t.Parallel()
					server := start(t, simulator.Config{WrongPasswordStatus: status})
					client := connect(t, server)
					server.PutUser(theirs)
					if fault != nil {
						server.AddFault(onceFor(*fault, "POST", "/users"))
					}
					_, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", Password: newPassword})
					conflict, ok := errors.AsType[*store.ConflictError](err)
					if !ok {
						t.Fatalf("got %v, want a conflict", err)
					}
					if conflict.Kind != "user" || conflict.Name != "jane" || conflict.ID != "jane" || conflict.Err == nil {
						t.Errorf("%#v", conflict)
					}
					if user, _ := server.User("jane"); user != theirs || len(server.Users()) != 2 {
						t.Errorf("there is %+v, there was %+v", user, theirs)
					}
				})
			}
		}
	}
}

// A user with values that no new user has belongs to another client, even if it appears while the answer to a creation is lost and
// has the same password.
func TestOtherClientsUserThatCannotBeNew(t *testing.T) {
	t.Parallel()
	for name, theirs := range map[string]simulator.User{
		"MFA":                   {Name: "jane", Password: newPassword, MFAEnabled: true},
		"default administrator": {Name: "jane", Password: newPassword, IsDefault: true},
		"identity provider":     {Name: "jane", AccountType: "External", MFAEnabled: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{Product: "9", BeforeRequest: func(appliance *simulator.Appliance, r simulator.Request) {
				if r.Method == http.MethodPost && r.Path == "/users" {
					appliance.PutUser(theirs)
				}
			}})
			server.AddFault(onceFor(faults["cut before the work"], "POST", "/users"))
			settings := configFor(t, server)
			settings.APIVersion = "1.7-rev0"
			values := api.UserValues{Name: "jane", Password: theirs.Password}
			if theirs.AccountType != "" {
				values.AdditionalFields = additionalFields(`{"accountType":"External"}`)
			}
			_, err := api.WithoutWaits(api.New(settings)).Users.Create(t.Context(), values)
			if _, ok := errors.AsType[*store.ConflictError](err); !ok {
				t.Errorf("got %v, want a conflict", err)
			}
			if server.Count("POST", "/users") != 2 || server.Count("PUT", "") != 0 {
				t.Errorf("%d POSTs and %d PUTs", server.Count("POST", "/users"), server.Count("PUT", ""))
			}
		})
	}
}

// A refusal does not show the outcome of the attempts before it: it may be about a permission, a rule or another write.
func TestRefusedAfterALostAnswer(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	server.PutAccount(simulator.Account{Name: "taken", Username: "u"})
	account := server.PutAccount(simulator.Account{Name: "smtp", Username: "u"})
	server.AddFault(onceFor(faults["cut after the work"], "PUT", ""))
	_, err := client.StandardAccounts.Update(t.Context(), account.ID, "", api.StandardAccountValues{Name: "taken", Username: "u"})
	if got := failure(t, err); !wire.IsRefused(got) || !got.Unknown || server.Count("PUT", "") != 2 {
		t.Errorf("%d PUTs: %#v", server.Count("PUT", ""), got)
	}
}

// A refusal that is not about the name is returned as it is.
func TestRefusedCreation(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	_, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", Password: "short"})
	if got := failure(t, err); !wire.IsRefused(got) || got.Unknown || got.Status != 500 {
		t.Errorf("%#v", got)
	}
	if _, ok := errors.AsType[*store.ConflictError](err); ok || len(server.Users()) != 1 {
		t.Errorf("%v; %+v", err, server.Users())
	}
}

// The token expires between an answer that was lost and the repetition.
func TestLostAnswerAndExpiredToken(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	expired := simulator.Fault{
		Kind: simulator.Status, Status: 401, Body: problemJSON("expiredAccessToken", "Expired access token", "ExpiredToken", ""),
		Header: http.Header{"Content-Type": {problemJSONType}},
	}
	for _, path := range []string{"/users", "/accounts/standard"} {
		server.AddFault(onceFor(faults["cut after the work"], "POST", path), onceFor(expired, "POST", path))
	}
	account, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
	if accounts := server.Accounts(); err != nil || len(accounts) != 1 || accounts[0].ID != account.ID || accounts[0].Password != newPassword {
		t.Errorf("%v: %+v", err, accounts)
	}
	if _, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", Password: newPassword}); err != nil {
		t.Error(err)
	}
	if server.FaultsInjected() != 4 || server.Count("POST", "/token") != 3 {
		t.Errorf("%d faults, %d sign-ins and refreshes", server.FaultsInjected(), server.Count("POST", "/token"))
	}
}

// Terraform is interrupted at the moment when an answer is lost: the client still determines the outcome.
func TestInterruptedCreation(t *testing.T) {
	t.Parallel()
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "POST" && r.URL.Path != "/api/v1/token" {
					cancel()
				}
				appliance.ServeHTTP(w, r)
			}))
			server.EnableHTTP2 = true
			server.StartTLS()
			t.Cleanup(server.Close)
			config := configOf(t, server)
			config.Token, config.Username, config.Password = "", simulator.DefaultUsername, simulator.DefaultPassword
			config.MaxRetries = 4
			if fault.Kind == simulator.Stall {
				config.RequestTimeout = 2 * time.Second
			}
			appliance.AddFault(onceFor(fault, "POST", "/accounts/standard"))
			got, err := api.WithoutWaits(api.New(config)).StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
			accounts := appliance.Accounts()
			switch {
			case err == nil:
				if len(accounts) != 1 || accounts[0].ID != got.ID || accounts[0].Password != newPassword {
					t.Errorf("%+v was returned, there are %+v", got, accounts)
				}
			case len(accounts) != 0:
				t.Errorf("an orphan is left: %v", err)
			}
			if (err == nil) != (len(accounts) == 1) {
				t.Errorf("%v, %+v", err, accounts)
			}
		})
	}
}

// After an interruption, the client takes at most one request timeout to determine the outcome.
func TestInterruptedCreationGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		interrupted := false
		client := onClock(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == "GET" && interrupted:
				unavailable(503, "50")(w, r)
			case r.Method == "GET":
				nobody(w, r)
			default:
				interrupted = true
				cancel()
				panic(http.ErrAbortHandler)
			}
		}), nil)
		begun := time.Now()
		_, err := client.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
		if got := failure(t, err); !got.Unknown || time.Since(begun) != 30*time.Second {
			t.Errorf("after %s: %#v", time.Since(begun), got)
		}
	})
}

// A wrong old password may be refused with any status. The new one is tried once, and nothing is changed. A 403 means that the
// permission is missing.
func TestWrongOldPassword(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 409, 422} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{WrongPasswordStatus: status})
			client := connect(t, server)
			jane := simulator.User{Name: "jane", Password: "Another-Passw0rd", Description: "d"}
			server.PutUser(jane)
			_, err := client.Users.Update(t.Context(), "jane", api.UserValues{OldPassword: oldPassword, Password: newPassword})
			if got := failure(t, err); !wire.IsRefused(got) || got.Status != status || got.Unknown {
				t.Errorf("%#v", got)
			}
			if user, _ := server.User("jane"); user != jane || server.Count("PUT", "") != 2 {
				t.Errorf("%d PUTs, there is %+v", server.Count("PUT", ""), user)
			}
			if sessions := server.Count("POST", "/token"); sessions != 1 {
				t.Errorf("%d sign-ins: the refusal was taken for one of the token", sessions)
			}
			// Without a new password there is nothing else to try.
			_, err = client.Users.Update(t.Context(), "jane", api.UserValues{OldPassword: oldPassword})
			if !wire.IsRefused(err) || server.Count("PUT", "") != 3 {
				t.Errorf("%d PUTs: %v", server.Count("PUT", ""), err)
			}
			// A change that has already taken effect is not a failure.
			user, err := client.Users.Update(t.Context(), "jane", api.UserValues{OldPassword: oldPassword, Password: jane.Password, Description: "e"})
			if now, _ := server.User("jane"); err != nil || user.Description != "e" || now.Password != jane.Password || now.Description != "e" {
				t.Errorf("%v: %+v, %+v", err, user, now)
			}
		})
	}
}

// The error of an update says that the object no longer exists.
func TestUpdateOfTheMissing(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	_, userErr := client.Users.Update(t.Context(), "jane", api.UserValues{OldPassword: oldPassword, Password: newPassword})
	_, accountErr := client.StandardAccounts.Update(t.Context(), "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "", api.StandardAccountValues{Name: "smtp", Username: "u"})
	if !store.IsNotFound(userErr) || !store.IsNotFound(accountErr) {
		t.Errorf("%v, %v", userErr, accountErr)
	}
	if n := server.Count("PUT", ""); n != 2 {
		t.Errorf("%d PUTs", n)
	}
}

// The answer of a rotation is lost and its repetition is refused, so that either password may be the current one.
func TestRotationThatCannotBeConfirmed(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{})
	appliance.PutUser(simulator.User{Name: "jane", Password: oldPassword})
	appliance.AddFault(onceFor(faults["cut after the work"], "PUT", ""),
		simulator.Fault{Kind: simulator.Status, Status: 429, Method: "PUT", Skip: 1, Header: http.Header{"Retry-After": {"3600"}}})
	_, err := at(appliance).Users.Update(t.Context(), "jane", api.UserValues{OldPassword: oldPassword, Password: newPassword})
	if got := failure(t, err); !got.Unknown || appliance.Count("PUT", "") != 3 {
		t.Errorf("%d PUTs: %#v", appliance.Count("PUT", ""), got)
	}
}
