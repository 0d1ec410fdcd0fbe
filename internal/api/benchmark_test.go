package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
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

func benchmarkAccounts(n int) []api.StandardAccount {
	accounts := make([]api.StandardAccount, n)
	for i := range accounts {
		accounts[i] = api.StandardAccount{ID: fmt.Sprintf("%08x-6a6b-4b2c-8f4b-3a4ad9fbe1c7", i), Name: fmt.Sprintf("smtp-%05d", i), Username: "relay@example.com", Description: "Relay of the mail team"}
	}
	return accounts
}

func pageOf(b *testing.B, accounts []api.StandardAccount) []byte {
	b.Helper()
	body, err := json.Marshal(map[string]any{"totalCount": len(accounts), "results": accounts, "_links": []any{}})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func benchmarkClient(b *testing.B, accounts []api.StandardAccount) *api.Client {
	b.Helper()
	object, err := json.Marshal(accounts[0])
	if err != nil {
		b.Fatal(err)
	}
	config := api.Config{Config: wire.Config{
		BaseURL: &url.URL{Scheme: "https", Host: "appliance:11005", Path: "/api/v1"}, RequestTimeout: wire.DefaultRequestTimeout,
	}, Token: "token"}
	return api.Over(api.New(config), paged{pageOf(b, accounts), object})
}

// A read that is answered from the snapshot of 1,000 accounts, as most of Terraform's refreshes are.
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

// A refresh of 1,000 accounts, the first request included.
func BenchmarkRefreshThousand(b *testing.B) {
	accounts := benchmarkAccounts(1000)
	b.ReportAllocs()
	for b.Loop() {
		c := benchmarkClient(b, accounts)
		for i := range accounts {
			if _, err := c.StandardAccounts.Refresh(b.Context(), accounts[i].ID, ""); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkListPage(b *testing.B) {
	c := benchmarkClient(b, benchmarkAccounts(500))
	b.ReportAllocs()
	for b.Loop() {
		if all, err := c.StandardAccounts.List(b.Context(), ""); err != nil || len(all) != 500 {
			b.Fatal(len(all), err)
		}
	}
}

// One request with its answer, without the network under it.
func BenchmarkRequest(b *testing.B) {
	accounts := benchmarkAccounts(1)
	c := benchmarkClient(b, accounts)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.StandardAccounts.Update(b.Context(), accounts[0].ID, "", api.StandardAccountValues{Name: "smtp", Username: "u", Password: "Passw0rd"}); err != nil {
			b.Fatal(err)
		}
	}
}
