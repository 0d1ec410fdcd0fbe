package wire

import (
	"encoding/base64"
	"html"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	redacted = "(redacted)"
	withheld = "(the whole text is redacted, because it may contain a secret in an encoded form)"

	shortestMeaning = 4  // characters of a secret
	deepestNesting  = 16 // escapes within escapes, in a text that is shown
)

// Secrets are what a client has been handed or granted in a run. There may be thousands.
//
// A secret and its base64 forms are replaced where they appear literally. A text that contains one in any other form is
// withheld as a whole: the escapes of JSON, URLs and HTML are undone on both sides until none are left, and the results are
// compared. On both sides backslashes are dropped, and "+" is a space. The limits: the secret has at least four characters in
// this form and neither a backspace nor a form feed, each level of nesting was escaped by one encoder, and no incomplete escape
// is directly beside the secret.
type Secrets struct {
	mu       sync.RWMutex
	known    patterns // the secrets as they are
	literals patterns // with their base64 forms
	meanings patterns // the same without escapes
}

// Add adds secrets, which are hidden from then on. Empty ones are ignored.
func (s *Secrets) Add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range values {
		if secret == "" || !s.known.add(secret) {
			continue
		}
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
	hidden := s.literals.cover(text)
	// The escapes are those of the original text: without the hidden parts, some of them could not be undone.
	meaning, complete := maskedText{text, hidden}.unescape(deepestNesting)
	if !complete {
		return withheld
	}
	for at, isSecret := range s.meanings.cover(meaning.text) {
		if isSecret && !meaning.hidden[at] {
			return withheld
		}
	}
	var result strings.Builder
	result.Grow(len(text))
	for at := range hidden {
		switch {
		case !hidden[at]:
			result.WriteByte(text[at])
		case at == 0 || !hidden[at-1]:
			result.WriteString(redacted)
		}
	}
	return result.String()
}

func meaningOf(secret string) string {
	meaning, _ := maskedText{secret, make([]bool, len(secret))}.unescape(len(secret) + 1)
	return meaning.text
}

// patterns are sorted texts, by their first byte.
type patterns [256][]string

func (p *patterns) add(pattern string) (isNew bool) {
	sorted := &p[pattern[0]]
	at, found := slices.BinarySearch(*sorted, pattern)
	if !found {
		*sorted = slices.Insert(*sorted, at, pattern)
	}
	return !found
}

// cover reports for each byte of a text whether it is part of a pattern.
func (p *patterns) cover(text string) []bool {
	covered, end := make([]bool, len(text)), 0
	for at := range covered {
		if sorted := p[text[at]]; sorted != nil {
			end = max(end, at+longestPrefix(sorted, text[at:]))
		}
		covered[at] = at < end
	}
	return covered
}

// longestPrefix returns the length of the longest pattern that a text begins with, or 0. The last pattern that is sorted before
// the text begins with it too, so that what these two have in common is all that is left to search.
func longestPrefix(sorted []string, text string) int {
	for {
		at, isPattern := slices.BinarySearch(sorted, text)
		switch {
		case isPattern:
			return len(text)
		case at == 0:
			return 0
		}
		last, common := sorted[at-1], 0
		for common < len(last) && last[common] == text[common] {
			common++
		}
		if common == len(last) {
			return common
		}
		sorted, text = sorted[:at-1], text[:common]
	}
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
			part, size := unescapeFirst(m.text[at:])
			text = append(text, part...)
			if len(part) == size {
				hidden = append(hidden, m.hidden[at:at+size]...)
			} else {
				isHidden := !slices.Contains(m.hidden[at:at+size], false)
				hidden = append(hidden, slices.Repeat([]bool{isHidden}, len(part))...)
			}
			at += size
		}
		if string(text) == m.text {
			return m, true
		}
		m = maskedText{string(text), hidden}
	}
	return m, false
}

// alone are the characters that may begin an escape, or stand for another one, and what each means if it begins none. A "+" is a
// space. The escapes of control characters are a backslash, which is dropped, and a letter.
var alone = [256]string{'%': "%", '&': "&", '\\': "\\", '+': " ", '\b': "b", '\t': "t", '\n': "n", '\f': "f", '\r': "r"}

// longestEntity is the length of the longest name in HTML, or of a number with as many zeros before it.
const longestEntity = len("&CounterClockwiseContourIntegral;")

// unescapeFirst returns what the first part of a text means, and its length: a part that escapes nothing, or one character or byte.
func unescapeFirst(text string) (part string, size int) {
	for size < len(text) && alone[text[size]] == "" {
		size++
	}
	if size > 0 {
		return text[:size], size
	}
	switch text[0] {
	case '%':
		if octet := hexadecimal(text, "%", 2); octet >= 0 {
			return string([]byte{byte(octet)}), 3
		}
	case '&':
		end := strings.IndexByte(text[:min(len(text), longestEntity)], ';') + 1
		if part = html.UnescapeString(text[:end]); utf8.RuneCountInString(part) == 1 {
			return part, end
		}
	case '\\':
		if unit := hexadecimal(text, `\u`, 4); unit >= 0 {
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
	}
	return alone[text[0]], 1
}

// hexadecimal reads the digits behind a prefix. It returns -1 if the text begins with anything else.
func hexadecimal(text, prefix string, digits int) rune {
	if !strings.HasPrefix(text, prefix) || len(text) < len(prefix)+digits {
		return -1
	}
	value, err := strconv.ParseUint(text[len(prefix):][:digits], 16, 16)
	if err != nil {
		return -1
	}
	return rune(value)
}
