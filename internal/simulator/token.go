package simulator

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// session is what a sign-in opens and a sign-out ends; a refresh continues it.
type session struct {
	username string
}

type token struct {
	session *session
	expires time.Time
}

type tokens struct {
	access, refresh map[string]token
	mfa             map[string]string    // username by mfa_token
	enrolments      map[string]enrolment // by the token of enableMfa, until accepted
}

func newTokens() tokens {
	return tokens{map[string]token{}, map[string]token{}, map[string]string{}, map[string]enrolment{}}
}

// end ends every session of a user, also one that still waits for its second factor.
func (t tokens) end(username string) {
	for _, kept := range []map[string]token{t.access, t.refresh} {
		maps.DeleteFunc(kept, func(_ string, one token) bool { return one.session.username == username })
	}
	maps.DeleteFunc(t.mfa, func(_, name string) bool { return name == username })
}

// Sessions returns the number of open sessions: sign-ins that are neither signed out nor expired, refresh token included.
func (a *Appliance) Sessions() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	open := map[*session]bool{}
	for _, kept := range []map[string]token{a.tokens.access, a.tokens.refresh} {
		for _, one := range kept {
			if a.config.Now().Before(one.expires) {
				open[one.session] = true
			}
		}
	}
	return len(open)
}

// ExpireTokens makes every access token given out so far an expired one. Refresh tokens stay good.
func (a *Appliance) ExpireTokens() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for value, one := range a.tokens.access {
		one.expires = time.Time{}
		a.tokens.access[value] = one
	}
}

// RevokeTokens makes every token given out so far, access, refresh and MFA, an invalid one, as if the appliance had
// been restored from a backup.
func (a *Appliance) RevokeTokens() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens = newTokens()
}

// authorize finds the access token and checks the role of whom it was given to, or returns the refusal.
func (a *Appliance) authorize(c *call) *answer {
	header := c.Header.Get("Authorization")
	if header == "" {
		return c.problem(noAccessToken, "The header Authorization is required.")
	}
	scheme, value, _ := strings.Cut(header, " ")
	a.mu.Lock()
	defer a.mu.Unlock()
	found, known := a.tokens.access[value]
	switch {
	case !strings.EqualFold(scheme, "Bearer") || !known:
		return c.problem(invalidAccessToken, "The access token is not valid.")
	case !a.config.Now().Before(found.expires):
		return c.problem(expiredAccessToken, "The access token has expired.")
	}
	if user := a.users.get(found.session.username); user != nil && a.role(user) != a.config.RoleValues[0] && c.path != "/token" {
		return c.problem(accessDenied, fmt.Sprintf("The role %q does not allow this.", a.role(user)))
	}
	c.token = value
	return nil
}

var grantFields = map[string][]string{
	"password":           {"username", "password"},
	"refresh_token":      {"refresh_token"},
	"mfa":                {"mfa_token", "mfa_code"},
	"authorization_code": {"code"},
}

func (a *Appliance) signIn(c *call) *answer {
	form, refusal := c.grantForm()
	if refusal != nil {
		return refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch form.Get("grant_type") {
	case "password":
		return a.grantForPassword(c, form.Get("username"), form.Get("password"))
	case "mfa":
		return a.grantForCode(c, form.Get("mfa_token"), form.Get("mfa_code"))
	case "refresh_token":
		return a.grantForRefreshToken(c, form.Get("refresh_token"))
	default: // authorization_code: codes come from the web console, which is not simulated
		return c.problem(signInRefused, "The authorization code is wrong.")
	}
}

// grantForm reads the form of a sign-in, which has the fields of its grant type and no others.
func (c *call) grantForm() (form url.Values, refusal *answer) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, c.problem(validationError, "The body is not a form.")
	}
	grant := form.Get("grant_type")
	fields, known := grantFields[grant]
	if !known {
		return nil, c.problem(validationError, fmt.Sprintf("The grant_type %q is not known.", grant))
	}
	for _, field := range fields {
		if form.Get(field) == "" {
			return nil, c.problem(validationError, fmt.Sprintf("The field %s is required by grant_type %s.", field, grant))
		}
	}
	for field := range form {
		if field != "grant_type" && !slices.Contains(fields, field) {
			return nil, c.problem(validationError, fmt.Sprintf("The field %q does not go with grant_type %s.", field, grant))
		}
	}
	return form, nil
}

func (a *Appliance) grantForPassword(c *call, username, password string) *answer {
	user := a.users.get(username)
	if user == nil || user.AccountType == external || user.Password != password {
		return c.problem(signInRefused, "The user name or the password is wrong.")
	}
	if user.MFAEnabled {
		value := rand.Text()
		a.tokens.mfa[value] = user.Name
		return reply(http.StatusOK, tokenAnswer{Username: user.Name, RoleName: a.role(user), MFAEnabled: true, MFAToken: value})
	}
	return a.grant(c, &session{user.Name})
}

func (a *Appliance) grantForCode(c *call, token, code string) *answer {
	user := a.users.get(a.tokens.mfa[token])
	delete(a.tokens.mfa, token) // not documented: whether it is good for a second attempt
	if user == nil || !a.useCode(user, code) {
		return c.problem(signInRefused, "The MFA token or the verification code is wrong.")
	}
	return a.grant(c, &session{user.Name})
}

func (a *Appliance) grantForRefreshToken(c *call, token string) *answer {
	found, known := a.tokens.refresh[token]
	if !known {
		return c.problem(invalidAccessToken, "The refresh token is not valid.")
	}
	if !a.config.Now().Before(found.expires) {
		return c.problem(expiredAccessToken, "The refresh token has expired.")
	}
	// Not documented: whether the old pair dies. The refresh token does; the access token lives out its time, as one
	// that others may still be using does in OAuth 2.0.
	delete(a.tokens.refresh, token)
	return a.grant(c, found.session)
}

type tokenAnswer struct {
	AccessToken  string `json:"access_token,omitempty"`
	TokenType    string `json:"token_type,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	ExpiresIn    int    `json:"expires_in,omitempty"`
	Issued       string `json:".issued,omitempty"`
	Expires      string `json:".expires,omitempty"`
	Username     string `json:"username"`
	RoleName     string `json:"roleName"`
	MFAEnabled   bool   `json:"mfa_enabled"`
	MFAToken     string `json:"mfa_token,omitempty"`
}

// grant makes a new pair of tokens.
func (a *Appliance) grant(c *call, s *session) *answer {
	now := a.config.Now()
	access := token{s, now.Add(a.config.AccessTokenLifetime)}
	x := tokenAnswer{
		AccessToken:  rand.Text(),
		TokenType:    "bearer",
		RefreshToken: rand.Text(),
		ExpiresIn:    max(1, int(a.config.AccessTokenLifetime/time.Second)),
		Issued:       c.date(now.UTC().Format("2006-01-02T15:04:05")),
		Expires:      c.date(access.expires.UTC().Format("2006-01-02T15:04:05.0000000")),
		Username:     s.username,
	}
	if user := a.users.get(s.username); user != nil {
		x.MFAEnabled, x.RoleName = user.MFAEnabled, a.role(user)
	}
	a.tokens.access[x.AccessToken] = access
	a.tokens.refresh[x.RefreshToken] = token{s, now.Add(a.config.RefreshTokenLifetime)}
	return reply(http.StatusOK, x)
}

func (a *Appliance) signOut(c *call) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	ended := a.tokens.access[c.token].session
	for _, kept := range []map[string]token{a.tokens.access, a.tokens.refresh} {
		maps.DeleteFunc(kept, func(_ string, one token) bool { return one.session == ended })
	}
	return reply(http.StatusNoContent, nil)
}
