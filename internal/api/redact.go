package api

import (
	"encoding/base64"
	"html"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

const redacted = "(redacted)"

// maxNesting is how deep in each other escapes are read.
const maxNesting = 3

// secrets are what a client has been handed or granted in a run, to be hidden in whatever answer repeats it. There may be
// thousands: they are kept in an order in which those that begin alike are neighbours, so that a text is compared with all
// of them at once.
type secrets struct {
	mu       sync.Mutex
	known    map[string]bool
	patterns []pattern // sorted, each once
}

// pattern is what a secret reads as: its characters, with one backslash for any number of them in a row.
type pattern []rune

// keep hides secrets from now on. Empty ones are none.
func (s *secrets) keep(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range values {
		if secret == "" || s.known[secret] {
			continue
		}
		if s.known == nil {
			s.known = map[string]bool{}
		}
		s.known[secret] = true
		for _, form := range []string{
			secret,
			base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawStdEncoding.EncodeToString([]byte(secret)),
			base64.URLEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			p := slices.CompactFunc(pattern(form), func(a, b rune) bool { return a == '\\' && b == '\\' })
			if at, found := slices.BinarySearchFunc(s.patterns, p, slices.Compare); !found {
				s.patterns = slices.Insert(s.patterns, at, p)
			}
		}
	}
}

// redact replaces every secret in a text, also where it stands in base64, or escaped as in JSON, HTML or URLs, in any
// mixture of these.
//
// It reads the text instead of looking for forms of the secret: whoever answers may escape more than it has to, or what
// somebody else has escaped already. As a secret may itself look like an escape, what stands at a place can have several
// meanings, and all of them are compared.
func (s *secrets) redact(text string) string {
	s.mu.Lock()
	r := newReader(text, slices.Clone(s.patterns))
	s.mu.Unlock()
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

// reader looks for secrets in a text.
type reader struct {
	text     string
	patterns []pattern // sorted, each once
	begins   [256]bool // the bytes, but those of escapes, with which a match can begin
	known    map[place][]character
}

// place is where in a text something is read, and how deep escapes are there.
type place struct{ at, depth int }

// maxKnown bounds how many places are remembered.
const maxKnown = 4096

func newReader(text string, patterns []pattern) *reader {
	r := &reader{text: text, patterns: patterns, known: map[place][]character{}}
	for _, p := range patterns {
		r.begins[string(p[0])[0]] = true
	}
	r.begins['+'] = r.begins['+'] || r.begins[' ']
	return r
}

// candidates are the patterns, from one to before another, that a text matches from some place up to this one.
type candidates struct{ from, to, at int }

// longest gives the end of the longest match that begins at a place, 0 for none.
func (r *reader) longest(at int) int {
	if !introduces(r.text[at]) && !r.begins[r.text[at]] {
		return 0
	}
	var buffers [2][8]candidates
	matching, next := append(buffers[0][:0], candidates{0, len(r.patterns), at}), buffers[1][:0]
	end := 0
	for length := 0; len(matching) > 0; length++ {
		next = next[:0]
		for _, some := range matching {
			if some.from < some.to && len(r.patterns[some.from]) == length { // the shortest is the first
				end = max(end, some.at)
				some.from++
			}
			if some.from < some.to && some.at < len(r.text) {
				next = r.follow(next, some, length)
			}
		}
		matching, next = next, matching
	}
	return end
}

// follow adds the candidates that a text still matches one character on, of which there can be several readings.
func (r *reader) follow(next []candidates, some candidates, length int) []candidates {
	if !introduces(r.text[some.at]) {
		return r.read(next, some, length, r.literal(some.at))
	}
	inRun := r.text[some.at] == '\\' && some.at > 0 && r.text[some.at-1] == '\\'
	if fewer := r.narrow(some, length, '\\'); fewer.from < fewer.to && (length > 0 || !inRun) { // else it was compared where the run begins
		for _, end := range r.backslashes(some.at) {
			next = reach(next, fewer, end)
		}
	}
	for _, c := range r.readings(some.at, maxNesting) {
		if c.char != '\\' {
			next = r.read(next, some, length, c)
		}
	}
	return next
}

// read adds those candidates whose next character has been read. The plus of a form also means a space.
func (r *reader) read(next []candidates, some candidates, length int, c character) []candidates {
	next = reach(next, r.narrow(some, length, c.char), c.end)
	if c.char == '+' {
		next = reach(next, r.narrow(some, length, ' '), c.end)
	}
	return next
}

func reach(next []candidates, some candidates, at int) []candidates {
	some.at = at
	if some.from == some.to || slices.Contains(next, some) {
		return next
	}
	return append(next, some)
}

// narrow gives those candidates that have a character behind so many.
func (r *reader) narrow(some candidates, length int, want rune) candidates {
	for half := some.to; some.from < half; { // to the first that is not before it
		middle := int(uint(some.from+half) >> 1)
		if r.patterns[middle][length] < want {
			some.from = middle + 1
		} else {
			half = middle
		}
	}
	for first := some.from; first < some.to; { // and behind the last that is it
		middle := int(uint(first+some.to) >> 1)
		if r.patterns[middle][length] > want {
			some.to = middle
		} else {
			first = middle + 1
		}
	}
	return some
}

// longestRun bounds how many escaped backslashes stand for one.
const longestRun = 16

// backslashes gives the places behind what can be read as any number of backslashes in a row.
func (r *reader) backslashes(at int) []int {
	places := r.backslash(nil, at)
	for i := 0; i < len(places) && i < longestRun; i++ {
		places = r.backslash(places, places[i])
	}
	return places
}

// backslash adds the places behind one backslash, or behind all that stand in a row.
func (r *reader) backslash(places []int, at int) []int {
	// All, or all but the one that belongs to an escape.
	if run := len(r.text[at:]) - len(strings.TrimLeft(r.text[at:], `\`)); run > 1 {
		at += run - 1
		places = append(places, at)
	}
	for _, c := range r.readings(at, maxNesting) {
		if c.char == '\\' && !slices.Contains(places, c.end) {
			places = append(places, c.end)
		}
	}
	return places
}

// character is one that a text means, and where it ends there.
type character struct {
	char rune
	end  int
}

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
