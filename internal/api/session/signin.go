package session

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Config says as whom to make requests: with either Token or Credentials.
type Config struct {
	Host  string // the appliance's address, as errors name it
	Token string
	Credentials
	APIVersion string // <major>.<minor>-rev<n>; empty to find one that the appliance accepts
}

// Credentials are what a user signs in with.
type Credentials struct {
	Username, Password string
	MFACode            string // one code, valid for one sign-in
	MFASecret          string // base32 in upper case, without padding, for a fresh code at every sign-in
}

// Token is what a sign-in returns.
type Token struct {
	Access  string
	Refresh string
	// Expires is when the access token expires, by this machine's clock; zero if the appliance did not report it.
	Expires time.Time
	// RenewAt is when to renew it: a tenth of its life before Expires, at most half a minute; zero if Expires is.
	RenewAt time.Time
}

// maxCodes bounds how many codes of a secret one sign-in tries. The first may have been used by another process.
const maxCodes = 2

// lockedUser matches the text of a sign-in that was refused because the user is locked.
var lockedUser = regexp.MustCompile(`(?i)\b(locked|lockout)\b`)

// signIn opens a session. A user with MFA needs a code. If a code of a secret is refused, because it has been used or
// because the clocks differ, the next one follows. For the client's own session, handler is the wire, and the revision that of the
// waiting request. For any other, handler is the whole chain, which sets the revision.
func (t *tokens) signIn(ctx context.Context, handler wire.Handler, revision string, who Credentials) (Token, error) {
	r := wire.Request{Kind: wire.SignIn, Operation: "sign in to " + t.config.Host + " as " + who.Username, Revision: revision}
	password := url.Values{"grant_type": {"password"}, "username": {who.Username}, "password": {who.Password}}
	begun := time.Now()
	token, mfaToken, err := t.grant(ctx, handler, r, password)
	for tried := 1; mfaToken != ""; tried++ {
		code, waited, codeErr := t.nextCode(ctx, r, who)
		if codeErr != nil {
			return Token{}, codeErr
		}
		if waited || tried > 1 { // a refusal invalidates an MFA token, whose lifetime is not documented
			if token, mfaToken, err = t.grant(ctx, handler, r, password); mfaToken == "" {
				break
			}
		}
		token, _, err = t.grant(ctx, handler, r, url.Values{"grant_type": {"mfa"}, "mfa_token": {mfaToken}, "mfa_code": {code}})
		if who.MFASecret == "" {
			return token, asLoginFailure(err, wire.MFARefused)
		}
		err = asLoginFailure(err, wire.MFASecretRefused)
		switch {
		case !wire.IsReason(err, wire.MFASecretRefused):
			return token, err
		case tried == maxCodes:
			return Token{}, wire.AsError(err).Adding(fmt.Sprintf("The provider tried %d codes in %s", tried, time.Since(begun).Round(time.Second)))
		}
		tflog.Info(ctx, "the appliance refused an MFA code, which may have been used already: the next one follows")
	}
	return token, asLoginFailure(err, wire.LoginRefused)
}

// nextCode returns a code that has not been sent before, and reports whether it had to wait for that.
func (t *tokens) nextCode(ctx context.Context, r wire.Request, who Credentials) (code string, waited bool, err error) {
	switch {
	case who.MFASecret != "":
		return codes.next(ctx, r, who.MFASecret)
	case who.MFACode == "":
		return "", false, wire.Failed(r, wire.MFARequired, "multi-factor authentication is enabled for the user")
	}
	if _, used := t.usedCodes.LoadOrStore(who.Username+"\x00"+who.MFACode, nil); used {
		return "", false, wire.Failed(r, wire.MFAUsed, "another sign-in is needed, and a code works once")
	}
	return who.MFACode, false, nil
}

func (t *tokens) exchangeRefreshToken(ctx context.Context, handler wire.Handler, revision, refreshToken string) (Token, error) {
	r := wire.Request{Kind: wire.Renewal, Operation: "refresh the access token of " + t.config.Host, Revision: revision}
	token, _, err := t.grant(ctx, handler, r, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
	if !wire.IsBlocked(err) && (wire.IsReason(err, wire.TokenInvalid) || wire.IsReason(err, wire.TokenExpired)) {
		err = wire.AsError(err).Because(wire.SessionRefused)
	}
	return token, err
}

// grant asks for a token. For the password of a user with MFA, the appliance returns an MFA token instead, to send with a code.
// The form of the dates in an answer differs between revisions, and must not break a sign-in.
func (t *tokens) grant(ctx context.Context, handler wire.Handler, r wire.Request, form url.Values) (_ Token, mfaToken string, err error) {
	t.secrets.Add(form.Get("password"), form.Get("mfa_code"), form.Get("refresh_token"))
	r.Method, r.Path, r.Form = http.MethodPost, "/token", form
	got, err := handler.Do(ctx, r)
	if err != nil {
		return Token{}, "", err
	}
	var answer struct {
		AccessToken  string          `json:"access_token"`
		RefreshToken string          `json:"refresh_token"`
		ExpiresIn    json.RawMessage `json:"expires_in"`
		MFAToken     string          `json:"mfa_token"`
	}
	err = got.Decode(&answer)
	t.secrets.Add(answer.AccessToken, answer.RefreshToken, answer.MFAToken)
	switch {
	case err != nil:
		return Token{}, "", err
	case form.Has("password") && answer.AccessToken == "" && answer.MFAToken != "":
		return Token{}, answer.MFAToken, nil
	case answer.AccessToken == "", strings.ContainsFunc(answer.AccessToken, func(c rune) bool { return c <= ' ' || c > '~' }):
		return Token{}, "", got.Unreadable("the answer holds no access token")
	}
	token := Token{Access: answer.AccessToken, Refresh: answer.RefreshToken}
	seconds, err := strconv.ParseInt(strings.Trim(string(answer.ExpiresIn), `"`), 10, 32)
	if err == nil && seconds > 0 {
		life := time.Duration(seconds) * time.Second
		token.Expires = time.Now().Add(life)
		token.RenewAt = token.Expires.Add(-min(30*time.Second, life/10))
	}
	return token, "", nil
}

// asLoginFailure sets the reason of a refused sign-in, unless it has a more specific one, such as an unsupported revision.
// Without a problem document, or if the path does not exist, another server has answered: it is not about a password.
func asLoginFailure(err error, reason wire.Reason) error {
	e := wire.AsError(err)
	switch {
	case e == nil, wire.IsBlocked(err), e.Reason == wire.UnsupportedVersion:
		return err
	case e.Status < 400, e.Status > 499, e.Status == http.StatusTooManyRequests:
		return err
	}
	isUnspecific := slices.Contains([]wire.Reason{wire.Unspecified, wire.TokenInvalid, wire.TokenExpired, wire.AccessDenied}, e.Reason)
	switch {
	case e.Origin != wire.Foreign && e.Status == http.StatusLocked, e.Origin == wire.Documented && lockedUser.MatchString(e.Message):
		return e.Because(wire.UserLocked)
	case e.Origin != wire.Documented,
		e.Reason == wire.Unspecified && (e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed):
		return e.Because(wire.Unreadable)
	case isUnspecific && slices.Contains([]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}, e.Status):
		return e.Because(reason)
	}
	return err
}
