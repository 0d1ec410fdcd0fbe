package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// withToken is a client that was given a bare token.
func withToken(t *testing.T, appliance *simulator.Appliance) *api.Client {
	t.Helper()
	signedIn, err := at(appliance).SignInAsConfigured(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	appliance.ResetRequests()
	return api.WithoutWaits(onClock(appliance, func(config *api.Config) { config.Token = signedIn.Access }))
}

// The old password is sent once, and then the new one instead, once. Whatever problem a 401 names, it is not taken for one about
// the token.
func TestRefusedPassword(t *testing.T) {
	t.Parallel()
	for _, problem := range []string{"validationError", "accessDenied", "invalidAccessToken", "expiredAccessToken", "noAccessToken", "unknownError", "framework", "none"} {
		for _, bareToken := range []bool{false, true} {
			for _, expired := range []bool{false, true} {
				if bareToken && expired {
					continue // then there is nothing to go on with
				}
				t.Run(fmt.Sprintf("%s, bare token %v, expired %v", problem, bareToken, expired), func(t *testing.T) {
					t.Parallel()
					appliance := newAppliance(t, simulator.Config{WrongPasswordStatus: 401, WrongPasswordProblem: problem})
					jane := simulator.User{Name: "jane", Password: "Another-Passw0rd"}
					appliance.PutUser(jane)
					ctx, client := t.Context(), at(appliance)
					if bareToken {
						client = withToken(t, appliance)
					}
					if _, err := client.Users.Get(ctx, "jane"); err != nil {
						t.Fatal(err)
					}
					if expired {
						appliance.ExpireTokens()
					}
					appliance.ResetRequests()
					_, err := client.Users.Update(ctx, "jane", api.UserValues{OldPassword: oldPassword, Password: newPassword})
					if got := failure(t, err); !wire.IsRefused(got) || got.Reason != wire.PasswordRefused || got.Cause != nil {
						t.Errorf("%#v", got)
					}
					puts, signIns, looks := 2, 0, 2
					if expired {
						puts, signIns, looks = 3, 1, 3
					}
					if appliance.Count("PUT", "") != puts || appliance.Count("", "/token") != signIns || appliance.Count("GET", "") > looks {
						t.Errorf("%d PUTs, %d sign-ins, %d looks, want %d, %d and at most %d", appliance.Count("PUT", ""), appliance.Count("", "/token"), appliance.Count("GET", ""), puts, signIns, looks)
					}
					if _, err := client.Users.Get(ctx, "jane"); err != nil { // the run goes on
						t.Error(err)
					}
					appliance.ResetRequests()
					_, err = client.Users.Update(ctx, "jane", api.UserValues{OldPassword: oldPassword, Description: "d"})
					if !wire.IsRefused(err) || appliance.Count("PUT", "") != 1 {
						t.Errorf("%d PUTs without a new password: %v", appliance.Count("PUT", ""), err)
					}
				})
			}
		}
	}
}

// A 401 to an update is about the password only if it is the appliance's and a read shows that the token is valid.
func TestRefusalThatMayBeAboutTheToken(t *testing.T) {
	t.Parallel()
	refused := simulator.Fault{Kind: simulator.Status, Status: 401, Problem: "invalidAccessToken", Method: "PUT"}
	for name, test := range map[string]struct {
		faults []simulator.Fault
		reason wire.Reason
		looks  int
	}{
		"a page":                  {[]simulator.Fault{{Kind: simulator.Status, Status: 401, Document: "html", Method: "PUT"}}, wire.Unreadable, 0},
		"a look without answer":   {[]simulator.Fault{refused, {Kind: simulator.CutBefore, Method: "GET"}}, wire.Unreachable, 5},
		"a look with 503":         {[]simulator.Fault{refused, {Kind: simulator.Status, Status: 503, Method: "GET"}}, wire.Unavailable, 5},
		"a look that gets a page": {[]simulator.Fault{refused, {Kind: simulator.Status, Status: 401, Document: "html", Method: "GET"}}, wire.Unreadable, 1},
		"a lost answer before":    {[]simulator.Fault{onceFor(simulator.Fault{Kind: simulator.CutAfter}, "PUT", ""), refused, {Kind: simulator.CutBefore, Method: "GET"}}, wire.Unreachable, 5},
	} {
		isLost := name == "a lost answer before"
		for _, bareToken := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, bare token %v", name, bareToken), func(t *testing.T) {
				t.Parallel()
				appliance := newAppliance(t, simulator.Config{})
				appliance.PutUser(simulator.User{Name: "jane", Password: oldPassword})
				ctx, client := t.Context(), at(appliance)
				if bareToken {
					client = withToken(t, appliance)
				}
				if _, err := client.Users.Get(ctx, "jane"); err != nil {
					t.Fatal(err)
				}
				appliance.ResetRequests()
				appliance.AddFault(test.faults...)
				_, err := client.Users.Update(ctx, "jane", api.UserValues{OldPassword: oldPassword, Password: newPassword})
				got := failure(t, err)
				if got.Reason != test.reason || got.Unknown != isLost || got.Cause != nil || !strings.HasPrefix(got.Operation, `update user "jane"`) {
					t.Errorf("%v: %#v", err, got)
				}
				if puts, looks, signIns := appliance.Count("PUT", ""), appliance.Count("GET", ""), appliance.Count("", "/token"); (puts != 1) != isLost || looks != test.looks || signIns != 0 {
					t.Errorf("%d PUTs, %d looks, %d sign-ins, want one, %d and none", puts, looks, signIns, test.looks)
				}
				appliance.ClearFaults()
				if _, err := client.Users.Update(ctx, "jane", api.UserValues{OldPassword: oldPassword, Password: newPassword}); err != nil { // the run goes on
					t.Error(err)
				}
			})
		}
	}
}

// After a refusal that is not about the old password, no other password is sent.
func TestRefusalThatIsNotAboutTheOldPassword(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config simulator.Config
		fault  *simulator.Fault
		values api.UserValues
	}{
		"403":                {simulator.Config{}, &simulator.Fault{Status: 403}, api.UserValues{OldPassword: oldPassword, Password: newPassword}},
		"404":                {simulator.Config{}, &simulator.Fault{Status: 404}, api.UserValues{OldPassword: oldPassword, Password: newPassword}},
		"a page":             {simulator.Config{}, &simulator.Fault{Status: 400, Document: "html"}, api.UserValues{OldPassword: oldPassword, Password: newPassword}},
		"the new password":   {simulator.Config{Habits: simulator.Habits{simulator.FrameworkErrors: true}}, nil, api.UserValues{OldPassword: oldPassword, Password: "short"}},
		"the description":    {simulator.Config{Habits: simulator.Habits{simulator.FrameworkErrors: true}}, nil, api.UserValues{OldPassword: oldPassword, Password: newPassword, Description: strings.Repeat("d", 300)}},
		"an expired session": {simulator.Config{}, &simulator.Fault{Status: 401, Problem: "expiredAccessToken"}, api.UserValues{OldPassword: oldPassword, Password: newPassword}},
	} {
		appliance := newAppliance(t, test.config)
		appliance.PutUser(simulator.User{Name: "jane", Password: oldPassword})
		if test.fault != nil {
			test.fault.Kind = simulator.Status
			if name != "an expired session" { // which a look finds too
				test.fault.Method = "PUT"
			}
			test.fault.Path = "/users/jane"
			appliance.AddFault(*test.fault)
		}
		if _, err := at(appliance).Users.Update(t.Context(), "jane", test.values); err == nil {
			t.Errorf("%s: it was accepted", name)
		}
		for _, r := range appliance.Requests() {
			if r.Method == "PUT" && !strings.Contains(string(r.Body), `"oldPassword":"`+oldPassword) {
				t.Errorf("%s: another old password was sent", name)
			}
		}
	}
}

// ownUser is a client that signs in as a user whose sessions end with its password.
func ownUser(t *testing.T, edit func(*simulator.Config)) (*simulator.Appliance, *api.Client) {
	t.Helper()
	config := simulator.Config{Habits: simulator.Habits{simulator.SessionsEndWithPassword: true}}
	if edit != nil {
		edit(&config)
	}
	appliance := newAppliance(t, config)
	appliance.PutUser(simulator.User{Name: "terraform", Password: oldPassword})
	client := api.WithoutWaits(onClock(appliance, func(config *api.Config) {
		config.Token, config.Username, config.Password = "", "terraform", oldPassword
	}))
	if err := ask(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	appliance.ResetRequests()
	return appliance, client
}

func passwordGrants(appliance *simulator.Appliance) int { return tokenRequests(appliance)["password"] }

// The client changes the password of the user whom it signs in as: the run continues with the new one.
func TestOwnPassword(t *testing.T) {
	t.Parallel()
	rotate := api.UserValues{OldPassword: oldPassword, Password: newPassword}
	for name, test := range map[string]struct {
		fault    *simulator.Fault
		values   api.UserValues
		fails    bool
		password string // afterwards
		grants   int    // with a password, of the next request after all sessions have ended
	}{
		"rotated":                       {nil, rotate, false, newPassword, 1},
		"answer lost":                   {&simulator.Fault{Kind: simulator.CutAfter, Count: 1}, rotate, false, newPassword, 1},
		"answer never comes":            {&simulator.Fault{Kind: simulator.CutAfter}, rotate, true, newPassword, 2},
		"done, and 500":                 {&simulator.Fault{Kind: simulator.Body, Status: 500}, rotate, true, newPassword, 2},
		"not done, and no answer":       {&simulator.Fault{Kind: simulator.CutBefore}, rotate, true, oldPassword, 1},
		"refused":                       {nil, api.UserValues{OldPassword: oldPassword, Password: "short"}, true, oldPassword, 1},
		"refused, as the user may not":  {&simulator.Fault{Kind: simulator.Status, Status: 403}, rotate, true, oldPassword, 1},
		"another user":                  {nil, rotate, false, oldPassword, 1},
		"lost, refused, then no answer": {nil, rotate, true, newPassword, 2},
		"changed before, then 429":      {nil, rotate, true, newPassword, 2},
		"signed in with it, then 429":   {nil, rotate, true, newPassword, 1},
		"never sent":                    {nil, rotate, true, oldPassword, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance, client := ownUser(t, func(config *simulator.Config) {
					if name == "changed before, then 429" {
						config.Habits = nil // the session goes on
					}
				})
				user := "terraform"
				if name == "another user" {
					user = "jane"
					appliance.PutUser(simulator.User{Name: user, Password: oldPassword})
				}
				if name == "lost, refused, then no answer" {
					appliance.AddFault(onceFor(simulator.Fault{Kind: simulator.CutAfter}, "PUT", ""))
					appliance.AddFault(onceFor(simulator.Fault{Kind: simulator.Status, Status: 400, Problem: "validationError"}, "PUT", ""), simulator.Fault{Kind: simulator.CutBefore, Method: "PUT"})
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				switch name {
				case "changed before, then 429", "signed in with it, then 429":
					appliance.PutUser(simulator.User{Name: user, Password: newPassword})
					appliance.AddFault(simulator.Fault{Kind: simulator.Status, Status: 429, Method: "PUT", Skip: 1})
				case "never sent":
					cancel()
				}
				if test.fault != nil {
					test.fault.Method = "PUT"
					appliance.AddFault(*test.fault)
				}
				_, err := client.Users.Update(ctx, user, test.values)
				if (err != nil) != test.fails {
					t.Errorf("%v", err)
				}
				if now, _ := appliance.User("terraform"); now.Password != test.password {
					t.Fatalf("there is %+v", now)
				}
				appliance.RevokeTokens()
				appliance.ResetRequests()
				advance()
				if err := ask(t.Context(), client); err != nil {
					t.Error(err)
				}
				if grants := passwordGrants(appliance); grants != test.grants {
					t.Errorf("%d sign-ins, want %d", grants, test.grants)
				}
			})
		})
	}
}

// The client signs out the sessions that it has opened, but not a configured token.
func TestClose(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(context.Context, *simulator.Appliance, *api.Client){
		"at once":              func(context.Context, *simulator.Appliance, *api.Client) {},
		"refused access token": func(_ context.Context, appliance *simulator.Appliance, _ *api.Client) { appliance.ExpireTokens() },
		"expired access token": func(context.Context, *simulator.Appliance, *api.Client) { time.Sleep(61 * time.Minute) },
		"refused and noticed": func(ctx context.Context, appliance *simulator.Appliance, client *api.Client) {
			appliance.ExpireTokens()
			appliance.AddFault(simulator.Fault{Kind: simulator.CutBefore, Path: "/token"})
			_ = ask(ctx, client)
			appliance.ClearFaults()
			time.Sleep(6 * time.Second)
		},
		"a dead appliance": func(ctx context.Context, appliance *simulator.Appliance, client *api.Client) {
			appliance.AddFault(simulator.Fault{Kind: simulator.CutBefore})
			_ = ask(ctx, client)
			appliance.ClearFaults()
		},
		"gone already":  func(_ context.Context, appliance *simulator.Appliance, _ *api.Client) { appliance.RevokeTokens() },
		"never used":    nil,
		"its own token": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{})
				client, sessions := onClock(appliance, asAdministrator), 0
				switch name {
				case "its own token":
					client, sessions = withToken(t, appliance), 1
					fallthrough
				default:
					if err := ask(t.Context(), client); err != nil {
						t.Fatal(err)
					}
				case "never used":
				}
				if happens != nil {
					happens(t.Context(), appliance, client)
				}
				begun := time.Now()
				if err := client.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if n := appliance.Sessions(); n != sessions || time.Since(begun) != 0 {
					t.Errorf("%d sessions are left after %s, want %d", n, time.Since(begun), sessions)
				}
				if sessions == 0 {
					appliance.RevokeTokens()
					before := passwordGrants(appliance)
					_ = client.Close(t.Context())
					if err := ask(t.Context(), client); err == nil && name == "never used" || passwordGrants(appliance) != before {
						t.Errorf("signed in after Close: %v", err)
					}
				}
			})
		})
	}
}

// Close waits for a sign-in that is under way, and signs that out too.
func TestCloseDuringSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{Latency: time.Second})
		client := onClock(appliance, asAdministrator)
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan error, 10)
		for range 10 {
			go func() { results <- ask(ctx, client) }()
		}
		synctest.Wait()
		cancel()
		if err := client.Close(t.Context()); err != nil {
			t.Error(err)
		}
		for range 10 {
			if err := <-results; err == nil {
				t.Error("a request was sent after the interruption")
			}
		}
		if appliance.Sessions() != 0 || passwordGrants(appliance) != 1 {
			t.Errorf("%d sessions, %d sign-ins", appliance.Sessions(), passwordGrants(appliance))
		}
	})
}

// Close takes no longer than its context.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	for _, hangs := range []string{"sign-in", "sign-out", "refresh"} {
		t.Run(hangs, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{})
				var hanging atomic.Bool
				client := onClock(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if hanging.Load() {
						<-r.Context().Done()
						panic(http.ErrAbortHandler)
					}
					appliance.ServeHTTP(w, r)
				}), asAdministrator)
				if hangs != "sign-in" {
					if err := ask(t.Context(), client); err != nil {
						t.Fatal(err)
					}
				}
				hanging.Store(true)
				switch hangs {
				case "sign-in":
					go func() { _ = ask(t.Context(), client) }()
					synctest.Wait()
				case "refresh":
					time.Sleep(61 * time.Minute)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
				defer cancel()
				begun := time.Now()
				if err := client.Close(ctx); err == nil || time.Since(begun) != 1500*time.Millisecond {
					t.Errorf("after %s: %v", time.Since(begun), err)
				}
				time.Sleep(3 * time.Minute) // until what hangs has ended
			})
		})
	}
}

// If a refresh fails because the appliance does not answer, the refresh token is kept, and no password and no code are sent.
func TestRefreshWithoutAnswer(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"cut": {Kind: simulator.CutBefore}, "503": {Kind: simulator.Status, Status: 503}, "429": {Kind: simulator.Status, Status: 429},
		"a page": {Kind: simulator.Status, Status: 502, Document: "html"},
	} {
		synctest.Test(t, func(t *testing.T) {
			appliance, client := ownUser(t, nil)
			appliance.ExpireTokens()
			fault.Path = "/token"
			appliance.AddFault(fault)
			if err := ask(t.Context(), client); err == nil {
				t.Fatal("the appliance did not fail")
			}
			appliance.ClearFaults()
			advance()
			if err := ask(t.Context(), client); err != nil {
				t.Error(err)
			}
			if n := passwordGrants(appliance); n != 0 {
				t.Errorf("%s: %d sign-ins with the password", name, n)
			}
		})
	}
}
