package session

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/pquerna/otp/totp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// codePeriod is the time for which a code is valid, in seconds, by RFC 6238.
const codePeriod = 30

// codes are the codes that all clients of this process have sent: a code works once.
var codes = oneTimeCodes{last: map[string]int64{}}

type oneTimeCodes struct {
	mu   sync.Mutex
	last map[string]int64 // the period of the last code, by its secret
}

// next returns the code of this half-minute or, if that has been used, waits for the next one.
func (o *oneTimeCodes) next(ctx context.Context, r wire.Request, secret string) (code string, waited bool, err error) {
	for {
		o.mu.Lock()
		period := max(time.Now().Unix()/codePeriod, o.last[secret]+1)
		begins := time.Unix(period*codePeriod, 0)
		wait := time.Until(begins)
		if wait <= 0 {
			o.last[secret] = period
			o.mu.Unlock()
			if code, err = totp.GenerateCode(secret, begins); err != nil {
				err = wire.Failed(r, wire.MFARequired, "no code can be made from the MFA secret")
			}
			return code, waited, err
		}
		o.mu.Unlock()
		tflog.Info(ctx, "waiting for the next MFA code, because each code works once", map[string]any{"seconds": int(wait.Seconds()) + 1})
		select {
		case <-ctx.Done():
			return "", false, wire.Interrupted(r)
		case <-time.After(wait):
			waited = true
		}
	}
}
