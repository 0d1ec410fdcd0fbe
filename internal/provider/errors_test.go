package provider_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const (
	relayID  = "00000000-0000-0000-0000-000000000001"
	password = "Quiet-harbour-71"
)

// A deed calls the provider, and returns the diagnostics.
type deed = func(*testing.T, *acctest.Appliance, *acctest.Protocol) []string

var (
	relay    = acctest.Values{"id": relayID, "name": "relay", "username": "relay@example.com"}
	newRelay = acctest.Values{"name": "relay", "username": "relay@example.com", "password": password}
)

func createsRelay(t *testing.T, _ *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	_, said := p.Create(t, "veeam_standard_account", newRelay)
	return said
}

func plansRelay(t *testing.T, _ *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	_, said := p.PlanNew(t, "veeam_standard_account", newRelay)
	return said
}

func readsRelay(t *testing.T, _ *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	return p.Read(t, "veeam_standard_account", relay)
}

func changesRelay(t *testing.T, _ *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	return p.Update(t, "veeam_standard_account", relay, acctest.Values{"name": "relay", "username": "other@example.com"})
}

func createsJo(t *testing.T, _ *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	_, said := p.Create(t, "veeam_user", acctest.Values{"name": "jo", "password": password})
	return said
}

func adoptsJo(t *testing.T, _ *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	state := acctest.Values{"id": "jo", "name": "jo", "mfa_enabled": false, "is_default": false}
	return p.Update(t, "veeam_user", state, acctest.Values{"name": "jo", "additional_fields": `{"role":"Portal Operator"}`})
}

// describesJo changes the description of a user who has another password.
func describesJo(t *testing.T, a *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	a.Simulated.PutUser(simulator.User{Name: "jo", Password: "Another-Passw0rd"})
	state := acctest.Values{"id": "jo", "name": "jo", "mfa_enabled": false, "is_default": false}
	return p.Update(t, "veeam_user", state, acctest.Values{"name": "jo", "description": "new", "password": password})
}

func createsAnotherJo(t *testing.T, a *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	a.Simulated.PutUser(simulator.User{Name: "jo", Password: password})
	return createsJo(t, a, p)
}

func looksUpJo(t *testing.T, _ *acctest.Appliance, p *acctest.Protocol) []string {
	t.Helper()
	_, said := p.ReadData(t, "veeam_user", acctest.Values{"name": "jo"})
	return said
}

// where makes a deed one on an appliance that has the record.
func where(does deed) deed {
	return func(t *testing.T, a *acctest.Appliance, p *acctest.Protocol) []string {
		t.Helper()
		a.Simulated.PutAccount(simulator.Account{ID: relayID, Name: "relay", Username: "relay@example.com"})
		return does(t, a, p)
	}
}

// The texts that users read: the operation, the object, the appliance, the cause, the HTTP status, and the advice.
func TestErrors(t *testing.T) {
	t.Parallel()
	answer := func(method, path string, status int, with simulator.Fault) []simulator.Fault {
		with.Kind, with.Method, with.Path, with.Status = simulator.Status, method, path, status
		return []simulator.Fault{with}
	}
	var (
		plain    = simulator.Fault{}
		page     = simulator.Fault{Header: http.Header{"Content-Type": {"text/html"}}, Body: "<p>Hello</p>"}
		hour     = simulator.Fault{Header: http.Header{"Retry-After": {"3600"}}}
		problem  = func(name string) simulator.Fault { return simulator.Fault{Problem: name} }
		findings = simulator.Fault{Body: `{"title": "One or more validation errors occurred.", "errors": {"Password": ["too common"]}}`}

		once    = acctest.Values{"max_retries": 0}
		noCA    = acctest.Values{"ca_certificate": nil}
		otherCA = acctest.Values{"ca_certificate": acctest.NewSimulated(t, simulator.Config{CertificateCommonName: "Another"}).Simulated.CACertificate()}
		ended   = time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)
		nobody  = nobodyListens(t)
		secret  = "JBSWY3DPEHPK3PXP"
	)
	const (
		notAppliance = "A proxy or another server may have answered instead of the appliance. Check host (VEEAM_HOST)"
		aName        = "Set host (VEEAM_HOST) in the provider configuration to a name in the certificate. Alternatively, set ca_certificate (VEEAM_CA_CERTIFICATE) to the appliance's certificate itself"
		aNewOne      = "Install a new certificate on the appliance"
		later        = "Run Terraform again after that time. The provider waits for at most one minute; max_retries and -parallelism do not change this."
		planAgain    = "Run terraform plan again"
	)
	for name, test := range map[string]struct {
		appliance simulator.Config
		arguments acctest.Values // of the provider; ADDRESS in host stands for the appliance's, and the token "expired" for one
		faults    []simulator.Fault
		does      deed
		says      string // HOST stands for the appliance
		helps     string // part of what follows, which is nothing where this is
	}{
		"a page to the sign-in": {
			faults: answer("", "/token", 200, page), does: createsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The answer does not match the API documentation (text/html): <p>Hello</p> (HTTP status 200)`,
			helps: notAppliance,
		},
		"a refusing page to the sign-in": {
			faults: answer("", "/token", 403, page), does: createsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The answer does not match the API documentation (text/html): <p>Hello</p> (HTTP status 403)`,
			helps: notAppliance,
		},
		"an empty refusal of the sign-in": {
			faults: answer("", "/token", 401, simulator.Fault{Document: "empty"}), does: createsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The answer is empty: 401 Unauthorized (HTTP status 401)`,
			helps: notAppliance,
		},
		"a wrong password": {
			arguments: acctest.Values{"password": "not-it"}, does: createsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The appliance refused the username or password: Access denied: The user name or the password is wrong (HTTP status 401)`,
			helps: "Check username (VEEAM_USERNAME) and password (VEEAM_PASSWORD) in the provider configuration.",
		},
		"MFA, and nothing for it": {
			appliance: simulator.Config{MFASecret: secret}, does: createsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The sign-in needs an MFA code: multi-factor authentication is enabled for the user`,
			helps: "Set mfa_secret (VEEAM_MFA_SECRET) in the provider configuration to the user's MFA secret, or mfa_code (VEEAM_MFA_CODE) to a current code. Alternatively, sign in elsewhere and set token",
		},
		"MFA, and a wrong code": {
			appliance: simulator.Config{MFASecret: secret}, arguments: acctest.Values{"mfa_code": "271828"}, does: createsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The appliance refused the MFA code: Access denied: The MFA token or the verification code is wrong (HTTP status 401)`,
			helps: "Set mfa_secret (VEEAM_MFA_SECRET) instead of mfa_code, or run terraform plan -out=FILE with one code and terraform apply FILE with the next.",
		},
		"a locked user": {
			faults: answer("", "/token", 423, simulator.Fault{Body: `{"title": "Locked", "status": 423, "detail": "Too many attempts. Try again at 12:30 UTC."}`}), does: createsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The user is locked, and the provider made no further attempt: Locked: Too many attempts. Try again at 12:30 UTC (HTTP status 423)`,
			helps: "Wait until the lock ends, or unlock the user on the appliance. Then check username (VEEAM_USERNAME)",
		},
		"http to a port that speaks TLS": {
			arguments: acctest.Values{"host": "http://ADDRESS"}, does: createsRelay,
			says:  `ERROR : Could not connect to HOST: The port uses TLS, but host begins with http://: the server answered that it expects HTTPS`,
			helps: "Write https:// in host (VEEAM_HOST)",
		},
		"TLS to a port that does not speak it": {
			appliance: simulator.Config{PlainHTTP: true}, arguments: acctest.Values{"host": "https://ADDRESS"}, does: createsRelay,
			says:  `ERROR : Could not connect to HOST: The port does not use TLS: http: server gave HTTP response to HTTPS client`,
			helps: "Check host (VEEAM_HOST) and the port",
		},
		"a certificate for another name": {
			appliance: simulator.Config{CertificateNames: []string{"backup.internal"}}, arguments: noCA, does: createsRelay,
			says:  `ERROR : Could not connect to HOST: The appliance's certificate is for another name: it was issued for backup.internal, not for 127.0.0.1`,
			helps: aName,
		},
		"a certificate for another name, and another one given": {
			appliance: simulator.Config{CertificateNames: []string{"backup.internal"}}, arguments: otherCA, does: createsRelay,
			says:  `ERROR : Could not connect to HOST: The appliance's certificate is for another name: it was issued for backup.internal, not for 127.0.0.1`,
			helps: aName,
		},
		"an expired certificate": {
			appliance: simulator.Config{CertificateNotAfter: ended}, arguments: noCA, does: createsRelay,
			says:  `ERROR : Could not connect to HOST: The appliance's certificate has expired: it was valid until 2026-01-31T12:00:00Z`,
			helps: aNewOne,
		},
		"an expired certificate, and given": {
			appliance: simulator.Config{CertificateNotAfter: ended}, does: createsRelay,
			says:  `ERROR : Could not connect to HOST: The appliance's certificate has expired: it was valid until 2026-01-31T12:00:00Z`,
			helps: aNewOne,
		},
		"an unknown authority": {
			arguments: noCA, does: createsRelay,
			says:  `ERROR : Could not connect to HOST: The appliance's certificate is not trusted: tls: failed to verify certificate: x509: certificate signed by unknown authority`,
			helps: "Set ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration to the certificate to trust, in PEM format. For a test only, insecure",
		},
		"an unknown authority, and another one given": {
			arguments: otherCA, does: createsRelay,
			says:  `ERROR : Could not connect to HOST: The appliance's certificate is not in ca_certificate and not signed by an authority in it: tls: failed to verify certificate: x509: certificate signed by unknown authority`,
			helps: "Compare the appliance's certificate with ca_certificate (VEEAM_CA_CERTIFICATE)",
		},
		"a given token that has expired": {
			arguments: acctest.Values{"token": "expired", "username": nil, "password": nil}, does: readsRelay,
			says:  `ERROR : Could not sign in to HOST with the token: The token has expired: Expired access token: The access token has expired (HTTP status 401)`,
			helps: "Set token (VEEAM_TOKEN) to a new one. Alternatively, set username and password",
		},
		"a given token that is wrong": {
			arguments: acctest.Values{"token": "nonsense", "username": nil, "password": nil}, does: readsRelay,
			says:  `ERROR : Could not sign in to HOST with the token: The appliance does not accept the token: Invalid access token: The access token is not valid (HTTP status 401)`,
			helps: "Check token (VEEAM_TOKEN) in the provider configuration, or set username and password",
		},
		"a token of the sign-in that is refused": {
			faults: answer("GET", "", 0, problem("invalidAccessToken")), does: readsRelay,
			says:  `ERROR : Could not read credentials record "relay" on HOST: The appliance does not accept the token that it issued at the sign-in: Invalid access token: This failure was asked for (HTTP status 401)`,
			helps: "The session may have been ended",
		},
		"a token of the sign-in that has expired": {
			faults: answer("GET", "", 0, problem("expiredAccessToken")), does: readsRelay,
			says:  `ERROR : Could not read credentials record "relay" on HOST: The appliance does not accept the token that it issued at the sign-in: Expired access token: This failure was asked for (HTTP status 401)`,
			helps: "The session may have been ended",
		},
		"a licence at the sign-in": {
			faults: answer("", "/token", 0, problem("licenseAgreementsIsNotAccepted")), does: createsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The license agreements have not been accepted: License agreements are not accepted: This failure was asked for (HTTP status 403)`,
			helps: "Accept the license agreements in the appliance's web console, then run Terraform again.",
		},
		"a licence at a change": {
			faults: answer("PUT", "", 0, problem("licenseAgreementsIsNotAccepted")), does: where(changesRelay),
			says:  `ERROR : Could not use HOST: The license agreements have not been accepted: License agreements are not accepted: This failure was asked for (HTTP status 403)`,
			helps: "Accept the license agreements in the appliance's web console, then run Terraform again.",
		},
		"a revision": {
			appliance: simulator.Config{APIVersions: []string{"9.9-rev0"}}, arguments: acctest.Values{"api_version": "1.8-rev0"}, does: createsRelay,
			says:  `ERROR : Could not use api_version 1.8-rev0 with HOST: The appliance does not support the API revision: asked for 1.8-rev0, it answered: Unsupported API version: The API version "1.8-rev0" is not supported (HTTP status 400)`,
			helps: "Set api_version (VEEAM_API_VERSION)",
		},
		"no right": {
			faults: answer("PUT", "", 0, problem("accessDenied")), does: where(changesRelay),
			says:  `ERROR : Could not update credentials record "relay" on HOST: The user does not have permission: Access denied: This failure was asked for (HTTP status 403)`,
			helps: "Portal Administrator",
		},
		"no right, for an hour": {
			faults: answer("PUT", "", 403, hour), does: where(changesRelay),
			says:  `ERROR : Could not update credentials record "relay" on HOST: The user does not have permission: Access denied: This failure was asked for (HTTP status 403)`,
			helps: "Portal Administrator",
		},
		"an hour at the sign-in": {
			faults: answer("", "/token", 429, hour), does: readsRelay,
			says:  `ERROR : Could not sign in to HOST as admin: The appliance asks clients to wait longer than the provider will: Unknown error: This failure was asked for. It asks clients to wait for 1h0m0s (HTTP status 429)`,
			helps: later,
		},
		"an hour at a reading": {
			faults: answer("GET", "", 503, hour), does: readsRelay,
			says:  `ERROR : Could not use HOST: The appliance asks clients to wait longer than the provider will: Service unavailable: This failure was asked for. It asks clients to wait for 1h0m0s (HTTP status 503)`,
			helps: later,
		},
		"an hour at a change": {
			faults: answer("PUT", "", 429, hour), does: where(changesRelay),
			says:  `ERROR : Could not update credentials record "relay" on HOST: The appliance asks clients to wait longer than the provider will: Unknown error: This failure was asked for. It asks clients to wait for 1h0m0s (HTTP status 429)`,
			helps: later,
		},
		"too many requests": {
			arguments: once, faults: answer("PUT", "", 429, plain), does: where(changesRelay),
			says:  `ERROR : Could not update credentials record "relay" on HOST: The appliance receives too many requests: Unknown error: This failure was asked for (HTTP status 429)`,
			helps: "Run Terraform with a smaller -parallelism, or increase max_retries",
		},
		"fields of the framework": {
			faults: answer("POST", "/users", 400, findings), does: createsJo,
			says: `ERROR : Could not create user "jo" on HOST: One or more validation errors occurred: Password: too common (HTTP status 400)`,
		},
		"a change of what is gone": {
			does:  changesRelay,
			says:  `ERROR : Could not update credentials record "relay" on HOST: It no longer exists: Resource not found: There is no credentials record with the id "00000000-0000-0000-0000-000000000001" (HTTP status 404)`,
			helps: planAgain,
		},
		"an adoption of what is gone": {
			does:  adoptsJo,
			says:  `ERROR : Could not update user "jo" on HOST: It no longer exists: Resource not found: There is no user named "jo" (HTTP status 404)`,
			helps: planAgain,
		},
		"an adoption unseen": {
			faults: answer("GET", "/users/*", 500, plain), does: adoptsJo,
			says: `ERROR : Could not update user "jo" on HOST: The current values could not be read, so nothing was sent: Unknown error: This failure was asked for (HTTP status 500)`,
		},
		"a page that knows no such record": {
			faults: answer("PUT", "", 404, page), does: changesRelay,
			says:  `ERROR : Could not update credentials record "relay" on HOST: It no longer exists: the answer does not match the API documentation (text/html): <p>Hello</p> (HTTP status 404)`,
			helps: planAgain, // the list confirms it
		},
		"a lost creation": {
			arguments: once, faults: append(answer("POST", "/users", 500, plain), simulator.Fault{Kind: simulator.Status, Method: "GET", Path: "/users/*", Status: 500, Skip: 1}), does: createsJo,
			says:  `ERROR : Could not create user "jo" on HOST: Unknown error: This failure was asked for. It is unknown whether it was created: could not read user "jo" on HOST: Unknown error: This failure was asked for (HTTP status 500) (HTTP status 500)`,
			helps: "The appliance may have created it. Run Terraform again. If the error says that it exists already, import it by the ID in that error.",
		},
		"a lost change": {
			arguments: once, faults: answer("PUT", "", 502, page), does: where(changesRelay),
			says:  `ERROR : Could not update credentials record "relay" on HOST: The appliance cannot serve requests now: the answer does not match the API documentation (text/html): <p>Hello</p> (HTTP status 502)`,
			helps: "The appliance may have carried out the request. To make sure, run Terraform again.",
		},
		"a lost reading": {
			arguments: once, faults: answer("GET", "", 502, page), does: readsRelay,
			says:  `ERROR : Could not reach HOST: The appliance cannot serve requests now: the answer does not match the API documentation (text/html): <p>Hello</p> (HTTP status 502)`,
			helps: "Run Terraform again when its web console answers.",
		},
		"a page to a reading": {
			faults: answer("GET", "", 200, page), does: readsRelay,
			says:  `ERROR : Could not reach HOST: The answer does not match the API documentation (text/html): <p>Hello</p> (HTTP status 200)`,
			helps: notAppliance,
		},
		"a name that is taken": {
			arguments: acctest.Values{"plan_validation": false}, does: where(createsRelay),
			says:  `ERROR : A credentials record named "relay" exists already: Could not create credentials record "relay" on HOST: Validation error: A credentials record named "relay" already exists (HTTP status 400)`,
			helps: `import it by the ID "` + relayID + `"`,
		},
		"a username that is taken": { // the vendor's document has no 400 for users
			arguments: acctest.Values{"plan_validation": false}, does: createsAnotherJo,
			says:  `ERROR : A user named "jo" exists already: Could not create user "jo" on HOST: Validation error: A user named "jo" already exists (HTTP status 500)`,
			helps: `import it by the ID "jo"`,
		},
		"a username that is taken, with a 400": {
			appliance: simulator.SeenOnTheWire(simulator.Config{}), arguments: acctest.Values{"plan_validation": false}, does: createsAnotherJo,
			says:  `ERROR : A user named "jo" exists already: Could not create user "jo" on HOST: Validation error: A user named "jo" already exists (HTTP status 400)`,
			helps: `import it by the ID "jo"`,
		},
		"a current password that is wrong": {
			does:  describesJo,
			says:  `ERROR AttributeName("password"): Could not update user "jo" on HOST: Validation error: The old password is wrong (HTTP status 500)`,
			helps: "The provider sent password as the user's current password",
		},
		"a current password that is wrong, with a 400": {
			appliance: simulator.SeenOnTheWire(simulator.Config{}), does: describesJo,
			says:  `ERROR AttributeName("password"): Could not update user "jo" on HOST: Validation error: The old password is wrong (HTTP status 400)`,
			helps: "The provider sent password as the user's current password",
		},
		"a name that is taken, at the plan": {
			does:  where(plansRelay),
			says:  `WARNING AttributeName("name"): The appliance would refuse the name of credentials record "relay" now: HOST says: A credentials record named "relay" already exists.`,
			helps: "The apply fails unless the name is free by then.",
		},
		"a question that fails": {
			faults: answer("POST", "/accounts/standard/validateName", 500, plain), does: plansRelay,
			says:  `ERROR AttributeName("name"): Could not validate the name on HOST: Unknown error: This failure was asked for (HTTP status 500)`,
			helps: "set plan_validation = false",
		},
		"no right to ask": {
			faults: answer("POST", "/accounts/standard/validateName", 403, plain), does: plansRelay,
			says:  `WARNING : Could not validate the name at plan time: The user does not have permission: Access denied: This failure was asked for (HTTP status 403)`,
			helps: "The appliance validates it when the plan is applied. To plan without validation, set plan_validation = false (VEEAM_PLAN_VALIDATION)",
		},
		"a question with a token that is refused": {
			faults: answer("POST", "/accounts/standard/validateName", 0, problem("invalidAccessToken")), does: plansRelay,
			says:  `ERROR : Could not validate the name on HOST: The appliance does not accept the token that it issued at the sign-in: Invalid access token: This failure was asked for (HTTP status 401)`,
			helps: "The session may have been ended",
		},
		"nobody listens": {
			arguments: acctest.Values{"host": nobody, "max_retries": 0}, does: createsRelay,
			says:  "ERROR : Could not connect to " + nobody + ": The connection to the appliance failed: dial tcp " + nobody + ": connect: connection refused",
			helps: "Then check firewalls and proxies between Terraform and the appliance.",
		},
		"no answer": {
			arguments: acctest.Values{"request_timeout": "200ms"}, does: readsRelay,
			faults: []simulator.Fault{{Kind: simulator.Stall, Method: "GET"}},
			says:   `ERROR : Could not get an answer from HOST: The appliance did not answer in time: no answer came within 200ms`,
			helps:  "increase request_timeout",
		},
		"no questions at the plan": {
			appliance: simulator.Config{Habits: simulator.Habits{simulator.NoValidation: true}}, does: plansRelay,
			says:  `WARNING : Could not validate the name at plan time: The appliance does not support this in the API revision that the provider uses: Resource not found: There is no resource at "/api/v1/accounts/standard/validateName" (HTTP status 404)`,
			helps: "The appliance validates it when the plan is applied. To plan without validation, set plan_validation = false (VEEAM_PLAN_VALIDATION)",
		},
		"nobody": {
			does: looksUpJo,
			says: `ERROR AttributeName("name"): No such user: No user on HOST has the name "jo".`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, test.appliance)
			address := strings.TrimPrefix(a.Simulated.Host(), "http://")
			arguments := maps.Clone(test.arguments)
			if host, ok := arguments["host"].(string); ok {
				arguments["host"] = strings.ReplaceAll(host, "ADDRESS", address)
			}
			if arguments["token"] == "expired" {
				arguments["token"] = a.Token(t)
				a.Simulated.ExpireTokens()
			}
			a.Simulated.AddFault(test.faults...)
			text := strings.ReplaceAll(strings.Join(test.does(t, a, a.Protocol(t, arguments)), "\n"), address, "HOST")
			says, helps, _ := strings.Cut(text, "\n\n")
			if says != test.says || !strings.Contains(helps, test.helps) || (helps == "") != (test.helps == "") {
				t.Errorf("it says\n%s\nand\n%s\nexpected\n%s\nand\n%s", says, helps, test.says, test.helps)
			}
			for _, argument := range []string{ // no other argument is advised, and a read does not report an effect
				"max_retries", "-parallelism", "request_timeout", "plan_validation", "api_version", "ca_certificate", "insecure", "mfa_", "token", "username", "carried out the request",
			} {
				if strings.Contains(helps, argument) != strings.Contains(test.helps, argument) {
					t.Errorf("%s is advised, or not:\n%s", argument, helps)
				}
			}
		})
	}
}

// A common cause is reported once for refreshes. After an import it is always reported, because Terraform would plan
// with an incomplete state, and a write reports its own operation, whatever it had to read before.
func TestErrors_ofOneCause(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	p := a.Protocol(t, acctest.Values{"password": "not-it"})
	const (
		emailType = "veeam_email_notifications"
		whole     = "ERROR : Could not sign in to HOST as admin: The appliance refused the username or password"
		line      = "ERROR : Could not %s on HOST: Not attempted: could not sign in to HOST as admin. Another error of this run has the reason."
	)
	email := acctest.Values{"enabled": true, "server": "mail.example.com", "from": "a@example.com", "to": "b@example.com"}
	for _, step := range []struct {
		name string
		said []string
		want string
	}{
		{"the first refresh", p.Read(t, accountType, relay), whole},
		{"another one", p.Read(t, accountType, relay), ""},
		{"an imported record", p.Read(t, accountType, acctest.Values{"id": relayID}), whole},
		{"an imported user", p.Read(t, "veeam_user", acctest.Values{"id": "jo"}), whole},
		{"imported settings", p.Read(t, emailType, acctest.Values{"id": "email_notifications"}), whole},
		{"one more refresh", p.Read(t, accountType, relay), ""},
		{"a creation", createsRelay(t, a, p), fmt.Sprintf(line, `create credentials record "relay"`)},
		{"a change", changesRelay(t, a, p), fmt.Sprintf(line, `update credentials record "relay"`)},
		{"an adoption", adoptsJo(t, a, p), fmt.Sprintf(line, `update user "jo"`)},
		{"settings", second(p.Create(t, emailType, email)), fmt.Sprintf(line, "save the email notification settings")},
		{"settings that go", p.Delete(t, emailType, acctest.Values{"id": "email_notifications"}), fmt.Sprintf(line, "switch off the email notifications")},
	} {
		got := strings.ReplaceAll(strings.Join(step.said, "\n"), a.Simulated.Host(), "HOST")
		if !strings.HasPrefix(got, step.want) || (got == "") != (step.want == "") {
			t.Errorf("%s: it says\n%s\nexpected\n%s", step.name, got, step.want)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }
