package email_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const (
	address      = "veeam_email_notifications.this"
	settingsPath = "/settings/emailNotifications"
	save         = "POST " + settingsPath
)

var (
	// acctest.WriteOnly is the first Terraform with write-only arguments.
	nothing = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
)

func plans(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

// state checks the whole state.
func state(want map[string]knownvalue.Check) []statecheck.StateCheck {
	want = maps.Clone(want)
	want["id"] = knownvalue.StringExact("email_notifications")
	checks := []statecheck.StateCheck{}
	for attribute, value := range want {
		checks = append(checks, statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value))
	}
	return checks
}

// remote checks the settings on the simulated appliance. The credentials record is known by its name.
func remote(a *acctest.Appliance, want simulator.EmailNotifications, record string) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		if record != "" {
			account, _ := s.AccountByName(record)
			want.UseCredentials, want.CredentialsID = true, &account.ID
		}
		if difference := cmp.Diff(want, s.EmailNotifications()); difference != "" {
			return fmt.Errorf("the settings on the appliance are not what they should be (-want +got):\n%s", difference)
		}
		return nil
	})
}

// The settings of the story, in full and with only the required arguments.
const (
	fullSettings = `
  enabled           = true
  server            = "mail.example.com"
  port              = 587
  use_ssl           = true
  timeout           = 20000
  credentials_id    = veeam_standard_account.mail.id
  from              = "Appliance <appliance@example.com>"
  to                = "ops@example.com; Jane Doe <jane@example.com>"
  subject           = "%JobName%: %JobResult%"
  on_success        = false
  on_warning        = false
  on_failure        = true
  daily_report_time = "06:30"`
	fewSettings = `
  enabled = true
  server  = "192.0.2.25"
  from    = "appliance@example.com"
  to      = "ops@example.com"`
)

func settings(a *acctest.Appliance, record, arguments string) string {
	return a.Provider() + fmt.Sprintf(`
resource "veeam_standard_account" "mail" {
  name     = %q
  username = "relay"
  password = "A-quiet-harbour"
}

resource "veeam_email_notifications" "this" {%s
}
`, record, arguments)
}

func TestEmailNotifications_life(t *testing.T) {
	a := acctest.NewAppliance(t)
	record := acctest.UniqueName(t)
	full := simulator.EmailNotifications{
		Enabled: true, Server: "mail.example.com", Port: 587, UseSSL: true, Timeout: 20_000, From: "Appliance <appliance@example.com>",
		To: "ops@example.com; Jane Doe <jane@example.com>", Subject: "%JobName%: %JobResult%", OnFailure: true,
		EnableScheduledNotification: true, NotifyTime: "2020-01-01T06:30:00",
	}
	few := simulator.EmailNotifications{
		Enabled: true, Server: "192.0.2.25", Port: 25, Timeout: 100_000, From: "appliance@example.com", To: "ops@example.com",
		Subject: "[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%", OnSuccess: true, OnWarning: true, OnFailure: true,
		NotifyTime: "2020-01-01T09:00:00",
	}
	kept := few
	kept.Timeout, kept.Subject, kept.NotifyTime = full.Timeout, full.Subject, full.NotifyTime
	off := full
	off.Enabled = false

	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		// Notifications are switched off and stop using their credentials record before it is deleted; they keep everything else.
		CheckDestroy: a.Check(func(s *simulator.Server) error {
			var sent []string
			for _, request := range s.Requests() {
				if request.Method == http.MethodPost && request.Path == settingsPath || request.Method == http.MethodDelete && request.Path != "/token" {
					sent = append(sent, request.Method)
				}
			}
			if !slices.Equal(sent, []string{http.MethodPost, http.MethodDelete}) {
				return fmt.Errorf("destroy sent %q", sent)
			}
			if difference := cmp.Diff(off, s.EmailNotifications()); difference != "" {
				return fmt.Errorf("destroy did not leave the rest (-want +got):\n%s", difference)
			}
			return nil
		}),
		Steps: []resource.TestStep{
			{ // Omitted arguments get a default that the plan shows. The timeout is the appliance's.
				Config: settings(a, record, fewSettings),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact("email_notifications")),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("port"), knownvalue.Int64Exact(25)),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("timeout")),
				}},
				ConfigStateChecks: state(map[string]knownvalue.Check{
					"enabled": knownvalue.Bool(true), "server": knownvalue.StringExact("192.0.2.25"), "port": knownvalue.Int64Exact(25),
					"use_ssl": knownvalue.Bool(false), "timeout": knownvalue.Int64Exact(100_000), "credentials_id": knownvalue.Null(),
					"from": knownvalue.StringExact("appliance@example.com"), "to": knownvalue.StringExact("ops@example.com"),
					"subject":    knownvalue.StringExact("[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%"),
					"on_success": knownvalue.Bool(true), "on_warning": knownvalue.Bool(true), "on_failure": knownvalue.Bool(true),
					"daily_report_time": knownvalue.Null(),
				}),
				Check: resource.ComposeAggregateTestCheckFunc(remote(a, few, ""), a.Wrote("POST /accounts/standard", save)),
			},
			{ // Everything changes in place, with one request.
				Config:           settings(a, record, fullSettings),
				ConfigPlanChecks: plans(plancheck.ResourceActionUpdate),
				ConfigStateChecks: state(map[string]knownvalue.Check{
					"enabled": knownvalue.Bool(true), "server": knownvalue.StringExact("mail.example.com"), "port": knownvalue.Int64Exact(587),
					"use_ssl": knownvalue.Bool(true), "timeout": knownvalue.Int64Exact(20_000), "credentials_id": knownvalue.NotNull(),
					"from": knownvalue.StringExact("Appliance <appliance@example.com>"), "to": knownvalue.StringExact("ops@example.com; Jane Doe <jane@example.com>"),
					"subject": knownvalue.StringExact("%JobName%: %JobResult%"), "on_success": knownvalue.Bool(false),
					"on_warning": knownvalue.Bool(false), "on_failure": knownvalue.Bool(true), "daily_report_time": knownvalue.StringExact("06:30"),
				}),
				Check: resource.ComposeAggregateTestCheckFunc(remote(a, full, record), a.Wrote(save)),
			},
			{ // An argument that is removed again returns to its default: no credentials, no daily report. Timeout and subject stay.
				Config:           settings(a, record, fewSettings),
				ConfigPlanChecks: plans(plancheck.ResourceActionUpdate),
				Check:            resource.ComposeAggregateTestCheckFunc(remote(a, kept, ""), a.Wrote(save)),
			},
			{
				Config: settings(a, record, fullSettings),
				Check:  resource.ComposeAggregateTestCheckFunc(remote(a, full, record), a.Wrote(save)),
			},
			{ // There is one object to import, whatever it is called.
				ResourceName:      address,
				ImportState:       true,
				ImportStateId:     "anything",
				ImportStateVerify: true,
			},
		},
	})
}

func TestEmailNotifications_importByIdentity(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	there := simulator.EmailNotifications{
		Server: "mail.example.com", Port: 25, Timeout: 100_000, From: "a@example.com", To: "b@example.com", Subject: "s", NotifyTime: "2026-11-22T05:06:33.1234567",
	}
	a.Simulated.SetEmailNotifications(there)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{ // Adopting settings that are as configured writes nothing.
				Config: a.Provider() + `
import {
  to = veeam_email_notifications.this
  identity = {
    id = "email_notifications"
  }
}

resource "veeam_email_notifications" "this" {
  enabled    = false
  server     = "mail.example.com"
  from       = "a@example.com"
  to         = "b@example.com"
  subject    = "s"
  on_success = false
  on_warning = false
  on_failure = false
}
`,
				ConfigPlanChecks: plans(plancheck.ResourceActionNoop),
				Check:            resource.ComposeAggregateTestCheckFunc(remote(a, there, ""), a.Wrote()),
			},
		},
	})
}

// Another client changes one setting after the other on the appliance: each shows at the next refresh, and an apply
// corrects all of them.
func TestEmailNotifications_drift(t *testing.T) { acctest.EachManner(t, drifts) }

func drifts(t *testing.T, a *acctest.Appliance) {
	t.Helper()
	other := a.Simulated.PutAccount(simulator.Account{Name: "other", Username: "root"})
	config := settings(a, "mail", fullSettings)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config},
			{
				PreConfig: func() { eachDrift(t, a, other.ID) },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
				},
				Check: remote(a, simulator.EmailNotifications{
					Enabled: true, Server: "mail.example.com", Port: 587, UseSSL: true, Timeout: 20_000, From: "Appliance <appliance@example.com>",
					To: "ops@example.com; Jane Doe <jane@example.com>", Subject: "%JobName%: %JobResult%", OnFailure: true,
					EnableScheduledNotification: true, NotifyTime: "2020-01-01T06:30:00",
				}, "mail"),
			},
		},
	})
}

// eachDrift changes every setting alone, expects a refresh to show that one and no other, and leaves all of them changed.
func eachDrift(t *testing.T, a *acctest.Appliance, otherRecord string) {
	t.Helper()
	p := a.Protocol(t, nil)
	original := a.Simulated.EmailNotifications()
	before := refresh(t, p)
	all := original
	for name, drift := range map[string]struct {
		change func(*simulator.EmailNotifications)
		want   string
	}{
		"enabled":           {func(s *simulator.EmailNotifications) { s.Enabled = false }, `"false"`},
		"server":            {func(s *simulator.EmailNotifications) { s.Server = "other.example.com" }, `"other.example.com"`},
		"port":              {func(s *simulator.EmailNotifications) { s.Port = 26 }, `"26"`},
		"use_ssl":           {func(s *simulator.EmailNotifications) { s.UseSSL = false }, `"false"`},
		"timeout":           {func(s *simulator.EmailNotifications) { s.Timeout = 1 }, `"1"`},
		"credentials_id":    {func(s *simulator.EmailNotifications) { s.CredentialsID = &otherRecord }, `"` + otherRecord + `"`},
		"from":              {func(s *simulator.EmailNotifications) { s.From = "x@example.com" }, `"x@example.com"`},
		"to":                {func(s *simulator.EmailNotifications) { s.To = "y@example.com" }, `"y@example.com"`},
		"subject":           {func(s *simulator.EmailNotifications) { s.Subject = "by hand" }, `"by hand"`},
		"on_success":        {func(s *simulator.EmailNotifications) { s.OnSuccess = true }, `"true"`},
		"on_warning":        {func(s *simulator.EmailNotifications) { s.OnWarning = true }, `"true"`},
		"on_failure":        {func(s *simulator.EmailNotifications) { s.OnFailure = false }, `"false"`},
		"daily_report_time": {func(s *simulator.EmailNotifications) { s.NotifyTime = "2026-11-22T18:00:00.1234567" }, `"18:00"`},
	} {
		changed := original
		drift.change(&changed)
		drift.change(&all)
		a.Simulated.SetEmailNotifications(changed)
		want := maps.Clone(before)
		want[name] = drift.want
		if difference := cmp.Diff(want, refresh(t, p)); difference != "" {
			t.Errorf("a refresh after a change of %s (-want +got):\n%s", name, difference)
		}
	}
	for name, change := range map[string]func(*simulator.EmailNotifications){
		"credentials_id":    func(s *simulator.EmailNotifications) { s.UseCredentials = false },
		"daily_report_time": func(s *simulator.EmailNotifications) { s.EnableScheduledNotification = false },
	} {
		changed := original
		change(&changed)
		a.Simulated.SetEmailNotifications(changed)
		want := maps.Clone(before)
		want[name] = "null"
		if difference := cmp.Diff(want, refresh(t, p)); difference != "" {
			t.Errorf("a refresh after %s was switched off (-want +got):\n%s", name, difference)
		}
	}
	a.Simulated.SetEmailNotifications(all)
}

// refresh gives the attributes as a refresh shows them.
func refresh(t *testing.T, p *acctest.Protocol) map[string]string {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	read, err := p.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: resourceType, CurrentState: acctest.Encode(t, kind, acctest.Values{"id": "email_notifications"}),
	})
	acctest.Succeeded(t, read.Diagnostics, err)
	return attributes(t, p, read.NewState)
}

// A creation adopts the existing settings, and the plan shows them. This is the output that a user sees.
func TestEmailNotifications_takeOver(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	fresh := a.Simulated.EmailNotifications()
	record := a.Simulated.PutAccount(simulator.Account{Name: "old", Username: "root"})
	there := simulator.EmailNotifications{
		Enabled: true, Server: "old.example.com", Port: 25, Timeout: 100_000, UseCredentials: true, CredentialsID: &record.ID,
		From: "appliance@example.com", To: "somebody@example.com", Subject: "[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%",
		OnSuccess: true, OnWarning: true, OnFailure: true, EnableScheduledNotification: true, NotifyTime: "2026-11-22T05:06:33",
	}
	w := acctest.NewWorkspace(t, a, `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

provider "veeam" {}

resource "veeam_email_notifications" "this" {`+fewSettings+`
}
`)
	plan := func(args ...string) string {
		a.Simulated.ResetRequests()
		output, err := w.Run(t.Context(), append([]string{"plan"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if reads := a.Simulated.Count("GET", settingsPath); reads != 1 {
			t.Errorf("the plan asked for the settings %d times", reads)
		}
		return output
	}
	const title = "The appliance has email notification settings already"

	if output := plan(); strings.Contains(output, title) {
		t.Errorf("a fresh appliance has nothing to take over:\n%s", output)
	}

	a.Simulated.SetEmailNotifications(there)
	output := plan("-out=create.tfplan")
	for _, line := range []string{
		title, "Creating this resource replaces the settings of ", "import the resource with the ID email_notifications",
		`server: "old.example.com" -> "192.0.2.25"`, `credentials_id: "` + record.ID + `" -> null`,
		`to: "somebody@example.com" -> "ops@example.com"`, `daily_report_time: "05:06" -> null`,
	} {
		if !acctest.Saying(line).MatchString(output) {
			t.Errorf("the plan does not say %q:\n%s", line, output)
		}
	}
	if count := strings.Count(output, " -> "); count != 4 {
		t.Errorf("the plan says %d changes, expected 4:\n%s", count, output)
	}

	if _, err := w.Run(t.Context(), "apply", "create.tfplan"); err != nil {
		t.Fatal(err)
	}
	want := fresh
	want.Enabled, want.Server, want.From, want.To, want.NotifyTime = true, "192.0.2.25", "appliance@example.com", "ops@example.com", there.NotifyTime
	if difference := cmp.Diff(want, a.Simulated.EmailNotifications()); difference != "" {
		t.Errorf("the settings on the appliance (-want +got):\n%s", difference)
	}
	if output := plan(); strings.Contains(output, title) || !strings.Contains(output, "No changes") {
		t.Errorf("expected no changes:\n%s", output)
	}

	// Existing settings that are as configured are adopted without a warning.
	if _, err := w.Run(t.Context(), "state", "rm", address); err != nil {
		t.Fatal(err)
	}
	if output := plan(); strings.Contains(output, title) || !strings.Contains(output, "1 to add") {
		t.Errorf("expected a creation without a warning:\n%s", output)
	}
}

func TestEmailNotifications_planWithoutAsking(t *testing.T) {
	t.Parallel()
	for name, provider := range map[string]acctest.Values{
		"plan_validation off":           {"plan_validation": false},
		"the appliance is not known":    {"host": acctest.Unknown},
		"the appliance does not answer": {"max_retries": int64(0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.SetEmailNotifications(simulator.EmailNotifications{Enabled: true, Server: "old.example.com", Port: 25})
			a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Path: settingsPath, Status: 500})
			diagnostics := acctest.Texts(planCreation(t, a.Protocol(t, provider)).Diagnostics)
			if name != "the appliance does not answer" {
				if len(diagnostics) > 0 || a.Simulated.Count("GET", settingsPath) > 0 {
					t.Errorf("planned with %q and %d requests, expected none", diagnostics, a.Simulated.Count("GET", settingsPath))
				}
				return
			}
			if len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Could not read the email notification settings") {
				t.Errorf("planned with %q, expected the appliance's refusal", diagnostics)
			}
		})
	}
}

var few = acctest.Values{
	"enabled": true, "server": "192.0.2.25", "from": "appliance@example.com", "to": "ops@example.com",
}

func planCreation(t *testing.T, p *acctest.Protocol) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	config := acctest.Encode(t, kind, few)
	plan, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: resourceType, PriorState: acctest.Null(t, kind), ProposedNewState: config, Config: config,
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// apply creates the settings, and gives what the appliance's answer made of it.
func create(t *testing.T, p *acctest.Protocol) *tfprotov6.ApplyResourceChangeResponse {
	t.Helper()
	plan := planCreation(t, p)
	acctest.Succeeded(t, plan.Diagnostics, nil)
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	applied, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: resourceType, PriorState: acctest.Null(t, kind), PlannedState: plan.PlannedState, PlannedPrivate: plan.PlannedPrivate,
		PlannedIdentity: plan.PlannedIdentity, Config: acctest.Encode(t, kind, few),
	})
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

// Terraform wants the planned values in the state, so another answer is a warning, and drift at the next refresh.
func TestEmailNotifications_savedOtherwise(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	p := a.Protocol(t, nil)
	answer, err := json.Marshal(simulator.EmailNotifications{
		Enabled: true, Server: "192.0.2.25", Port: 25, Timeout: 60_000, From: "appliance@example.com", To: "ops@example.com",
		Subject: "[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%", OnSuccess: true, OnWarning: true, OnFailure: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: "POST", Path: settingsPath, Body: string(answer)})
	applied := create(t, p)
	want := []string{"WARNING : The appliance did not save the email notification settings as sent: The appliance changed these values:\n\n  timeout: 100000 -> 60000\n\nTo keep the saved values, set them in the configuration. Otherwise the next plan shows the difference."}
	if difference := cmp.Diff(want, acctest.Texts(applied.Diagnostics)); difference != "" {
		t.Error(difference)
	}
	if got := attributes(t, p, applied.NewState)["timeout"]; got != `"100000"` {
		t.Errorf("the state says %s", got)
	}
}

func TestEmailNotifications_saveFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   simulator.Fault
		failure string // "" when all is well in the end
		saves   int
	}{
		"lost answer is repeated": {simulator.Fault{Kind: simulator.CutAfter, Method: "POST", Path: settingsPath, Count: 1}, "", 2},
		"refused": {
			simulator.Fault{Kind: simulator.Status, Method: "POST", Path: settingsPath, Status: 400, Header: http.Header{"Content-Type": {"application/problem+json"}},
				Body: `{"type":"x/validationError","title":"Validation error","status":400,"errorCode":"UnexpectedContent","details":"No such relay."}`},
			"Validation error: No such relay (HTTP status 400)", 1,
		},
		"another document": {simulator.Fault{Kind: simulator.Body, Method: "POST", Path: settingsPath, Body: `{"id":7}`}, "does not match the API documentation", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.AddFault(test.fault)
			p := a.Protocol(t, nil)
			applied := create(t, p)
			diagnostics := acctest.Texts(applied.Diagnostics)
			if test.failure == "" && len(diagnostics) > 0 || test.failure != "" && (len(diagnostics) != 1 || !strings.Contains(diagnostics[0], test.failure)) {
				t.Errorf("got %q, expected %q", diagnostics, test.failure)
			}
			if got := a.Simulated.Count("POST", settingsPath); got != test.saves {
				t.Errorf("the settings were sent %d times, expected %d", got, test.saves)
			}
			if stored := !isNull(t, p, applied.NewState); stored != (test.failure == "") {
				t.Errorf("in the state: %t", stored)
			}
		})
	}
}

// Settings whose credentials record another client has deleted can still be switched off.
func TestEmailNotifications_destroyWithoutRecord(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: settings(a, "mail", fullSettings)},
			{
				PreConfig: func() {
					a.Simulated.DeleteAccount(a.Simulated.Accounts()[0].ID)
					a.Simulated.ResetRequests()
				},
				Config:  settings(a, "mail", fullSettings),
				Destroy: true,
				Check: resource.ComposeAggregateTestCheckFunc(
					a.Wrote(save),
					remote(a, simulator.EmailNotifications{
						Server: "mail.example.com", Port: 587, UseSSL: true, Timeout: 20_000, From: "Appliance <appliance@example.com>",
						To: "ops@example.com; Jane Doe <jane@example.com>", Subject: "%JobName%: %JobResult%", OnFailure: true,
						EnableScheduledNotification: true, NotifyTime: "2020-01-01T06:30:00",
					}, ""),
				),
			},
		},
	})
}

// An appliance may keep a record from being deleted while the settings name it, even when they are off already.
func TestEmailNotifications_destroyWithRecordInUse(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{Habits: simulator.Habits{simulator.RefusesDeletionInUse: true}})
	config := settings(a, "mail", fullSettings)
	switchedOff := func() {
		there := a.Simulated.EmailNotifications()
		there.Enabled = false
		a.Simulated.SetEmailNotifications(there)
	}
	gone := a.Check(func(s *simulator.Server) error {
		if there := s.EmailNotifications(); len(s.Accounts()) > 0 || there.CredentialsID != nil || there.UseCredentials {
			return fmt.Errorf("destroy left %+v and %+v", s.Accounts(), there)
		}
		return nil
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config},
			{Config: config, Destroy: true, Check: gone},
			{Config: config},
			{PreConfig: switchedOff, Config: config, Destroy: true, Check: gone},
		},
	})
}

// To Terraform, a renamed resource is a new one and an old one: whichever comes first, the settings stay as configured.
func TestEmailNotifications_renamed(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	called := func(name, more string) string {
		return strings.Replace(settings(a, "mail", fullSettings+more), `"this"`, strconv.Quote(name), 1)
	}
	full := simulator.EmailNotifications{
		Enabled: true, Server: "mail.example.com", Port: 587, UseSSL: true, Timeout: 20_000, From: "Appliance <appliance@example.com>",
		To: "ops@example.com; Jane Doe <jane@example.com>", Subject: "%JobName%: %JobResult%", OnFailure: true,
		EnableScheduledNotification: true, NotifyTime: "2020-01-01T06:30:00",
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: called("this", "")},
			{Config: called("that", ""), Check: remote(a, full, "mail")},
			{Config: called("other", ""), Check: remote(a, full, "mail")},
			{ // The new one takes long, so that the old one goes meanwhile, or the other way round.
				PreConfig: func() {
					a.Simulated.AddFault(simulator.Fault{Kind: simulator.Delay, Path: settingsPath, Delay: 200 * time.Millisecond, Count: 3})
				},
				Config: called("this", ""), Check: remote(a, full, "mail"),
			},
		},
	})
}

// Whitespace that an appliance removes, and that an import does not have, changes nothing.
func TestEmailNotifications_tidied(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{Habits: simulator.Habits{simulator.TrimsSpace: true}})
	config := func(space string) string {
		return a.Provider() + fmt.Sprintf("resource \"veeam_email_notifications\" \"this\" {\nenabled = true\nserver = \"192.0.2.25\"\nfrom = \"a@example.com%[1]s\"\nto = \"%[1]sb@example.com\"\nsubject = \"%[1]ss%[1]s\"\n}\n", space)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config:            config("  "),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, tfjsonpath.New("subject"), knownvalue.StringExact("  s  "))},
				Check:             a.Wrote(save),
			},
			{Config: config(" "), PlanOnly: true},
			{Config: config(""), PlanOnly: true},
		},
	})
}

// Two resources would overwrite each other at every apply.
func TestEmailNotifications_two(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config: a.Provider() + "resource \"veeam_email_notifications\" \"this\" {" + fewSettings + "\n}\n" +
					"resource \"veeam_email_notifications\" \"that\" {" + strings.Replace(fewSettings, "ops@", "jane@", 1) + "\n depends_on = [veeam_email_notifications.this]\n}\n",
				ExpectError: acctest.Saying("this run has already saved it for another veeam_email_notifications"),
			},
			{ // The first one works, and another apply corrects the rest.
				Config:           a.Provider() + "resource \"veeam_email_notifications\" \"this\" {" + fewSettings + "\n}\n",
				ConfigPlanChecks: nothing,
				Check:            a.Wrote(save),
			},
		},
	})
}

// Port 465 requires SMTPS, which the appliance does not support. A plan that changes nothing repeats no warning.
func TestEmailNotifications_smtps(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	p := a.Protocol(t, nil)
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	plan := func(prior *tfprotov6.DynamicValue, port int64) []string {
		values := maps.Clone(whole)
		values["port"] = port
		config := acctest.Encode(t, kind, values)
		planned, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: resourceType, PriorState: prior, ProposedNewState: config, Config: config,
		})
		if err != nil {
			t.Fatal(err)
		}
		return acctest.Texts(planned.Diagnostics)
	}
	values := maps.Clone(whole)
	values["port"] = int64(465)
	existing := acctest.Encode(t, kind, values)
	const want = `WARNING AttributeName("port"): Mail servers expect TLS from the start at port 465: `
	if got := plan(acctest.Null(t, kind), 465); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("planned with %q", got)
	}
	for _, got := range [][]string{plan(acctest.Null(t, kind), 587), plan(existing, 465), plan(existing, 587)} {
		if len(got) > 0 {
			t.Errorf("planned with %q", got)
		}
	}
}

// whole is every argument, as a plan has it.
var whole = acctest.Values{
	"id": "email_notifications", "enabled": true, "server": "192.0.2.25", "use_ssl": true, "timeout": int64(100_000),
	"from": "appliance@example.com", "to": "ops@example.com", "subject": "s", "on_success": true, "on_warning": true, "on_failure": true,
}

// A module without credentials or a report passes "".
func TestEmailNotifications_nothing(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(arguments string) string {
		return a.Provider() + "resource \"veeam_email_notifications\" \"this\" {" + fewSettings + arguments + "\n}\n"
	}
	const without = "\n credentials_id = \"\"\n daily_report_time = \"\""
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config: config(without),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("credentials_id"), knownvalue.StringExact("")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("daily_report_time"), knownvalue.StringExact("")),
				},
				Check: a.Check(func(s *simulator.Server) error {
					if got := s.EmailNotifications(); got.UseCredentials || got.CredentialsID != nil || got.EnableScheduledNotification {
						return fmt.Errorf("the settings on the appliance are %+v", got)
					}
					return nil
				}),
			},
			{Config: config(without), ConfigPlanChecks: nothing, Check: a.Wrote(save)},
			{ // Terraform distinguishes null from "" in a plan. The appliance gets no request for that.
				Config:            config(""),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, tfjsonpath.New("credentials_id"), knownvalue.Null())},
				Check:             a.Wrote(),
			},
			{ // The appliance validates the form of an id.
				Config:      config("\n credentials_id = \"x7f3k2qa\""),
				ExpectError: acctest.Saying(`There is no credentials record with the id "x7f3k2qa"`),
			},
		},
	})
}

// Destroy leaves what another client has changed since, and writes nothing where notifications are off.
func TestEmailNotifications_destroyAfterDrift(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := a.Provider() + "resource \"veeam_email_notifications\" \"this\" {" + fewSettings + "\n}\n"
	byHand := simulator.EmailNotifications{Server: "by.hand", Port: 1025, Timeout: 1, From: "x", To: "y", Subject: "z", NotifyTime: "2026-11-22T05:06:33"}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config},
			{
				PreConfig: func() {
					a.Simulated.SetEmailNotifications(byHand)
					a.Simulated.ResetRequests()
				},
				Config:  config,
				Destroy: true,
				Check:   resource.ComposeAggregateTestCheckFunc(a.Wrote(), remote(a, byHand, "")),
			},
		},
	})
}

// The appliance is created in the same run: its address is known only after apply.
func TestEmailNotifications_applianceOfTheSameRun(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := fmt.Sprintf(`
resource "terraform_data" "appliance" {
  input = %q
}

provider "veeam" {
  host           = terraform_data.appliance.output
  username       = %q
  password       = %q
  ca_certificate = %q
}

resource "veeam_email_notifications" "this" {%s
}
`, a.Simulated.Host(), acctest.Username, acctest.Password, a.Simulated.CACertificate(), fewSettings)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{{
			Config: config,
			Check: func(*terraform.State) error {
				if got := a.Simulated.EmailNotifications(); !got.Enabled || got.Server != "192.0.2.25" {
					return fmt.Errorf("the settings on the appliance are %+v", got)
				}
				return nil
			},
		}},
	})
}

// The values that a plan sets are checked, and those that the appliance has are not.
func TestEmailNotifications_invalid(t *testing.T) {
	t.Parallel()
	for attribute, values := range map[string][]any{
		"server":  {"", " ", "smtp://mail.example.com", "mail.example.com:25", "mail.example.com/x", "user@mail.example.com", "[::1]", "mail example"},
		"port":    {int64(0), int64(-1), int64(65536)},
		"timeout": {int64(0), int64(-1)},
		"from":    {"", " ", nil, "Backup", "a@b@c", "a@example.com, b@example.com", "a@example.com (x\ny)", "a@example.com\r\nBcc: b@example.com"},
		"to": {"", "\n", nil, "ops", ";", ";;", ";ops@example.com", "ops@example.com;;", "ops@example.com;;jane@example.com", "ops@example.com jane@example.com",
			"ops@example.com\njane@example.com", "ops@example.com, jane", "ops@example.com; \"Doe\r\nBcc: joe@example.com\" <jane@example.com>"},
		"subject":           {"", "Backup\nBcc: joe@example.com", "a\tb", "a\x00", "a\u0085b"},
		"daily_report_time": {"24:00", "9:00", "09:60", "09:00:00", "09.00", "09:00Z", "9 AM"},
	} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{})
			p := a.Protocol(t, nil)
			for _, value := range values {
				config := maps.Clone(few)
				config[attribute] = value
				says := acctest.Texts(planned(t, p, nil, config).Diagnostics)
				if len(says) != 1 || !strings.HasPrefix(says[0], fmt.Sprintf("ERROR AttributeName(%q): Invalid ", attribute)) &&
					!strings.HasPrefix(says[0], fmt.Sprintf("ERROR AttributeName(%q): Missing %s", attribute, attribute)) {
					t.Errorf("%s = %v is planned with %q", attribute, value, says)
				}

				// The same as it exists: another attribute changes.
				prior := maps.Clone(whole)
				maps.Copy(prior, acctest.Values{"port": int64(25), attribute: value})
				config = maps.Clone(prior)
				config["on_success"] = false
				if says = acctest.Texts(planned(t, p, prior, config).Diagnostics); len(says) > 0 {
					t.Errorf("%s = %v exists, and is planned with %q", attribute, value, says)
				}
			}
			if requests := a.Simulated.Requests(); len(requests) > 0 {
				t.Errorf("the plans sent %d requests", len(requests))
			}
		})
	}
}

func TestEmailNotifications_valid(t *testing.T) {
	t.Parallel()
	p := acctest.NewSimulated(t, simulator.Config{}).Protocol(t, acctest.Values{"plan_validation": false})
	for _, valid := range []acctest.Values{
		{"server": "2001:db8::25", "port": int64(65535), "timeout": int64(1), "daily_report_time": "00:00"},
		{"server": "mail", "port": int64(1), "credentials_id": "x7f3k2qa", "daily_report_time": "23:59"},
		{"server": "mail.example.com \n", "from": "a@example.com\n", "to": "  ops@example.com\n", "subject": "Backup\r\n"},
		{"credentials_id": "", "daily_report_time": ""},
		{"to": "a@example.com;"}, {"to": "a@example.com, b@example.com, "}, {"to": "a@example.com;\n  b@example.com;\n"},
		{"to": "a@example.com,b@example.com; Ops <c@example.com>", "from": `"Doe; Jane" <jane@example.com>`},
		{"to": `"Ops, Team" <ops@example.com>; "A \"quoted\"; name" <jane@example.com>`},
		{"server": acctest.Unknown, "to": acctest.Unknown, "from": acctest.Unknown, "credentials_id": acctest.Unknown, "daily_report_time": acctest.Unknown},
		{"enabled": false, "server": nil, "from": "", "to": nil},
		{"enabled": acctest.Unknown, "server": nil, "from": nil, "to": nil},
	} {
		config := maps.Clone(few)
		maps.Copy(config, valid)
		if says := acctest.Texts(planned(t, p, nil, config).Diagnostics); len(says) > 0 {
			t.Errorf("%q: %q", valid, says)
		}
	}
}

// Settings that are switched off may lack what messages require. Only switching them on requires it.
func TestEmailNotifications_switchingOnNeeds(t *testing.T) {
	t.Parallel()
	p := acctest.NewSimulated(t, simulator.Config{}).Protocol(t, nil)
	prior := maps.Clone(whole)
	maps.Copy(prior, acctest.Values{"enabled": false, "server": nil, "port": int64(25), "from": nil, "to": ""})
	config := maps.Clone(prior)
	config["enabled"] = true
	want := []string{"server", "from", "to"}
	says := acctest.Texts(planned(t, p, prior, config).Diagnostics)
	for i, attribute := range want {
		prefix := fmt.Sprintf("ERROR AttributeName(%q): Missing %s: The appliance cannot send messages without it.", attribute, attribute)
		if len(says) != len(want) || !strings.HasPrefix(says[i], prefix) {
			t.Fatalf("planned with %q", says)
		}
	}
}

// planned plans a change as Terraform asks for it: what the configuration omits has the value in the state if the provider
// computes it.
func planned(t *testing.T, p *acctest.Protocol, prior, config acctest.Values) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	schema := p.Schemas.ResourceSchemas[resourceType]
	kind := schema.ValueType()
	state, proposed := acctest.Null(t, kind), maps.Clone(config)
	if prior != nil {
		state = acctest.Encode(t, kind, prior)
		for _, attribute := range schema.Block.Attributes {
			if attribute.Computed && proposed[attribute.Name] == nil {
				proposed[attribute.Name] = prior[attribute.Name]
			}
		}
	}
	response, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: resourceType, PriorState: state, ProposedNewState: acctest.Encode(t, kind, proposed), Config: acctest.Encode(t, kind, config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return response
}
