package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// paged answers a client without a network: a page of all accounts to a list, the first account to any other request.
type paged struct{ page, object []byte }

func (p paged) RoundTrip(request *http.Request) (*http.Response, error) {
	body := p.object
	if request.URL.RawQuery != "" {
		body = p.page
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: request}, nil
}

func benchmarkAccounts(n int) []StandardAccount {
	description := "Relay of the mail team"
	accounts := make([]StandardAccount, n)
	for i := range accounts {
		accounts[i] = StandardAccount{ID: fmt.Sprintf("%08x-6a6b-4b2c-8f4b-3a4ad9fbe1c7", i), Name: fmt.Sprintf("smtp-%05d", i), Username: "relay@example.com", Description: &description}
	}
	return accounts
}

func pageOf(b *testing.B, accounts []StandardAccount) []byte {
	b.Helper()
	body, err := json.Marshal(map[string]any{"totalCount": len(accounts), "results": accounts, "_links": []any{}})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func benchmarkClient(b *testing.B, accounts []StandardAccount) *Client {
	b.Helper()
	object, err := json.Marshal(accounts[0])
	if err != nil {
		b.Fatal(err)
	}
	c := New(Config{BaseURL: &url.URL{Scheme: "https", Host: "appliance:11005", Path: "/api/v1"}, Token: "token", RequestTimeout: DefaultRequestTimeout})
	c.http.HTTPClient.Transport.(*attempt).transport = paged{pageOf(b, accounts), object}
	return c
}

// A read that the snapshot of 1,000 accounts answers: what Terraform's refresh does over and over.
func BenchmarkGetFromSnapshot(b *testing.B) {
	accounts := benchmarkAccounts(1000)
	c := benchmarkClient(b, accounts)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		account, err := c.StandardAccounts.Refresh(b.Context(), accounts[i%len(accounts)].ID, "")
		if err != nil || account.ID != accounts[i%len(accounts)].ID {
			b.Fatal(account, err)
		}
	}
}

// A refresh of 1,000 accounts from the first request on.
func BenchmarkRefreshThousand(b *testing.B) {
	accounts := benchmarkAccounts(1000)
	c := benchmarkClient(b, accounts)
	b.ReportAllocs()
	for b.Loop() {
		c.StandardAccounts.drop()
		for i := range accounts {
			if _, err := c.StandardAccounts.Refresh(b.Context(), accounts[i].ID, ""); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkDecodePage(b *testing.B) {
	body := pageOf(b, benchmarkAccounts(pageSize))
	c := New(Config{BaseURL: &url.URL{}})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		p := page[StandardAccount]{TotalCount: -1}
		if err := c.decode(request{}, answer{status: http.StatusOK, body: body}, &p); err != nil || len(p.Results) != pageSize {
			b.Fatal(len(p.Results), err)
		}
	}
}

// One request with its answer, without the network under it.
func BenchmarkRequest(b *testing.B) {
	c := benchmarkClient(b, benchmarkAccounts(1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.StandardAccounts.Update(b.Context(), "x", StandardAccountValues{Name: "smtp", Username: "u", Password: "Passw0rd"}); err != nil {
			b.Fatal(err)
		}
	}
}

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
	var s secrets
	for i := range 1000 {
		s.keep(fmt.Sprintf("Passw0rd-%dx", i))
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if s.redact(text) == text {
			b.Fatal("nothing was redacted")
		}
	}
}

// The largest answers that are read, made of what is hardest to read.
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
