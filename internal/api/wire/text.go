package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// QuotedLength bounds what is quoted of an answer that is not a problem document, in characters.
const QuotedLength = 500

// Printable makes text of unknown origin fit for a terminal: one line, no character that controls or reorders, at
// most limit characters. It reads no more of a long text than it takes.
func Printable(text string, limit int) string {
	var line strings.Builder
	length, gap := 0, false
	for _, r := range text {
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == utf8.RuneError {
			gap = length > 0
			continue
		}
		if length++; gap {
			length++
		}
		if length > limit {
			return line.String() + "…"
		}
		if gap {
			line.WriteByte(' ')
			gap = false
		}
		line.WriteRune(r)
	}
	return line.String()
}
