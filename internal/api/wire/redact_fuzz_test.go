package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// escapings are what may happen to a text on its way into an answer, one after the other. They are written from what
// other systems do, not from what redact reads.
var escapings = []func(string) string{
	func(text string) string { return jsonString(text, true) },
	func(text string) string { return jsonString(text, false) },
	func(text string) string { return strings.ReplaceAll(jsonString(text, false), "/", `\/`) },
	func(text string) string { return eachCharacter(text, unitsAs(`\u%04x`)) },
	func(text string) string { return eachCharacter(text, unitsAs(`\u%04X`)) },
	func(text string) string { return html.EscapeString(text) },
	func(text string) string { return namedEntities.Replace(text) },
	func(text string) string {
		return eachCharacter(text, func(c rune) string { return fmt.Sprintf("&#%d;", c) })
	},
	func(text string) string {
		return eachCharacter(text, func(c rune) string { return fmt.Sprintf("&#x%x;", c) })
	},
	func(text string) string {
		return eachCharacter(text, func(c rune) string { return fmt.Sprintf("&#X%06X;", c) })
	},
	func(text string) string { return url.QueryEscape(text) },
	func(text string) string { return url.PathEscape(text) },
	func(text string) string { return lowerOctets(url.QueryEscape(text)) },
	func(text string) string { return lowerOctets(url.PathEscape(text)) },
	func(text string) string { return eachCharacter(text, octets) },
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

// However a secret of at least four characters is escaped, three times over and by one encoder each time, nothing of it is
// shown. Where it is not escaped, it alone disappears.
func FuzzRedact(f *testing.F) {
	for i, secret := range []string{
		"Passw0rd", fuzzSecret, "pa+ss w%41rd&quot;", `a\bcd`, `\\&#92;nop`, `\u0041\bcd`, `&am%70;bcd`, "line\nbreak\t", "😀ä<script>'`", "a/b//c==",
		`%5C"\/\\\bc%`, "x\u2028yz", "+ + +", "&ltab", "&#x27ab", "%%341bcd", `%4\1bcd`, `\\u0025\u0034\u0031bcd`, "%252525252525252525252525252525252541bcd",
	} {
		for choice := range len(escapings) {
			f.Add(secret, byte(0), byte(choice), byte(choice*5+3), byte(choice*7+1))
			f.Add(secret, byte(i), byte(choice), byte(choice*5+3), byte(choice*7+1))
		}
	}
	f.Fuzz(func(t *testing.T, secret string, start, first, second, third byte) {
		const before, after = "☃", "☃"
		// HTML has no numbers for the last ones. Backspace and form feed count as letters that are hexadecimal digits, too.
		unfit := func(c rune) bool { return strings.ContainsRune("\x00\ufffd☃\b\f", c) || c >= 0x80 && c < 0xa0 }
		_, shallow := maskedText{secret, make([]bool, len(secret))}.unescape(deepestNesting)
		if !shallow || !utf8.ValidString(secret) || strings.ContainsFunc(secret, unfit) || utf8.RuneCountInString(meaningOf(secret)) < shortestMeaning {
			t.Skip()
		}
		form := atTheStart[int(start)%len(atTheStart)](secret)
		escaped := form
		for _, choice := range []byte{first, second, third} {
			if choice := int(choice) % (len(escapings) + 1); choice < len(escapings) { // else one level less
				escaped = escapings[choice](escaped)
			}
			// If an encoder left the form as it is, perhaps with something of an escape behind it, that is a literal one.
			literal := strings.Contains(escaped, form)
			text := before + escaped + after
			got := redact(text, secret)
			if got != withheld && (!literal || strings.Contains(got, form)) || escaped == form && got != before+redacted+after {
				t.Fatalf("%q in %q became %q", secret, text, got)
			}
			// Not even beside a literal one.
			if got := redact(text+secret, secret, "Other-secret"); got != withheld && (!literal || strings.Contains(got, form)) {
				t.Fatalf("%q in %q became %q", secret, text+secret, got)
			}
		}
	})
}

// A text is withheld for a secret that it means, and not for a literal one that is hidden or for escapes of anything else.
func TestRedact(t *testing.T) {
	t.Parallel()
	const all = withheld
	for _, test := range []struct {
		text    string
		secrets []string
		want    string
	}{
		{`a "b" &amp; c%20d \u0041`, []string{"Passw0rd"}, `a "b" &amp; c%20d \u0041`},
		{"Passw0rdPassw0rd-more, Passw0rd", []string{"Passw0rd", "Passw0rd-more"}, "(redacted), (redacted)"},
		{"Passw0rd-moon", []string{"Passw0rd", "Passw0rd-more", "Passw0rd-mood"}, "(redacted)-moon"},
		{"abcdefgh", []string{"abcde", "defgh"}, "(redacted)"},
		{"<p>Passw0rd &amp; more</p>", []string{"Passw0rd"}, "<p>(redacted) &amp; more</p>"},
		{"a&lt;b%20c and a<b c", []string{"a<b c"}, all},
		{"%61bcd and more", []string{"abcd", "6"}, all},             // although the digit is hidden
		{`\u0061\u0062\u0063\u0064`, []string{`\u00`, "abcd"}, all}, // although a part of each escape is hidden
		{"a%62c", []string{"abc"}, "a%62c"},                         // too short
		{"abc", []string{"abc"}, "(redacted)"},
		{"pass%2Fword", []string{"pass/word"}, all},
		{"pass word", []string{"pass+word"}, all},
		{"\n\\npass", []string{`\n\npass`}, all},
		{`C:\\Users\\x`, []string{`C:\Users\x`}, all},
		{strings.Repeat("%25", 20) + "41", nil, strings.Repeat("%25", 20) + "41"},
		{"%" + strings.Repeat("25", 20) + "41", nil, all}, // nested too deep
		{`\x41bcd`, []string{"Abcd"}, all},
		{`pa\bss and pa\fss`, []string{"pa\bss"}, all},
		{`pa\bss and pa\fss`, []string{"pa\fss"}, all},
		{"", []string{"Passw0rd"}, ""},
		{"\xff%ff\xff", []string{"Passw0rd"}, "\xff%ff\xff"},
	} {
		if got := redact(test.text, test.secrets...); got != test.want {
			t.Errorf("%q without %q is %q, want %q", test.text, test.secrets, got, test.want)
		}
	}
}
