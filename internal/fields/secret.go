package fields

import (
	"regexp"
	"strings"
)

var (
	// secretParts match a part of the name of a secret. The API itself has scratchCodes, qrString and secretKey.
	secretParts = regexp.MustCompile(`(?i)pass[-_]?(word|wd|phrase|code)|pwd|secret|token|jwt|(api|access|private|signing|encryption|recovery|session)[-_]?key|` +
		`(scratch|recovery|backup|emergency)[-_]?code|recovery[-_]?phrase|qr[-_]?(string|code)|otpauth`)
	// secretWords match whole words that are too common to search for within a name: pin, not pinned; credential, not credentialsId. wordBreaks are the
	// places where a word begins: userPIN, pin2.
	secretWords = regexp.MustCompile(`(?i)(^|[^a-z])(pass|pin|otp|totp|seed|cookie|session[-_]?id)s?([^a-z]|$)|` +
		`credential$|^(mfa_?)?recovery$`)
	wordBreaks = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)
)

// otpauth begins the URI that an authenticator enrolls with.
const otpauth = "otpauth:"

// isSecret reports whether a member may be a secret: one rule for what is shown, kept and compared. A bool is not a
// secret, such as whether a password must be changed. An otpauth URI is one, whatever its name.
func isSecret(name string, value any) bool {
	if text, isText := value.(string); isText && strings.EqualFold(text[:min(len(text), len(otpauth))], otpauth) {
		return true
	}
	if _, isBool := value.(bool); isBool || value == nil {
		return false
	}
	return secretParts.MatchString(name) || secretWords.MatchString(wordBreaks.ReplaceAllString(name, "$1${3}_$2$4"))
}

// WithoutSecrets returns the object without the members that may be secrets, at any depth.
func (o Object) WithoutSecrets() Object { return withoutSecrets(map[string]any(o)).(map[string]any) }

func withoutSecrets(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for name, member := range value {
			if !isSecret(name, member) {
				object[name] = withoutSecrets(member)
			}
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = withoutSecrets(element)
		}
		return list
	}
	return value
}
