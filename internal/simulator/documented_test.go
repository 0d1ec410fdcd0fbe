package simulator_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// TestDocumented shows what the vendor's document says where appliances are known to differ from it: [simulator.SeenOnTheWire].
func TestDocumented(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	account := appliance.PutAccount(simulator.Account{Name: "n"})
	for _, path := range []string{"/accounts/standard/" + account.ID, "/accounts/standard", "/users/admin", "/users"} {
		c.want(c.do("GET", path, ""), 200, `"description":""`, `"_links":[{"rel":"self","href":"/api/v1`+path+`","method":"GET"}]`)
	}
	c.want(c.do("POST", "/users/validateName", `{"name":"free"}`), 200, "[]")
	c.want(c.do("POST", "/users/validateName", `{"name":"FREE"}`), 200, `"severity":"Error"`)
	c.want(c.do("GET", "/system/version", ""), 200, `"version":"2.0.0.0","about":"`)

	settings := c.want(c.do("GET", "/settings/emailNotifications", ""), 200, `"notifyTime":"2020-01-01T09:00:00Z"`)
	if strings.Contains(settings.body, "null") || strings.Contains(settings.body, "credentialsId") {
		t.Errorf("answered %s", settings.body)
	}
	c.want(c.do("POST", "/settings/emailNotifications", `{"enabled":false,"server":"s","port":25,"from":"","to":"","subject":"","credentialsId":"`+account.ID+`","notifyTime":"2026-11-22T08:30:00+02:00"}`), 200,
		`"notifyTime":"2026-11-22T06:30:00Z"`, `"credentialsId":"`+account.ID)

	signedIn := c.want(c.post(passwordGrant()), 200)
	pair := decode[tokenAnswer](t, signedIn)
	if !strings.HasSuffix(pair.Issued, "Z") || !strings.HasSuffix(pair.Expires, "Z") {
		t.Errorf("issued %s, expires %s", pair.Issued, pair.Expires)
	}
}

// TestDocumentedRefusals are the product's own problems, in statuses that the operation documents: there is no 400 for users.
func TestDocumentedRefusals(t *testing.T) {
	t.Parallel()
	_, c := newClient(t, simulator.Config{})
	for path, status := range map[string]int{"/accounts/standard": 400, "/users": 500} {
		for _, body := range []string{`{`, `{}`, `{"name":7}`, `{"name":"","username":"u","password":"p","description":""}`} {
			c.want(c.do("POST", path, body), status, "problems/validationError", `"errorCode":"UnexpectedContent"`, `"details":"The `)
		}
		c.want(c.do("GET", path+"?Offset=x", ""), status, "problems/validationError", `"details":"The value 'x' is not valid for Offset."`)
	}
	c.want(c.do("GET", "/accounts/standard/7", ""), 400, "problems/validationError")
	c.want(c.do("DELETE", "/users/admin", ""), 500, "problems/validationError")
	c.want(c.do("POST", "/users/admin/disableMfa", ""), 500, "problems/validationError")

	// Documents that are not the product's go with a 400.
	_, c = newClient(t, simulator.Config{Habits: simulator.Habits{simulator.FrameworkErrors: true}})
	c.want(c.do("DELETE", "/users/admin", ""), 400, `"traceId"`)
}

// TestOnExchange shows the whole of every exchange, and why an answer is not the documented one.
func TestOnExchange(t *testing.T) {
	t.Parallel()
	var seen []simulator.Exchange
	appliance, c := newClient(t, simulator.Config{Habits: simulator.Habits{simulator.ZonelessDates: true}, UserRefusalStatus: 400, OnExchange: func(x simulator.Exchange) { seen = append(seen, x) }})
	appliance.AddFault(
		simulator.Fault{Kind: simulator.Status, Path: "/users", Count: 1},
		simulator.Fault{Kind: simulator.CutAfter, Path: "/users", Count: 1},
	)
	c.want(c.do("GET", "/system/version", ""), 200)
	c.want(c.do("DELETE", "/users/admin", ""), 400)
	c.want(c.do("GET", "/users", ""), 503)
	func() {
		defer func() { _ = recover() }()
		c.do("GET", "/users", "")
	}()
	c.want(c.do("GET", "/users", "", "X-Api-Version", "9.9-rev9"), 400)
	for i, want := range []struct {
		status                        int
		deviation, revision, contains string
	}{
		{200, "zoneless-dates", "1.0-rev0", "access_token"},
		{200, "", "1.0-rev0", "about"},
		{400, "user-refusal-status", "1.0-rev0", "validationError"},
		{503, "fault status", "1.0-rev0", "serviceUnavailable"},
		{0, "", "1.0-rev0", ""},
		{400, "", "", "unsupportedApiVersion"},
	} {
		got := seen[i]
		if got.Status != want.status || got.Deviation != want.deviation || got.Revision != want.revision || !strings.Contains(string(got.AnswerBody), want.contains) || want.status != 0 == (got.AnswerHeader == nil) {
			t.Errorf("%d: %d, deviation %q, revision %q, %q %s", i, got.Status, got.Deviation, got.Revision, got.AnswerHeader, got.AnswerBody)
		}
	}
}
