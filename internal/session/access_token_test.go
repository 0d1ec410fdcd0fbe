package session_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

const typeName = "veeam_access_token"

// harness calls the ephemeral resource in place of Terraform, whose timing cannot be controlled.
type harness struct {
	*acctest.Protocol
	appliance *simulator.Server
}

func newHarness(t *testing.T, config simulator.Config, provider acctest.Values) harness {
	t.Helper()
	a := acctest.NewSimulated(t, config)
	return harness{a.Protocol(t, provider), a.Simulated}
}

func (h harness) open(t *testing.T, config acctest.Values) *tfprotov6.OpenEphemeralResourceResponse {
	t.Helper()
	encoded := acctest.Encode(t, h.Schemas.EphemeralResourceSchemas[typeName].ValueType(), config)
	valid, err := h.Server.ValidateEphemeralResourceConfig(t.Context(), &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: typeName, Config: encoded})
	acctest.Succeeded(t, valid.Diagnostics, err)
	opened, err := h.Server.OpenEphemeralResource(t.Context(), &tfprotov6.OpenEphemeralResourceRequest{TypeName: typeName, Config: encoded})
	acctest.Succeeded(t, nil, err)
	return opened
}

func (h harness) result(t *testing.T, opened *tfprotov6.OpenEphemeralResourceResponse) acctest.Values {
	t.Helper()
	acctest.Succeeded(t, opened.Diagnostics, nil)
	return acctest.Decode(t, h.Schemas.EphemeralResourceSchemas[typeName].ValueType(), opened.Result)
}

func (h harness) renew(t *testing.T, private []byte) *tfprotov6.RenewEphemeralResourceResponse {
	t.Helper()
	renewed, err := h.Server.RenewEphemeralResource(t.Context(), &tfprotov6.RenewEphemeralResourceRequest{TypeName: typeName, Private: private})
	acctest.Succeeded(t, renewed.Diagnostics, err)
	return renewed
}

func (h harness) close(t *testing.T, private []byte) *tfprotov6.CloseEphemeralResourceResponse {
	t.Helper()
	closed, err := h.Server.CloseEphemeralResource(t.Context(), &tfprotov6.CloseEphemeralResourceRequest{TypeName: typeName, Private: private})
	acctest.Succeeded(t, closed.Diagnostics, err)
	return closed
}

func (h harness) expectSessions(t *testing.T, want int) {
	t.Helper()
	if got := h.appliance.Sessions(); got != want {
		t.Errorf("%d sessions are open, expected %d", got, want)
	}
}

// expectAccepted checks whether the appliance takes a token.
func (h harness) expectAccepted(t *testing.T, token any, want bool) {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, "/api/v1/system/version", nil)
	request.Header.Set("X-Api-Version", "1.0-rev0")
	request.Header.Set("Authorization", "Bearer "+token.(string))
	answer := httptest.NewRecorder()
	h.appliance.ServeHTTP(answer, request)
	if got := answer.Code == http.StatusOK; got != want {
		t.Errorf("the appliance answered the token with %d", answer.Code)
	}
}

func TestAccessToken_ownUser(t *testing.T) {
	t.Parallel()
	h := newHarness(t, simulator.Config{}, nil)
	before := time.Now()
	opened := h.open(t, nil)
	result := h.result(t, opened)

	h.expectSessions(t, 1)
	h.expectAccepted(t, result["access_token"], true)
	expires, err := time.Parse("2006-01-02T15:04:05Z", result["expires_at"].(string))
	if err != nil || expires.Before(before.Add(time.Hour-time.Second)) || expires.After(time.Now().Add(time.Hour)) {
		t.Errorf("expires_at is %v (%v), expected in an hour, in UTC", result["expires_at"], err)
	}
	if left := expires.Sub(opened.RenewAt); left < 29*time.Second || left > 31*time.Second {
		t.Errorf("it is to be renewed %s before it expires, expected 30s", left)
	}

	if workspace.ContainsSecret(opened.Private, result["access_token"].(string)) {
		t.Error("the private data holds the token")
	}

	h.close(t, opened.Private)
	h.expectSessions(t, 0)
	h.expectAccepted(t, result["access_token"], false)

	// Nothing is left to do for it.
	h.appliance.ResetRequests()
	if renewed := h.renew(t, opened.Private); len(renewed.Diagnostics) != 0 || !renewed.RenewAt.IsZero() {
		t.Errorf("renewed after its end with %v, next at %s", renewed.Diagnostics, renewed.RenewAt)
	}
	if closed := h.close(t, opened.Private); len(closed.Diagnostics) != 0 {
		t.Errorf("closed a second time with %+v", closed.Diagnostics[0])
	}
	if sent := len(h.appliance.Requests()); sent != 0 {
		t.Errorf("%d requests were sent for it", sent)
	}
}

func TestAccessToken_givenUser(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]acctest.Values{
		"without MFA":     {"username": "jane", "password": "Jane-secret-19"},
		"no code":         {"username": "jane", "password": "Jane-secret-19", "mfa_code": ""},
		"with MFA":        {"username": acctest.Username, "password": acctest.Password, "mfa_code": "current"},
		"with its secret": {"username": acctest.Username, "password": acctest.Password, "mfa_secret": "jbsw y3dp ehpk 3pxp"},
	} {
		// The provider's own token does not matter. Each has a separate appliance, because a code is good once.
		h := newHarness(t, simulator.Config{MFASecret: "JBSWY3DPEHPK3PXP"}, acctest.Values{"username": nil, "password": nil, "token": "from-elsewhere"})
		h.appliance.PutUser(simulator.User{Name: "jane", Password: "Jane-secret-19"})
		if config["mfa_code"] == "current" {
			config["mfa_code"] = h.appliance.MFACode(acctest.Username)
		}
		opened := h.open(t, config)
		result := h.result(t, opened)
		h.expectSessions(t, 1)
		h.expectAccepted(t, result["access_token"], true)
		for attribute, value := range config {
			if result[attribute] != value {
				t.Errorf("%s: %s is not what was configured", name, attribute)
			}
		}
		h.close(t, opened.Private)
		h.expectSessions(t, 0)
	}
}

// Terraform passes Close the private data of Open, OpenTofu that of the last Renew: both end the session.
func TestAccessToken_renewedSessionIsSignedOut(t *testing.T) {
	t.Parallel()
	h := newHarness(t, simulator.Config{}, nil)
	for _, closeWith := range []string{"open", "renew"} {
		opened := h.open(t, nil)
		token := h.result(t, opened)["access_token"]
		private := map[string][]byte{"open": opened.Private}
		last := opened.Private
		for range 3 {
			h.appliance.ExpireTokens()
			renewed := h.renew(t, last)
			if len(renewed.Diagnostics) != 0 || time.Until(renewed.RenewAt) < 59*time.Minute {
				t.Errorf("renewed with %v, next at %s", renewed.Diagnostics, renewed.RenewAt)
			}
			last = renewed.Private
		}
		private["renew"] = last
		h.expectSessions(t, 1)

		if closed := h.close(t, private[closeWith]); len(closed.Diagnostics) != 0 {
			t.Errorf("closed with %v", closed.Diagnostics[0])
		}
		h.expectSessions(t, 0)
		h.expectAccepted(t, token, false)
	}
}

// Sessions are independent of each other.
func TestAccessToken_sessionsAreApart(t *testing.T) {
	t.Parallel()
	h := newHarness(t, simulator.Config{}, nil)
	first, second := h.open(t, nil), h.open(t, nil)
	token := h.result(t, second)["access_token"]
	h.renew(t, first.Private)
	h.close(t, first.Private)
	h.expectSessions(t, 1)
	h.expectAccepted(t, token, true)
	h.close(t, second.Private)
	h.expectSessions(t, 0)
}

// When a session cannot be renewed or signed out, the token has been used: no run fails for it.
func TestAccessToken_troubleIsAWarning(t *testing.T) {
	t.Parallel()
	h := newHarness(t, simulator.Config{}, nil)
	expectWarning := func(diagnostics []*tfprotov6.Diagnostic, summary string) {
		t.Helper()
		if len(diagnostics) != 1 || diagnostics[0].Summary != summary || diagnostics[0].Severity != tfprotov6.DiagnosticSeverityWarning {
			t.Errorf("got %+v, expected the warning %q", diagnostics, summary)
		}
	}

	opened := h.open(t, nil)
	h.appliance.RevokeTokens()
	renewed := h.renew(t, opened.Private)
	expectWarning(renewed.Diagnostics, "Could not renew the session")
	if said := renewed.Diagnostics[0].Detail; strings.Contains(said, "VEEAM_TOKEN") {
		t.Errorf("the warning leads to a token that nobody gave:\n%s", said)
	}
	if !renewed.RenewAt.IsZero() {
		t.Error("it is to be renewed again")
	}
	if closed := h.close(t, renewed.Private); len(closed.Diagnostics) != 0 {
		t.Errorf("a session that has ended is closed with %+v", closed.Diagnostics[0])
	}

	opened = h.open(t, nil)
	h.appliance.AddFault(simulator.Fault{Kind: simulator.Status, Method: http.MethodDelete, Path: "/token", Status: http.StatusInternalServerError})
	expectWarning(h.close(t, opened.Private).Diagnostics, "Could not end the session")
}

// A code that is given here is not the one that the provider's arguments name.
func TestAccessToken_usedCode(t *testing.T) {
	t.Parallel()
	h := newHarness(t, simulator.Config{MFASecret: "JBSWY3DPEHPK3PXP"}, nil)
	config := acctest.Values{"username": acctest.Username, "password": acctest.Password, "mfa_code": h.appliance.MFACode(acctest.Username)}
	h.result(t, h.open(t, config))
	refused := acctest.Texts(h.open(t, config).Diagnostics)
	if len(refused) != 1 || !strings.Contains(refused[0], `AttributeName("mfa_code")`) || strings.Contains(refused[0], "VEEAM_") {
		t.Errorf("%q", refused)
	}
}

func TestAccessToken_refused(t *testing.T) {
	t.Parallel()
	withMFA := simulator.Config{MFASecret: "JBSWY3DPEHPK3PXP"}
	admin := func(values acctest.Values) acctest.Values {
		config := acctest.Values{"username": acctest.Username, "password": acctest.Password}
		maps.Copy(config, values)
		return config
	}
	for name, test := range map[string]struct {
		appliance        simulator.Config
		provider, config acctest.Values
		attribute        string
		want             []string
	}{
		"no user": {
			provider:  acctest.Values{"username": nil, "password": nil, "token": "from-elsewhere"},
			attribute: "username",
			want:      []string{"No user for the session", "Set username and password of this ephemeral resource"},
		},
		"no appliance yet": {
			provider: acctest.Values{"host": acctest.Unknown},
			want:     []string{"The appliance is not known yet", "Terraform cannot open a session"},
		},
		"wrong password of the provider": {
			provider: acctest.Values{"password": "Wrong-secret-19"},
			want:     []string{"Could not sign in to", "as admin", "Check username (VEEAM_USERNAME) and password (VEEAM_PASSWORD) in the provider configuration"},
		},
		"wrong password given": {
			config:    admin(acctest.Values{"password": "Wrong-secret-19"}),
			attribute: "password",
			want:      []string{"Could not sign in to", "as admin", "Check username and password of this ephemeral resource."},
		},
		"no MFA code given": {
			appliance: withMFA, config: admin(nil),
			attribute: "mfa_code",
			want:      []string{"Set mfa_secret of this ephemeral resource, or mfa_code to a current code."},
		},
		"wrong MFA code given": {
			appliance: withMFA, config: admin(acctest.Values{"mfa_code": "135791"}),
			attribute: "mfa_code",
			want:      []string{"or set mfa_code to a current code."},
		},
		"unsupported revision": {
			appliance: simulator.Config{APIVersions: []string{"9.9-rev0"}}, config: admin(nil),
			want: []string{"Set api_version (VEEAM_API_VERSION) in the provider configuration"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, test.appliance, test.provider)
			opened := h.open(t, test.config)
			if len(opened.Diagnostics) != 1 || opened.Diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError {
				t.Fatalf("got %+v, expected one error", opened.Diagnostics)
			}
			refusal := opened.Diagnostics[0]
			text := refusal.Summary + "\n" + refusal.Detail
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("the error says\n%s\nwithout %q", text, want)
				}
			}
			if test.config["username"] != nil && strings.Contains(text, "VEEAM_USERNAME") {
				t.Errorf("the error leads to the provider's own user:\n%s", text)
			}
			attribute := ""
			if refusal.Attribute != nil {
				attribute = refusal.Attribute.String()
			}
			if want := test.attribute; want != "" && attribute != `AttributeName("`+want+`")` {
				t.Errorf("the error is on %s, expected on %s", attribute, want)
			}
			for _, secret := range []string{acctest.Password, "Wrong-secret-19", "135791"} {
				if strings.Contains(text, secret) {
					t.Errorf("the error holds a secret:\n%s", text)
				}
			}
			h.expectSessions(t, 0)
		})
	}
}

func TestAccessToken_badInput(t *testing.T) {
	t.Parallel()
	h := newHarness(t, simulator.Config{}, nil)
	schema := h.Schemas.EphemeralResourceSchemas[typeName].ValueType()
	for name, config := range map[string]acctest.Values{
		"username without password": {"username": "jane"},
		"password without username": {"password": "Jane-secret-19"},
		"a code without a user":     {"mfa_code": "246810"},
		"empty username":            {"username": "", "password": "Jane-secret-19"},
		"empty password":            {"username": "jane", "password": ""},
	} {
		valid, err := h.Server.ValidateEphemeralResourceConfig(t.Context(), &tfprotov6.ValidateEphemeralResourceConfigRequest{
			TypeName: typeName, Config: acctest.Encode(t, schema, config),
		})
		if err != nil || len(valid.Diagnostics) == 0 {
			t.Errorf("%s: accepted (%v)", name, err)
		}
	}
}
