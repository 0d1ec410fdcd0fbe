package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const redacted = "(redacted)"

// redact replaces every secret in a text, also where it stands JSON-escaped, percent-encoded, HTML-escaped or in base64.
func redact(text string, secrets ...string) string {
	var forms []string
	for _, secret := range secrets {
		if secret != "" {
			forms = append(forms, encodedForms(secret)...)
		}
	}
	// The longest first, so that a secret which contains another one disappears whole.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, redacted)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

func encodedForms(secret string) []string {
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	forms := []string{
		secret,
		query, percentEscape.ReplaceAllStringFunc(query, strings.ToLower),
		path, percentEscape.ReplaceAllStringFunc(path, strings.ToLower),
		html.EscapeString(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)),
		base64.URLEncoding.EncodeToString([]byte(secret)),
		base64.RawURLEncoding.EncodeToString([]byte(secret)),
		jsonEscaped(secret, true), jsonEscaped(secret, false),
		inASCII(jsonEscaped(secret, false), `\u%04x`),
		inASCII(fitForHTML.Replace(jsonEscaped(secret, false)), `\u%04X`), // as the appliance's web framework has it
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

func jsonEscaped(secret string, escapeHTML bool) string {
	var escaped bytes.Buffer
	encoder := json.NewEncoder(&escaped)
	encoder.SetEscapeHTML(escapeHTML)
	_ = encoder.Encode(secret) // a string can be encoded
	quoted := strings.TrimSpace(escaped.String())
	return quoted[1 : len(quoted)-1]
}

var fitForHTML = strings.NewReplacer(
	`\\`, `\\`, `\"`, `\u0022`, `&`, `\u0026`, `'`, `\u0027`, `+`, `\u002B`, `<`, `\u003C`, `>`, `\u003E`, "`", `\u0060`,
)

// inASCII writes all other characters of a JSON string as escapes.
func inASCII(escaped, format string) string {
	var ascii strings.Builder
	for _, unit := range utf16.Encode([]rune(escaped)) {
		if unit < utf8.RuneSelf {
			ascii.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&ascii, format, unit)
		}
	}
	return ascii.String()
}
