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

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// found are the revisions that are found for each product: the first accepted one in the order in which they are tried, and how
// many are refused before.
var found = map[string]struct {
	revision string
	before   int
}{
	"2": {"1.0-rev0", 0}, "3": {"1.0-rev0", 0}, "4": {"1.0-rev0", 0}, "5": {"1.0-rev0", 0}, "6": {"1.3-rev0", 1}, "7": {"1.3-rev0", 1},
	"8": {"1.4-rev0", 2}, "9": {"1.7-rev0", 3}, "10": {"1.7-rev0", 3}, "11": {"1.7-rev0", 3},
}

// looking makes a client find the revision, with a username or a configured token.
func looking(t *testing.T, handler http.Handler, appliance *simulator.Appliance, bareToken bool) *api.Client {
	t.Helper()
	edit := func(config *api.Config) { asAdministrator(config); config.APIVersion = "" }
	if bareToken {
		signedIn, err := onClock(appliance, edit).SignInAsConfigured(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		appliance.ResetRequests()
		edit = func(config *api.Config) { config.Token, config.APIVersion = signedIn.Access, "" }
	}
	return api.WithoutWaits(onClock(handler, edit))
}

// refusedRequests counts the requests that were refused because of their revision.
func refusedRequests(appliance *simulator.Appliance) int {
	refused := 0
	for _, r := range appliance.Requests() {
		if r.Status == http.StatusBadRequest {
			refused++
		}
	}
	return refused
}

func TestRevisionIsFound(t *testing.T) {
	t.Parallel()
	for _, product := range simulator.Products() {
		for _, refusal := range []string{"problem", "nested", "sentence", "misleading"} {
			for _, tokenTakesAny := range []bool{false, true} {
				for _, bareToken := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s, %s, any token %v, bare token %v", product, refusal, tokenTakesAny, bareToken), func(t *testing.T) {
						t.Parallel()
						appliance := newAppliance(t, simulator.Config{Product: product, RevisionRefusal: refusal, Habits: simulator.Habits{simulator.TokenTakesAnyRevision: tokenTakesAny}})
						client := looking(t, appliance, appliance, bareToken)
						ctx, want := t.Context(), found[product]
						if err := getUser(ctx, client); !store.IsNotFound(err) {
							t.Fatal(err)
						}
						most := want.before
						switch refusal {
						case "sentence": // names the accepted ones
							want.revision, most = client.APIVersion(), min(most, 1)
							profile, _ := simulator.ProfileOf(product)
							if !slices.Contains(profile.APIVersions(), want.revision) {
								t.Errorf("%s is not accepted", want.revision)
							}
						case "misleading":
							want.revision, most = client.APIVersion(), 9
						}
						if want.before > 0 && (bareToken || tokenTakesAny) {
							most++ // the request whose refusal begins the search
						}
						if refused := refusedRequests(appliance); client.APIVersion() != want.revision || refused > most {
							t.Errorf("found %s after %d refused requests, want %s after %d", client.APIVersion(), refused, want.revision, most)
						}
						if n := appliance.Count("POST", "/token"); bareToken && n != 0 || !bareToken && n > most+1 {
							t.Errorf("%d sign-ins", n)
						}
						appliance.ResetRequests()
						_, versionErr := client.ProductVersion(ctx)
						_, createErr := client.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
						_, listErr := client.Users.List(ctx, "")
						if err := errors.Join(versionErr, createErr, listErr); err != nil || refusedRequests(appliance) != 0 {
							t.Errorf("%d refused requests afterwards: %v", refusedRequests(appliance), err)
						}
					})
				}
			}
		}
	}
}

// Forty concurrent first requests find the revision once, whatever the first of them is.
func TestRevisionIsFoundOnce(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(context.Context, *api.Client) error{
		"a user":    func(ctx context.Context, c *api.Client) error { _, err := c.Users.Get(ctx, "admin"); return err },
		"a version": func(ctx context.Context, c *api.Client) error { _, err := c.ProductVersion(ctx); return err },
		"a question": func(ctx context.Context, c *api.Client) error {
			_, err := c.Validate(ctx, api.UserName, "jane")
			return err
		},
	} {
		for _, tokenTakesAny := range []bool{false, true} {
			for _, bareToken := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, any token %v, bare token %v", name, tokenTakesAny, bareToken), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						appliance := newAppliance(t, simulator.Config{Product: "11", Habits: simulator.Habits{simulator.TokenTakesAnyRevision: tokenTakesAny}})
						release := make(chan struct{})
						client := looking(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							<-release
							appliance.ServeHTTP(w, r)
						}), appliance, bareToken)
						results := make(chan error, 40)
						for range 40 {
							go func() { results <- first(t.Context(), client) }()
						}
						synctest.Wait() // all have begun
						close(release)
						for range 40 {
							if err := <-results; err != nil {
								t.Error(err)
							}
						}
						if refused := refusedRequests(appliance); refused > 4 || client.APIVersion() != "1.7-rev0" {
							t.Errorf("%d refused requests, found %s", refused, client.APIVersion())
						}
					})
				})
			}
		}
	}
}

// The first request ends without finding the revision, and the others continue.
func TestRevisionIsNotFoundByTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{Product: "11"})
		client := looking(t, appliance, appliance, true)
		appliance.AddFault(simulator.Fault{Kind: simulator.Stall, Method: "POST", Path: "/users/admin/disableMfa", Count: 1})
		results := make(chan error, 10)
		go func() { results <- client.Users.DisableMFA(t.Context(), "admin") }()
		synctest.Wait()
		for range 9 {
			go func() { _, err := client.Users.Get(t.Context(), "admin"); results <- err }()
		}
		if err := <-results; failure(t, err).Reason != wire.TimedOut {
			t.Error(err)
		}
		for range 9 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if client.APIVersion() != "1.7-rev0" {
			t.Errorf("found %s", client.APIVersion())
		}
	})
}

// A refusal that ends the search, or of a configured revision, is reported once, and the password is not sent again.
func TestRevisionIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		appliance simulator.Config
		version   string
		says      []string
		most      int
	}{
		"configured":       {simulator.Config{Product: "9"}, "1.0-rev0", []string{"use api_version 1.0-rev0", "asked for 1.0-rev0, it answered"}, 1},
		"none":             {simulator.Config{APIVersions: []string{"2.0-rev0"}}, "", []string{"find an api_version", "1.0-rev0, 1.3-rev0, 1.4-rev0", "1.1-rev0, it answered"}, 11},
		"unpublished ones": {simulator.Config{APIVersions: []string{"2.0-rev0", "2.1-rev0"}, RevisionRefusal: "sentence"}, "", []string{"find an api_version", "does not know: 2.0-rev0, 2.1-rev0"}, 1},
	} {
		for _, refusal := range []string{"problem", "nested", "sentence"} {
			if test.appliance.RevisionRefusal != "" && refusal != test.appliance.RevisionRefusal || name == "none" && refusal == "sentence" {
				continue
			}
			t.Run(name+", "+refusal, func(t *testing.T) {
				t.Parallel()
				config := test.appliance
				config.RevisionRefusal = refusal
				appliance := newAppliance(t, config)
				client := api.WithoutWaits(onClock(appliance, func(config *api.Config) { asAdministrator(config); config.APIVersion = test.version }))
				whole := 0
				for _, err := range concurrently(40, func(int) error { _, err := client.ProductVersion(t.Context()); return err }) {
					got := failure(t, err)
					if got.Reason != wire.UnsupportedVersion {
						t.Errorf("%#v", got)
					}
					for _, words := range test.says {
						if !strings.Contains(got.Error(), words) {
							t.Errorf("%q is not in: %v", words, got)
						}
					}
					if got.Cause.Report() {
						whole++
					}
				}
				if n := appliance.Count("", ""); whole != 1 || n > test.most {
					t.Errorf("%d reports, %d requests, want 1 and %d", whole, n, test.most)
				}
			})
		}
	}
}

// The words of a refusal are enough without a problem document, for each kind of sign-in.
func TestRevisionIsRefusedInPlainText(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context, *api.Client) error{
		"a request": ask, "a session beside": func(ctx context.Context, c *api.Client) error { _, err := c.SignInAsConfigured(ctx); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{Product: "7"})
			client := looking(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-Api-Version") == "1.0-rev0" {
					always(400, "text/plain", "The API version is not supported.")(w, r)
					return
				}
				appliance.ServeHTTP(w, r)
			}), appliance, false)
			if err := do(t.Context(), client); err != nil || client.APIVersion() != "1.3-rev0" {
				t.Errorf("%s: %v", client.APIVersion(), err)
			}
		})
	}
}

// A refused password is not sent again in another revision, whatever the refusal.
func TestWrongPasswordEndsTheSearch(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]http.HandlerFunc{
		"401":        always(401, problemJSONType, problemJSON("accessDenied", "Access denied", "AccessDenied", "The password is wrong.")),
		"400":        always(400, problemJSONType, problemJSON("validationError", "Validation error", "UnexpectedContent", "The password is wrong.")),
		"400, blank": always(400, problemJSONType, `{"type": "about:blank", "title": "Bad Request", "status": 400}`),
		"401, empty": always(401, "", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := &script{steps: []http.HandlerFunc{
					always(400, problemJSONType, problemJSON("unsupportedApiVersion", "Unsupported API version", "UnexpectedContent", "")), refusal,
				}}
				client := onClock(handler, func(config *api.Config) { asAdministrator(config); config.APIVersion = "" })
				for range 3 {
					got := failure(t, ask(t.Context(), client))
					if want := map[bool]wire.Reason{false: wire.LoginRefused, true: wire.Unreadable}[name == "401, empty"]; got.Reason != want {
						t.Errorf("%#v", got)
					}
					if said := strings.HasSuffix(got.Message, " (the API revision 1.3-rev0 is not yet confirmed)"); said != strings.HasPrefix(name, "400") {
						t.Error(got)
					}
					advance()
				}
				if n := handler.count(); n != 2 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// The appliance is upgraded during a run.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"", "1.0-rev0"} {
		for name, next := range map[string]func(context.Context, *api.Client) error{
			"a request": ask, "a sign-in": func(ctx context.Context, c *api.Client) error { _, err := c.SignInAsConfigured(ctx); return err },
		} {
			older, newer := newAppliance(t, simulator.Config{Product: "5"}), newAppliance(t, simulator.Config{Product: "11"})
			var upgraded atomic.Bool
			client := api.WithoutWaits(onClock(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if upgraded.Load() {
					newer.ServeHTTP(w, r)
					return
				}
				older.ServeHTTP(w, r)
			}), func(config *api.Config) { asAdministrator(config); config.APIVersion = version }))
			if err := ask(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			upgraded.Store(true)
			if got := failure(t, next(t.Context(), client)); got.Reason != wire.Upgraded {
				t.Errorf("%q, %s: %#v", version, name, got)
			}
			before := newer.Count("", "")
			if got := failure(t, ask(t.Context(), client)); got.Reason != wire.Upgraded || newer.Count("", "") != before {
				t.Errorf("%q, %s: %#v", version, name, got)
			}
		}
	}
}

// A refusal that may precede the check of the revision, such as that of a token, does not show that the revision is accepted.
func TestRefusalProvesNoRevision(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{Product: "11", Habits: simulator.Habits{simulator.TokenTakesAnyRevision: true}})
	client := looking(t, appliance, appliance, false)
	expired := onceFor(simulator.Fault{Kind: simulator.Status, Status: 401, Problem: "expiredAccessToken"}, "GET", "/users/admin")
	appliance.AddFault(expired)
	if _, err := client.Users.Get(t.Context(), "admin"); err != nil || client.APIVersion() != "1.7-rev0" {
		t.Errorf("%s: %v", client.APIVersion(), err)
	}
}

// An endpoint that the revision lacks is reported as such, whatever the answer: no other revision is tried, and there is no further
// sign-in.
func TestEndpointThatTheRevisionLacks(t *testing.T) {
	t.Parallel()
	for _, product := range []string{"2", "9", "11"} {
		for _, missing := range []string{"problem", "framework", "405", "501", "unsupported"} {
			for _, refusal := range []string{"problem", "nested", "sentence", "misleading"} {
				t.Run(product+" "+missing+" "+refusal, func(t *testing.T) {
					t.Parallel()
					appliance := newAppliance(t, simulator.Config{Product: product, MissingEndpoint: missing, RevisionRefusal: refusal, Habits: simulator.Habits{simulator.NoValidation: true}})
					ctx, client := t.Context(), looking(t, appliance, appliance, false)
					if _, err := client.ProductVersion(ctx); err != nil {
						t.Fatal(err)
					}
					revision := client.APIVersion()
					appliance.ResetRequests()
					if _, err := client.EmailNotifications(ctx); product == "2" && err != nil || product != "2" && failure(t, err).Reason != wire.NoEmailSettings {
						t.Error(err)
					}
					if got := failure(t, ask(ctx, client)); got.Reason != wire.NotInRevision || got.Cause != nil {
						t.Errorf("%#v", got)
					}
					if err := ask(ctx, client); err != nil { // once
						t.Error(err)
					}
					if signIns := appliance.Count("", "/token"); signIns != 0 || client.APIVersion() != revision {
						t.Errorf("%d sign-ins, and the revision is %s, was %s", signIns, client.APIVersion(), revision)
					}
					if _, err := client.Users.Get(ctx, "admin"); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// While the revision is unconfirmed, a refusal may be about the endpoint or the revision: it is not reported as a missing endpoint, and
// a token that has expired meanwhile is renewed.
func TestEndpointThatCannotBeJudged(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"cut":     {Kind: simulator.CutBefore},
		"503":     {Kind: simulator.Status, Status: 503},
		"html":    {Kind: simulator.Status, Status: 404, Document: "html"},
		"expired": {Kind: simulator.Status, Status: 401, Problem: "expiredAccessToken", Count: 1},
	} {
		appliance := newAppliance(t, simulator.Config{Product: "9", MissingEndpoint: "unsupported"})
		ctx, client := t.Context(), looking(t, appliance, appliance, false)
		if _, err := client.ProductVersion(ctx); err != nil {
			t.Fatal(err)
		}
		fault.Method, fault.Path = "GET", "/system/version"
		appliance.AddFault(fault)
		_, err := client.EmailNotifications(ctx)
		if want := name == "expired"; want != (failure(t, err).Reason == wire.NoEmailSettings) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
