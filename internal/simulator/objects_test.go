package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestAccountLife(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{}))

	created := c.want(c.do("POST", "/accounts/standard", `{"name":"relay","username":"mailer","password":"first","description":"d"}`),
		201, `"name":"relay"`, `"username":"mailer"`, `"description":"d"`, `"_links":[`)
	id := decode[struct{ ID string }](t, created).ID
	path := "/accounts/standard/" + id
	kept := func(name, username, description, password string) {
		t.Helper()
		account, found := appliance.AccountByName(name)
		if !found || account.ID != id || account.Username != username || account.Password != password {
			t.Fatalf("kept %+v", account)
		}
		if got := fmt.Sprint(account.Description == nil); description == "" && got != "true" {
			t.Fatalf("kept description %q", *account.Description)
		} else if description != "" && *account.Description != description {
			t.Fatalf("kept description %q, want %q", *account.Description, description)
		}
	}
	kept("relay", "mailer", "d", "first")
	if read := c.want(c.do("GET", path, ""), 200); read.body != created.body {
		t.Errorf("read %s, created %s", read.body, created.body)
	}
	c.want(c.do("GET", "/accounts/standard/"+strings.ToUpper(id), ""), 200, `"relay"`)

	// A PUT keeps the password that it leaves out, and removes the description.
	c.want(c.do("PUT", path, `{"name":"relay 2","username":"mailer2"}`), 200, `"relay 2"`, `"description":null`)
	kept("relay 2", "mailer2", "", "first")
	c.want(c.do("PUT", path, `{"name":"relay 2","username":"mailer2","password":"second","description":"e"}`), 200, `"description":"e"`)
	kept("relay 2", "mailer2", "e", "second")

	// The old name is free, the id stays.
	c.want(c.do("POST", "/accounts/standard", `{"name":"relay","username":"u","password":"p"}`), 201)

	if deleted := c.want(c.do("DELETE", path, ""), 200); deleted.body != "" {
		t.Errorf("DELETE answered %q", deleted.body)
	}
	c.want(c.do("GET", path, ""), 404)
	if names := accountNames(appliance.Accounts()); !slices.Equal(names, []string{"relay"}) {
		t.Errorf("left %q", names)
	}
}

func TestPasswordsAreNeverAnswered(t *testing.T) {
	t.Parallel()
	_, c := newClient(t, simulator.Config{})
	for _, x := range []answer{
		c.do("POST", "/accounts/standard", `{"name":"n","username":"u","password":"Zecret-pw-1"}`),
		c.do("POST", "/users", `{"name":"n","description":"","password":"Zecret-pw-1"}`),
		c.do("PUT", "/users/n", `{"oldPassword":"Zecret-pw-1","password":"Zecret-pw-1"}`),
		c.do("PUT", "/users/n", `{"oldPassword":"Zecret","password":"Zecret"}`),
		c.do("GET", "/accounts/standard", ""),
		c.do("GET", "/users", ""),
	} {
		if strings.Contains(x.body, "Zecret") || strings.Contains(strings.ToLower(x.body), `"password`) {
			t.Errorf("answered %s", x.body)
		}
	}
}

func TestEmptyDescription(t *testing.T) {
	t.Parallel()
	for null, want := range map[bool]string{true: `"description":null`, false: `"description":""`} {
		appliance, c := newClient(t, simulator.Config{Habits: simulator.Habits{simulator.NullForMissing: null}})
		account := appliance.PutAccount(simulator.Account{Name: "n"})
		c.want(c.do("GET", "/accounts/standard/"+account.ID, ""), 200, want)
		c.want(c.do("GET", "/accounts/standard", ""), 200, want)
		c.want(c.do("GET", "/users/admin", ""), 200, want)
	}
}

func TestUserLife(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{}))
	const name = "svc_backup-1$"
	path := "/users/" + url.PathEscape(name)

	c.want(c.do("POST", "/users", `{"name":"svc_backup-1$","description":"d","password":"Secret-pw-1"}`),
		201, `{"name":"svc_backup-1$","description":"d","mfaEnabled":false,"isDefault":false,"_links":[`)
	c.want(c.do("GET", path, ""), 200, `"name":"svc_backup-1$"`)
	c.want(c.do("GET", "/users/svc%5Fbackup-1%24", ""), 200, `"name":"svc_backup-1$"`)
	c.want(c.post(signIn(name, "Secret-pw-1")), 200)

	c.want(c.do("PUT", path, `{"oldPassword":"Secret-pw-1","password":"Secret-pw-2"}`), 200, `"description":"d"`)
	c.want(c.do("PUT", path, `{"oldPassword":"Secret-pw-2","description":""}`), 200, `"description":null`)
	if user, _ := appliance.User(name); user != (simulator.User{Name: name, Password: "Secret-pw-2"}) {
		t.Errorf("kept %+v", user)
	}
	c.want(c.post(signIn(name, "Secret-pw-1")), 401, "problems/accessDenied")
	c.want(c.post(signIn(name, "Secret-pw-2")), 200)

	if deleted := c.want(c.do("DELETE", path, ""), 204); deleted.body != "" {
		t.Errorf("DELETE answered %q", deleted.body)
	}
	c.want(c.do("GET", path, ""), 404)
	c.want(c.do("GET", "/users/admin", ""), 200, `"isDefault":true`)
}

// TestLongestValues are counted in characters, not bytes.
func TestLongestValues(t *testing.T) {
	t.Parallel()
	_, c := newClient(t, simulator.Config{})
	long := func(n int) string { return strings.Repeat("é", n) }
	c.want(c.do("POST", "/accounts/standard", `{"name":"`+long(255)+`","username":"`+long(255)+`","password":"`+long(255)+`","description":"`+long(512)+`"}`), 201)
	c.want(c.do("POST", "/users", `{"name":"`+strings.Repeat("j", 31)+`$","description":"`+long(255)+`","password":"S1`+long(253)+`"}`), 201)
	c.want(c.do("POST", "/users", `{"name":"j","description":"","password":"Secret-1"}`), 201)
}

func TestMonotonicSequences(t *testing.T) {
	t.Parallel()
	_, c := newClient(t, simulator.Config{})
	for password, refused := range map[string]bool{
		"Xk7-abcd": true, "Xk7-4321": true, "Xk7-dcba": true, "Xk-0123-": true, "Xk7bdcba": true,
		"Xk7-abc-": false, "Xk7-321-": false, "Xk7-acbd": false, "Xk7-abba": false, "Xk7()*+,": false, "Xk7-1212": false, "Xk7-aBcD": false,
		"Xy7x@ABCq": false, "Xk7x/012q": false, "Xk7x9:;<q": false,
	} {
		x := c.want(c.do("POST", "/users/validatePassword", `{"password":"`+password+`"}`), 200)
		if got := strings.Contains(x.body, "monotonic"); got != refused {
			t.Errorf("%s: refused %v", password, got)
		}
	}
}

func TestValidation(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{}))
	appliance.PutAccount(simulator.Account{Name: "taken"})

	// Good values are answered in every form that clients cope with.
	var good []string
	for _, call := range []struct{ path, body string }{
		{"/accounts/standard/validateName", `{"name":"free"}`},
		{"/users/validateName", `{"name":"free"}`},
		{"/users/validateDescription", `{"description":""}`},
		{"/users/validatePassword", `{"password":"Secret-pw-1"}`},
	} {
		good = append(good, c.want(c.do("POST", call.path, call.body), 200).body)
	}
	slices.Sort(good)
	if want := []string{"", "", "[]", "null"}; !slices.Equal(good, want) {
		t.Errorf("good values are answered %q, want %q", good, want)
	}

	for _, call := range []struct{ path, body, message string }{
		{"/accounts/standard/validateName", `{"name":"taken"}`, "already exists"},
		{"/accounts/standard/validateName", `{"name":""}`, "1 to 255"},
		{"/users/validateName", `{"name":"admin"}`, "reserved"},
		{"/users/validateName", `{"name":"A"}`, "lowercase"},
		{"/users/validateDescription", `{"description":"` + strings.Repeat("x", 256) + `"}`, "0 to 255"},
		{"/users/validatePassword", `{"password":"short"}`, "8 to 255"},
	} {
		messages := decode[[]struct{ Severity, Message, ContextID string }](t, c.want(c.do("POST", call.path, call.body), 200))
		if len(messages) == 0 || messages[0].Severity != "Error" || !strings.Contains(messages[0].Message, call.message) {
			t.Errorf("%s %s: %+v", call.path, call.body, messages)
		}
	}
}

type page struct {
	TotalCount int                     `json:"totalCount"`
	Results    []struct{ Name string } `json:"results"`
	Links      json.RawMessage         `json:"_links"`
}

func (p page) names() string {
	var names []string
	for _, result := range p.Results {
		names = append(names, result.Name)
	}
	return strings.Join(names, " ")
}

func accountNames(accounts []simulator.Account) []string {
	var names []string
	for _, account := range accounts {
		names = append(names, account.Name)
	}
	return names
}

func TestPaging(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{PageLimit: 3})
	for _, name := range []string{"echo", "alpha", "Delta", "bravo", "charlie"} {
		appliance.PutAccount(simulator.Account{Name: name})
	}
	for _, user := range []simulator.User{{Name: "zoe", Description: "a", MFAEnabled: true}, {Name: "bob", Description: "b"}, {Name: "eve", Description: "a"}} {
		appliance.PutUser(user)
	}
	for query, want := range map[string]struct {
		total int
		names string
	}{
		"/accounts/standard":                                                {5, "echo alpha Delta"},
		"/accounts/standard?Offset=3":                                       {5, "bravo charlie"},
		"/accounts/standard?Offset=9":                                       {5, ""},
		"/accounts/standard?Limit=2":                                        {5, "echo alpha"},
		"/accounts/standard?Limit=0":                                        {5, ""},
		"/accounts/standard?Limit=1000":                                     {5, "echo alpha Delta"},
		"/accounts/standard?Sort=nameAsc":                                   {5, "Delta alpha bravo"},
		"/accounts/standard?Sort=nameAsc&Offset=3&Limit=1":                  {5, "charlie"},
		"/accounts/standard?Sort=nameDesc":                                  {5, "echo charlie bravo"},
		"/accounts/standard?SearchPattern=A":                                {4, "alpha Delta bravo"},
		"/accounts/standard?SearchPattern=LI":                               {1, "charlie"},
		"/accounts/standard?SearchPattern=x":                                {0, ""},
		"/accounts/standard?SearchPattern=a&Sort=nameDesc&Offset=1&Limit=2": {4, "bravo alpha"},
		"/users":                   {4, "admin zoe bob"},
		"/users?Limit=-1":          {4, "admin zoe bob eve"},
		"/users?Limit=-1&Offset=2": {4, "bob eve"},
		"/users?Sort=descriptionDesc&Sort=nameAsc&Limit=-1": {4, "bob eve zoe admin"},
		"/users?Sort=isDefaultDesc&Sort=nameDesc":           {4, "admin zoe eve"},
		"/users?Sort=mfaEnabledDesc&Sort=nameAsc":           {4, "zoe admin bob"},
	} {
		x := c.want(c.do("GET", query, ""), 200)
		got := decode[page](t, x)
		if got.TotalCount != want.total || got.names() != want.names || got.Links == nil || got.Results == nil {
			t.Errorf("%s: %s", query, x.body)
		}
	}
}

func TestDefaultPage(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	for i := range 101 {
		appliance.PutAccount(simulator.Account{Name: fmt.Sprint(i)})
	}
	for _, query := range []string{"", "?Limit=101"} {
		got := decode[page](t, c.want(c.do("GET", "/accounts/standard"+query, ""), 200))
		if len(got.Results) != 100 || got.TotalCount != 101 {
			t.Errorf("%q: %d of %d records", query, len(got.Results), got.TotalCount)
		}
	}
}

func TestManyRecords(t *testing.T) {
	t.Parallel()
	const n = 10_000
	appliance, c := newClient(t, simulator.Config{PageLimit: 500})
	for i := range n {
		appliance.PutAccount(simulator.Account{Name: fmt.Sprintf("%05d", i*7919%n)})
	}
	seen := map[string]bool{}
	for len(seen) < n {
		got := decode[page](t, c.want(c.do("GET", fmt.Sprintf("/accounts/standard?Offset=%d", len(seen)), ""), 200))
		if len(got.Results) == 0 {
			t.Fatalf("the pages end after %d", len(seen))
		}
		for _, result := range got.Results {
			seen[result.Name] = true
		}
	}
	if got := appliance.Count("GET", "/accounts/standard"); got != n/500 {
		t.Errorf("%d pages", got)
	}
	if sorted := slices.IsSorted(accountNames(appliance.Accounts())); !sorted {
		t.Error("Accounts are not sorted by name")
	}
}

func TestDirectAccess(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	account := appliance.PutAccount(simulator.Account{Name: "one", Username: "u"})
	account.Name = "two"
	if got := appliance.PutAccount(account); got.ID != account.ID {
		t.Errorf("the ID changed to %s", got.ID)
	}
	c.want(c.do("GET", "/accounts/standard/"+account.ID, ""), 200, `"name":"two"`)
	if _, found := appliance.AccountByName("one"); found {
		t.Error("the old name is still there")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a second record with the same name was accepted")
			}
		}()
		appliance.PutAccount(simulator.Account{Name: "two"})
	}()
	appliance.DeleteAccount(account.ID)
	appliance.DeleteAccount(account.ID)
	c.want(c.do("GET", "/accounts/standard/"+account.ID, ""), 404)

	appliance.PutUser(simulator.User{Name: "jane", Description: "x"})
	appliance.PutUser(simulator.User{Name: "jane", Description: "y"})
	c.want(c.do("GET", "/users/jane", ""), 200, `"description":"y"`)
	appliance.DeleteUser("jane")
	c.want(c.do("GET", "/users/jane", ""), 404)
}

// TestConcurrency is for the race detector, and shows that one name makes one record.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			c.do("POST", "/accounts/standard", `{"name":"same","username":"u","password":"p"}`)
			c.do("POST", "/accounts/standard", fmt.Sprintf(`{"name":"own %d","username":"u","password":"p"}`, i))
			c.do("GET", "/accounts/standard?Sort=nameDesc", "")
			c.post(passwordGrant())
			appliance.Accounts()
			appliance.Requests()
			appliance.Sessions()
			appliance.AddFault(simulator.Fault{Kind: simulator.Status, Path: "/nothing"})
		})
	}
	group.Wait()
	if got := len(appliance.Accounts()); got != 17 {
		t.Errorf("%d records, want 17", got)
	}
	if got := appliance.Count("POST", "/accounts/standard"); got != 32 {
		t.Errorf("%d requests in the log, want 32", got)
	}
}

func BenchmarkPage(b *testing.B) {
	appliance := simulator.New(simulator.Config{})
	for i := range 10_000 {
		appliance.PutAccount(simulator.Account{Name: fmt.Sprint(i)})
	}
	c := &client{t: b, appliance: appliance}
	c.token = c.grant(passwordGrant()).AccessToken
	for b.Loop() {
		if x := c.do("GET", "/accounts/standard?Offset=5000", ""); x.status != 200 {
			b.Fatal(x.body)
		}
		appliance.ResetRequests()
	}
}
