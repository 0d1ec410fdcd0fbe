package session

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

var (
	expired      = &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.TokenExpired}
	wrongSecrets = &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.TokenInvalid, Message: "Invalid credentials"}
)

// signingIn gives the handler of tokens with a session that has just expired. A sign-in takes five seconds and is answered as
// the test says, likewise the refresh before it; a request for /slow takes ten until its token is refused.
func signingIn(answer *wire.Error) (*tokens, *next) {
	below := &next{answer: func(r wire.Request) *wire.Error {
		switch {
		case r.Kind == wire.SignIn:
			time.Sleep(5 * time.Second)
			return answer
		case r.Path == "/slow":
			time.Sleep(10 * time.Second)
			return expired
		}
		return expired
	}}
	t := newTokens(Config{Host: "appliance", Credentials: Credentials{Username: "jane", Password: "Passw0rd-1"}}, below, &wire.Secrets{})
	t.own.Access = "token-of-before"
	return t, below
}

func signIns(below *next) (n int) {
	for _, sent := range below.take() {
		if sent == http.MethodPost+" /token" {
			n++
		}
	}
	return n
}

// A failed sign-in is shared by all who were on their way when it ended, also by those whose own token is refused only after
// that. Who comes later signs in again, unless the failure is final.
func TestFailedSignIn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer *wire.Error
		later  int // sign-ins of those who come later
	}{
		"transient failure": {unavailable, 1},
		"refusal":           {wrongSecrets, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler, below := signingIn(test.answer)
				slow := make(chan error, 1)
				go func() { slow <- do(t, handler, read("/slow")) }()
				synctest.Wait()
				if err := do(t, handler, read("/users/a")); wire.AsError(err).Kind != wire.SignIn {
					t.Errorf("got %v", err)
				}
				if err := <-slow; wire.AsError(err).Kind != wire.SignIn {
					t.Errorf("got %v", err)
				}
				if n := signIns(below); n != 1 {
					t.Errorf("%d sign-ins, want 1", n)
				}
				time.Sleep(time.Second)
				if err := do(t, handler, read("/users/a")); wire.AsError(err).Kind != wire.SignIn {
					t.Errorf("got %v", err)
				}
				if n := signIns(below); n != test.later {
					t.Errorf("%d sign-ins later, want %d", n, test.later)
				}
			})
		})
	}
}

// A sign-in that failed while a request waited is shared although another request has found another revision meanwhile. Only a
// refusal of the revision says nothing about a sign-in in the next one.
func TestFailedSignInInAnotherRevision(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer  *wire.Error
		signIns int // of the request that waited
	}{
		"transient failure":       {unavailable, 0},
		"refusal of the revision": {&wire.Error{Kind: wire.SignIn, Status: 400, Origin: wire.Documented, Reason: wire.UnsupportedVersion}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler, below := signingIn(test.answer)
				handler.own = Token{}
				begun := time.Now()
				time.Sleep(time.Second)
				handler.renew(t.Context(), "1.0-rev0", "")
				below.take()
				waited := read("/users/a")
				waited.Revision = "1.3-rev0"
				if _, err := handler.get(t.Context(), waited, begun); wire.AsError(err).Reason != test.answer.Reason {
					t.Errorf("got %v", err)
				}
				if n := signIns(below); n != test.signIns {
					t.Errorf("%d sign-ins, want %d", n, test.signIns)
				}
			})
		})
	}
}

// Forty requests that cannot sign in are one sign-in, and forty more are none: each would count as another wrong password.
func TestHopelessSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, below := signingIn(wrongSecrets)
		for _, want := range []int{1, 0} {
			failed, err := forty(t, handler, read("/users/a"))
			if failed != 40 || !wire.IsReason(err, wire.LoginRefused) {
				t.Errorf("%d failed: %v", failed, err)
			}
			if n := signIns(below); n != want {
				t.Errorf("%d sign-ins, want %d", n, want)
			}
		}
	})
}

// A probe signs nobody in. It has the last token, also an expired one; without any it asks for the product's version.
func TestTokenOfProbe(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{"": "probe /system/version", "token-of-before": "probe /users/a"} {
		handler, below := signingIn(nil)
		handler.own = Token{Access: token, RenewAt: time.Now().Add(-time.Hour)}
		probe := read("/users/a")
		probe.Kind = wire.Probe
		if err := do(t, handler, probe); !wire.IsReason(err, wire.TokenExpired) {
			t.Error(err)
		}
		checkSent(t, below, want)
	}
}

// A refused refresh token is not sent again, although the sign-in instead of it fails temporarily.
func TestRefusedRefreshToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, below := signingIn(unavailable)
		handler.own = Token{Refresh: "refresh-token-of-before"}
		for _, want := range []int{2, 1} { // with the refresh token and with the password, then with the password alone
			time.Sleep(time.Second)
			if err := do(t, handler, read("/users/a")); wire.AsError(err).Kind != wire.SignIn {
				t.Errorf("got %v", err)
			}
			if n := signIns(below); n != want {
				t.Errorf("%d requests for a token, want %d", n, want)
			}
		}
	})
}

// A request without a token does not sign in if another one has, if another one would fail too, or after Close.
func TestNeedlessSignIn(t *testing.T) {
	t.Parallel()
	for name, happen := range map[string]func(*tokens){
		"signed in":    func(handler *tokens) { handler.own.Access = "another-token" },
		"closed":       func(handler *tokens) { handler.isClosed = true },
		"refused":      func(handler *tokens) { handler.failure = &wire.Error{Reason: wire.LoginRefused} },
		"failed since": func(handler *tokens) { handler.failure, handler.failedAt = unavailable, time.Now().Add(time.Second) },
	} {
		handler, below := signingIn(nil)
		handler.own = Token{}
		happen(handler)
		if token, err := handler.get(t.Context(), wire.Request{}, time.Now()); token != handler.own.Access || (err == nil) != (token != "") {
			t.Errorf("%s: got %q, %v", name, token, err)
		}
		if n := signIns(below); n != 0 {
			t.Errorf("%s: %d sign-ins", name, n)
		}
	}
}

// A write whose answer was lost may have taken effect, although the client was closed before it could be repeated with another token.
func TestLostWriteOfAClosedClient(t *testing.T) {
	t.Parallel()
	handler, _ := signingIn(nil)
	handler.next = handlerFunc(func(wire.Request) (wire.Response, error) {
		handler.isClosed = true
		return wire.Response{Lost: true}, expired
	})
	if err := do(t, handler, write("/users/a")); !wire.IsOutcomeUnknown(err) || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("outcome %v: %v", wire.OutcomeOf(err), err)
	}
}

// A new password that the appliance refused is not tried: it would only count as one more wrong one.
func TestPasswordsToSignInWith(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		result error // of a change of the password; nil if it succeeded
		want   int   // sign-ins, all refused
	}{
		"changed":            {nil, 1},
		"refused":            {refusal, 1},
		"missing user":       {missing, 1},
		"interrupted":        {wire.Interrupted(write("/users/jane")), 1},
		"blocked":            {&wire.BlockedError{Cause: &wire.Cause{Err: silence}, Outcome: wire.NotSent}, 1},
		"unknown":            {silence.Of("update", wire.Unknown), 2},
		"refused repetition": {refusal.Of("update", wire.Unknown), 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler, below := signingIn(wrongSecrets)
				s := &Session{tokens: handler}
				s.BeginPasswordChange("jane", "Passw0rd-2")(test.result)
				handler.own = Token{}
				if err := do(t, handler, read("/users/a")); !wire.IsReason(err, wire.LoginRefused) {
					t.Errorf("got %v", err)
				}
				if n := signIns(below); n != test.want {
					t.Errorf("%d sign-ins, want %d", n, test.want)
				}
			})
		})
	}
}

// Once tokens have been refused that had not expired, a request signs in again only if the product version shows that its token
// is not good.
func TestRecurringRefusal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		look    *wire.Error
		signIns int
	}{"accepted": {nil, 0}, "no answer": {silence, 0}, "refused": {wrongSecrets, 1}} {
		handler, below := signingIn(nil)
		handler.invalid = []string{"token-1", "token-2"}
		below.will(func(r wire.Request) *wire.Error {
			switch r.Path {
			case versionPath:
				return test.look
			case "/token":
				return refusal
			}
			return wrongSecrets
		})
		if err := do(t, handler, read("/users/a")); test.signIns == 0 && !wire.IsReason(err, wire.SessionRefused) {
			t.Errorf("%s: %v", name, err)
		}
		if n := signIns(below); n != test.signIns {
			t.Errorf("%s: %d sign-ins, want %d", name, n, test.signIns)
		}
	}
}

// An appliance that accepts no token at all, not even for its version, gets three of them.
func TestNoTokenIsAccepted(t *testing.T) {
	t.Parallel()
	handler, _ := signingIn(nil)
	requests := 0
	handler.next = handlerFunc(func(r wire.Request) (wire.Response, error) {
		switch {
		case r.Kind == wire.SignIn:
			return wire.Response{Body: []byte(`{"access_token": "` + strconv.Itoa(requests) + `"}`)}, nil
		case r.Path != versionPath:
			requests++
		}
		return wire.Response{}, wrongSecrets
	})
	if err := do(t, handler, read("/users/a")); !wire.IsReason(err, wire.SessionRefused) || requests != 3 {
		t.Errorf("%d requests: %v", requests, err)
	}
}

// A request that has begun before a failed sign-in does not fail of it once another sign-in has succeeded.
func TestOvertakenFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, _ := signingIn(unavailable)
		begun := time.Now()
		time.Sleep(time.Second)
		handler.own = Token{}
		handler.renew(t.Context(), "1.0-rev0", "")
		handler.next = handlerFunc(func(wire.Request) (wire.Response, error) {
			return wire.Response{Body: []byte(`{"access_token": "token-of-now"}`)}, nil
		})
		time.Sleep(time.Second)
		handler.renew(t.Context(), "1.0-rev0", "")
		handler.own.Access = "" // as it has expired
		if _, err := handler.get(t.Context(), wire.Request{Revision: "1.0-rev0"}, begun); err != nil {
			t.Error(err)
		}
	})
}

// An error that is not a *wire.Error does not make a request sign in forever.
func TestErrorOfAnotherType(t *testing.T) {
	t.Parallel()
	handler, _ := signingIn(nil)
	handler.own = Token{}
	sent := 0
	handler.next = handlerFunc(func(wire.Request) (wire.Response, error) {
		if sent++; sent < 10 {
			return wire.Response{}, errors.New("Passw0rd-1 failed")
		}
		return wire.Response{Body: []byte(`{"access_token": "a"}`)}, nil
	})
	_, err := handler.get(t.Context(), wire.Request{}, time.Now())
	if sent != 1 || err == nil {
		t.Errorf("%d sign-ins: %v", sent, err)
	}
}

// A secret that makes no code has not been interrupted.
func TestSecretWithoutCodes(t *testing.T) {
	t.Parallel()
	handler, _ := signingIn(nil)
	handler.next = handlerFunc(func(wire.Request) (wire.Response, error) {
		return wire.Response{Body: []byte(`{"mfa_token": "an-mfa-token"}`)}, nil
	})
	_, err := handler.signIn(t.Context(), handler.next, "1.0-rev0", Credentials{Username: "jane", Password: "Passw0rd-1", MFASecret: "not base32"})
	if !wire.IsReason(err, wire.MFARequired) || strings.Contains(err.Error(), "interrupted") {
		t.Error(err)
	}
}

// A sign-in beside that waits for its turn ends with its context.
func TestInterruptedTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, below := signingIn(unavailable)
		s := &Session{Handler: handler, tokens: handler}
		first := make(chan error, 1)
		go func() { _, err := s.SignInAsConfigured(t.Context()); first <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := s.SignInAsConfigured(ctx); err == nil || !strings.Contains(err.Error(), "interrupted") || time.Since(begun) != time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		if err := <-first; err == nil {
			t.Error("signed in")
		}
		if n := signIns(below); n != 1 {
			t.Errorf("%d sign-ins, want 1", n)
		}
	})
}

// A sign-in that had to wait for its code begins once more, and may be refused then.
func TestSignInThatIsRefusedAfterTheWaitForItsCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, _ := signingIn(nil)
		who, sent := Credentials{Username: "jane", Password: "Passw0rd-1", MFASecret: "MNUWY3DPMNUWY3DP"}, 0
		if _, _, err := codes.next(t.Context(), wire.Request{}, who.MFASecret); err != nil { // that of this half-minute
			t.Fatal(err)
		}
		_, err := handler.signIn(t.Context(), handlerFunc(func(r wire.Request) (wire.Response, error) {
			if sent++; sent == 1 {
				return wire.Response{Body: []byte(`{"mfa_token": "an-mfa-token"}`)}, nil
			}
			refused := *wrongSecrets
			return wire.Response{}, &refused
		}), "1.0-rev0", who)
		if !wire.IsReason(err, wire.LoginRefused) || sent != 2 {
			t.Errorf("%d requests: %v", sent, err)
		}
	})
}

// An appliance takes so long to refuse a code that the next one is valid by then. The refusal has ended the sign-in nevertheless, so
// that it begins once more.
func TestSignInAfterACodeThatIsRefusedLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, _ := signingIn(nil)
		var grants []string
		token, err := handler.signIn(t.Context(), handlerFunc(func(r wire.Request) (wire.Response, error) {
			grants = append(grants, r.Form.Get("grant_type"))
			switch len(grants) {
			case 2:
				time.Sleep(time.Minute)
				refused := *wrongSecrets
				return wire.Response{}, &refused
			case 4:
				return wire.Response{Body: []byte(`{"access_token": "a-token"}`)}, nil
			}
			return wire.Response{Body: []byte(`{"mfa_token": "an-mfa-token"}`)}, nil
		}), "1.0-rev0", Credentials{Username: "jane", Password: "Passw0rd-1", MFASecret: rand.Text()[:16]}) // of which no code has been sent
		if want := []string{"password", "mfa", "password", "mfa"}; err != nil || token.Access != "a-token" || !slices.Equal(grants, want) {
			t.Errorf("%q: %v", grants, err)
		}
	})
}

type handlerFunc func(wire.Request) (wire.Response, error)

func (f handlerFunc) Do(_ context.Context, r wire.Request) (wire.Response, error) { return f(r) }
