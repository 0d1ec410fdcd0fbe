package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
)

// A secret that was passed to the client is redacted in every later answer.
func TestSecretsOfTheRunAreNotRepeated(t *testing.T) {
	t.Parallel()
	const secret = "Start-pw-81x"
	var (
		account = func(ctx context.Context, c *api.Client) error {
			_, err := c.StandardAccounts.Create(ctx, api.StandardAccountValues{Name: "smtp", Username: "u", Password: secret})
			return err
		}
		update = func(ctx context.Context, c *api.Client) error {
			_, err := c.StandardAccounts.Update(ctx, "x", "", api.StandardAccountValues{Name: "smtp", Username: "u", Password: secret})
			return err
		}
		user = func(ctx context.Context, c *api.Client) error {
			_, err := c.Users.Create(ctx, api.UserValues{Name: "jane", Password: secret})
			return err
		}
		oldPassword = func(ctx context.Context, c *api.Client) error {
			_, err := c.Users.Update(ctx, "jane", api.UserValues{OldPassword: secret})
			return err
		}
		newPassword = func(ctx context.Context, c *api.Client) error {
			_, err := c.Users.Update(ctx, "jane", api.UserValues{OldPassword: "Other-pw-82x", Password: secret})
			return err
		}
		validation = func(ctx context.Context, c *api.Client) error {
			_, err := c.Validate(ctx, api.UserPassword, secret)
			return err
		}
		refresh = func(ctx context.Context, c *api.Client) error {
			_, err := c.RefreshToken(ctx, secret)
			return err
		}
		signIn = func(ctx context.Context, c *api.Client) error {
			_, err := c.SignIn(ctx, session.Credentials{Username: "jane", Password: secret})
			return err
		}
		code = func(ctx context.Context, c *api.Client) error {
			_, err := c.SignIn(ctx, session.Credentials{Username: "jane", Password: "Other-pw-82x", MFACode: secret})
			return err
		}
		signOut = func(ctx context.Context, c *api.Client) error { return c.SignOut(ctx, secret) }
	)
	for name, handIn := range map[string]func(context.Context, *api.Client) error{
		"a new record's password": account, "a record's new password": update,
		"a new user's password": user, "a user's old password": oldPassword, "a user's new password": newPassword,
		"a validated password": validation, "a refresh token": refresh, "a session's password": signIn, "a code": code, "a session's token": signOut,
	} {
		for path, ask := range map[string]func(context.Context, *api.Client) error{
			"/accounts/standard": func(ctx context.Context, c *api.Client) error { _, err := c.StandardAccounts.List(ctx, ""); return err },
			"/users/validateName": func(ctx context.Context, c *api.Client) error {
				_, err := c.Validate(ctx, api.UserName, "x")
				return err
			},
			"/settings/emailNotifications": func(ctx context.Context, c *api.Client) error { _, err := c.EmailNotifications(ctx); return err },
			"/settings/emailNotifications/sendTestMessage": func(ctx context.Context, c *api.Client) error {
				_, err := c.SendTestMessage(ctx, api.EmailNotifications{})
				return err
			},
		} {
			t.Run(name+" in an answer of "+path, func(t *testing.T) {
				t.Parallel()
				leaky := always(200, jsonType, `{"results":[{"name":"smtp","password":"`+secret+`"}]}`)
				client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, path):
						leaky(w, r)
					case strings.HasSuffix(r.URL.Path, "/token") && r.Method == http.MethodPost:
						always(200, jsonType, `{"mfa_token": "half-a-session"}`)(w, r)
					default:
						always(400, jsonType, `{}`)(w, r)
					}
				}))
				if err := handIn(t.Context(), client); err != nil {
					excludes(t, err.Error(), secret)
				}
				err := ask(t.Context(), client)
				if got := failure(t, err).Error(); !strings.Contains(got, `"password":"(redacted)"`) || strings.Contains(got, secret) {
					t.Error("the answer is not quoted, or repeats the secret")
				}
			})
		}
	}
}

// The error of a failed write may quote the answer to the lookup that follows it.
func TestLookUpAfterWriteHidesItsPassword(t *testing.T) {
	t.Parallel()
	const secret = "Start-pw-81x"
	client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			always(500, jsonType, `{}`)(w, r)
			return
		}
		always(200, jsonType, `{"results":[{"name":"smtp","password":"`+secret+`"}]}`)(w, r)
	}))
	_, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "smtp", Username: "u", Password: secret})
	excludes(t, fmt.Sprintf("%+v", failure(t, err)), secret)
}

// The tokens of a sign-in are redacted before they are used.
func TestGrantedTokensAreNotRepeated(t *testing.T) {
	t.Parallel()
	const access, refresh = "access-Hk2", "refresh-Lp4"
	client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			always(200, jsonType, `{"access_token": "`+access+`", "refresh_token": "`+refresh+`"}`)(w, r)
			return
		}
		always(500, "text/html", access+" "+refresh)(w, r)
	}))
	if _, err := client.SignIn(t.Context(), session.Credentials{Username: "jane", Password: "Passw0rd-Mn6"}); err != nil {
		t.Fatal(err)
	}
	excludes(t, failure(t, getUser(t.Context(), client)).Error(), access, refresh)
}

// Secrets are added while answers are read.
func TestSecretsConcurrently(t *testing.T) {
	t.Parallel()
	client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		always(500, "text/html", string(body))(w, r)
	}))
	for i, err := range concurrently(50, func(i int) error {
		secret := fmt.Sprintf("Start-pw-%dx", i)
		_, err := client.StandardAccounts.Update(t.Context(), "x", "", api.StandardAccountValues{Name: "smtp", Password: secret})
		return err
	}) {
		if got := failure(t, err).Error(); strings.Contains(got, fmt.Sprintf("Start-pw-%dx", i)) {
			t.Error("a secret is repeated")
		}
	}
}
