package api_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// refusedWith500 is a refusal with status 500, the only documented one for it where an operation lists no 400.
var refusedWith500 = simulator.Fault{Kind: simulator.Status, Status: http.StatusInternalServerError, Problem: "validationError"}

// A 500 whose problem document names a validation problem is a refusal: nothing was done, and no outcome is determined.
func TestRefusedWith500(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path string
		do           func(*api.Client) error
	}{
		"creation of a user": {"POST", "/users", func(c *api.Client) error {
			_, err := c.Users.Create(t.Context(), api.UserValues{Name: "jane", Password: newPassword})
			return err
		}},
		"creation of a record": {"POST", "/accounts/standard", func(c *api.Client) error {
			_, err := c.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "relay", Password: newPassword})
			return err
		}},
		"email settings": {"POST", "/settings/emailNotifications", func(c *api.Client) error {
			_, err := c.SaveEmailNotifications(t.Context(), api.EmailNotifications{Server: "mail.example.com", Port: 25})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			server.AddFault(onceFor(refusedWith500, test.method, test.path))
			err := test.do(connect(t, server))
			if failed := failure(t, err); failed.Status != 500 || !wire.IsRefused(err) || wire.IsOutcomeUnknown(err) {
				t.Errorf("failed with %+v, refused %v, unanswered %v", failed, wire.IsRefused(err), wire.IsOutcomeUnknown(err))
			}
			if sent := server.Count(test.method, test.path); sent != 1 {
				t.Errorf("sent %d times", sent)
			}
		})
	}
}

// Any other 500 is a fault, after which it is unknown whether the request took effect.
func TestFaultWith500(t *testing.T) {
	t.Parallel()
	for _, fault := range []simulator.Fault{
		{Problem: "unknownError"},
		{Problem: "validationError", Document: "framework"},
		{Body: `{"title": "validationError"}`},
	} {
		server := start(t, simulator.Config{})
		fault.Kind, fault.Status = simulator.Status, http.StatusInternalServerError
		server.AddFault(onceFor(fault, "POST", "/settings/emailNotifications"))
		_, err := connect(t, server).SaveEmailNotifications(t.Context(), api.EmailNotifications{Server: "mail.example.com", Port: 25})
		if wire.IsRefused(err) || !wire.IsOutcomeUnknown(err) {
			t.Errorf("%+v: refused %v, unanswered %v: %v", fault, wire.IsRefused(err), wire.IsOutcomeUnknown(err), err)
		}
	}
}

// A user that another client creates after the read is theirs, although it has exactly the requested values.
func TestNameTakenWith500(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{BeforeRequest: func(appliance *simulator.Appliance, r simulator.Request) {
		if r.Method == http.MethodPost && r.Path == "/users" {
			appliance.PutUser(simulator.User{Name: "jane", Password: newPassword})
		}
	}})
	server.AddFault(onceFor(refusedWith500, "POST", "/users"))
	_, err := connect(t, server).Users.Create(t.Context(), api.UserValues{Name: "jane", Password: newPassword})
	if conflict, ok := errors.AsType[*store.ConflictError](err); !ok || conflict.ID != "jane" || !wire.IsRefused(err) {
		t.Errorf("refused %v, want a conflict: %v", wire.IsRefused(err), err)
	}
	if sent := server.Count("PUT", "/users/jane"); sent != 0 {
		t.Errorf("%d attempts to take it over", sent)
	}
}

func TestWrongOldPasswordWith500(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{WrongPasswordStatus: http.StatusInternalServerError, WrongPasswordProblem: "validationError"})
	server.PutUser(simulator.User{Name: "jane", Password: "Third-Passw0rd"})
	client := connect(t, server)
	change := api.UserValues{OldPassword: oldPassword, Password: newPassword, Description: "d"}
	if _, err := client.Users.Update(t.Context(), "jane", change); !wire.IsRefused(err) || wire.IsOutcomeUnknown(err) {
		t.Errorf("refused %v, unanswered %v: %v", wire.IsRefused(err), wire.IsOutcomeUnknown(err), err)
	}
	if sent := server.Count("PUT", "/users/jane"); sent != 2 { // as after a 400: the new password may be the one there already
		t.Errorf("sent %d times", sent)
	}
	server.PutUser(simulator.User{Name: "jane", Password: newPassword})
	if _, err := client.Users.Update(t.Context(), "jane", change); err != nil {
		t.Errorf("the new password is there already: %v", err)
	}
}

// If an appliance refuses a large page in this way, it is asked for pages of its default size.
func TestLimitRefusedWith500(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	server.AddFault(onceFor(refusedWith500, "GET", "/users"))
	users, err := connect(t, server).Users.List(t.Context(), "")
	if err != nil || len(users) != 1 {
		t.Errorf("%d users, %v", len(users), err)
	}
}

// A value that is refused in this way does not keep the client from validating other values.
func TestValidationRefusedWith500(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	server.AddFault(onceFor(refusedWith500, "POST", "/users/validateName"))
	client := connect(t, server)
	if _, err := client.Validate(t.Context(), api.UserName, "jane"); !wire.IsRefused(err) {
		t.Error(err)
	}
	if messages, err := client.Validate(t.Context(), api.UserName, "admin"); err != nil || len(messages) != 1 {
		t.Errorf("%v, %v", messages, err)
	}
}
