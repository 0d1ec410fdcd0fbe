package simulator

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// Codes are TOTP (RFC 6238) with six digits and a step of half a minute. Not documented, and as the RFC wants it: a code is
// good once, and so is the clock that is up to one step off. No code is good that is older than one already used.

const totpStep = 30 // seconds

// parseMFASecret takes base32 as people write it: with spaces, in lower case, padded or not.
func parseMFASecret(text string) (string, error) {
	secret := strings.TrimRight(strings.ToUpper(strings.Join(strings.Fields(text), "")), "=")
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil {
		return "", fmt.Errorf("the MFA secret is not base32: %w", err)
	}
	return secret, nil
}

func (a *Appliance) totpStep() int64 { return a.config.Now().Unix() / totpStep }

func codeOf(user *User, step int64) string {
	code, err := totp.GenerateCode(user.MFASecret, time.Unix(step*totpStep, 0))
	if err != nil {
		panic("simulator: " + err.Error())
	}
	return code
}

// MFACode returns what the user's authenticator shows: the code of now or, once that was used, the next one, which is good
// already. It is "" for a user without a secret.
func (a *Appliance) MFACode(username string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	user := a.users.get(username)
	if user == nil || user.MFASecret == "" {
		return ""
	}
	return codeOf(user, max(a.totpStep(), a.usedCodes[user.MFASecret]+1))
}

// useCode reports whether a code is good, which it then no longer is. The lock is held.
func (a *Appliance) useCode(user *User, code string) bool {
	if user.MFASecret == "" {
		return false
	}
	now := a.totpStep()
	for step := max(now-1, a.usedCodes[user.MFASecret]+1); step <= now+1; step++ {
		if code == codeOf(user, step) {
			a.usedCodes[user.MFASecret] = step
			return true
		}
	}
	return false
}

// enrolment is what enableMfa begins and acceptMfa completes.
type enrolment struct{ username, secret string }

// enableMFA makes a secret for an authenticator. Not documented: what "recreate" means; without it a user with MFA on is
// answered the secret that there is. Scratch codes are answered, and not accepted in place of a code.
func (a *Appliance) enableMFA(c *call) *answer {
	var body struct {
		Recreate bool `json:"recreate"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	user, refusal := a.findUser(c)
	if refusal != nil {
		return refusal
	}
	if user.AccountType == external {
		return c.problem(validationError, "A user of an identity provider has no multi-factor authentication here.")
	}
	options := totp.GenerateOpts{Issuer: "Veeam Backup for AWS", AccountName: user.Name}
	if !body.Recreate && user.MFAEnabled {
		options.Secret, _ = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(user.MFASecret)
	}
	key, err := totp.Generate(options)
	if err != nil {
		return c.problem(unknownError, err.Error())
	}
	token := rand.Text()
	a.tokens.enrolments[token] = enrolment{user.Name, key.Secret()}
	scratch := make([]string, 5)
	for i := range scratch {
		scratch[i] = rand.Text()[:8]
	}
	return reply(http.StatusOK, struct {
		UserName     string   `json:"userName"`
		QRString     string   `json:"qrString"`
		SecretKey    string   `json:"secretKey"`
		ScratchCodes []string `json:"scratchCodes"`
		Token        string   `json:"token"`
	}{user.Name, key.URL(), key.Secret(), scratch, token})
}

func (a *Appliance) acceptMFA(c *call) *answer {
	var body struct {
		Code  string `json:"code" required:"true"`
		Token string `json:"token" required:"true"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	user, refusal := a.findUser(c)
	if refusal != nil {
		return refusal
	}
	begun := a.tokens.enrolments[body.Token]
	enrolled := *user
	enrolled.MFAEnabled, enrolled.MFASecret = true, begun.secret
	if begun.username != user.Name || !a.useCode(&enrolled, body.Code) {
		return c.problem(validationError, "The token or the verification code is wrong.")
	}
	delete(a.tokens.enrolments, body.Token)
	*user = enrolled
	return reply(http.StatusCreated, nil)
}

// disableMFA switches MFA off. Not documented: what it answers when MFA is off already; a refusal here.
func (a *Appliance) disableMFA(c *call) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	user, refusal := a.findUser(c)
	if refusal != nil {
		return refusal
	}
	if !user.MFAEnabled {
		return c.problem(validationError, fmt.Sprintf("Multi-factor authentication is not enabled for the user %q.", user.Name))
	}
	user.MFAEnabled, user.MFASecret = false, ""
	return reply(http.StatusOK, nil)
}
