package session

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/pquerna/otp/totp"
)

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
