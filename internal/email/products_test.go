package email_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// applied is the result of a change of the settings.
type applied struct {
	state     *tfprotov6.DynamicValue
	said      []string
	destroyed bool
}

// apply sends a change to the provider, from a state to a plan; nil is neither.
func apply(t *testing.T, p *acctest.Protocol, prior, planned acctest.Values) applied {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	encode := func(values acctest.Values) *tfprotov6.DynamicValue {
		if values == nil {
			return acctest.Null(t, kind)
		}
		return acctest.Encode(t, kind, values)
	}
	response, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: resourceType, PriorState: encode(prior), PlannedState: encode(planned), Config: encode(planned),
	})
	if err != nil {
		t.Fatal(err)
	}
	return applied{state: response.NewState, said: acctest.Texts(response.Diagnostics), destroyed: isNull(t, p, response.NewState)}
}

// saved are those for a mail server, as they stand in a state.
func saved(mail *acctest.MailServer) acctest.Values {
	return acctest.Values{
		"id": "email_notifications", "enabled": true, "server": mail.Address, "port": int64(mail.Port), "use_ssl": false, "timeout": int64(10_000),
		"from": "appliance@example.com", "to": "ops@example.com", "subject": "Backup", "on_success": true, "on_warning": true, "on_failure": true,
	}
}

// Every product that has a revision with the settings has them itself, and in the last such revision: they are saved,
// read, tested and switched off. On every other product, every operation reports that, however the appliance answers
// requests for missing endpoints, and the state is kept.
func TestProducts_settings(t *testing.T) {
	for _, missing := range []string{"problem", "framework", "405", "501", "unsupported"} {
		for _, refusal := range []string{"problem", "nested", "sentence", "misleading"} {
			if refusal != "problem" && missing != "unsupported" {
				continue // only that answer refuses the revision
			}
			t.Run(missing+" "+refusal, func(t *testing.T) {
				config := simulator.Config{MissingEndpoint: missing, RevisionRefusal: refusal}
				acctest.EachProduct(t, config, func(t *testing.T, a *acctest.Appliance, profile simulator.Profile) {
					last, newest := profile.EmailNotifications(), profile.Documented[len(profile.Documented)-1]
					mail := acctest.NewMailServer(t, "relay", "A-quiet-harbour")
					switch {
					case last == "":
						lacksSettings(t, a, mail, nil)
						lacksSettings(t, a, mail, acctest.Values{"api_version": newest})
					case newest >= "1.4":
						lacksSettings(t, a, mail, acctest.Values{"api_version": newest})
						fallthrough
					default:
						hasSettings(t, a, mail, nil)
						hasSettings(t, a, mail, acctest.Values{"api_version": last})
					}
				})
			})
		}
	}
}

func hasSettings(t *testing.T, a *acctest.Appliance, mail *acctest.MailServer, arguments acctest.Values) {
	t.Helper()
	p, planned := a.Protocol(t, arguments), saved(mail)
	planned["credentials_id"] = a.Simulated.PutAccount(simulator.Account{Name: "relay", Username: "relay", Password: "A-quiet-harbour"}).ID
	defer a.Simulated.DeleteAccount(planned["credentials_id"].(string))
	if made := apply(t, p, nil, planned); len(made.said) > 0 || !a.Simulated.EmailNotifications().Enabled {
		t.Errorf("creation: %q", made.said)
	}
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	read, err := p.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: resourceType, CurrentState: acctest.Encode(t, kind, planned)})
	acctest.Succeeded(t, read.Diagnostics, err)
	if diff := cmp.Diff(attributes(t, p, acctest.Encode(t, kind, planned)), attributes(t, p, read.NewState)); diff != "" {
		t.Errorf("what was read is not what was saved: %s", diff)
	}
	if _, said := invoke(t, p, nil); len(said) > 0 {
		t.Errorf("test message: %q", said)
	}
	if err := arrived(mail, "ops@example.com"); err != nil {
		t.Error(err)
	}
	// Another process destroys them: this one would treat the resource as renamed.
	if gone := apply(t, a.Protocol(t, arguments), planned, nil); len(gone.said) > 0 || !gone.destroyed || a.Simulated.EmailNotifications().Enabled {
		t.Errorf("destruction: %q", gone.said)
	}
}

func lacksSettings(t *testing.T, a *acctest.Appliance, mail *acctest.MailServer, arguments acctest.Values) {
	t.Helper()
	planned := saved(mail)
	changed := saved(mail)
	changed["subject"] = "Another"
	before := a.Simulated.EmailNotifications()
	a.Simulated.ResetRequests()
	expect := func(what string, said []string) {
		t.Helper()
		if len(said) != 1 || !strings.HasPrefix(said[0], "ERROR") {
			t.Errorf("%s: %q, expected one error", what, said)
			return
		}
		for _, words := range []string{
			"The appliance has no email notification settings in the API revision that the provider uses",
			"The last API revision with these settings is 1.3-rev0", "set api_version (VEEAM_API_VERSION) to this revision", "terraform state rm",
		} {
			if !strings.Contains(said[0], words) {
				t.Errorf("%s does not say %q: %s", what, words, said[0])
			}
		}
	}
	p := a.Protocol(t, arguments)
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	state := acctest.Encode(t, kind, planned)

	read, err := p.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: resourceType, CurrentState: state})
	acctest.Succeeded(t, nil, err)
	expect("refresh", acctest.Texts(read.Diagnostics))
	if diff := cmp.Diff(attributes(t, p, state), attributes(t, p, read.NewState)); diff != "" {
		t.Errorf("the refresh changes the state: %s", diff)
	}
	proposed := saved(mail)
	proposed["id"] = nil
	plan, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: resourceType, PriorState: acctest.Null(t, kind), ProposedNewState: acctest.Encode(t, kind, proposed), Config: acctest.Encode(t, kind, proposed),
	})
	acctest.Succeeded(t, nil, err)
	expect("plan", acctest.Texts(plan.Diagnostics))
	for what, states := range map[string][2]acctest.Values{"creation": {nil, planned}, "update": {planned, changed}, "destruction": {planned, nil}} {
		result := apply(t, p, states[0], states[1])
		expect(what, result.said)
		if result.destroyed != (states[0] == nil) {
			t.Errorf("after the failed %s the state is empty: %t", what, result.destroyed)
		}
	}
	imported, err := p.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: resourceType, ID: "email_notifications"})
	acctest.Succeeded(t, nil, err)
	expect("import", acctest.Texts(imported.Diagnostics))
	_, said := invoke(t, p, nil)
	expect("test message", said)
	_, said = invoke(t, p, acctest.Values{"to": "joe@example.com"})
	expect("test message to another", said)

	if after := a.Simulated.EmailNotifications(); after != before {
		t.Errorf("the settings have become %+v", after)
	}
	signIns := 0
	for _, request := range a.Simulated.Requests() {
		if request.Path == "/token" && request.Status == http.StatusOK {
			signIns++
		}
	}
	if signIns != 1 {
		t.Errorf("%d sign-ins, expected one", signIns)
	}
}

// A page that is missing in a revision that has the settings says nothing about the revision.
func TestSettings_missingPage(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{Product: "7"})
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Path: "/settings/emailNotifications", Status: http.StatusNotFound, Document: "html"})
	made := apply(t, a.Protocol(t, nil), nil, acctest.Values{
		"id": "email_notifications", "enabled": true, "server": "mail.example.com", "port": int64(25), "use_ssl": false, "timeout": int64(10_000),
		"from": "a@example.com", "to": "b@example.com", "subject": "s", "on_success": true, "on_warning": true, "on_failure": true,
	})
	if len(made.said) != 1 || !strings.Contains(made.said[0], "404 Not Found") || strings.Contains(made.said[0], "revision") {
		t.Errorf("%q", made.said)
	}
}
