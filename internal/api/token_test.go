package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// tokenRequests counts the requests to /token by their grant type.
func tokenRequests(server *simulator.Appliance) map[string]int {
	counts := map[string]int{}
	for _, request := range server.Requests() {
		if request.Path != "/token" {
			continue
		}
		_, rest, _ := strings.Cut(string(request.Body), "grant_type=")
		grant, _, _ := strings.Cut(rest, "&")
		counts[grant]++
	}
	return counts
}

// ask is an operation that always sends a request.
func ask(ctx context.Context, client *api.Client) error {
	_, err := client.Validate(ctx, api.UserName, "jane")
	return err
}

// Hundreds of concurrent operations with short-lived access and refresh tokens. The appliance checks the token halfway through the
// duration of a request.
func TestTokensUnderLoad(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ access, refresh, request time.Duration }{
		{100 * time.Millisecond, time.Hour, 40 * time.Millisecond},
		{100 * time.Millisecond, 100 * time.Millisecond, 40 * time.Millisecond},
		{time.Second, 1500 * time.Millisecond, 200 * time.Millisecond},
		{3 * time.Second, time.Hour, time.Second},
	} {
		t.Run(fmt.Sprintf("%s and %s", test.access, test.refresh), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{AccessTokenLifetime: test.access, RefreshTokenLifetime: test.refresh, Latency: test.request / 2})
				client := onClock(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(test.request / 2)
					appliance.ServeHTTP(w, r)
				}), asAdministrator)
				begun := time.Now()
				if err := errors.Join(concurrently(300, func(int) error {
					for range 15 {
						if err := ask(t.Context(), client); err != nil {
							return err
						}
					}
					return nil
				})...); err != nil {
					t.Fatalf("a request was lost: %v", err)
				}
				elapsed := time.Since(begun)
				grants := tokenRequests(appliance)
				total := appliance.Count("", "")
				renewals := grants["password"] + grants["refresh_token"]
				t.Logf("%d requests in %s: %d logins, %d refreshes, %.1f of both per thousand",
					total, elapsed, grants["password"], grants["refresh_token"], 1000*float64(renewals)/float64(total))
				// A token is used to its end before the next is fetched. A refresh that comes too late takes a login besides.
				if most := 2 + 2*int(elapsed/test.access); renewals > most {
					t.Errorf("%d logins and %d refreshes, want at most %d of both", grants["password"], grants["refresh_token"], most)
				}
				if grants["password"] == 0 || elapsed > 2*test.access && grants["refresh_token"] == 0 || total < 300*15 {
					t.Errorf("%v, %d requests", grants, total)
				}
			})
		})
	}
}

func TestOneRenewalForAll(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens           func(*simulator.Server)
		logins, refreshes int
	}{
		"start":                {func(*simulator.Server) {}, 1, 0},
		"access token expired": {(*simulator.Server).ExpireTokens, 1, 1},
		"all tokens are lost":  {(*simulator.Server).RevokeTokens, 2, 1},
		"expired, one after two": {func(server *simulator.Server) {
			server.ExpireTokens()
			server.AddFault(simulator.Fault{Kind: simulator.Status, Path: "/token", Count: 2})
		}, 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			client := connect(t, server)
			if name != "start" {
				if err := ask(t.Context(), client); err != nil {
					t.Fatal(err)
				}
			}
			test.happens(server)
			if err := errors.Join(concurrently(200, func(int) error { return ask(t.Context(), client) })...); err != nil {
				t.Fatal(err)
			}
			if grants := tokenRequests(server.Appliance); grants["password"] != test.logins || grants["refresh_token"] != test.refreshes {
				t.Errorf("%v, want %d logins and %d refreshes", grants, test.logins, test.refreshes)
			}
		})
	}
}

// A token is renewed before it expires, so that no request fails because of that.
func TestTokenIsRenewedInTime(t *testing.T) {
	t.Parallel()
	for lifetime, margin := range map[time.Duration]time.Duration{time.Hour: 30 * time.Second, 100 * time.Second: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			appliance := newAppliance(t, simulator.Config{AccessTokenLifetime: lifetime})
			client := onClock(appliance, asAdministrator)
			for _, step := range []struct {
				wait   time.Duration
				grants int
			}{{0, 1}, {lifetime - margin - time.Second, 1}, {time.Second, 2}, {lifetime - margin - time.Second, 2}, {lifetime, 3}} {
				time.Sleep(step.wait)
				if err := ask(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				if n := appliance.Count("POST", "/token"); n != step.grants {
					t.Fatalf("%d sign-ins and refreshes, want %d", n, step.grants)
				}
			}
			for _, request := range appliance.Requests() {
				if request.Status == http.StatusUnauthorized && request.Path != "/token" {
					t.Error("an expired token was used")
				}
			}
		})
	}
}

func asAdministrator(config *api.Config) {
	config.Token, config.Username, config.Password = "", simulator.DefaultUsername, simulator.DefaultPassword
}

// All requests that wait for a sign-in share its failure. After a pause, the next request tries again.
func TestFailedLoginIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		appliance := newAppliance(t, simulator.Config{})
		logins := &script{steps: []http.HandlerFunc{
			func(w http.ResponseWriter, _ *http.Request) {
				<-release
				w.WriteHeader(http.StatusInternalServerError)
			},
			appliance.ServeHTTP,
		}}
		client := onClock(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v1/token" {
				logins.ServeHTTP(w, r)
			} else {
				appliance.ServeHTTP(w, r)
			}
		}), asAdministrator)
		results := make(chan []error, 1)
		go func() { results <- concurrently(50, func(int) error { return ask(t.Context(), client) }) }()
		synctest.Wait() // until all wait for the login
		close(release)
		for _, err := range <-results {
			if got := failure(t, err); got.Status != 500 || !strings.HasPrefix(got.Operation, "sign in to appliance:11005 as admin") || !got.NotSent {
				t.Errorf("%#v", got)
			}
		}
		if n := logins.count(); n != 1 {
			t.Errorf("%d logins, want 1", n)
		}
		if err := ask(t.Context(), client); !failure(t, err).NotSent {
			t.Error(err)
		}
		time.Sleep(5 * time.Second) // on the clock of the bubble
		if err := ask(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
}

// If a request is canceled, the others still get the result of the sign-in that it began.
func TestCancelledLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		appliance.AddFault(simulator.Fault{Kind: simulator.Status, Path: "/token", Count: 1, Header: http.Header{"Retry-After": {"10"}}})
		client := onClock(appliance, asAdministrator)
		ctx, cancel := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- ask(ctx, client) }()
		synctest.Wait()
		go func() { second <- ask(t.Context(), client) }()
		synctest.Wait() // both wait for the login, which waits for its second attempt
		cancel()
		if err := <-first; err == nil || !strings.Contains(err.Error(), "interrupted") {
			t.Errorf("got %v", err)
		}
		if err := <-second; err != nil {
			t.Error(err)
		}
		if n := appliance.Count("POST", "/token"); n != 2 {
			t.Errorf("%d logins, want 2", n)
		}
	})
}

// A permanent failure occurs once and is reported once.
func TestHopelessLogin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		appliance simulator.Config
		edit      func(*api.Config)
		reason    wire.Reason
		requests  int
	}{
		"wrong password":       {simulator.Config{}, func(config *api.Config) { config.Password = "Wrong-Passw0rd" }, wire.LoginRefused, 1},
		"wrong user":           {simulator.Config{}, func(config *api.Config) { config.Username = "nobody" }, wire.LoginRefused, 1},
		"MFA and no code":      {simulator.Config{MFASecret: "JBSWY3DPEHPK3PXP"}, func(*api.Config) {}, wire.MFARequired, 1},
		"MFA and a wrong code": {simulator.Config{MFASecret: "JBSWY3DPEHPK3PXP"}, func(config *api.Config) { config.MFACode = "271828" }, wire.MFARefused, 2},
		"revision":             {simulator.Config{APIVersions: []string{"1.7-rev0"}}, func(*api.Config) {}, wire.UnsupportedVersion, 1},
		"certificate":          {simulator.Config{}, func(config *api.Config) { config.Certificates = nil }, wire.UntrustedCertificate, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, test.appliance)
			config := configFor(t, server)
			test.edit(&config)
			client := api.WithoutWaits(api.New(config))
			full := 0
			for _, err := range concurrently(100, func(int) error { return ask(t.Context(), client) }) {
				got := failure(t, err)
				if got.Reason != test.reason || !got.NotSent || got.Blocked != "validate the name on "+server.Host() {
					t.Errorf("%#v", got)
				}
				if got.Cause.Report() {
					full++
				}
				excludes(t, got.Error(), config.Password, "271828")
			}
			if full != 1 {
				t.Errorf("%d errors are to be reported, want 1", full)
			}
			if n := server.Count("", ""); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

// A wrong password is sent once, whether requests, sessions beside them or both need a sign-in.
func TestHopelessSignInBeside(t *testing.T) {
	t.Parallel()
	beside := func(ctx context.Context, client *api.Client) error {
		_, err := client.SignInAsConfigured(ctx)
		return err
	}
	for name, needs := range map[string][2]func(context.Context, *api.Client) error{
		"sessions": {beside, beside}, "sessions, then requests": {beside, ask}, "requests, then sessions": {ask, beside},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			config := configFor(t, server)
			config.Password = "Wrong-Passw0rd"
			client := api.WithoutWaits(api.New(config))
			for _, do := range needs {
				for _, err := range concurrently(20, func(int) error { return do(t.Context(), client) }) {
					if !wire.IsReason(err, wire.LoginRefused) {
						t.Error(err)
					}
				}
			}
			if n := server.Count("", ""); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestMFA(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{MFASecret: "JBSWY3DPEHPK3PXP", AccessTokenLifetime: time.Hour})
	config := configFor(t, server)
	config.MFACode = server.MFACode(simulator.DefaultUsername)
	client := api.WithoutWaits(api.New(config))
	if err := ask(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	server.ExpireTokens() // a refresh needs no code
	if err := ask(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if grants := tokenRequests(server.Appliance); grants["password"] != 1 || grants["mfa"] != 1 || grants["refresh_token"] != 1 {
		t.Error(grants)
	}
}

// Two codes of a secret are tried, one for each half-minute. The error is about the secret, and not about a code.
func TestWrongMFASecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{MFASecret: "JBSWY3DPEHPK3PXP"})
		client := onClock(appliance, func(config *api.Config) {
			asAdministrator(config)
			config.MFASecret = "NBSWY3DPNBSWY3DP"
		})
		if got := failure(t, ask(t.Context(), client)); got.Reason != wire.MFASecretRefused {
			t.Errorf("%#v", got)
		}
		if grants := tokenRequests(appliance); grants["mfa"] != 2 {
			t.Error(grants)
		}
	})
}

// A configured token that expires during a run is reported in full once, and not sent again.
func TestBareToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*simulator.Server)
		reason  wire.Reason
	}{
		"expired": {(*simulator.Server).ExpireTokens, wire.TokenExpired},
		"revoked": {(*simulator.Server).RevokeTokens, wire.TokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			signedIn, err := connect(t, server).SignInAsConfigured(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			config := configFor(t, server)
			config.Token, config.Username, config.Password = signedIn.Access, "", ""
			client := api.WithoutWaits(api.New(config))
			if err := ask(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			server.ResetRequests()
			test.happens(server)
			full := 0
			for _, err := range concurrently(100, func(int) error { return ask(t.Context(), client) }) {
				got := failure(t, err)
				if got.Reason != test.reason || got.Status != 401 || got.Operation != "sign in to "+server.Host()+" with the token" {
					t.Errorf("%#v", got)
				}
				if got.Cause.Report() {
					full++
				}
				excludes(t, got.Error(), config.Token)
			}
			if full != 1 || server.Count("POST", "/token") != 0 {
				t.Errorf("%d errors are to be reported, want 1; %d sign-ins, want none", full, server.Count("POST", "/token"))
			}
			before := server.Count("", "")
			if err := ask(t.Context(), client); !failure(t, err).NotSent || server.Count("", "") != before {
				t.Error("a dead token is used again")
			}
			if _, err := client.SignInAsConfigured(t.Context()); !errors.Is(err, session.ErrNoUser) {
				t.Errorf("signing in without a user: %v", err)
			}
		})
	}
}

// If an appliance refuses all tokens that it has issued, the client does not keep signing in.
func TestTokensThatAreNeverAccepted(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	server.AddFault(simulator.Fault{
		Kind: simulator.Status, Status: 401, Path: "/users/*", Body: problemJSON("invalidAccessToken", "Invalid access token", "InvalidToken", ""),
	})
	got := failure(t, ask(t.Context(), client))
	if got.Reason != wire.SessionRefused || got.Status != 401 {
		t.Errorf("%#v", got)
	}
	if requests, grants := server.Count("POST", "/users/*"), server.Count("POST", "/token"); requests != 3 || grants != 3 {
		t.Errorf("%d requests and %d sign-ins and refreshes", requests, grants)
	}
}

// A 401 that is not about the session causes a few sign-ins once, not for every request, and leaves no session open.
func TestRefusalsThatAreNotAboutTheSession(t *testing.T) {
	t.Parallel()
	for name, refreshable := range map[string]bool{"refreshed": true, "signed in again": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			client := connect(t, server)
			server.AddFault(simulator.Fault{
				Kind: simulator.Status, Status: 401, Method: "DELETE", Path: "/accounts/standard/*", Body: problemJSON("invalidAccessToken", "Invalid access token", "InvalidToken", ""),
			})
			if !refreshable {
				for _, grants := range []int{1, 2} { // before either refresh; what the first fault answers does not count for the second
					server.AddFault(simulator.Fault{Kind: simulator.Status, Status: 401, Method: "POST", Path: "/token", Skip: grants, Count: 1})
				}
			}
			for range 30 {
				if err := ask(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				if got := failure(t, client.StandardAccounts.Delete(t.Context(), noRecord, "mail")); got.Reason != wire.SessionRefused {
					t.Fatalf("%#v", got)
				}
			}
			if grants := server.Count("POST", "/token"); grants > 5 {
				t.Errorf("%d sign-ins and refreshes", grants)
			}
			if err := client.Close(t.Context()); err != nil || server.Sessions() != 0 {
				t.Errorf("%v; %d sessions are open", err, server.Sessions())
			}
		})
	}
}

// If the user is locked, the error says so, and there is no further attempt.
func TestLockedUser(t *testing.T) {
	t.Parallel()
	problem := func(status int, details string) http.HandlerFunc {
		return always(status, problemJSONType, problemJSON("accessDenied", "Access denied", "AccessDenied", details))
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		locked bool
		says   string
	}{
		"423":        {problem(423, "Try again at 12:30 UTC."), true, "Try again at 12:30 UTC."},
		"423, empty": {always(423, "", ""), true, ""},
		"423 with a time": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "600")
			always(423, "", "")(w, r)
		}, true, "It is locked for 10m"},
		"423, by a page":      {always(423, "text/html", "<h1>Locked</h1>"), false, ""},
		"401 in words":        {problem(401, "The user is locked until 2027-01-31T12:00:00Z."), true, "2027-01-31T12:00:00Z"},
		"403 in words":        {problem(403, "Account locked out."), true, ""},
		"400 in words":        {problem(400, "User account has been LOCKED"), true, ""},
		"blocked, not locked": {problem(401, "This is blocked unless unlocked."), false, ""},
		"401":                 {problem(401, "The password is wrong."), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := &script{steps: []http.HandlerFunc{test.answer}}
				client := onClock(handler, asAdministrator)
				for range 3 {
					got := failure(t, ask(t.Context(), client))
					if (got.Reason == wire.UserLocked) != test.locked || !strings.Contains(got.Message, test.says) || test.locked && got.Cause == nil {
						t.Errorf("%#v", got)
					}
					advance()
				}
				if n := handler.count(); n != 1 && test.locked {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// The second request of a sign-in may also report that the user is locked.
func TestLockedAtTheCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := &script{steps: []http.HandlerFunc{
			always(200, jsonType, `{"mfa_token": "an-mfa-token"}`), always(401, problemJSONType, problemJSON("accessDenied", "Access denied", "AccessDenied", "The user is locked.")),
		}}
		client := onClock(handler, withSecret(newSecret()))
		if got := failure(t, ask(t.Context(), client)); got.Reason != wire.UserLocked || handler.count() != 2 {
			t.Errorf("%d requests: %#v", handler.count(), got)
		}
	})
}

// A missing /token is not about a password: another server answers there.
func TestNoTokenEndpoint(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"blank":        always(404, problemJSONType, `{"type": "about:blank", "title": "Not Found", "status": 404}`),
		"a framework":  always(404, problemJSONType, `{"type": "https://tools.ietf.org/html/rfc9110#section-15.5.5", "title": "Not Found", "status": 404, "traceId": "x"}`),
		"the product":  always(404, problemJSONType, problemJSON("resourceNotFound", "Resource not found", "NotFound", "")),
		"HTML":         always(404, "text/html", "<h1>Not Found</h1>"),
		"empty":        always(404, "", ""),
		"405":          always(405, problemJSONType, `{"type": "about:blank", "title": "Method Not Allowed", "status": 405}`),
		"revision set": always(404, problemJSONType, `{"type": "about:blank", "title": "Not Found"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := serve(t, answer)
			asAdministrator(&config)
			if name != "revision set" {
				config.APIVersion = ""
			}
			if got := failure(t, getUser(t.Context(), api.New(config))); got.Reason != wire.Unreadable || strings.Contains(got.Message, "confirmed") {
				t.Errorf("%#v", got)
			}
		})
	}
}

// The form of dates differs between revisions, and no date can make a sign-in fail.
func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		expiresIn time.Duration // 0 when it is not known
		fails     bool
	}{
		`{"access_token": "a", "refresh_token": "r", "expires_in": 3600, ".issued": "2026-11-22T05:06:33", ".expires": "2026-11-22T05:06:33.1234567"}`: {expiresIn: time.Hour},
		`{"access_token": "a", "refresh_token": "r", "expires_in": 3600, ".issued": "soon", ".expires": {"at": [1, 2]}}`:                               {expiresIn: time.Hour},
		`{"access_token": "a", "expires_in": "3600", ".expires": null}`:                                                                                {expiresIn: time.Hour},
		`{"access_token": "a", "expires_in": 3600.5}`:                                                                                                  {},
		`{"access_token": "a"}`:                                          {},
		`{"access_token": "a", "expires_in": null}`:                      {},
		`{"access_token": "a", "expires_in": "soon"}`:                    {},
		`{"access_token": "a", "expires_in": ""}`:                        {},
		`{"access_token": "a", "expires_in": -1}`:                        {},
		`{"access_token": "a", "expires_in": 0}`:                         {},
		`{"access_token": "a", "expires_in": 1e999}`:                     {},
		`{"access_token": "a", "expires_in": 99999999999999999999}`:      {},
		`{"access_token": "a", "expires_in": [3600]}`:                    {},
		`{"access_token": "a", "expires_in": {"seconds": 3600}}`:         {},
		`{"access_token": "a", "mfa_enabled": "perhaps", "username": 7}`: {},
		`{"access_token": ""}`:                                           {fails: true},
		`{"access_token": null}`:                                         {fails: true},
		`{"access_token": 7}`:                                            {fails: true},
		`{"access_token": "a b"}`:                                        {fails: true},
		`{"access_token": "a\r\nX-Header: b"}`:                           {fails: true},
		`{"access_token": "ä"}`:                                          {fails: true},
		`{}`:                                                             {fails: true},
		`[]`:                                                             {fails: true},
		`null`:                                                           {fails: true},
		``:                                                               {fails: true},
		`<html>Sign in</html>`:                                           {fails: true},
		`{"access_token": "a"`:                                           {fails: true},
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := onClock(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.URL.Path == "/api/v1/token":
						always(200, jsonType, body)(w, r)
					case r.Header.Get("Authorization") == "Bearer a":
						always(200, jsonType, "[]")(w, r)
					default:
						t.Errorf("authorization %q", r.Header.Get("Authorization"))
						w.WriteHeader(http.StatusBadRequest)
					}
				}), asAdministrator)
				got, err := client.SignInAsConfigured(t.Context())
				askErr := ask(t.Context(), client)
				if (err != nil) != want.fails || (askErr != nil) != want.fails {
					t.Fatalf("%v, %v", err, askErr)
				}
				if want.fails {
					if refusal := failure(t, err); refusal.Reason != wire.Unreadable {
						t.Errorf("%#v", refusal)
					}
					if whole := failure(t, askErr); !strings.HasPrefix(whole.Operation, "sign in to ") {
						t.Errorf("it is about the sign-in, and says %q", whole.Error())
					}
					return
				}
				if (want.expiresIn == 0) != got.Expires.IsZero() || want.expiresIn != 0 && time.Until(got.Expires) != want.expiresIn {
					t.Errorf("expires at %s", got.Expires)
				}
				if got.RenewAt.After(got.Expires) || got.RenewAt.IsZero() != got.Expires.IsZero() {
					t.Errorf("renew at %s", got.RenewAt)
				}
			})
		})
	}
}

// If a refresh fails because there is no connection, the refresh token is kept for the next attempt.
func TestRefreshThatFailsInPassing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, refreshThatFailsInPassing)
}

func refreshThatFailsInPassing(t *testing.T) {
	server := simulator.New(simulator.Config{})
	client := at(server)
	if err := ask(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	server.ExpireTokens()
	server.AddFault(simulator.Fault{Kind: simulator.CutBefore, Path: "/token", Count: 5})
	if got := failure(t, ask(t.Context(), client)); got.Reason != wire.Unreachable || got.Blocked != "validate the name on "+client.Host() {
		t.Errorf("%#v", got)
	}
	advance()
	if err := ask(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if grants := tokenRequests(server); grants["password"] != 1 || grants["refresh_token"] != 6 {
		t.Error(grants)
	}
}

// The answer of a refresh is lost, and with it the new refresh token: the repetition is refused, and a sign-in follows.
func TestLostRefresh(t *testing.T) {
	t.Parallel()
	for _, kind := range []simulator.FaultKind{simulator.CutAfter, simulator.CutBody} {
		server := start(t, simulator.Config{})
		client := connect(t, server)
		if err := ask(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		server.ExpireTokens()
		server.AddFault(simulator.Fault{Kind: kind, Path: "/token", Count: 1})
		if err := ask(t.Context(), client); err != nil {
			t.Error(err)
		}
		if grants := tokenRequests(server.Appliance); grants["refresh_token"] != 2 || grants["password"] > 2 {
			t.Error(grants)
		}
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	got, err := client.SignInAsConfigured(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	renewed, err := client.RefreshToken(t.Context(), got.Refresh)
	if err != nil || renewed.Access == got.Access || renewed.Refresh == got.Refresh {
		t.Fatalf("%v: a refresh gives a new pair", err)
	}
	if server.Sessions() != 1 {
		t.Errorf("%d sessions", server.Sessions())
	}
	for range 2 { // a session that has ended is not an error
		if err := client.SignOut(t.Context(), renewed.Access); err != nil {
			t.Error(err)
		}
	}
	if server.Sessions() != 0 {
		t.Errorf("%d sessions", server.Sessions())
	}
	if _, err := client.RefreshToken(t.Context(), renewed.Refresh); failure(t, err).Status != 401 {
		t.Error(err)
	}
	server.AddFault(simulator.Fault{Kind: simulator.Status, Status: 500, Method: "DELETE"})
	if err := client.SignOut(t.Context(), renewed.Access); failure(t, err).Status != 500 {
		t.Error(err)
	}
}

// The client's own session and an additional one are independent.
func TestSessionsAreIndependent(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			got, err := client.SignInAsConfigured(t.Context())
			if err == nil {
				err = errors.Join(ask(t.Context(), client), client.SignOut(t.Context(), got.Access))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := ask(t.Context(), client); err != nil || server.Sessions() != 1 {
		t.Errorf("%v; %d sessions", err, server.Sessions())
	}
}

// A session that ends after such a 401 is still replaced.
func TestSessionThatEndsAfterOtherRefusals(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{Habits: simulator.Habits{simulator.SessionsEndWithPassword: true}})
	client := connect(t, server)
	server.AddFault(simulator.Fault{
		Kind: simulator.Status, Status: 401, Method: "DELETE", Path: "/accounts/standard/*", Body: problemJSON("invalidAccessToken", "Invalid access token", "InvalidToken", ""),
	})
	if got := failure(t, client.StandardAccounts.Delete(t.Context(), noRecord, "mail")); got.Reason != wire.SessionRefused {
		t.Fatalf("%#v", got)
	}
	if _, err := client.Users.Update(t.Context(), simulator.DefaultUsername, api.UserValues{OldPassword: simulator.DefaultPassword, Password: newPassword}); err != nil {
		t.Fatal(err)
	}
	if err := ask(t.Context(), client); err != nil {
		t.Error(err)
	}
}
