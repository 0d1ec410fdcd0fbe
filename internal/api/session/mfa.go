package session

import (
	"encoding/base32"
	"errors"
	"strings"
	"unicode"
)

// ParseMFASecret gives the canonical form of a TOTP secret: base32 in upper case, without spaces and padding. Authenticator
// apps are shown one in groups and in lower case. The error is a sentence fit for a diagnostic and never repeats the secret.
func ParseMFASecret(text string) (string, error) {
	secret := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, text)
	secret = strings.TrimRight(secret, "=")
	if secret == "" {
		return "", errors.New("the secret is empty")
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil || len(key) == 0 {
		return "", errors.New("it is not base32, the letters A to Z and the digits 2 to 7 that an authenticator app is given")
	}
	return secret, nil
}
