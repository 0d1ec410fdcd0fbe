package email_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Texts come from heredocs and files, written on one system and edited on another one.
func TestEmailNotifications_text(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(lineBreak string) string {
		return a.Provider() + strings.ReplaceAll(`resource "veeam_email_notifications" "this" {
  enabled = true
  server  = "192.0.2.25\n"
  from    = <<-EOT
    Appliance <appliance@example.com>
  EOT
  to      = <<-EOT
    "Ops, Team" <ops@example.com>;
      jane@example.com
  EOT
  subject = "  Backup\n"
}
`, "\n", lineBreak)
	}
	want := simulator.EmailNotifications{
		Enabled: true, Server: "192.0.2.25", Port: 25, Timeout: 100_000, From: "Appliance <appliance@example.com>",
		To: `"Ops, Team" <ops@example.com>;jane@example.com`, Subject: "Backup", OnSuccess: true, OnWarning: true, OnFailure: true,
		NotifyTime: "2020-01-01T09:00:00",
	}
	inline := a.Provider() + `resource "veeam_email_notifications" "this" {
  enabled = true
  server  = "192.0.2.25"
  from    = "Appliance <appliance@example.com>"
  to      = "\"Ops, Team\" <ops@example.com>; jane@example.com"
  subject = "Backup"
}
`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{ // They are sent without the whitespace around them.
				Config: config("\n"),
				Check:  resource.ComposeAggregateTestCheckFunc(a.Wrote(save), remote(a, want, "")),
			},
			{ // Another kind of line break, or none, changes nothing.
				Config:           config("\r\n"),
				ConfigPlanChecks: nothing,
			},
			{
				Config:           inline,
				ConfigPlanChecks: nothing,
				Check:            a.Wrote(),
			},
			{ // A line break inside a subject could add a header to the message.
				Config:      strings.Replace(inline, `"Backup"`, `"Backup\nBcc: joe@example.com"`, 1),
				ExpectError: acctest.Saying("This must be a single line: there is a line break or another control character."),
			},
		},
	})
}

// An omitted subject is the appliance's; a new resource has the documented default.
func TestEmailNotifications_omittedSubject(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(more string) string {
		return a.Provider() + "resource \"veeam_email_notifications\" \"this\" {" + fewSettings + more + "\n}\n"
	}
	subject := func(want string) resource.TestCheckFunc {
		return a.Check(func(s *simulator.Server) error {
			if diff := cmp.Diff(want, s.EmailNotifications().Subject); diff != "" {
				t.Error(diff)
			}
			return nil
		})
	}
	change := func(subject string) func() {
		return func() {
			settings := a.Simulated.EmailNotifications()
			settings.Subject = subject
			a.Simulated.SetEmailNotifications(settings)
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config(""), Check: subject("[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%")},
			{PreConfig: change("by hand"), Config: config(""), ConfigPlanChecks: nothing, Check: subject("by hand")},
			{Config: config("\n on_success = false"), Check: subject("by hand")},
			{PreConfig: change(""), Config: config("\n on_success = true"), Check: subject("")},
			{Config: config("\n subject = \"s\""), Check: subject("s")},
			{Config: config(""), ConfigPlanChecks: nothing, Check: subject("s")},
		},
	})
}

// Fields that a later revision may have stay as they are.
func TestEmailNotifications_laterFields(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{APIVersions: []string{"1.3-rev0"}})
	state := existing(a)
	settings := a.Simulated.EmailNotifications()
	settings.Later = "kept"
	a.Simulated.SetEmailNotifications(settings)
	changed := maps.Clone(state)
	changed["on_success"] = false
	p := a.Protocol(t, nil)
	for what, states := range map[string][2]acctest.Values{"creation": {nil, state}, "update": {state, changed}, "destruction": {state, nil}} {
		if got := apply(t, a.Protocol(t, nil), states[0], states[1]); len(got.said) > 0 || a.Simulated.EmailNotifications().Later != "kept" {
			t.Errorf("%s: %q, and the field is %q", what, got.said, a.Simulated.EmailNotifications().Later)
		}
	}
	_, _ = invoke(t, p, nil) // no mail server answers
	for _, body := range acctest.Bodies(a.Simulated.Requests(), "POST", settingsPath) {
		if !strings.Contains(body, `"later":"kept"`) {
			t.Errorf("the appliance was sent %s", body)
		}
	}
}
