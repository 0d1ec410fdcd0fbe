package simulator_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// everyRevision runs a test in every revision of every product.
func everyRevision(t *testing.T, test func(t *testing.T, profile simulator.Profile, revision string)) {
	t.Parallel()
	for _, product := range simulator.Products() {
		profile, ok := simulator.ProfileOf(product)
		if !ok {
			t.Fatalf("there is no profile of %s", product)
		}
		for _, revision := range profile.APIVersions() {
			t.Run(product+" "+revision, func(t *testing.T) {
				t.Parallel()
				test(t, profile, revision)
			})
		}
	}
}

// later reports whether a revision is not before another of one digit.
func later(revision, other string) bool { return revision >= other }

var allRevisions = []string{"1.0-rev0", "1.1-rev0", "1.2-rev0", "1.3-rev0", "1.4-rev0", "1.5-rev0", "1.5-rev1", "1.6-rev0", "1.7-rev0", "1.8-rev0", "1.9-rev0"}

// TestProfiles has the table of the documentation once more, by the revision.
func TestProfiles(t *testing.T) {
	t.Parallel()
	accepting := map[string]string{
		"1.0-rev0": "2 3 4 5", "1.1-rev0": "3 4 5", "1.2-rev0": "4 5 6", "1.3-rev0": "5 6 7", "1.4-rev0": "6 7 8",
		"1.5-rev0": "7 8 9", "1.5-rev1": "7 8 9", "1.6-rev0": "8 9 10", "1.7-rev0": "9 10 11", "1.8-rev0": "10 11", "1.9-rev0": "11",
	}
	for _, revision := range allRevisions {
		var products []string
		for _, product := range simulator.Products() {
			c := &client{t: t, appliance: simulator.New(simulator.Config{Product: product}), revision: revision}
			switch x := c.post(passwordGrant()); x.status {
			case 200:
				products = append(products, product)
			default:
				c.want(x, 400, "problems/unsupportedApiVersion", `\"`+revision+`\" is not supported`)
			}
		}
		if got := strings.Join(products, " "); got != accepting[revision] {
			t.Errorf("%s is accepted by %s, want %s", revision, got, accepting[revision])
		}
	}
	if _, ok := simulator.ProfileOf("1"); ok {
		t.Error("there is a product 1")
	}
	for product, want := range map[string]string{"2": "1.0-rev0", "5": "1.3-rev0", "6": "1.3-rev0", "7": "1.3-rev0", "8": "", "11": ""} {
		if profile, _ := simulator.ProfileOf(product); profile.EmailNotifications() != want {
			t.Errorf("product %s has the email settings in %q", product, profile.EmailNotifications())
		}
	}
	_, c := newClientIn(t, simulator.Config{Product: "9", ProductVersion: "9.1.0.5", APIVersions: []string{"1.7-rev0"}}, "1.7-rev0")
	c.want(c.do("GET", "/system/version", ""), 200, `"9.1.0.5"`)
	c.want(c.do("GET", "/system/version", "", "X-Api-Version", "1.6-rev0"), 400)
}

// TestRevisions shows what every revision has in common, and what it has alone.
func TestRevisions(t *testing.T) {
	everyRevision(t, func(t *testing.T, profile simulator.Profile, revision string) {
		appliance, c := newClientIn(t, simulator.SeenOnTheWire(simulator.Config{Product: profile.Product}), revision)
		c.want(c.do("GET", "/system/version", ""), 200, `"`+profile.ProductVersion+`"`)

		// Records are what they were.
		record := decode[struct{ ID string }](t, c.want(c.do("POST", "/accounts/standard", newAccount), 201)).ID
		c.want(c.do("PUT", "/accounts/standard/"+record, `{"name":"n","username":"v"}`), 200, `"username":"v"`)
		c.want(c.do("DELETE", "/accounts/standard/"+record, ""), 200)

		// A user as 1.0-rev0 knows it is good in all.
		c.want(c.do("POST", "/users", `{"name":"jane","description":"d","password":"Secret-pw-1"}`), 201)
		c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","password":"Secret-pw-2"}`), 200)
		read := c.want(c.do("GET", "/users/jane", ""), 200, `"name":"jane"`)
		listed := c.want(c.do("GET", "/users?SearchPattern=jane", ""), 200)
		if !strings.Contains(listed.body, read.body) {
			t.Errorf("read as %s, listed as %s", read.body, listed.body)
		}
		for text, has := range map[string]bool{
			`"accountType":"Internal"`:      later(revision, "1.1-rev0"),
			`"role":"Portal Administrator"`: later(revision, "1.4-rev0"),
		} {
			if strings.Contains(read.body, text) != has {
				t.Errorf("%s: %v expected in %s", text, has, read.body)
			}
		}
		known := func(property string, since bool) {
			t.Helper()
			x := c.do("POST", "/users", `{"name":"joe","description":"","password":"Secret-pw-1",`+property+`}`)
			if since {
				c.want(x, 201, property)
			} else {
				c.want(x, 400, "is not known")
			}
			appliance.DeleteUser("joe")
		}
		known(`"accountType":"Internal"`, later(revision, "1.1-rev0"))
		known(`"role":"Portal Operator"`, later(revision, "1.4-rev0"))
		known(`"Role":"Portal Operator"`, false)
		known(`"colour":"red"`, false)

		// The email settings end with 1.3-rev0.
		status := 200
		if later(revision, "1.4-rev0") {
			status = 404
		}
		c.want(c.do("GET", "/settings/emailNotifications", ""), status)
		c.want(c.do("POST", "/settings/emailNotifications", `{"enabled":false,"server":"","port":25,"from":"","to":"","subject":""}`), status)

		// Public clients saw framework errors from 1.8-rev0 on.
		x := c.want(c.do("GET", "/users/nobody", ""), 404)
		if strings.Contains(x.body, `"errorCode":"NotFound"`) == later(revision, "1.8-rev0") || strings.Contains(x.body, `"traceId"`) != later(revision, "1.8-rev0") {
			t.Errorf("answered %s", x.body)
		}
	})
}

// TestExternalUsers shows users of an identity provider: no password ever, and no MFA.
func TestExternalUsers(t *testing.T) {
	everyRevision(t, func(t *testing.T, profile simulator.Profile, revision string) {
		appliance, c := newClientIn(t, simulator.SeenOnTheWire(simulator.Config{Product: profile.Product}), revision)
		name := strings.Repeat("j", 125)
		create := func(name, more string) answer {
			return c.do("POST", "/users", `{"name":"`+name+`","description":"","accountType":"External"`+more+`}`)
		}
		if !later(revision, "1.1-rev0") {
			c.want(create("jane", ""), 400, `"Password":["The Password field is required."]`)
			c.want(create("jane", `,"password":"Secret-pw-1"`), 400, `\"accountType\" is not known`)
			return
		}
		path := "/users/" + name
		c.want(create(name, ""), 201, `"accountType":"External"`)
		c.want(c.do("GET", path, ""), 200, `"accountType":"External"`)
		c.want(c.do("PUT", path, `{"description":"d"}`), 200, `"description":"d"`)
		c.want(c.do("PUT", path, `{"description":"e","accountType":"External"}`), 200, `"description":"e"`)
		for body, message := range map[string]string{
			`{"description":"f","oldPassword":"x"}`:              "has no password",
			`{"description":"f","password":"Secret-pw-1"}`:       "has no password",
			`{"description":"f","accountType":"Internal"}`:       "cannot be changed",
			`{"description":"f","accountType":""}`:               "cannot be changed",
			`{"description":"f","accountType":{"a":"b"}}`:        "could not be converted",
			`{"description":"f","accountType":"External","x":1}`: "is not known",
		} {
			c.want(c.do("PUT", path, body), 400, message)
		}
		if user, _ := appliance.User(name); user != (simulator.User{Name: name, Description: "e", AccountType: "External"}) {
			t.Errorf("kept %+v", user)
		}
		c.want(c.do("POST", path+"/enableMfa", `{"recreate":true}`), 400, "identity provider")
		c.want(c.do("DELETE", path, ""), 204)

		c.want(create(name+"j", ""), 400, "1 to 125")
		c.want(create("Jane", ""), 400, "lowercase")
		c.want(create("admin", ""), 400, "reserved")
		c.want(create("jane", `,"password":"Secret-pw-1"`), 400, "has no password")
		c.want(c.do("POST", "/users", `{"name":"jane","description":"","accountType":"external"}`), 400, `"Password":["The Password field is required."]`)
		c.want(c.do("POST", "/users", `{"name":"jane","description":"","accountType":"Other","password":"Secret-pw-1"}`), 400, `\"Other\" is not known`)
		c.want(c.do("POST", "/users", `{"name":"`+name+`","description":"","accountType":"Internal","password":"Secret-pw-1"}`), 400, "1 to 32")
		appliance.PutUser(simulator.User{Name: "jane", Password: "p", AccountType: "External"})
		c.want(c.post(signIn("jane", "p")), 401)
	})
}

func TestRoles(t *testing.T) {
	t.Parallel()
	const create = `{"name":"jane","description":"","password":"Secret-pw-1"`
	appliance, c := newClientIn(t, simulator.Config{Product: "11"}, "1.9-rev0")
	jane := &client{t: t, appliance: appliance, revision: c.revision}
	c.want(c.do("POST", "/users", create+`,"role":"Company Administrator"}`), 400, `"Role":["The role \"Company Administrator\" cannot be given."]`)
	c.want(c.do("POST", "/users", create+`,"role":""}`), 400, `"Role"`)
	c.want(c.do("POST", "/users", create+`,"role":"Restore Operator"}`), 201, `"role":"Restore Operator"`)
	c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","description":"d"}`), 200, `"role":"Restore Operator"`)
	c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","role":"nonsense"}`), 400, `"Role"`)
	c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","role":null}`), 200, `"role":"Restore Operator"`)

	// Only administrators may do anything, and all may sign out.
	jane.token = decode[tokenAnswer](t, jane.want(jane.post(signIn("jane", "Secret-pw-1")), 200, `"roleName":"Restore Operator"`)).AccessToken
	jane.want(jane.do("GET", "/users", ""), 403)
	c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","role":"Portal Administrator"}`), 200, `"role":"Portal Administrator"`)
	jane.want(jane.do("GET", "/users", ""), 200)
	c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","role":"Read-Only User"}`), 200)
	jane.want(jane.do("DELETE", "/token", ""), 204)

	// A role that no request can give stays unchanged.
	appliance.PutUser(simulator.User{Name: "jane", Password: "Secret-pw-1", Role: "Company Administrator"})
	c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","role":"Company Administrator"}`), 200, `"role":"Company Administrator"`)

	// The property, its values and whether it is required can be chosen.
	_, c = newClientIn(t, simulator.SeenOnTheWire(simulator.Config{Product: "8", RoleField: "userRole", RoleValues: []string{"boss", "guest"}, Habits: simulator.Habits{simulator.RoleRequired: true}}), "1.6-rev0")
	c.want(c.do("POST", "/users", create+`}`), 400, `"errors":{"UserRole":["The UserRole field is required."]}`)
	c.want(c.do("POST", "/users", create+`,"role":"guest"}`), 400, `\"role\" is not known`, "problems/validationError")
	c.want(c.do("POST", "/users", create+`,"userRole":"guest"}`), 201, `"userRole":"guest"`)
	c.want(c.do("GET", "/users/admin", ""), 200, `"userRole":"boss"`)

	_, c = newClientIn(t, simulator.SeenOnTheWire(simulator.Config{Product: "8", RoleField: "none", Habits: simulator.Habits{simulator.RoleRequired: true}}), "1.6-rev0")
	if x := c.want(c.do("POST", "/users", create+`}`), 201); strings.Contains(x.body, "Portal") {
		t.Errorf("answered %s", x.body)
	}
}

func TestRevisionRefusals(t *testing.T) {
	t.Parallel()
	for refusal, test := range map[string]struct{ want, none []string }{
		"":           {[]string{"problems/unsupportedApiVersion", `"errorCode"`}, []string{"1.7-rev0"}},
		"problem":    {[]string{"problems/unsupportedApiVersion", `"errorCode"`}, []string{"1.7-rev0"}},
		"nested":     {[]string{`{"error":{"code":"UnsupportedApiVersion"`, `"message":`}, []string{"1.7-rev0", "errorCode"}},
		"sentence":   {[]string{`"title":"The API version \"1.0-rev0\" is not supported.`, "1.5-rev0, 1.5-rev1, 1.6-rev0, 1.7-rev0"}, []string{"errorCode"}},
		"misleading": {[]string{`"title":"The API version \"1.0-rev0\" is not supported.`, "1.0-rev0, 1.1-rev0, 1.2-rev0, 1.3-rev0, 1.4-rev0."}, []string{"1.5-rev0", "1.7-rev0", "errorCode"}},
	} {
		t.Run(refusal, func(t *testing.T) {
			t.Parallel()
			config := simulator.Config{Product: "9", RevisionRefusal: refusal}
			c := &client{t: t, appliance: simulator.New(config)}
			for _, x := range []answer{c.post(passwordGrant()), c.do("GET", "/system/version", ""), c.do("GET", "/users", "")} {
				c.want(x, 400, test.want...)
				for _, text := range test.none {
					if strings.Contains(x.body, text) {
						t.Errorf("answered %s", x.body)
					}
				}
			}
			// A sign-in may be let through nevertheless; a malformed revision is not.
			config.Habits = simulator.Habits{simulator.TokenTakesAnyRevision: true}
			_, c = newClient(t, config)
			c.want(c.do("GET", "/system/version", ""), 400, test.want...)
			c.want(c.do("POST", "/token", passwordGrant().Encode(), "Content-Type", "application/x-www-form-urlencoded", "X-Api-Version", "1.0"), 400, "problems/invalidApiVersion")
		})
	}
}

// TestMissingEndpoints shows every way to answer for what a revision does not have, and for validation that is not there.
func TestMissingEndpoints(t *testing.T) {
	t.Parallel()
	for missing, test := range map[string]struct {
		status int
		texts  []string
	}{
		"":            {404, []string{`"InvalidURI"`}},
		"problem":     {404, []string{`"InvalidURI"`}},
		"framework":   {404, []string{"section-15.5.5", `"traceId"`}},
		"405":         {405, []string{`"MethodNotAllowed"`}},
		"501":         {501, []string{`"NotImplemented"`}},
		"unsupported": {400, []string{"problems/unsupportedApiVersion", "does not support the API version"}},
	} {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			_, c := newClientIn(t, simulator.Config{Product: "7", MissingEndpoint: missing, Habits: simulator.Habits{simulator.NoValidation: true}}, "1.4-rev0")
			for _, call := range [][2]string{
				{"GET", "/settings/emailNotifications"}, {"POST", "/settings/emailNotifications"}, {"POST", "/settings/emailNotifications/sendTestMessage"},
				{"POST", "/accounts/standard/validateName"}, {"POST", "/users/validateName"}, {"POST", "/users/validateDescription"}, {"POST", "/users/validatePassword"},
			} {
				c.want(c.do(call[0], call[1], `{}`), test.status, test.texts...)
			}
			c.want(c.do("GET", "/users", ""), 200)
			c.want(c.do("GET", "/settings/emailNotifications", "", "X-Api-Version", "1.3-rev0"), 200)
		})
	}
	_, c := newClientIn(t, simulator.Config{Product: "7", MissingEndpoint: "unsupported", RevisionRefusal: "nested"}, "1.4-rev0")
	c.want(c.do("GET", "/settings/emailNotifications", ""), 400, `{"error":{"code":"UnsupportedApiVersion"`)
	_, c = newClientIn(t, simulator.Config{Product: "7", MissingEndpoint: "unsupported", RevisionRefusal: "sentence"}, "1.4-rev0")
	c.want(c.do("GET", "/settings/emailNotifications", ""), 400, `"title":"The resource at`)
}

func TestFrameworkErrorsSince(t *testing.T) {
	t.Parallel()
	for since, want := range map[string][]string{"": {"1.8-rev0"}, "none": nil, "1.7-rev0": {"1.7-rev0", "1.8-rev0"}, "1.6-rev0": {"1.6-rev0", "1.7-rev0", "1.8-rev0"}} {
		var got []string
		for _, revision := range []string{"1.6-rev0", "1.7-rev0", "1.8-rev0"} {
			_, c := newClientIn(t, simulator.Config{Product: "10", FrameworkErrorsSince: since}, revision)
			if x := c.want(c.do("GET", "/users/nobody", ""), 404); strings.Contains(x.body, "traceId") {
				got = append(got, revision)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("since %q: %q", since, got)
		}
	}
}

func TestInvalidConfigurations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		config simulator.Config
		text   string
	}{
		{simulator.Config{Product: "12"}, `unknown product "12"`},
		{simulator.Config{APIVersions: []string{"1.0"}}, `API version "1.0"`},
		{simulator.Config{FrameworkErrorsSince: "1.0"}, `API version "1.0"`},
		{simulator.Config{RevisionRefusal: "x"}, `unknown revision refusal "x"`},
		{simulator.Config{MissingEndpoint: "x"}, `unknown missing endpoint "x"`},
		{simulator.Config{WrongPasswordProblem: "x"}, `known are ["accessDenied"`},
		{simulator.Config{MFASecret: "0"}, "not base32"},
	} {
		if err := test.config.Validate(); err == nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%q: %v", test.text, err)
		}
		if server, err := simulator.Start(test.config); err == nil {
			server.Close()
			t.Errorf("%q: started", test.text)
		}
	}
}

// A PUT without a role leaves it or, as configured, resets it.
func TestResetsRole(t *testing.T) {
	t.Parallel()
	for resets, want := range map[bool]string{false: "Read-Only User", true: "Portal Administrator"} {
		appliance, c := newClientIn(t, simulator.Config{Product: "8", Habits: simulator.Habits{simulator.ResetsRole: resets}}, "1.6-rev0")
		appliance.PutUser(simulator.User{Name: "jane", Password: "Secret-pw-1", Role: "Read-Only User"})
		c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","description":"d"}`), 200, `"role":"`+want+`"`)
		c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","description":"d","role":"Portal Operator"}`), 200, `"role":"Portal Operator"`)
	}
}
