package contract_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/contract"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const (
	id      = "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7"
	record  = `{"id":"` + id + `","name":"n","username":"u","description":""}`
	jane    = `{"name":"jane","description":"","mfaEnabled":false,"isDefault":false}`
	problem = `{"type":"https://appliance/api/v1/problems/validationError","title":"t","status":400,"errorCode":"UnexpectedContent"}`
)

// exchange is a request in a revision, with its answer.
func exchange(revision, method, path, body string, status int, answer string) simulator.Exchange {
	target, err := url.Parse("/api/v1" + path)
	if err != nil {
		panic(err)
	}
	x := simulator.Exchange{
		Request: simulator.Request{
			Method: method, Path: path, RawPath: target.EscapedPath(), Query: target.Query(), Body: []byte(body), Status: status,
			Header: http.Header{"X-Api-Version": {revision}, "Authorization": {"Bearer token"}},
		},
		Revision: revision, AnswerHeader: http.Header{}, AnswerBody: []byte(answer),
	}
	if body != "" {
		x.Header.Set("Content-Type", "application/json")
	}
	if answer != "" {
		x.AnswerHeader.Set("Content-Type", "application/json; charset=utf-8")
	}
	return x
}

func TestCheck(t *testing.T) {
	t.Parallel()
	edited := func(x simulator.Exchange, edit func(*simulator.Exchange)) simulator.Exchange {
		x.Header, x.AnswerHeader = maps.Clone(x.Header), maps.Clone(x.AnswerHeader)
		edit(&x)
		return x
	}
	get := exchange("1.0-rev0", "GET", "/users/jane", "", 200, jane)
	post := exchange("1.0-rev0", "POST", "/accounts/standard", `{"name":"n","username":"u","password":"Zecret"}`, 201, record)
	token := edited(exchange("1.0-rev0", "POST", "/token", "grant_type=password&username=u&password=Zecret", 200, `{}`), func(x *simulator.Exchange) {
		x.Header.Del("Authorization")
		x.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	})
	form := func(body string) simulator.Exchange {
		return edited(token, func(x *simulator.Exchange) { x.Body = []byte(body) })
	}
	answered := func(x simulator.Exchange, body string) simulator.Exchange {
		return edited(x, func(x *simulator.Exchange) { x.AnswerBody = []byte(body) })
	}
	for name, test := range map[string]struct {
		exchange simulator.Exchange
		violates string // "" for no violation
	}{
		"read":                         {get, ""},
		"creation":                     {post, ""},
		"sign-in":                      {token, ""},
		"page":                         {exchange("1.0-rev0", "GET", "/users?Sort=nameAsc&Limit=-1&Offset=0&SearchPattern=j", "", 200, `{"totalCount":1,"results":[`+jane+`]}`), ""},
		"missing":                      {exchange("1.0-rev0", "GET", "/accounts/standard/"+id, "", 404, problem), ""},
		"a name that is a path":        {exchange("1.0-rev0", "GET", "/users/a%2Fvalidate", "", 200, jane), ""},
		"empty list":                   {exchange("1.0-rev0", "POST", "/users/validateName", `{"name":"n"}`, 200, `[]`), ""},
		"refused id in a body":         {exchange("1.0-rev0", "POST", "/settings/emailNotifications", `{"enabled":true,"server":"s","port":25,"from":"f","to":"t","subject":"s","credentialsId":"x"}`, 400, problem), ""},
		"id in a body that is no UUID": {exchange("1.0-rev0", "POST", "/settings/emailNotifications", `{"enabled":true,"server":"s","port":25,"from":"f","to":"t","subject":"s","credentialsId":"x"}`, 500, problem), "not a UUID"},
		"refused id":                   {exchange("1.0-rev0", "GET", "/accounts/standard/name", "", 400, problem), ""},
		"deletion":                     {exchange("1.0-rev0", "DELETE", "/users/jane", "", 204, ""), ""},

		"no revision":            {edited(get, func(x *simulator.Exchange) { x.Header.Del("X-Api-Version") }), "x-api-version"},
		"no token":               {edited(get, func(x *simulator.Exchange) { x.Header.Del("Authorization") }), "bearer token"},
		"unknown path":           {exchange("1.0-rev0", "GET", "/things", "", 404, problem), "not documented"},
		"unknown method":         {exchange("1.0-rev0", "PATCH", "/users/jane", `{}`, 405, problem), "not documented"},
		"unknown parameter":      {exchange("1.0-rev0", "GET", "/users?offset=0", "", 200, `{"totalCount":0,"results":[]}`), `"offset" is not documented`},
		"limit below the lowest": {exchange("1.0-rev0", "GET", "/users?Limit=-2", "", 200, `{"totalCount":0,"results":[]}`), "at least -1"},
		"unknown order":          {exchange("1.0-rev0", "GET", "/users?Sort=name", "", 200, `{"totalCount":0,"results":[]}`), "allowed values"},
		"id that is no UUID":     {exchange("1.0-rev0", "GET", "/accounts/standard/name", "", 404, problem), "not a UUID"},
		"body where none goes":   {exchange("1.0-rev0", "POST", "/users/jane/disableMfa", `{}`, 200, ""), "body not allowed"},
		"media type":             {edited(post, func(x *simulator.Exchange) { x.Header.Set("Content-Type", "text/plain") }), "text/plain"},
		"missing property":       {edited(post, func(x *simulator.Exchange) { x.Body = []byte(`{"username":"u"}`) }), `"name" is missing`},
		"unknown property":       {edited(post, func(x *simulator.Exchange) { x.Body = []byte(`{"name":"n","userName":"u","username":"u"}`) }), `"userName" is unsupported`},
		"null":                   {edited(post, func(x *simulator.Exchange) { x.Body = []byte(`{"name":"n","username":"u","description":null}`) }), "not nullable"},
		"date without a zone": {exchange("1.0-rev0", "POST", "/settings/emailNotifications",
			`{"enabled":true,"server":"s","port":25,"from":"f","to":"t","subject":"s","notifyTime":"2020-01-01T09:00:00"}`, 400, problem), "notifyTime"},

		"grant of no kind":      {form("grant_type=client_credentials"), "client_credentials"},
		"grant without a field": {form("grant_type=mfa&mfa_token=t"), "needs the field mfa_code"},
		"field of another":      {form("grant_type=refresh_token&refresh_token=t&code=1"), `no field "code"`},
		"sign-in with JSON":     {edited(token, func(x *simulator.Exchange) { x.Header.Set("Content-Type", "application/json") }), "not a form"},

		"status":                   {exchange("1.0-rev0", "GET", "/users/jane", "", 400, problem), "status is not supported"},
		"null for a description":   {answered(get, strings.Replace(jane, `""`, "null", 1)), "not nullable"},
		"missing in an answer":     {answered(get, `{"name":"jane","mfaEnabled":false,"isDefault":false}`), `"description" is missing`},
		"unknown in an answer":     {answered(get, jane[:len(jane)-1]+`,"role":"r"}`), `"role" is unsupported`},
		"link without a method":    {answered(get, jane[:len(jane)-1]+`,"_links":[{"rel":"self","href":"h"}]}`), `"method" is missing`},
		"no list":                  {exchange("1.0-rev0", "POST", "/users/validateName", `{"name":"n"}`, 200, ""), "Content-Type"},
		"null for a list":          {exchange("1.0-rev0", "POST", "/users/validateName", `{"name":"n"}`, 200, `null`), "not nullable"},
		"context that is no UUID":  {exchange("1.0-rev0", "POST", "/users/validateName", `{"name":"n"}`, 200, `[{"contextId":"name"}]`), "not a UUID"},
		"answer with a body":       {exchange("1.0-rev0", "DELETE", "/users/jane", "", 204, `{}`), "none is documented"},
		"dates of a token":         {answered(token, `{".issued":"2026-11-22T05:06:33"}`), ".issued"},
		"the framework's document": {exchange("1.0-rev0", "GET", "/accounts/standard", "", 400, `{"type":"t","title":"t","status":400,"traceId":"i"}`), "errorCode"},
		"version without about":    {exchange("1.0-rev0", "GET", "/system/version", "", 200, `{"version":"2"}`), `"about" is missing`},

		// What is not documented is not checked.
		"an answer of a habit":       {edited(exchange("1.0-rev0", "GET", "/users/jane", "", 400, problem), func(x *simulator.Exchange) { x.Deviation = "a habit" }), ""},
		"a request of a habit":       {edited(exchange("1.0-rev0", "GET", "/things", "", 400, problem), func(x *simulator.Exchange) { x.Deviation = "a habit" }), "not documented"},
		"no answer":                  {exchange("1.0-rev0", "GET", "/users/jane", "", 0, ""), ""},
		"a revision not accepted":    {edited(exchange("1.0-rev0", "GET", "/users/jane", "", 400, problem), func(x *simulator.Exchange) { x.Revision = "" }), ""},
		"fields of a user's request": {exchange("1.0-rev0", "POST", "/users", `{"name":"n","description":"","password":"p","role":"r"}`, 500, problem), ""},

		// Later revisions.
		"role":                         {exchange("1.4-rev0", "GET", "/users/jane", "", 200, jane[:len(jane)-1]+`,"role":"r"}`), ""},
		"external user":                {exchange("1.2-rev0", "POST", "/users", `{"name":"n","description":"","accountType":"External"}`, 201, jane), ""},
		"external user, too early":     {exchange("1.0-rev0", "POST", "/users", `{"name":"n","description":"","accountType":"External"}`, 201, jane), `"password" is missing`},
		"settings that are there":      {exchange("1.3-rev0", "GET", "/settings/emailNotifications", "", 404, problem), "status is not supported"},
		"settings that are gone":       {exchange("1.4-rev0", "GET", "/settings/emailNotifications", "", 404, problem), ""},
		"settings that should be gone": {exchange("1.4-rev0", "GET", "/settings/emailNotifications", "", 200, `{}`), "is served"},
		"forbidden, before roles":      {exchange("1.3-rev0", "GET", "/accounts/standard", "", 403, problem), "status is not supported"},
		"forbidden":                    {exchange("1.4-rev0", "GET", "/accounts/standard", "", 403, problem), ""},
		"the framework's, early":       {exchange("1.7-rev0", "GET", "/users/jane", "", 404, `{"type":"t","title":"t","status":404,"traceId":"i"}`), "errorCode"},
		"the framework's":              {exchange("1.8-rev0", "GET", "/users/jane", "", 404, `{"type":"t","title":"t","status":404,"traceId":"i"}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := contract.Check(test.exchange)
			if (err != nil) != (test.violates != "") || err != nil && !strings.Contains(err.Error(), test.violates) {
				t.Errorf("got %v, want %q", err, test.violates)
			}
			if strings.Contains(fmt.Sprint(err), "Zecret") {
				t.Error("it repeats a secret")
			}
		})
	}
}

// reports is a test that fails, as others see it.
type reports struct {
	errors   []string
	cleanups []func()
}

func (r *reports) Helper()          {}
func (r *reports) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *reports) Errorf(format string, arguments ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, arguments...))
}

func TestWatch(t *testing.T) {
	t.Parallel()
	var r reports
	seen := 0
	config := contract.Watch(&r, simulator.Config{OnExchange: func(simulator.Exchange) { seen++ }})
	config.OnExchange(exchange("1.0-rev0", "GET", "/users/jane", "", 200, jane))
	for range 2 {
		config.OnExchange(exchange("1.0-rev0", "GET", "/users/jane", "", 418, problem))
	}
	if len(r.errors) != 0 {
		t.Errorf("reported before the end: %q", r.errors)
	}
	for _, cleanup := range r.cleanups {
		cleanup()
	}
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "GET /users/jane, answered 418") || seen != 3 {
		t.Errorf("reported %q, %d exchanges were handed on", r.errors, seen)
	}
}

func BenchmarkCheck(b *testing.B) {
	x := exchange("1.0-rev0", "GET", "/users?Sort=nameAsc&Limit=-1", "", 200, `{"totalCount":1,"results":[`+jane+`]}`)
	for b.Loop() {
		if err := contract.Check(x); err != nil {
			b.Fatal(err)
		}
	}
}
