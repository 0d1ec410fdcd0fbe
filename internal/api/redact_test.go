package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"unicode/utf16"
)

// encodings are the forms in which an answer could repeat a secret. They are what other systems do, not what the client searches
// for.
var encodings = map[string]func(string) string{
	"itself":                      func(secret string) string { return secret },
	"a form":                      url.QueryEscape,
	"a form, in lower case":       func(secret string) string { return lowerEscapes(url.QueryEscape(secret)) },
	"a path":                      url.PathEscape,
	"a path, in lower case":       func(secret string) string { return lowerEscapes(url.PathEscape(secret)) },
	"base64":                      func(secret string) string { return base64.StdEncoding.EncodeToString([]byte(secret)) },
	"base64 for URLs, not padded": func(secret string) string { return base64.RawURLEncoding.EncodeToString([]byte(secret)) },
	"HTML":                        html.EscapeString,
	"JSON":                        goJSON,
	"JSON in ASCII": func(secret string) string {
		return escapeUnits(secret, `\u%04x`, map[uint16]string{'"': `\"`})
	},
	"JSON in ASCII fit for HTML": func(secret string) string {
		return escapeUnits(secret, `\u%04X`, map[uint16]string{
			'"': `\u0022`, '&': `\u0026`, '\'': `\u0027`, '+': `\u002B`, '<': `\u003C`, '>': `\u003E`, '`': `\u0060`,
		})
	},
}

func lowerEscapes(text string) string {
	parts := strings.Split(text, "%")
	for i, part := range parts[1:] {
		parts[i+1] = strings.ToLower(part[:2]) + part[2:]
	}
	return strings.Join(parts, "%")
}

func goJSON(secret string) string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		panic(err)
	}
	return string(quoted[1 : len(quoted)-1])
}

func escapeUnits(text, format string, special map[uint16]string) string {
	var escaped strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		switch replacement, isSpecial := special[unit]; {
		case isSpecial:
			escaped.WriteString(replacement)
		case strings.ContainsRune("\\\n\t", rune(unit)):
			escaped.WriteString(map[uint16]string{'\\': `\\`, '\n': `\n`, '\t': `\t`}[unit])
		case unit > '~':
			fmt.Fprintf(&escaped, format, unit)
		default:
			escaped.WriteByte(byte(unit))
		}
	}
	return escaped.String()
}
