package simulator_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// client speaks to an appliance without a network.
type client struct {
	t         testing.TB
	appliance *simulator.Appliance
	revision  string // "" is 1.0-rev0
	token     string
}

// newClient returns an appliance and a client that has signed in as the default administrator.
func newClient(t *testing.T, config simulator.Config) (*simulator.Appliance, *client) {
	t.Helper()
	return newClientIn(t, config, "")
}

// newClientIn is newClient for requests of another revision.
func newClientIn(t *testing.T, config simulator.Config, revision string) (*simulator.Appliance, *client) {
	t.Helper()
	c := &client{t: t, appliance: simulator.New(config), revision: revision}
	c.token = c.grant(passwordGrant()).AccessToken
	return c.appliance, c
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request with the usual headers. Further headers come as names and values; a value of "" removes one.
func (c *client) do(method, path, body string, headers ...string) answer {
	c.t.Helper()
	r := httptest.NewRequest(method, "https://appliance:11005/api/v1"+path, strings.NewReader(body))
	r.Header.Set("X-Api-Version", cmp.Or(c.revision, "1.0-rev0"))
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	c.appliance.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// want fails the test unless the answer has the status and every text.
func (c *client) want(x answer, status int, texts ...string) answer {
	c.t.Helper()
	if x.status != status {
		c.t.Fatalf("status %d, want %d: %s", x.status, status, x.body)
	}
	for _, text := range texts {
		if !strings.Contains(x.body, text) {
			c.t.Fatalf("body does not have %q: %s", text, x.body)
		}
	}
	return x
}

func decode[T any](t testing.TB, x answer) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(x.body), &value); err != nil {
		t.Fatalf("%v: %s", err, x.body)
	}
	return value
}

type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int    `json:"expires_in"`
	Issued       string `json:".issued"`
	Expires      string `json:".expires"`
	Username     string `json:"username"`
	MFAEnabled   bool   `json:"mfa_enabled"`
	MFAToken     string `json:"mfa_token"`
}

func (c *client) post(form url.Values) answer {
	c.t.Helper()
	return c.do("POST", "/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", "")
}

func (c *client) grant(form url.Values) tokenAnswer {
	c.t.Helper()
	return decode[tokenAnswer](c.t, c.want(c.post(form), http.StatusOK))
}

func passwordGrant() url.Values {
	return signIn(simulator.DefaultUsername, simulator.DefaultPassword)
}

func signIn(username, password string) url.Values {
	return url.Values{"grant_type": {"password"}, "username": {username}, "password": {password}}
}

func refresh(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

const unknownID = "11111111-2222-4333-8444-555555555555"

func TestRefusals(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{}))
	taken := appliance.PutAccount(simulator.Account{Name: "taken", Username: "u", Password: "p"})
	other := appliance.PutAccount(simulator.Account{Name: "other", Username: "u", Password: "p"})
	appliance.PutUser(simulator.User{Name: "jane", Password: "Secret-pw-1"})
	long := func(n int) string { return strings.Repeat("é", n) }
	account := func(name, username, password, description string) string {
		return `{"name":"` + name + `","username":"` + username + `","password":"` + password + `","description":"` + description + `"}`
	}
	user := func(name, description, password string) string {
		return `{"name":"` + name + `","description":"` + description + `","password":"` + password + `"}`
	}
	email := func(more string) string {
		return `{"enabled":true,"server":"s","port":25,"from":"a@b.example","to":"c@d.example","subject":"x"` + more + `}`
	}

	for name, test := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		texts              []string
	}{
		"unknown path":              {"GET", "/nothing", "", nil, 404, []string{`"InvalidURI"`, `"type":"https://appliance:11005/api/v1/problems/resourceNotFound"`}},
		"trailing slash":            {"GET", "/users/", "", nil, 404, []string{`"InvalidURI"`}},
		"method":                    {"PUT", "/users", "{}", nil, 405, []string{`"MethodNotAllowed"`}},
		"PUT of the email settings": {"PUT", "/settings/emailNotifications", email(""), nil, 405, []string{`"MethodNotAllowed"`}},
		"no version":                {"GET", "/users", "", []string{"X-Api-Version", ""}, 400, []string{"problems/apiVersionUnspecified"}},
		"malformed version":         {"GET", "/users", "", []string{"X-Api-Version", "v1"}, 400, []string{"problems/invalidApiVersion", `\"v1\"`}},
		"unsupported version":       {"GET", "/users", "", []string{"X-Api-Version", "1.9-rev0"}, 400, []string{"problems/unsupportedApiVersion", `1.9-rev0`}},
		"several versions":          {"GET", "/users", "", []string{"X-Api-Version", "1.0-rev0, 1.1-rev0"}, 400, []string{"problems/ambiguousApiVersion"}},
		"sign-in without version":   {"POST", "/token", "grant_type=password", []string{"X-Api-Version", "", "Content-Type", "application/x-www-form-urlencoded"}, 400, []string{"problems/apiVersionUnspecified"}},
		"no token":                  {"GET", "/users", "", []string{"Authorization", ""}, 401, []string{"problems/noAccessToken"}},
		"invalid token":             {"GET", "/users", "", []string{"Authorization", "Bearer nonsense"}, 401, []string{"problems/invalidAccessToken", `"InvalidToken"`}},
		"not a bearer token":        {"GET", "/users", "", []string{"Authorization", "Basic " + c.token}, 401, []string{"problems/invalidAccessToken"}},
		"version without token":     {"GET", "/system/version", "", []string{"Authorization", ""}, 401, []string{"problems/noAccessToken"}},
		"content type":              {"POST", "/users", `{}`, []string{"Content-Type", "text/plain"}, 415, []string{`"UnexpectedContent"`}},
		"no content type":           {"POST", "/users", `{}`, []string{"Content-Type", ""}, 415, []string{`"UnexpectedContent"`}},
		"sign-in as JSON":           {"POST", "/token", `{}`, nil, 415, []string{`"UnexpectedContent"`, "x-www-form-urlencoded"}},
		"misspelt parameter":        {"GET", "/users?offset=1", "", nil, 400, []string{`\"offset\"`}},

		"account without body":                {"POST", "/accounts/standard", " ", nil, 400, []string{`"title":"One or more validation errors occurred."`, `"errors":{"":["A non-empty request body is required."]}`}},
		"account of broken JSON":              {"POST", "/accounts/standard", `{"name":`, nil, 400, []string{`"errors":{"$":[`}},
		"account of an array":                 {"POST", "/accounts/standard", `[]`, nil, 400, []string{`"errors":{"$":[`}},
		"account without anything":            {"POST", "/accounts/standard", `{}`, nil, 400, []string{`"Name":["The Name field is required."]`, `"Username":`, `"Password":`, `"traceId"`}},
		"account with a null name":            {"POST", "/accounts/standard", `{"name":null,"username":"u","password":"p"}`, nil, 400, []string{`"Name":["The Name field is required."]`}},
		"account with a number for name":      {"POST", "/accounts/standard", `{"name":1,"username":"u","password":"p"}`, nil, 400, []string{`"$.name":["The JSON value could not be converted`}},
		"account with an unknown property":    {"POST", "/accounts/standard", `{"name":"n","username":"u","password":"p","note":"x"}`, nil, 400, []string{"problems/validationError", `\"note\"`}},
		"account with a property's case off":  {"POST", "/accounts/standard", `{"name":"n","userName":"u","password":"p"}`, nil, 400, []string{`"Username":["The Username field is required."]`}},
		"account with a taken name":           {"POST", "/accounts/standard", account("taken", "u", "p", ""), nil, 400, []string{"problems/validationError", `\"taken\" already exists`}},
		"account with an empty name":          {"POST", "/accounts/standard", account("", "u", "p", ""), nil, 400, []string{"The name must have 1 to 255"}},
		"account with a long name":            {"POST", "/accounts/standard", account(long(256), "u", "p", ""), nil, 400, []string{"The name must have 1 to 255"}},
		"account with a long username":        {"POST", "/accounts/standard", account("n", long(256), "p", ""), nil, 400, []string{"The username must have 1 to 255"}},
		"account with a long password":        {"POST", "/accounts/standard", account("n", "u", long(256), ""), nil, 400, []string{"The password must have 1 to 255"}},
		"account with a long description":     {"POST", "/accounts/standard", account("n", "u", "p", long(513)), nil, 400, []string{"The description must have 0 to 512"}},
		"account with an id that is none":     {"GET", "/accounts/standard/7", "", nil, 400, []string{`"errors":{"id":["The value '7' is not valid."]}`}},
		"unknown account":                     {"GET", "/accounts/standard/" + unknownID, "", nil, 404, []string{"problems/resourceNotFound", `"instance":"` + unknownID}},
		"PUT of an unknown account":           {"PUT", "/accounts/standard/" + unknownID, `{"name":"n","username":"u"}`, nil, 404, []string{`"NotFound"`}},
		"DELETE of an unknown account":        {"DELETE", "/accounts/standard/" + unknownID, "", nil, 404, []string{`"NotFound"`}},
		"account renamed to another's name":   {"PUT", "/accounts/standard/" + other.ID, `{"name":"taken","username":"u"}`, nil, 400, []string{`\"taken\" already exists`}},
		"account changed without a user name": {"PUT", "/accounts/standard/" + taken.ID, `{"name":"taken"}`, nil, 400, []string{`"Username":["The Username field is required."]`}},
		"account changed to no password":      {"PUT", "/accounts/standard/" + taken.ID, `{"name":"taken","username":"u","password":""}`, nil, 400, []string{"The password must have 1 to 255"}},

		"user without description":         {"POST", "/users", `{"name":"joe","password":"Secret-pw-1"}`, nil, 400, []string{`"Description":["The Description field is required."]`}},
		"user with a taken name":           {"POST", "/users", user("jane", "", "Secret-pw-1"), nil, 400, []string{`\"jane\" already exists`}},
		"user named admin":                 {"POST", "/users", user("admin", "", "Secret-pw-1"), nil, 400, []string{`\"admin\" is reserved`}},
		"user with a capital":              {"POST", "/users", user("Joe", "", "Secret-pw-1"), nil, 400, []string{"lowercase Latin letters"}},
		"user with a space":                {"POST", "/users", user("j oe", "", "Secret-pw-1"), nil, 400, []string{"lowercase Latin letters"}},
		"user with $ inside":               {"POST", "/users", user("jo$e", "", "Secret-pw-1"), nil, 400, []string{"lowercase Latin letters"}},
		"user with an accent":              {"POST", "/users", user("joé", "", "Secret-pw-1"), nil, 400, []string{"lowercase Latin letters"}},
		"user with a line break":           {"POST", "/users", user(`joe\n`, "", "Secret-pw-1"), nil, 400, []string{"lowercase Latin letters"}},
		"user with a long name":            {"POST", "/users", user(strings.Repeat("j", 33), "", "Secret-pw-1"), nil, 400, []string{"The name must have 1 to 32"}},
		"user with a long description":     {"POST", "/users", user("joe", long(256), "Secret-pw-1"), nil, 400, []string{"The description must have 0 to 255"}},
		"user with a short password":       {"POST", "/users", user("joe", "", "Secre-1"), nil, 400, []string{"The password must have 8 to 255"}},
		"user with a long password":        {"POST", "/users", user("joe", "", "S1"+strings.Repeat("e", 254)), nil, 400, []string{"The password must have 8 to 255"}},
		"user with a password lower only":  {"POST", "/users", user("joe", "", "secret-pw-1"), nil, 400, []string{"upper case letters"}},
		"user with a password upper only":  {"POST", "/users", user("joe", "", "SECRET-PW-1"), nil, 400, []string{"upper case letters"}},
		"user with a password no digit":    {"POST", "/users", user("joe", "", "Secret-pw"), nil, 400, []string{"upper case letters"}},
		"user with a password abcd":        {"POST", "/users", user("joe", "", "Secret-1-abcd"), nil, 400, []string{"monotonic"}},
		"user with a password 4321":        {"POST", "/users", user("joe", "", "Secret-4321"), nil, 400, []string{"monotonic"}},
		"unknown user":                     {"GET", "/users/nobody", "", nil, 404, []string{`"NotFound"`, `\"nobody\"`}},
		"DELETE of an unknown user":        {"DELETE", "/users/nobody", "", nil, 404, []string{`"NotFound"`}},
		"DELETE of the default user":       {"DELETE", "/users/admin", "", nil, 400, []string{"default administrator"}},
		"PUT of an unknown user":           {"PUT", "/users/nobody", `{"oldPassword":"Secret-pw-1"}`, nil, 404, []string{`"NotFound"`}},
		"user changed without oldPassword": {"PUT", "/users/jane", `{"description":"x"}`, nil, 400, []string{`"OldPassword":["The OldPassword field is required."]`}},
		"user changed with a wrong one":    {"PUT", "/users/jane", `{"description":"x","oldPassword":"Secret-pw-2"}`, nil, 400, []string{"problems/validationError", "old password"}},
		"user renamed":                     {"PUT", "/users/jane", `{"name":"joe","oldPassword":"Secret-pw-1"}`, nil, 400, []string{`\"name\" is not known`}},
		"user changed to a bad password":   {"PUT", "/users/jane", `{"password":"short","oldPassword":"Secret-pw-1"}`, nil, 400, []string{"The password must have 8 to 255"}},
		"nothing to validate":              {"POST", "/users/validateName", `{}`, nil, 400, []string{`"Name":["The Name field is required."]`}},

		"email without anything":          {"POST", "/settings/emailNotifications", `{}`, nil, 400, []string{`"Enabled"`, `"Server"`, `"Port"`, `"From"`, `"To"`, `"Subject"`}},
		"email with a string for port":    {"POST", "/settings/emailNotifications", `{"enabled":true,"server":"s","port":"25","from":"a","to":"b","subject":"x"}`, nil, 400, []string{`"$.port"`}},
		"email with port 0":               {"POST", "/settings/emailNotifications", `{"enabled":true,"server":"s","port":0,"from":"a","to":"b","subject":"x"}`, nil, 400, []string{"The port must be"}},
		"email with a negative timeout":   {"POST", "/settings/emailNotifications", email(`,"timeout":-1`), nil, 400, []string{"timeout"}},
		"email with unknown credentials":  {"POST", "/settings/emailNotifications", email(`,"useCredentials":true,"credentialsId":"` + unknownID + `"`), nil, 400, []string{"problems/validationError", unknownID}},
		"email without the credentials":   {"POST", "/settings/emailNotifications", email(`,"useCredentials":true`), nil, 400, []string{"credentialsId is required"}},
		"email with a time that is none":  {"POST", "/settings/emailNotifications", email(`,"notifyTime":"9 o'clock"`), nil, 400, []string{`"$.notifyTime"`}},
		"test with unknown credentials":   {"POST", "/settings/emailNotifications/sendTestMessage", email(`,"credentialsId":"` + unknownID + `"`), nil, 400, []string{unknownID}},
		"email with an unknown property":  {"POST", "/settings/emailNotifications", email(`,"useSSL":true`), nil, 400, []string{`\"useSSL\"`}},
		"negative offset":                 {"GET", "/accounts/standard?Offset=-1", "", nil, 400, []string{`"Offset":["The value '-1' is not valid for Offset."]`}},
		"limit that is no number":         {"GET", "/accounts/standard?Limit=x", "", nil, 400, []string{`"Limit":["The value 'x' is not valid`}},
		"limit -1 of accounts":            {"GET", "/accounts/standard?Limit=-1", "", nil, 400, []string{`"Limit":`}},
		"limit -2 of users":               {"GET", "/users?Limit=-2", "", nil, 400, []string{`"Limit":`}},
		"unknown order":                   {"GET", "/users?Sort=name", "", nil, 400, []string{`"Sort":["The value 'name' is not valid`}},
		"order of users only":             {"GET", "/accounts/standard?Sort=descriptionAsc", "", nil, 400, []string{`"Sort":`}},
		"paging of what is no collection": {"GET", "/system/version?Limit=1", "", nil, 400, []string{`\"Limit\"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &client{t: t, appliance: appliance, token: c.token}
			x := c.want(c.do(test.method, test.path, test.body, test.headers...), test.status, test.texts...)
			if got := x.header.Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
				t.Errorf("content type %q", got)
			}
			problem := decode[struct {
				Type, Title string
				Status      int
			}](t, x)
			if problem.Type == "" || problem.Title == "" || problem.Status != test.status {
				t.Errorf("incomplete problem: %s", x.body)
			}
		})
	}
	t.Cleanup(func() { // after the parallel tests above
		if len(appliance.Accounts()) != 2 || len(appliance.Users()) != 2 {
			t.Errorf("a refused request did its work: %v %v", appliance.Accounts(), appliance.Users())
		}
	})
}

func TestSupportedVersions(t *testing.T) {
	t.Parallel()
	appliance := simulator.New(simulator.Config{APIVersions: []string{"1.3-rev0", "1.4-rev1"}, ProductVersion: "7.0.0.1"})
	c := &client{t: t, appliance: appliance}
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	c.want(c.do("POST", "/token", passwordGrant().Encode(), form...), 400, "unsupportedApiVersion")
	signedIn := c.want(c.do("POST", "/token", passwordGrant().Encode(), append(form, "X-Api-Version", "1.4-rev1")...), 200)
	c.token = decode[tokenAnswer](t, signedIn).AccessToken
	c.want(c.do("GET", "/system/version", "", "X-Api-Version", "1.3-rev0"), 200, `{"version":"7.0.0.1","about":`)
	c.want(c.do("GET", "/system/version", ""), 400, "unsupportedApiVersion")
}

func TestMethodsAllowed(t *testing.T) {
	t.Parallel()
	_, c := newClient(t, simulator.Config{})
	x := c.want(c.do("PATCH", "/users/jane", ""), 405)
	if got := x.header.Get("Allow"); got != "GET, PUT, DELETE" {
		t.Errorf("Allow %q", got)
	}
}
