package wire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// An error page of 20 kB that repeats one of four secrets.
func BenchmarkRedact(b *testing.B) {
	text := string(bytes.Repeat([]byte("<p>Something went wrong, and Passw0rd-x was refused.</p>\n"), 350))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if redact(text, "a-bearer-token-of-some-length", "Passw0rd-x", "Adm1n-secret-pw", "314159") == text {
			b.Fatal("nothing was redacted")
		}
	}
}

// The same after a run with a thousand passwords, which costs about as much.
func BenchmarkRedactThousands(b *testing.B) {
	text := string(bytes.Repeat([]byte("<p>Something went wrong, and Passw0rd-500x was refused.</p>\n"), 350))
	var s Secrets
	for i := range 1000 {
		s.Add(fmt.Sprintf("Passw0rd-%dx", i))
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if s.Redact(text) == text {
			b.Fatal("nothing was redacted")
		}
	}
}

// A tenth of the largest answers that are read, made of what is hardest to read.
func BenchmarkRedactHostile(b *testing.B) {
	for _, piece := range []string{"<p>plain &amp; simple</p>\n", `\`, "%", "&", "+", "%5C", "%25", "&amp;", `\u005c`, `\ud83d`, "%f0", "Passw0rd", "Passw0rd-", "&#x26;"} {
		text := strings.Repeat(piece, maxBody/10/len(piece))
		b.Run(strings.TrimSpace(piece), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				redact(text, "a-bearer-token-of-some-length", "Passw0rd-x", `\\Adm1n&secret%pw+`, "314159")
			}
		})
	}
}
