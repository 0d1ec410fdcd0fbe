package simulator_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const mfaSecret = "JBSWY3DPEHPK3PXP"

// clock stands still unless it is moved.
type clock struct{ time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 5, 6, 33, 0, time.UTC)} }

func (k *clock) now() time.Time { return k.Time }

func (k *clock) add(d time.Duration) { k.Time = k.Add(d) }

// code is that of an authenticator whose clock is off by some time.
func (k *clock) code(t *testing.T, secret string, off time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, k.Add(off))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func mfaGrant(token, code string) url.Values {
	return url.Values{"grant_type": {"mfa"}, "mfa_token": {token}, "mfa_code": {code}}
}

func TestMFASignIn(t *testing.T) {
	t.Parallel()
	clock := newClock()
	c := &client{t: t, appliance: simulator.New(simulator.Config{MFASecret: "jbsw y3dp ehpk 3pxp ====", Now: clock.now})}
	first := c.want(c.post(passwordGrant()), 200, `"mfa_enabled":true`)
	if half := decode[map[string]any](t, first); half["mfa_token"] == nil || half["access_token"] != nil || half["refresh_token"] != nil {
		t.Fatalf("the password alone gave %s", first.body)
	}
	if got := c.appliance.Sessions(); got != 0 {
		t.Errorf("%d sessions before the code", got)
	}
	token := decode[tokenAnswer](t, first).MFAToken
	pair := c.grant(mfaGrant(token, clock.code(t, mfaSecret, 0)))
	if !pair.MFAEnabled {
		t.Error("mfa_enabled is false")
	}
	c.want(c.with(pair.AccessToken).do("GET", "/users", ""), 200)
	clock.add(time.Minute)
	c.want(c.post(mfaGrant(token, clock.code(t, mfaSecret, 0))), 401) // each token once
	c.grant(refresh(pair.RefreshToken))                               // a refresh needs no code

	token = c.grant(passwordGrant()).MFAToken
	c.want(c.post(mfaGrant(token, "nonsense")), 401)
	c.want(c.post(mfaGrant(token, clock.code(t, mfaSecret, 0))), 401) // spent by the wrong code

	token = c.grant(passwordGrant()).MFAToken
	c.appliance.DeleteUser("admin")
	c.want(c.post(mfaGrant(token, clock.code(t, mfaSecret, 0))), 401)
}

// TestHalfSignIn shows that a password which is no longer right lets nobody go on to the second factor.
func TestHalfSignIn(t *testing.T) {
	t.Parallel()
	for ends, status := range map[bool]int{false: 200, true: 401} {
		c := &client{t: t, appliance: simulator.New(simulator.Config{Habits: simulator.Habits{simulator.SessionsEndWithPassword: ends}})}
		c.appliance.PutUser(simulator.User{Name: "jane", Password: "p", MFAEnabled: true, MFASecret: mfaSecret})
		token := c.grant(signIn("jane", "p")).MFAToken
		c.appliance.PutUser(simulator.User{Name: "jane", Password: "q", MFAEnabled: true, MFASecret: mfaSecret})
		c.want(c.post(mfaGrant(token, c.appliance.MFACode("jane"))), status)
	}
}

// TestMFACodes shows which codes are good at sign-ins one after the other. Each is given as how far the authenticator's clock
// is off, and the time that passes before it.
func TestMFACodes(t *testing.T) {
	t.Parallel()
	type attempt struct {
		passes, off time.Duration
		good        bool
	}
	const step = 30 * time.Second
	for name, attempts := range map[string][]attempt{
		"exact clock":                 {{0, 0, true}},
		"clock one step late":         {{0, -step, true}},
		"clock one step early":        {{0, step, true}},
		"clock two steps late":        {{0, -2 * step, false}},
		"clock two steps early":       {{0, 2 * step, false}},
		"the same code again":         {{0, 0, true}, {0, 0, false}},
		"the same code later":         {{0, 0, true}, {step, -step, false}},
		"the next code":               {{0, 0, true}, {step, 0, true}},
		"the next code before time":   {{0, 0, true}, {0, step, true}},
		"one before a used one":       {{0, 0, true}, {0, -step, false}},
		"a wrong one spoils no other": {{0, 2 * step, false}, {0, 0, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			c := &client{t: t, appliance: simulator.New(simulator.Config{MFASecret: mfaSecret, Now: clock.now})}
			for i, attempt := range attempts {
				clock.add(attempt.passes)
				token := c.grant(passwordGrant()).MFAToken
				if x := c.post(mfaGrant(token, clock.code(t, mfaSecret, attempt.off))); (x.status == 200) != attempt.good {
					t.Errorf("attempt %d: %d %s", i+1, x.status, x.body)
				}
			}
		})
	}
}

func TestMFAAuthenticator(t *testing.T) {
	t.Parallel()
	c := &client{t: t, appliance: simulator.New(simulator.Config{MFASecret: mfaSecret})}
	for range 2 {
		c.grant(mfaGrant(c.grant(passwordGrant()).MFAToken, c.appliance.MFACode("admin")))
	}
	c.appliance.PutUser(simulator.User{Name: "jane", MFAEnabled: true})
	for _, name := range []string{"jane", "nobody"} {
		if code := c.appliance.MFACode(name); code != "" {
			t.Errorf("%s has the code %s", name, code)
		}
	}
}

func TestMFAEnrolment(t *testing.T) {
	t.Parallel()
	clock := newClock()
	appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{Now: clock.now}))
	appliance.PutUser(simulator.User{Name: "jane", Password: "p"})
	appliance.PutUser(simulator.User{Name: "joe", Password: "p"})
	type enrolment struct {
		UserName, QRString, SecretKey, Token string
		ScratchCodes                         []string
	}
	enrol := func(body string) enrolment {
		t.Helper()
		return decode[enrolment](t, c.want(c.do("POST", "/users/jane/enableMfa", body), 200))
	}

	first := enrol(`{"recreate":false}`)
	key, err := otp.NewKeyFromURL(first.QRString)
	if err != nil || key.Secret() != first.SecretKey || key.AccountName() != "jane" || key.Period() != 30 || key.Digits() != otp.DigitsSix {
		t.Errorf("%v: the QR code says %q, the secret is %q", err, first.QRString, first.SecretKey)
	}
	if first.UserName != "jane" || len(first.ScratchCodes) == 0 {
		t.Errorf("answered %+v", first)
	}
	accept := func(code string) string { return `{"code":"` + code + `","token":"` + first.Token + `"}` }
	right := accept(clock.code(t, first.SecretKey, 0))
	c.want(c.do("POST", "/users/joe/acceptMfa", right), 400)
	c.want(c.do("POST", "/users/jane/acceptMfa", accept("nonsense")), 400)
	c.want(c.do("GET", "/users/jane", ""), 200, `"mfaEnabled":false`)
	c.want(c.do("POST", "/users/jane/acceptMfa", right), 201)
	c.want(c.do("POST", "/users/jane/acceptMfa", accept(appliance.MFACode("jane"))), 400) // each token once
	c.want(c.do("GET", "/users/jane", ""), 200, `"mfaEnabled":true`)

	// The code that confirmed it is used up.
	c.want(c.post(mfaGrant(c.grant(signIn("jane", "p")).MFAToken, clock.code(t, first.SecretKey, 0))), 401)
	c.grant(mfaGrant(c.grant(signIn("jane", "p")).MFAToken, appliance.MFACode("jane")))

	if again := enrol(`{"recreate":false}`); again.SecretKey != first.SecretKey {
		t.Error("the secret was made anew unasked")
	}
	if anew := enrol(`{"recreate":true}`); anew.SecretKey == first.SecretKey || len(anew.SecretKey) < 16 || strings.Contains(anew.SecretKey, "=") {
		t.Errorf("the secret made anew is %q", anew.SecretKey)
	}

	c.want(c.do("POST", "/users/jane/disableMfa", ""), 200)
	c.want(c.do("GET", "/users/jane", ""), 200, `"mfaEnabled":false`)
	if c.grant(signIn("jane", "p")).AccessToken == "" {
		t.Error("jane still needs MFA")
	}
	c.want(c.do("POST", "/users/jane/disableMfa", ""), 400, "not enabled")
	c.want(c.do("POST", "/users/nobody/enableMfa", `{"recreate":true}`), 404)
	c.want(c.do("POST", "/users/nobody/disableMfa", ""), 404)
}

// TestClock shows that tokens expire by the appliance's own clock.
func TestClock(t *testing.T) {
	t.Parallel()
	clock := newClock()
	appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{Now: clock.now}))
	clock.add(59 * time.Minute)
	c.want(c.do("GET", "/users", ""), 200)
	clock.add(time.Minute)
	c.want(c.do("GET", "/users", ""), 401, "problems/expiredAccessToken")
	if got := appliance.Sessions(); got != 1 {
		t.Errorf("%d sessions while the refresh token is good", got)
	}
	clock.add(time.Hour)
	if got := appliance.Sessions(); got != 0 {
		t.Errorf("%d sessions", got)
	}
}
