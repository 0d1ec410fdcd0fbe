package session

import (
	"context"
	"encoding/base32"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/pquerna/otp/totp"
)

// ParseMFASecret returns the canonical form of a TOTP secret: base32 in upper case, without whitespace and padding. Web
// consoles show it in groups and in lower case. The error is a sentence for a diagnostic and never repeats the secret.
func ParseMFASecret(text string) (string, error) {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(text)), "otpauth:") {
		return "", errors.New("it is an otpauth address: set only the value of its secret parameter")
	}
	secret := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, strings.Join(strings.Fields(text), ""))
	secret = strings.TrimRight(secret, "=")
	switch {
	case secret == "":
		return "", errors.New("the secret is empty")
	case len(secret) == 6 && strings.Trim(secret, "0123456789") == "":
		return "", errors.New("it is a code, not the secret that codes are made from")
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil || len(key) == 0 {
		return "", errors.New("it is not base32, which has the letters A to Z and the digits 2 to 7")
	}
	return secret, nil
}

// codePeriod is the time for which a code is valid, by RFC 6238.
const codePeriod = 30 * time.Second

// codes are the codes that all clients of this process have sent: a code works once.
var codes = oneTimeCodes{last: map[string]int64{}}

type oneTimeCodes struct {
	mu   sync.Mutex
	last map[string]int64 // the period of the last code, by its secret
}

// next returns the code of this half-minute or, if that has been used, waits for the next one.
func (o *oneTimeCodes) next(ctx context.Context, secret string) (code string, waited bool, err error) {
	o.mu.Lock()
	period := max(time.Now().Unix()/int64(codePeriod.Seconds()), o.last[secret]+1)
	o.last[secret] = period
	o.mu.Unlock()

	begins := time.Unix(period*int64(codePeriod.Seconds()), 0)
	wait := time.Until(begins)
	if wait > 0 {
		tflog.Info(ctx, "waiting for the next MFA code, because each code works once", map[string]any{"seconds": int(wait.Seconds()) + 1})
		select {
		case <-ctx.Done():
			o.mu.Lock()
			if o.last[secret] == period {
				o.last[secret] = period - 1 // it is still valid
			}
			o.mu.Unlock()
			return "", false, ctx.Err()
		case <-time.After(wait):
		}
	}
	code, err = totp.GenerateCode(secret, begins)
	return code, wait > 0, err
}
