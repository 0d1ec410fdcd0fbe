package simulator_test

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestTrimsSpace(t *testing.T) {
	t.Parallel()
	for trims, want := range map[bool]string{false: " n\n", true: "n"} {
		appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{Habits: simulator.Habits{simulator.TrimsSpace: trims}}))
		x := c.want(c.do("POST", "/accounts/standard", `{"name":" n\n","username":"\tu ","password":" p\n","description":" d\n"}`), 201)
		account := decode[struct{ ID, Name, Username, Description string }](t, x)
		if account.Name != want || strings.TrimSpace(account.Username) == account.Username != trims || strings.HasSuffix(account.Description, "\n") == trims {
			t.Errorf("trims %v: answered %s", trims, x.body)
		}
		if kept, _ := appliance.AccountByName(want); kept.ID != account.ID || kept.Password != " p\n" {
			t.Errorf("trims %v: kept %+v", trims, kept)
		}
		c.want(c.do("PUT", "/accounts/standard/"+account.ID, `{"name":"n ","username":" u","description":" \n"}`), 200)
		name := map[bool]string{false: "n ", true: "n"}[trims]
		if kept, _ := appliance.AccountByName(name); (kept.Description == nil) != trims {
			t.Errorf("trims %v: kept %+v", trims, kept)
		}

		c.want(c.do("POST", "/users", `{"name":"jane","description":" d\n","password":" Secret-pw-1\n"}`), 201)
		want := map[bool]string{false: " d\n", true: "d"}[trims]
		if kept, _ := appliance.User("jane"); kept.Description != want || kept.Password != " Secret-pw-1\n" {
			t.Errorf("trims %v: kept %+v", trims, kept)
		}
		c.want(c.do("PUT", "/users/jane", `{"oldPassword":" Secret-pw-1\n","description":" \n"}`), 200)
		if kept, _ := appliance.User("jane"); (kept.Description == "") != trims {
			t.Errorf("trims %v: kept %+v", trims, kept)
		}
		status := map[bool]int{false: 400, true: 201}[trims]
		c.want(c.do("POST", "/users", `{"name":" joe\n","description":"","password":"Secret-pw-1"}`), status)
	}
	_, c := newClient(t, simulator.Config{Habits: simulator.Habits{simulator.TrimsSpace: true}})
	c.want(c.do("POST", "/accounts/standard", `{"name":" \n","username":"u","password":"p"}`), 400, "The name must have 1 to 255")
	c.want(c.do("POST", "/accounts/standard", `{"name":"n","username":"u","password":"p"}`), 201)
	c.want(c.do("POST", "/accounts/standard", `{"name":"n ","username":"u","password":"p"}`), 400, "already exists")
	c.want(c.do("POST", "/accounts/standard/validateName", `{"name":" n"}`), 200, "already exists")
}

func TestMaxLimit(t *testing.T) {
	t.Parallel()
	_, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{MaxLimit: 50}))
	for _, path := range []string{"/accounts/standard", "/users"} {
		c.want(c.do("GET", path+"?Limit=51", ""), 400, `"errors":{"Limit":[`)
		c.want(c.do("GET", path+"?Limit=50", ""), 200)
		c.want(c.do("GET", path, ""), 200)
	}
	c.want(c.do("GET", "/users?Limit=-1", ""), 200)
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config simulator.Config
		status int
		texts  []string
	}{
		"by default":              {simulator.Config{}, 500, []string{"problems/validationError", "old password", `"status":500`}},
		"as sister operations do": {simulator.Config{UserRefusalStatus: 400}, 400, []string{"problems/validationError", "old password", `"status":400`}},
		"as seen on the wire":     {simulator.SeenOnTheWire(simulator.Config{}), 400, []string{"problems/validationError", "old password"}},
		"forbidden":               {simulator.Config{WrongPasswordStatus: 403}, 403, []string{"problems/accessDenied", "old password", `"status":403`}},
		"unauthorized":            {simulator.Config{WrongPasswordStatus: 401}, 401, []string{"problems/accessDenied"}},
		"a bad token":             {simulator.Config{WrongPasswordProblem: "invalidAccessToken"}, 401, []string{"problems/invalidAccessToken", `"InvalidToken"`}},
		"an expired token":        {simulator.Config{WrongPasswordProblem: "expiredAccessToken"}, 401, []string{"problems/expiredAccessToken"}},
		"validation of a 401":     {simulator.Config{WrongPasswordProblem: "validationError", WrongPasswordStatus: 401}, 401, []string{"problems/validationError"}},
		"the framework's own":     {simulator.Config{WrongPasswordProblem: "framework"}, 400, []string{`"errors":{"OldPassword":["The old password is wrong."]}`, `"traceId"`}},
		"all are framework's":     {simulator.Config{Habits: simulator.Habits{simulator.FrameworkErrors: true}}, 400, []string{`"errors":{"OldPassword":["The old password is wrong."]}`}},
		"the framework's own 401": {simulator.Config{WrongPasswordProblem: "framework", WrongPasswordStatus: 401}, 401, []string{`"errors":{"OldPassword":[`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newClient(t, test.config)
			c.want(c.do("PUT", "/users/admin", `{"oldPassword":"wrong"}`), test.status, test.texts...)
		})
	}
	_, c := newClient(t, simulator.Config{WrongPasswordProblem: "none", WrongPasswordStatus: 401})
	if x := c.want(c.do("PUT", "/users/admin", `{"oldPassword":"wrong"}`), 401); x.body != "" {
		t.Errorf("answered %q", x.body)
	}
	if err := (simulator.Config{WrongPasswordProblem: "nonsense"}).Validate(); err == nil || !strings.Contains(err.Error(), "invalidAccessToken") {
		t.Errorf("an unknown problem: %v", err)
	}
}

func TestDeletionInUse(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{Habits: simulator.Habits{simulator.RefusesDeletionInUse: true}})
	used, unused := appliance.PutAccount(simulator.Account{Name: "used"}), appliance.PutAccount(simulator.Account{Name: "unused"})
	appliance.SetEmailNotifications(simulator.EmailNotifications{CredentialsID: &used.ID}) // whether they are in use or not
	c.want(c.do("DELETE", "/accounts/standard/"+used.ID, ""), 409, `\"used\" is used`)
	c.want(c.do("DELETE", "/accounts/standard/"+unused.ID, ""), 200)
	appliance.SetEmailNotifications(simulator.EmailNotifications{})
	c.want(c.do("DELETE", "/accounts/standard/"+used.ID, ""), 200)
}

// TestDocuments shows every shape of a refusal, as a habit and as a fault.
func TestDocuments(t *testing.T) {
	t.Parallel()
	const missing = "There is no user named \\\"nobody\\\"."
	for name, test := range map[string]struct {
		config   simulator.Config
		document string
		want     []string
	}{
		"product":           {want: []string{`"https://appliance:11005/api/v1/problems/resourceNotFound"`, `"errorCode":"NotFound"`, `"details":"` + missing}},
		"framework errors":  {config: simulator.Config{Habits: simulator.Habits{simulator.FrameworkErrors: true}}, want: []string{`"https://tools.ietf.org/html/rfc9110#section-15.5.5"`, `"title":"Not Found"`, `"status":404`, `"traceId"`, `"detail":"` + missing}},
		"blank problems":    {config: simulator.Config{Habits: simulator.Habits{simulator.BlankProblems: true}}, want: []string{`"type":"about:blank"`, `"title":"Not Found"`, `"status":404`, `"detail":"` + missing}},
		"fault":             {document: "", want: []string{"problems/resourceNotFound", `"errorCode":"NotFound"`}},
		"fault about:blank": {document: "about:blank", want: []string{`"type":"about:blank"`, `"title":"Not Found"`}},
		"fault framework":   {document: "framework", want: []string{"section-15.5.5", `"title":"Not Found"`, `"traceId"`}},
		"fault html":        {document: "html", want: []string{"<h1>404 Not Found</h1>"}},
		"fault empty":       {document: "empty"},
		"fault as usual":    {config: simulator.Config{Habits: simulator.Habits{simulator.FrameworkErrors: true}}, want: []string{"section-15.5.5", `"traceId"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance, c := newClient(t, test.config)
			if strings.HasPrefix(name, "fault") {
				appliance.PutUser(simulator.User{Name: "nobody"})
				appliance.AddFault(simulator.Fault{Kind: simulator.Status, Path: "/users/nobody", Status: 404, Document: test.document})
			}
			x := c.want(c.do("GET", "/users/nobody", ""), 404, test.want...)
			if products := strings.Contains(x.body, "errorCode") || strings.Contains(x.body, "details"); products != (test.document == "" && !test.config.Habits[simulator.FrameworkErrors] && !test.config.Habits[simulator.BlankProblems]) {
				t.Errorf("answered %s", x.body)
			}
			if html := x.header.Get("Content-Type") == "text/html"; html != (test.document == "html") || test.document == "empty" != (x.body == "") {
				t.Errorf("answered %q %q", x.header, x.body)
			}
		})
	}
}

func TestFrameworkErrorsNameFields(t *testing.T) {
	t.Parallel()
	_, c := newClient(t, simulator.Config{Habits: simulator.Habits{simulator.FrameworkErrors: true}})
	c.want(c.do("POST", "/users", `{"name":"J","description":"","password":"short"}`), 400,
		`"title":"One or more validation errors occurred."`, `"Name":["The name \"J\" must`, `"Password":["The password must have 8 to 255`)
	c.want(c.do("POST", "/accounts/standard", `{"name":"","username":"u","password":"p"}`), 400, `"errors":{"Name":["The name must`)
	c.want(c.do("POST", "/token", "", "Authorization", ""), 415, `"type":"https://tools.ietf.org/html/rfc9110#section-15.5.16"`)
	c.want(c.do("GET", "/users", "", "Authorization", "Bearer nonsense"), 401, `"title":"Unauthorized"`, `"traceId"`)
}

// TestSessionsThatEnd shows what ends the sessions of whom, by a request and by another client.
func TestSessionsThatEnd(t *testing.T) {
	t.Parallel()
	withPassword, withUser := simulator.SessionsEndWithPassword, simulator.SessionsEndWithUser
	for name, test := range map[string]struct {
		happens        func(*simulator.Appliance, *client)
		password, user bool
	}{
		"another description": {happens: func(_ *simulator.Appliance, c *client) {
			c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","description":"d"}`), 200)
		}},
		"another password": {password: true, happens: func(_ *simulator.Appliance, c *client) {
			c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","password":"Secret-pw-2"}`), 200)
		}},
		"another password by hand": {password: true, happens: func(appliance *simulator.Appliance, _ *client) {
			appliance.PutUser(simulator.User{Name: "jane", Password: "Secret-pw-2"})
		}},
		"deletion": {user: true, happens: func(_ *simulator.Appliance, c *client) {
			c.want(c.do("DELETE", "/users/jane", ""), 204)
		}},
		"deletion by hand": {user: true, happens: func(appliance *simulator.Appliance, _ *client) { appliance.DeleteUser("jane") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, ends := range []simulator.Habits{{}, {withPassword: true}, {withUser: true}, {withPassword: true, withUser: true}} {
				appliance, admin := newClient(t, simulator.Config{Habits: ends})
				appliance.PutUser(simulator.User{Name: "jane", Password: "Secret-pw-1"})
				jane := &client{t: t, appliance: appliance}
				pair := jane.grant(signIn("jane", "Secret-pw-1"))
				jane.token = pair.AccessToken
				test.happens(appliance, admin)
				status := 200
				if test.password && ends[withPassword] || test.user && ends[withUser] {
					status = 401
				}
				jane.want(jane.do("GET", "/users", ""), status)
				jane.want(jane.post(refresh(pair.RefreshToken)), status)
				admin.want(admin.do("GET", "/users", ""), 200)
			}
		})
	}
}

func TestOldPasswords(t *testing.T) {
	t.Parallel()
	for refuses, status := range map[bool]int{false: 200, true: 500} {
		appliance, c := newClient(t, simulator.Config{Habits: simulator.Habits{simulator.RefusesOldPasswords: refuses}})
		appliance.PutUser(simulator.User{Name: "jane", Password: "Secret-pw-1"})
		c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-1","password":"Secret-pw-2"}`), 200)
		c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-2","password":"Secret-pw-2"}`), status)
		c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-2","password":"Secret-pw-1"}`), status)
		c.want(c.do("DELETE", "/users/jane", ""), 204) // a user of the same name is another
		c.want(c.do("POST", "/users", `{"name":"jane","description":"","password":"Secret-pw-2"}`), 201)
		c.want(c.do("PUT", "/users/jane", `{"oldPassword":"Secret-pw-2","password":"Secret-pw-1"}`), 200)
	}
}

// TestBeforeRequest lets another client take a name between two requests.
func TestBeforeRequest(t *testing.T) {
	t.Parallel()
	var seen []string
	_, c := newClient(t, simulator.Config{BeforeRequest: func(appliance *simulator.Appliance, r simulator.Request) {
		seen = append(seen, r.Method+" "+r.Path)
		if r.Method == "POST" && r.Path == "/accounts/standard" {
			appliance.PutAccount(simulator.Account{Name: "n", Username: "stranger"})
		}
	}})
	c.want(c.do("GET", "/accounts/standard", ""), 200, `"totalCount":0`)
	c.want(c.do("POST", "/accounts/standard", newAccount), 400, "already exists")
	c.want(c.do("GET", "/accounts/standard", ""), 200, `"stranger"`)
	if want := []string{"POST /token", "GET /accounts/standard", "POST /accounts/standard", "GET /accounts/standard"}; !slices.Equal(seen, want) {
		t.Errorf("called before %q", seen)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	expired := time.Now().AddDate(0, 0, -2).Truncate(time.Second)
	for name, test := range map[string]struct {
		config simulator.Config
		names  []string
		common string
		isCA   bool
	}{
		"usual":       {simulator.Config{}, []string{"localhost", "127.0.0.1", "::1", "127.0.0.1"}, "Simulated Veeam Backup for AWS appliance", true},
		"other names": {simulator.Config{CertificateNames: []string{"ip-10-0-0-7.ec2.internal", "10.0.0.7"}}, []string{"ip-10-0-0-7.ec2.internal", "10.0.0.7"}, "Simulated Veeam Backup for AWS appliance", true},
		"common name": {simulator.Config{CertificateNames: []string{}, CertificateCommonName: "backup.example.com"}, nil, "backup.example.com", true},
		"leaf":        {simulator.Config{CertificateIsLeaf: true, CertificateNames: []string{"a"}}, []string{"a"}, "Simulated Veeam Backup for AWS appliance", false},
		"expired":     {simulator.Config{CertificateNotAfter: expired, CertificateNames: []string{"a"}}, []string{"a"}, "Simulated Veeam Backup for AWS appliance", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := simulator.Start(test.config)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			block, _ := pem.Decode([]byte(server.CACertificate()))
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			names := certificate.DNSNames
			for _, ip := range certificate.IPAddresses {
				names = append(names, ip.String())
			}
			if !slices.Equal(names, test.names) || certificate.Subject.CommonName != test.common || certificate.IsCA != test.isCA {
				t.Errorf("issued for %q and %q, an authority %v", names, certificate.Subject.CommonName, certificate.IsCA)
			}
			if due := test.config.CertificateNotAfter; due.IsZero() {
				due = time.Now().AddDate(1, 0, 0)
				if left := due.Sub(certificate.NotAfter); left < 0 || left > time.Minute {
					t.Errorf("expires at %s", certificate.NotAfter)
				}
			} else if !certificate.NotAfter.Equal(due) {
				t.Errorf("expires at %s, not %s", certificate.NotAfter, due)
			}
			if !certificate.NotBefore.Before(certificate.NotAfter) || time.Since(certificate.NotBefore) < 0 {
				t.Errorf("good from %s", certificate.NotBefore)
			}
		})
	}
}
