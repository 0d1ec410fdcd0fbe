package api

import (
	"encoding/base64"
	"html"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const redacted = "(redacted)"

// maxNesting is how deep in each other escapes are read.
const maxNesting = 3

// redact replaces every secret in a text, also where it stands in base64, or escaped as in JSON, HTML or URLs, in any
// mixture of these.
//
// It reads the text instead of looking for forms of the secret: whoever answers may escape more than it has to, or what
// somebody else has escaped already. As a secret may itself look like an escape, what stands at a place can have several
// meanings, and all of them are compared.
func redact(text string, secrets ...string) string {
	r := newReader(text, secrets)
	var result strings.Builder
	kept := 0
	for at := 0; at < len(text); at++ {
		end := r.longest(at)
		for inside := at + 1; inside < end; inside++ { // whatever overlaps it disappears with it
			end = max(end, r.longest(inside))
		}
		if end > 0 {
			result.WriteString(text[kept:at])
			result.WriteString(redacted)
			kept, at = end, end-1
		}
	}
	result.WriteString(text[kept:])
	return result.String()
}

// pattern is what a secret reads as: its characters, with one backslash for any number of them in a row.
type pattern []rune

// reader looks for secrets in a text.
type reader struct {
	text      string
	patterns  []pattern
	beginning [256][]pattern // those that a text can match which begins with a byte that is no escape
	known     map[place][]character
}

// place is where in a text something is read, and how deep escapes are there.
type place struct{ at, depth int }

// maxKnown bounds how many places are remembered.
const maxKnown = 4096

func newReader(text string, secrets []string) *reader {
	r := &reader{text: text, known: map[place][]character{}}
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range []string{
			secret,
			base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawStdEncoding.EncodeToString([]byte(secret)),
			base64.URLEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			r.patterns = append(r.patterns, slices.CompactFunc(pattern(form), func(a, b rune) bool { return a == '\\' && b == '\\' }))
		}
	}
	slices.SortFunc(r.patterns, slices.Compare)
	r.patterns = slices.CompactFunc(r.patterns, slices.Equal)
	for _, p := range r.patterns {
		first := string(p[0])[0]
		r.beginning[first] = append(r.beginning[first], p)
		if first == ' ' {
			r.beginning['+'] = append(r.beginning['+'], p)
		}
	}
	return r
}

// longest gives the end of the longest match that begins at a place, 0 for none.
func (r *reader) longest(at int) int {
	end := 0
	if !introduces(r.text[at]) {
		for _, p := range r.beginning[r.text[at]] {
			end = max(end, r.match(p, at))
		}
		return end
	}
	inRun := r.text[at] == '\\' && at > 0 && r.text[at-1] == '\\'
	readings := r.readings(at, maxNesting)
	for _, p := range r.patterns {
		if inRun && p[0] == '\\' {
			continue // it was compared where the run begins
		}
		if slices.ContainsFunc(readings, func(c character) bool { return c.is(p[0]) }) {
			end = max(end, r.match(p, at))
		}
	}
	return end
}

// longestRun bounds how many escaped backslashes stand for one.
const longestRun = 16

// match gives the last place at which a match that begins at a place can end, 0 when there is none.
func (r *reader) match(p pattern, at int) int {
	var buffers [2][8]int
	places, next := append(buffers[0][:0], at), buffers[1][:0]
	for _, want := range p {
		next = next[:0]
		for _, place := range places {
			next = r.follow(next, place, want)
		}
		for i := 0; want == '\\' && i < len(next) && i < longestRun; i++ {
			next = r.follow(next, next[i], want)
		}
		if len(next) == 0 {
			return 0
		}
		places, next = next, places
	}
	return slices.Max(places)
}

// follow adds the places behind a character that is wanted at a place.
func (r *reader) follow(places []int, at int, want rune) []int {
	if want == '\\' {
		// All that stand in a row, or all but the one that belongs to an escape.
		if run := len(r.text[at:]) - len(strings.TrimLeft(r.text[at:], `\`)); run > 1 {
			at += run - 1
			places = append(places, at)
		}
	}
	if at < len(r.text) && !introduces(r.text[at]) {
		return reach(places, r.literal(at), want)
	}
	for _, c := range r.readings(at, maxNesting) {
		places = reach(places, c, want)
	}
	return places
}

func reach(places []int, c character, want rune) []int {
	if c.is(want) && !slices.Contains(places, c.end) {
		return append(places, c.end)
	}
	return places
}

// character is one that a text means, and where it ends there.
type character struct {
	char rune
	end  int
}

// is also takes the plus of a form for the space that it means there.
func (c character) is(want rune) bool { return c.char == want || c.char == '+' && want == ' ' }

// literal reads a character as it stands.
func (r *reader) literal(at int) character {
	if r.text[at] < utf8.RuneSelf {
		return character{rune(r.text[at]), at + 1}
	}
	char, size := utf8.DecodeRuneInString(r.text[at:])
	return character{char, at + size}
}

// introduces tells whether an escape can begin with a byte.
func introduces(b byte) bool { return b == '\\' || b == '%' || b == '&' }

// readings gives every way to read a character at a place: as it stands, and as an escape whose parts may themselves be
// escaped, up to depth times.
func (r *reader) readings(at, depth int) []character {
	if at >= len(r.text) {
		return nil
	}
	found := []character{r.literal(at)}
	if depth == 0 || !introduces(r.text[at]) {
		return found
	}
	if known, ok := r.known[place{at, depth}]; ok {
		return known
	}
	found = slices.Clone(r.readings(at, depth-1))
	for _, introduced := range found {
		found = r.escapes(found, introduced, depth-1)
	}
	if len(r.known) > maxKnown {
		clear(r.known)
	}
	r.known[place{at, depth}] = found
	return found
}

// escapes adds what an escape can mean whose parts are escaped up to depth times.
func (r *reader) escapes(found []character, introduced character, depth int) []character {
	switch introduced.char {
	case '\\':
		return r.backslashed(found, introduced.end, depth)
	case '%':
		return r.percentEncoded(found, introduced.end, depth, nil)
	case '&':
		return r.entity(found, introduced.end, depth)
	}
	return found
}

func add(found []character, char rune, end int) []character {
	if c := (character{char, end}); !slices.Contains(found, c) {
		found = append(found, c)
	}
	return found
}

// backslashed reads what follows a backslash in JSON or in a program's string.
func (r *reader) backslashed(found []character, at, depth int) []character {
	for _, c := range r.afterBackslashes(at, depth) {
		switch c.char {
		case '"', '\'', '/', '\\', '`':
			found = add(found, c.char, c.end)
		case 'b':
			found = add(found, '\b', c.end)
		case 'f':
			found = add(found, '\f', c.end)
		case 'n':
			found = add(found, '\n', c.end)
		case 'r':
			found = add(found, '\r', c.end)
		case 't':
			found = add(found, '\t', c.end)
		case 'x':
			if char, end, ok := r.number(c.end, depth, 2); ok {
				found = add(found, char, end)
			}
		case 'u':
			if char, end, ok := r.codeUnits(c.end, depth); ok {
				found = add(found, char, end)
			}
		}
	}
	return found
}

// afterBackslashes gives the readings behind a backslash and those that follow it, as many as the nesting explains: where
// JSON is in JSON, several introduce one escape, and the last one may belong to another.
func (r *reader) afterBackslashes(at, depth int) []character {
	last := at
	for last < len(r.text) && r.text[last-1:last+1] == `\\` {
		if last++; last-at == 1<<maxNesting {
			return nil
		}
	}
	if last == at {
		return r.readings(at, depth)
	}
	return slices.Concat(r.readings(last, depth), r.readings(last-1, depth)[1:])
}

// codeUnits reads what follows \u: four digits, and the other half of a pair.
func (r *reader) codeUnits(at, depth int) (char rune, end int, ok bool) {
	first, end, ok := r.number(at, depth, 4)
	if !ok || !utf16.IsSurrogate(first) {
		return first, end, ok
	}
	for _, c := range r.readings(end, depth) {
		if c.char != '\\' {
			continue
		}
		for _, u := range r.afterBackslashes(c.end, depth) {
			if second, last, ok := r.number(u.end, depth, 4); ok && u.char == 'u' {
				if char := utf16.DecodeRune(first, second); char != utf8.RuneError {
					return char, last, true
				}
			}
		}
	}
	return first, end, true
}

// percentEncoded reads what follows a percent sign, with the rest of the character's bytes.
func (r *reader) percentEncoded(found []character, at, depth int, before []byte) []character {
	octet, end, ok := r.number(at, depth, 2)
	if !ok {
		return found
	}
	bytes := append(before, byte(octet))
	if utf8.FullRune(bytes) {
		char, _ := utf8.DecodeRune(bytes)
		return add(found, char, end)
	}
	for _, c := range r.readings(end, depth) {
		if c.char == '%' {
			found = r.percentEncoded(found, c.end, depth, bytes)
		}
	}
	return found
}

// longestEntity is as long as the longest name that HTML has, or a number with as many zeros before it.
const longestEntity = len("CounterClockwiseContourIntegral;")

// entity reads what follows an ampersand.
func (r *reader) entity(found []character, at, depth int) []character {
	name := []byte{'&'}
	for len(name) <= longestEntity {
		char, end := r.plain(at, depth)
		if end == 0 {
			break
		}
		name, at = append(name, byte(char)), end
		if char == ';' {
			meaning := html.UnescapeString(string(name))
			if char, size := utf8.DecodeRuneInString(meaning); size == len(meaning) {
				return add(found, char, end)
			}
			break
		}
	}
	return found
}

// number reads hexadecimal digits.
func (r *reader) number(at, depth, digits int) (value rune, end int, ok bool) {
	for range digits {
		char, end := r.plain(at, depth)
		digit := strings.IndexRune("0123456789abcdef", char|' ') // in lower case
		if digit < 0 {
			return 0, 0, false
		}
		value, at = value<<4|rune(digit), end
	}
	return value, at, true
}

// plain reads a character of those that escapes are made of, behind what introduces them; 0, 0 for any other.
func (r *reader) plain(at, depth int) (char rune, end int) {
	for _, c := range r.readings(at, depth) {
		if c.char >= '0' && c.char <= '9' || c.char >= 'A' && c.char <= 'Z' || c.char >= 'a' && c.char <= 'z' || c.char == '#' || c.char == ';' {
			return c.char, c.end
		}
	}
	return 0, 0
}
