package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Users with non-ASCII names share one reading of the list, as others do, in whatever form the appliance has their names.
func TestRefresh_nonASCIINames(t *testing.T) {
	t.Parallel()
	for form, as := range map[string]norm.Form{"composed": norm.NFC, "decomposed": norm.NFD} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			client := connect(t, server)
			for i := range 20 {
				server.PutUser(simulator.User{Name: as.String(fmt.Sprint("jürgen", i))})
			}
			for i := range 20 {
				user, err := client.Users.Refresh(t.Context(), fmt.Sprint("jürgen", i))
				if err != nil || user.Name != as.String(fmt.Sprint("jürgen", i)) {
					t.Errorf("%q: %v", user.Name, err)
				}
			}
			if n := server.Count("GET", "/users"); n > 2 {
				t.Errorf("%d requests for the list", n)
			}
		})
	}
}

// A refresh that only the list could answer is recorded too, under the name that the resource has: a plan asks for that.
func TestHasRefreshed_nonASCIIName(t *testing.T) {
	t.Parallel()
	const name = "jürgen"
	for form, as := range map[string]norm.Form{"composed": norm.NFC, "decomposed": norm.NFD} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			client := connect(t, server)
			server.PutUser(simulator.User{Name: as.String(name)})
			server.AddFault(simulator.Fault{Kind: simulator.Status, Method: "GET", Path: "/users/*", Status: 404, Problem: "resourceNotFound"})
			if _, err := client.Users.Refresh(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			if !client.Users.HasRefreshed(name) {
				t.Error("it is not recorded")
			}
		})
	}
}

// A user whose non-ASCII name the appliance has in the same form is read without the list, as any other user.
func TestNonASCIIName_withoutTheList(t *testing.T) {
	t.Parallel()
	const name = "jürgen"
	for call, do := range map[string]func(ctx context.Context, users *api.Users) error{
		"Get":     func(ctx context.Context, users *api.Users) error { _, err := users.Get(ctx, name); return err },
		"Refresh": func(ctx context.Context, users *api.Users) error { _, err := users.Refresh(ctx, name); return err },
		"Update": func(ctx context.Context, users *api.Users) error {
			_, err := users.Update(ctx, name, api.UserValues{OldPassword: oldPassword, Description: "d"})
			return err
		},
		"DisableMFA": func(ctx context.Context, users *api.Users) error { return users.DisableMFA(ctx, name) },
		"Delete":     func(ctx context.Context, users *api.Users) error { return users.Delete(ctx, name) },
	} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			server.PutUser(simulator.User{Name: name, Password: oldPassword, MFAEnabled: true})
			server.AddFault(simulator.Fault{Kind: simulator.Status, Method: "GET", Path: "/users", Status: 403})
			if err := do(t.Context(), connect(t, server).Users); err != nil {
				t.Error(err)
			}
		})
	}
}

// Only the list shows whether a user with a non-ASCII name is missing, because the appliance may have another form of the name.
func TestNonASCIIName_withoutAReadableList(t *testing.T) {
	t.Parallel()
	const name = "jürgen"
	for list, fault := range map[string]simulator.Fault{
		"forbidden": {Kind: simulator.Status, Status: 403},
		"short":     {Kind: simulator.Body, Body: `{"totalCount": 2, "results": [` + userJSON("admin") + `]}`},
	} {
		fault.Method, fault.Path = "GET", "/users"
		for call, do := range map[string]func(ctx context.Context, users *api.Users) error{
			"Get":     func(ctx context.Context, users *api.Users) error { _, err := users.Get(ctx, name); return err },
			"Refresh": func(ctx context.Context, users *api.Users) error { _, err := users.Refresh(ctx, name); return err },
			"Delete":  func(ctx context.Context, users *api.Users) error { return users.Delete(ctx, name) },
		} {
			t.Run(call+", "+list, func(t *testing.T) {
				t.Parallel()
				server := start(t, simulator.Config{})
				server.PutUser(simulator.User{Name: norm.NFD.String(name)})
				server.AddFault(fault)
				if err := do(t.Context(), connect(t, server).Users); err == nil || store.IsNotFound(err) {
					t.Errorf("it counts as missing: %v", err)
				}
			})
		}
	}
}

// A refusal can mean that the first request worked only if it is of a repetition after a lost answer.
func TestDisableMFA_refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault simulator.Fault
		works bool
	}{
		"at once":              {fault: simulator.Fault{Kind: simulator.Body, Status: 400, Body: problemJSON("validationError", "Refused", "", "")}},
		"after a lost answer":  {fault: simulator.Fault{Kind: simulator.CutAfter}, works: true},
		"after a lost request": {fault: simulator.Fault{Kind: simulator.CutBefore}, works: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			server.PutUser(simulator.User{Name: "jane", MFAEnabled: true})
			server.AddFault(onceFor(test.fault, "POST", "/users/jane/disableMfa"))
			if err := connect(t, server).Users.DisableMFA(t.Context(), "jane"); test.works != (err == nil) || err != nil && !wire.IsRefused(err) {
				t.Error(err)
			}
		})
	}
}

// The error of an update that was not sent has a name, even if the caller does not know the old one.
func TestUpdate_withoutOldName(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t, simulator.Config{}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.StandardAccounts.Update(ctx, noRecord, "", api.StandardAccountValues{Name: "smtp"})
	if got := failure(t, err); got.Message != "it was interrupted" || got.Unknown || !strings.Contains(got.Operation, `"smtp"`) {
		t.Errorf("%v", err)
	}
}
