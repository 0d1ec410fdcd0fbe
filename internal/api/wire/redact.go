package wire

import (
	"encoding/base64"
	"html"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	redacted = "(redacted)"
	withheld = "(redacted as a whole, because it repeats a secret in an escaped form)"

	shortestMeaning = 4  // characters of a secret
	deepestNesting  = 16 // escapes within escapes, in a text that is shown
)

// Secrets are what a client has been handed or granted in a run. There may be thousands.
//
// A secret and its base64 forms are replaced where they appear literally. A text that contains one in any other form is
// withheld as a whole: the escapes of JSON, URLs and HTML are undone on both sides until none are left, and the results are
// compared. On both sides backslashes are dropped, and "+" is a space. The limits: the secret has at least four characters in
// this form, each level of nesting was escaped by one encoder, and no incomplete escape is directly beside the secret.
type Secrets struct {
	mu                 sync.RWMutex
	known              map[string]bool
	literals, meanings patterns
}

// Keep hides secrets from now on. Empty ones are ignored.
func (s *Secrets) Keep(values ...string) {
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
		forms := []string{secret}
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			forms = append(forms, encoding.EncodeToString([]byte(secret)))
		}
		for _, form := range forms {
			s.literals.add(form)
			if meaning := meaningOf(form); utf8.RuneCountInString(meaning) >= shortestMeaning {
				s.meanings.add(meaning)
			}
		}
	}
}

// Redact returns a text without the secrets in it.
func (s *Secrets) Redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	original := maskedText{text, s.literals.cover(text)}
	if s.escapedIn(original) {
		return withheld
	}
	var result strings.Builder
	result.Grow(len(text))
	for at, hidden := range original.hidden {
		switch {
		case !hidden:
			result.WriteByte(text[at])
		case at == 0 || !original.hidden[at-1]:
			result.WriteString(redacted)
		}
	}
	return result.String()
}

// escapedIn reports whether a text contains a secret that the mask does not hide. The escapes are those of the original text:
// without the hidden parts, some of them could not be undone.
func (s *Secrets) escapedIn(original maskedText) bool {
	meaning, complete := original.unescape(deepestNesting)
	for at := range len(meaning.text) {
		if n := s.meanings.longest(meaning.text[at:]); n > 0 && slices.Contains(meaning.hidden[at:at+n], false) {
			return true
		}
	}
	return !complete
}

func meaningOf(secret string) string {
	meaning, _ := maskedText{secret, make([]bool, len(secret))}.unescape(len(secret) + 1)
	return meaning.text
}

// patterns are sorted, so that a text is compared with all of them at once.
type patterns struct {
	sorted     []string
	firstBytes [256]bool
}

func (p *patterns) add(pattern string) {
	if at, found := slices.BinarySearch(p.sorted, pattern); !found {
		p.sorted = slices.Insert(p.sorted, at, pattern)
		p.firstBytes[pattern[0]] = true
	}
}

// longest returns the length of the longest pattern that a text begins with, or 0.
func (p *patterns) longest(text string) int {
	if !p.firstBytes[text[0]] { // here, so that it costs no call
		return 0
	}
	return p.search(text)
}

func (p *patterns) search(text string) (longest int) {
	candidates := p.sorted // that agree with the text so far
	for length := 0; len(candidates) > 0; length++ {
		if len(candidates[0]) == length { // the shortest is the first
			longest, candidates = length, candidates[1:]
		}
		if length == len(text) || len(candidates) == 0 {
			break
		}
		if next := text[length]; candidates[0][length] == candidates[len(candidates)-1][length] { // and so do all in between
			if candidates[0][length] != next {
				break
			}
			continue
		}
		candidates = candidates[sort.Search(len(candidates), func(i int) bool { return candidates[i][length] >= text[length] }):]
		candidates = candidates[:sort.Search(len(candidates), func(i int) bool { return candidates[i][length] > text[length] })]
	}
	return longest
}

// cover reports for each byte of a text whether it is part of a pattern.
func (p *patterns) cover(text string) []bool {
	covered, end := make([]bool, len(text)), 0
	for at := range covered {
		end = max(end, at+p.longest(text[at:]))
		covered[at] = at < end
	}
	return covered
}

// maskedText is a text that has for each byte whether it is hidden, or was made of hidden ones alone.
type maskedText struct {
	text   string
	hidden []bool
}

// unescape undoes escapes level by level, until none are left or the limit is reached.
func (m maskedText) unescape(levels int) (meaning maskedText, complete bool) {
	for range levels {
		text, hidden := make([]byte, 0, len(m.text)), make([]bool, 0, len(m.text))
		for at := 0; at < len(m.text); {
			if plain := plainLength(m.text[at:]); plain > 0 {
				text, hidden = append(text, m.text[at:at+plain]...), append(hidden, m.hidden[at:at+plain]...)
				at += plain
				continue
			}
			char, size := unescapeFirst(m.text[at:])
			text = append(text, char...)
			hidden = append(hidden, slices.Repeat([]bool{!slices.Contains(m.hidden[at:at+size], false)}, len(char))...)
			at += size
		}
		if string(text) == m.text {
			return m, true
		}
		m = maskedText{string(text), hidden}
	}
	return m, false
}

// plainLength returns how much of a text, from its beginning on, escapes nothing.
func plainLength(text string) int {
	for at := range len(text) {
		switch text[at] {
		case '%', '&', '\\', '+', '\b', '\t', '\n', '\f', '\r':
			return at
		}
	}
	return len(text)
}

// longestEntity is the length of the longest name in HTML, or of a number with as many zeros before it.
const longestEntity = len("&CounterClockwiseContourIntegral;")

// unescapeFirst returns what the first character of a text, or the first byte of it, means, and how many bytes say so.
func unescapeFirst(text string) (char string, size int) {
	switch text[0] {
	case '%':
		if octet := hexadecimal(text, "%", 2); octet >= 0 {
			return string([]byte{byte(octet)}), 3
		}
	case '&':
		end := strings.IndexByte(text[:min(len(text), longestEntity)], ';') + 1
		if char = html.UnescapeString(text[:end]); utf8.RuneCountInString(char) == 1 {
			return char, end
		}
	case '\\':
		unit := hexadecimal(text, `\u`, 4)
		if unit >= 0 {
			if pair := utf16.DecodeRune(unit, hexadecimal(text[6:], `\u`, 4)); pair != utf8.RuneError {
				return string(pair), 12
			}
			return string(unit), 6
		}
		if octet := hexadecimal(text, `\x`, 2); octet >= 0 {
			return string(octet), 4
		}
		size = min(2, len(text))
		return text[1:size], size
	case '+':
		return " ", 1
	case '\b', '\t', '\n', '\f', '\r': // as an escape without its backslash
		return "btn?fr"[text[0]-'\b':][:1], 1
	}
	return text[:1], 1
}

// hexadecimal reads the digits behind a prefix. It returns -1 if the text begins with anything else.
func hexadecimal(text, prefix string, digits int) (value rune) {
	if !strings.HasPrefix(text, prefix) || len(text) < len(prefix)+digits {
		return -1
	}
	for _, digit := range strings.ToLower(text[len(prefix):][:digits]) {
		i := strings.IndexRune("0123456789abcdef", digit)
		if i < 0 {
			return -1
		}
		value = value<<4 | rune(i)
	}
	return value
}
