package wire

import "testing"

// What cannot be shown is a space, and no text begins or ends with one.
func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", " \n": "", "abcdef": "abcdef", "\tab\x1b[2c\xff\n": "ab [2c", "a\u202e \u2028b": "a b",
		"abcdefg": "abcdef…", "abcde fg": "abcde…", "abcdef g": "abcdef…", "äöüäöü\n\n": "äöüäöü", "äöüäöüß": "äöüäöü…",
	} {
		if got := Printable(text, 6); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
