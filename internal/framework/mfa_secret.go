package framework

import (
	"encoding/base32"
	"errors"
	"strings"
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
