package api_test

import (
	"context"
	"encoding/base32"
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// newSecret makes a TOTP secret for one test, because codes are remembered by their secrets until the process ends.
func newSecret() string {
	key := make([]byte, 20)
	for i := range key {
		key[i] = byte(rand.N(256))
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key)
}

func withSecret(secret string) func(*api.Config) {
	return func(config *api.Config) { asAdministrator(config); config.MFASecret = secret }
}

// sentCodes are the MFA codes that an appliance has received.
func sentCodes(t *testing.T, appliance *simulator.Appliance) []string {
	t.Helper()
	var sent []string
	for _, r := range appliance.Requests() {
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			t.Fatal(err)
		}
		if form.Get("grant_type") == "mfa" {
			sent = append(sent, form.Get("mfa_code"))
		}
	}
	return sent
}

func isDistinct(t *testing.T, codes []string) {
	t.Helper()
	seen := map[string]bool{}
	for i, code := range codes {
		if seen[code] {
			t.Errorf("code %d of %d was sent before", i+1, len(codes))
		}
		seen[code] = true
	}
}

// Each sign-in has a different code: the next one if that of this half-minute has been sent.
func TestFreshCodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secret := newSecret()
		appliance := newAppliance(t, simulator.Config{MFASecret: secret})
		clients := []*api.Client{onClock(appliance, withSecret(secret)), onClock(appliance, withSecret(secret))}
		begun := time.Now()
		if err := ask(t.Context(), clients[0]); err != nil || time.Since(begun) != 0 {
			t.Errorf("the first sign-in took %s: %v", time.Since(begun), err)
		}
		if err := ask(t.Context(), clients[1]); err != nil || time.Since(begun) > 30*time.Second {
			t.Errorf("the second sign-in took %s: %v", time.Since(begun), err)
		}
		if err := errors.Join(concurrently(4, func(i int) error { _, err := clients[i%2].SignInAsConfigured(t.Context()); return err })...); err != nil {
			t.Error(err)
		}
		codes := sentCodes(t, appliance)
		if took := time.Since(begun); len(codes) != 6 || took > 150*time.Second || appliance.Sessions() != 6 {
			t.Errorf("%d codes and %d sessions in %s", len(codes), appliance.Sessions(), took)
		}
		isDistinct(t, codes)
		time.Sleep(time.Hour)
		begun = time.Now()
		if _, err := clients[0].SignInAsConfigured(t.Context()); err != nil || time.Since(begun) != 0 {
			t.Errorf("an hour later it took %s: %v", time.Since(begun), err)
		}
	})
}

// After a refused code, which another process may have used, that of the next half-minute is sent.
func TestCodeThatIsUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secret := newSecret()
		appliance := newAppliance(t, simulator.Config{MFASecret: secret})
		other := onClock(appliance, func(config *api.Config) {
			asAdministrator(config)
			config.MFACode = appliance.MFACode(simulator.DefaultUsername)
		})
		if err := ask(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		appliance.ResetRequests()
		begun := time.Now()
		if err := ask(t.Context(), onClock(appliance, withSecret(secret))); err != nil || time.Since(begun) > 30*time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		codes := sentCodes(t, appliance)
		if isDistinct(t, codes); len(codes) != 2 {
			t.Errorf("%d codes", len(codes))
		}
	})
}

// If the secret or the clock is wrong, two codes are tried, and then no more in this run. The error says how long that took.
func TestCodesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, skew := range map[string]time.Duration{"a wrong secret": 0, "a wrong clock": 10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				secret := newSecret()
				appliance := newAppliance(t, simulator.Config{MFASecret: secret, Now: func() time.Time { return time.Now().Add(skew) }})
				if skew == 0 {
					secret = newSecret()
				}
				client := onClock(appliance, withSecret(secret))
				time.Sleep(time.Until(time.Now().Truncate(30 * time.Second).Add(32 * time.Second))) // two seconds of a half-minute are over
				begun := time.Now()
				for _, err := range concurrently(20, func(int) error { return ask(t.Context(), client) }) {
					got := failure(t, err)
					if got.Reason != wire.MFASecretRefused || got.Cause == nil || !strings.HasSuffix(got.Message, ". The provider tried 2 codes in 28s") {
						t.Errorf("%#v", got)
					}
					excludes(t, got.Error(), append(sentCodes(t, appliance), secret)...)
				}
				codes := sentCodes(t, appliance)
				if isDistinct(t, codes); len(codes) != 2 || time.Since(begun) > 30*time.Second {
					t.Errorf("%d codes in %s", len(codes), time.Since(begun))
				}
				time.Sleep(time.Hour)
				before := appliance.Count("", "")
				if got := failure(t, ask(t.Context(), client)); !got.NotSent || appliance.Count("", "") != before {
					t.Errorf("%#v", got)
				}
			})
		})
	}
}

// The wait for a code ends with its context, and the next sign-in can use the code.
func TestCancelledWaitForACode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secret := newSecret()
		appliance := newAppliance(t, simulator.Config{MFASecret: secret})
		client := onClock(appliance, withSecret(secret))
		time.Sleep(time.Second) // within a half-minute
		if err := ask(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if _, err := client.SignInAsConfigured(ctx); err == nil {
				t.Error("signed in")
			}
			cancel()
		}
		if took := time.Since(begun); took != 15*time.Second {
			t.Errorf("took %s", took)
		}
		if _, err := client.SignInAsConfigured(t.Context()); err != nil || time.Since(begun) > 30*time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		codes := sentCodes(t, appliance)
		if isDistinct(t, codes); len(codes) != 2 {
			t.Errorf("%d codes", len(codes))
		}
	})
}

// The configured code is sent once, whatever happens to its session.
func TestOneCode(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{MFASecret: newSecret()})
	client := api.WithoutWaits(onClock(appliance, func(config *api.Config) {
		asAdministrator(config)
		config.MFACode = appliance.MFACode(simulator.DefaultUsername)
	}))
	if err := ask(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	appliance.RevokeTokens()
	for _, err := range concurrently(20, func(int) error { return ask(t.Context(), client) }) {
		if got := failure(t, err); got.Reason != wire.MFAUsed || got.Cause == nil {
			t.Errorf("%#v", got)
		}
	}
	if codes := sentCodes(t, appliance); len(codes) != 1 {
		t.Errorf("%d codes", len(codes))
	}
}
