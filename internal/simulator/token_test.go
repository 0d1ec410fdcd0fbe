package simulator_test

import (
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func (c *client) with(token string) *client {
	other := *c
	other.token = token
	return &other
}

func TestTokenLifetimes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config          simulator.Config
		access, refresh time.Duration
		expiresIn       int
	}{
		"documented": {simulator.Config{}, time.Hour, 2 * time.Hour, 3600},
		"own":        {simulator.Config{AccessTokenLifetime: 90 * time.Second, RefreshTokenLifetime: 100 * time.Second}, 90 * time.Second, 100 * time.Second, 90},
		"below a second": {simulator.Config{AccessTokenLifetime: 20 * time.Millisecond, RefreshTokenLifetime: 50 * time.Millisecond},
			20 * time.Millisecond, 50 * time.Millisecond, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &client{t: t, appliance: simulator.New(test.config)}
				pair := c.grant(passwordGrant())
				if pair.ExpiresIn != test.expiresIn || pair.TokenType == "" || pair.Username != "admin" {
					t.Errorf("%+v", pair)
				}
				c.token = pair.AccessToken
				time.Sleep(test.access - time.Millisecond)
				c.want(c.do("GET", "/users", ""), 200)
				time.Sleep(time.Millisecond)
				c.want(c.do("GET", "/users", ""), 401, "problems/expiredAccessToken", `"ExpiredToken"`)

				second := c.grant(refresh(pair.RefreshToken))
				if second.AccessToken == pair.AccessToken || second.RefreshToken == pair.RefreshToken {
					t.Error("a refresh gave an old token")
				}
				c.want(c.with(second.AccessToken).do("GET", "/users", ""), 200)
				c.want(c.post(refresh(pair.RefreshToken)), 401, `"InvalidToken"`)
				if got := c.appliance.Sessions(); got != 1 {
					t.Errorf("%d sessions, want 1", got)
				}

				time.Sleep(test.refresh)
				c.want(c.post(refresh(second.RefreshToken)), 401, `"ExpiredToken"`)
				if got := c.appliance.Sessions(); got != 0 {
					t.Errorf("%d sessions, want 0", got)
				}
			})
		})
	}
}

func TestTokenDatesHaveNoZone(t *testing.T) {
	t.Parallel()
	c := &client{t: t, appliance: simulator.New(simulator.SeenOnTheWire(simulator.Config{}))}
	pair := c.grant(passwordGrant())
	issued, err := time.Parse("2006-01-02T15:04:05", pair.Issued)
	if err != nil {
		t.Error(err)
	}
	expires, err := time.Parse("2006-01-02T15:04:05.0000000", pair.Expires)
	if err != nil {
		t.Error(err)
	}
	if lifetime := expires.Sub(issued); lifetime < time.Hour || lifetime > time.Hour+time.Second {
		t.Errorf("a lifetime of %s", lifetime)
	}
}

func TestSignInRefusals(t *testing.T) {
	t.Parallel()
	_, c := newClient(t, simulator.Config{})
	for name, test := range map[string]struct {
		form   url.Values
		status int
		text   string
	}{
		"wrong password":      {signIn("admin", "wrong"), 401, "problems/accessDenied"},
		"unknown user":        {signIn("nobody", simulator.DefaultPassword), 401, "problems/accessDenied"},
		"no password":         {url.Values{"grant_type": {"password"}, "username": {"admin"}}, 400, "password"},
		"no grant":            {url.Values{"username": {"admin"}}, 400, "grant_type"},
		"unknown grant":       {url.Values{"grant_type": {"client_credentials"}}, 400, "grant_type"},
		"unknown field":       {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}, "scope": {"y"}}, 400, "scope"},
		"wrong refresh token": {refresh("nonsense"), 401, `"InvalidToken"`},
		"access as refresh":   {refresh(c.token), 401, `"InvalidToken"`},
		"wrong mfa token":     {url.Values{"grant_type": {"mfa"}, "mfa_token": {"x"}, "mfa_code": {"123456"}}, 401, "accessDenied"},
		"wrong code":          {url.Values{"grant_type": {"authorization_code"}, "code": {"x"}}, 401, "accessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &client{t: t, appliance: c.appliance, token: c.token}
			c.want(c.post(test.form), test.status, test.text)
		})
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	first := c.grant(passwordGrant())
	pair := c.grant(refresh(first.RefreshToken))
	if got := appliance.Sessions(); got != 2 { // a refresh opens none
		t.Errorf("%d sessions, want 2", got)
	}
	c.want(c.with(first.AccessToken).do("GET", "/users", ""), 200) // lives out its time
	c.want(c.with(pair.AccessToken).do("DELETE", "/token", ""), 204)
	c.want(c.with(pair.AccessToken).do("GET", "/users", ""), 401, `"InvalidToken"`)
	c.want(c.with(first.AccessToken).do("GET", "/users", ""), 401, `"InvalidToken"`)
	c.want(c.post(refresh(pair.RefreshToken)), 401, `"InvalidToken"`)
	c.want(c.do("GET", "/users", ""), 200) // the other session goes on
	if got := appliance.Sessions(); got != 1 {
		t.Errorf("%d sessions, want 1", got)
	}
	c.want(c.do("DELETE", "/token", "", "Authorization", ""), 401)
}

func TestExpireAndRevokeTokens(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	pair := c.grant(passwordGrant())
	appliance.ExpireTokens()
	c.want(c.do("GET", "/users", ""), 401, `"ExpiredToken"`)
	pair = c.grant(refresh(pair.RefreshToken))
	c.want(c.with(pair.AccessToken).do("GET", "/users", ""), 200)

	appliance.RevokeTokens()
	c.want(c.with(pair.AccessToken).do("GET", "/users", ""), 401, `"InvalidToken"`)
	c.want(c.post(refresh(pair.RefreshToken)), 401, `"InvalidToken"`)
	if got := appliance.Sessions(); got != 0 {
		t.Errorf("%d sessions, want 0", got)
	}
}
