package fields

import "regexp"

// secretNames are what the name of a secret has in it, in whatever way it is spelled: what is usual, and scratchCodes,
// qrString and secretKey, with which the API answers who enrols for MFA.
var secretNames = regexp.MustCompile(`(?i)pass[-_]?(word|wd|phrase|code)|secret|token|(api|private)[-_]?key|scratch[-_]?code|qr[-_]?(string|code)`)

// isSecret reports whether a member may be a secret. Whether a password must be changed is none.
func isSecret(name string, value any) bool {
	_, isBool := value.(bool)
	return secretNames.MatchString(name) && !isBool && value != nil
}

// WithoutSecrets returns the object without the members that may be secrets, at any depth.
func (o Object) WithoutSecrets() Object { return withoutSecrets(map[string]any(o)).(map[string]any) }

func withoutSecrets(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for name, member := range value {
			if !secretNames.MatchString(name) {
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
