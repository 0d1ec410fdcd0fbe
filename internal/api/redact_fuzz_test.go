package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// escapings are what may happen to a text on its way into an answer, one after the other. They are written from what
// other systems do, not from what redact reads.
var escapings = []func(text string, random *rand.Rand) string{
	func(text string, _ *rand.Rand) string { return jsonString(text, true) },
	func(text string, _ *rand.Rand) string { return jsonString(text, false) },
	func(text string, _ *rand.Rand) string { return strings.ReplaceAll(jsonString(text, false), "/", `\/`) },
	func(text string, _ *rand.Rand) string { return eachCharacter(text, unitsAs(`\u%04x`)) },
	func(text string, _ *rand.Rand) string { return eachCharacter(text, unitsAs(`\u%04X`)) },
	func(text string, _ *rand.Rand) string { return html.EscapeString(text) },
	func(text string, _ *rand.Rand) string { return namedEntities.Replace(text) },
	func(text string, _ *rand.Rand) string {
		return eachCharacter(text, func(c rune) string { return fmt.Sprintf("&#%d;", c) })
	},
	func(text string, _ *rand.Rand) string {
		return eachCharacter(text, func(c rune) string { return fmt.Sprintf("&#x%x;", c) })
	},
	func(text string, _ *rand.Rand) string {
		return eachCharacter(text, func(c rune) string { return fmt.Sprintf("&#X%06X;", c) })
	},
	func(text string, _ *rand.Rand) string { return url.QueryEscape(text) },
	func(text string, _ *rand.Rand) string { return url.PathEscape(text) },
	func(text string, _ *rand.Rand) string { return lowerOctets(url.QueryEscape(text)) },
	func(text string, _ *rand.Rand) string { return lowerOctets(url.PathEscape(text)) },
	func(text string, _ *rand.Rand) string { return eachCharacter(text, octets) },
	func(text string, random *rand.Rand) string { // anything at all
		return eachCharacter(text, func(c rune) string {
			return []string{
				string(c), html.EscapeString(string(c)), fmt.Sprintf("&#%d;", c), fmt.Sprintf("&#x%X;", c), octets(c), unitsAs(`\u%04x`)(c), jsonString(string(c), true),
			}[random.IntN(7)]
		})
	},
}

// atTheStart are the forms that are no escapes, which only a secret itself is put into.
var atTheStart = []func(string) string{
	func(secret string) string { return secret },
	func(secret string) string { return base64.StdEncoding.EncodeToString([]byte(secret)) },
	func(secret string) string { return base64.RawStdEncoding.EncodeToString([]byte(secret)) },
	func(secret string) string { return base64.URLEncoding.EncodeToString([]byte(secret)) },
	func(secret string) string { return base64.RawURLEncoding.EncodeToString([]byte(secret)) },
}

var namedEntities = strings.NewReplacer(`"`, "&quot;", "'", "&apos;", "&", "&amp;", "<", "&lt;", ">", "&gt;", "ä", "&auml;", "+", "&plus;", `\`, "&bsol;", "%", "&percnt;", ";", "&semi;")

func jsonString(text string, forHTML bool) string {
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(forHTML)
	_ = encoder.Encode(text) // a string can be encoded
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(encoded.String()), `"`), `"`)
}

func eachCharacter(text string, escape func(rune) string) string {
	var escaped strings.Builder
	for _, c := range text {
		escaped.WriteString(escape(c))
	}
	return escaped.String()
}

func unitsAs(format string) func(rune) string {
	return func(c rune) string {
		var escaped strings.Builder
		for _, unit := range utf16.Encode([]rune{c}) {
			fmt.Fprintf(&escaped, format, unit)
		}
		return escaped.String()
	}
}

func octets(c rune) string {
	var escaped strings.Builder
	for _, octet := range []byte(string(c)) {
		fmt.Fprintf(&escaped, "%%%02X", octet)
	}
	return escaped.String()
}

func lowerOctets(text string) string {
	return regexp.MustCompile("%[0-9A-F]{2}").ReplaceAllStringFunc(text, strings.ToLower)
}

// However a secret is escaped, three times over, all of it disappears, and nothing of what stands around it.
func FuzzRedact(f *testing.F) {
	for _, secret := range []string{
		"Passw0rd", fuzzSecret, "pa+ss w%41rd&quot;", `a\b`, `\\&#92;n`, `\u0041\`, `&am%70;`, `"`, "%", `\`, "line\nbreak\t", "😀ä<script>'`", "a/b//c==", `%5C"\/\\\`, "x\u2028y",
		"+ +", "&lt", "&#x27", "%%341",
	} {
		for seed := range len(escapings) {
			f.Add(secret, uint64(seed), byte(seed%len(atTheStart)), byte(seed), byte(seed*5+3), byte(seed*7+1))
		}
	}
	f.Fuzz(func(t *testing.T, secret string, seed uint64, start, first, second, third byte) {
		random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test that can be repeated
		const before, after = "☃", "☃"
		if secret == "" || !utf8.ValidString(secret) || strings.ContainsAny(secret, "\x00\ufffd☃") || redact(before+after, secret) != before+after {
			t.Skip()
		}
		escaped := atTheStart[int(start)%len(atTheStart)](secret)
		for _, choice := range []byte{first, second, third} {
			if choice%17 < 16 { // else one level less
				escaped = escapings[choice%16](escaped, random)
			}
			if got := redact(before+escaped+after, secret); got != before+redacted+after {
				t.Fatalf("%q in %q became %q", secret, escaped, got)
			}
		}
		// Not even where it stands twice, next to itself.
		if got := redact(before+escaped+escaped+after, secret); got != before+redacted+redacted+after && got != before+redacted+after {
			t.Fatalf("%q twice in %q became %q", secret, escaped+escaped, got)
		}
	})
}
