package email_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const twoResources = "Two resources for one object"

// existing gives an appliance its settings, and returns the state of a resource that manages them.
func existing(a *acctest.Appliance) acctest.Values {
	a.Simulated.SetEmailNotifications(simulator.EmailNotifications{
		Enabled: true, Server: "192.0.2.25", Port: 25, Timeout: 100_000, From: "appliance@example.com", To: "ops@example.com",
		Subject: "s", OnSuccess: true, OnWarning: true, OnFailure: true, NotifyTime: "2026-11-22T05:06:33",
	})
	state := maps.Clone(whole)
	state["port"], state["use_ssl"] = int64(25), false
	return state
}

// saysTwo fails the test unless a plan warns of two resources, or of nothing.
func saysTwo(t *testing.T, p *acctest.Protocol, plan *tfprotov6.PlanResourceChangeResponse, want, update bool) {
	t.Helper()
	said := acctest.Texts(plan.Diagnostics)
	if want != (len(said) == 1 && strings.HasPrefix(said[0], "WARNING : "+twoResources)) || !want && len(said) > 0 {
		t.Errorf("planned with %q", said)
	}
	if !isNull(t, p, plan.PlannedState) && update != (attributes(t, p, plan.PlannedState)["id"] == "unknown") {
		t.Errorf("planned is the id %s", attributes(t, p, plan.PlannedState)["id"])
	}
}

// Two resources have the settings, one is destroyed, and Terraform asks about both in any order, in one process to plan and
// another one to apply: notifications stay on.
func TestEmailNotifications_twoInOneState(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	state := existing(a)
	process := func() *acctest.Protocol { return a.Protocol(t, nil) }
	on := func(what string) {
		t.Helper()
		if !a.Simulated.EmailNotifications().Enabled {
			t.Errorf("%s: notifications are off", what)
		}
	}

	p := process()
	saysTwo(t, p, planned(t, p, state, state), false, false)
	marked := p.PlanDestroy(t, resourceType, state, nil)
	saysTwo(t, p, marked, true, false)
	acctest.Succeeded(t, process().Destroy(t, resourceType, state, marked).Diagnostics, nil)
	on("the one that stays was planned first")

	p = process()
	plan := p.PlanDestroy(t, resourceType, state, nil)
	saysTwo(t, p, plan, false, false)
	saysTwo(t, p, planned(t, p, state, state), true, true)
	p = process()
	saysTwo(t, p, planned(t, p, state, state), false, false)
	acctest.Succeeded(t, p.Destroy(t, resourceType, state, plan).Diagnostics, nil)
	on("the apply planned the one that stays before the destruction")

	p = process()
	acctest.Succeeded(t, p.Destroy(t, resourceType, state, plan).Diagnostics, nil)
	again := planned(t, p, state, state)
	saysTwo(t, p, again, true, true)
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	saved, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: resourceType, PriorState: acctest.Encode(t, kind, state), PlannedState: again.PlannedState, PlannedPrivate: again.PlannedPrivate, Config: acctest.Encode(t, kind, state),
	})
	acctest.Succeeded(t, saved.Diagnostics, err)
	on("the apply planned the one that stays after the destruction")
	if id := attributes(t, p, saved.NewState)["id"]; id != `"email_notifications"` {
		t.Errorf("the id is %s", id)
	}

	// The only resource that manages the settings switches them off, whatever an earlier plan recorded.
	p = process()
	alone := p.PlanDestroy(t, resourceType, state, marked.PlannedPrivate)
	saysTwo(t, p, alone, false, false)
	acctest.Succeeded(t, process().Destroy(t, resourceType, state, alone).Diagnostics, nil)
	if a.Simulated.EmailNotifications().Enabled {
		t.Error("notifications are on after the last resource was destroyed")
	}
}

// A request to switch notifications off that had no answer may overtake a later one. Nothing is saved in the same run.
func TestEmailNotifications_saveAfterUnanswered(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	state := existing(a)
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.CutBefore, Method: http.MethodPost, Path: settingsPath, Delay: time.Minute, Count: 1})
	p := a.Protocol(t, acctest.Values{"request_timeout": "300ms"})
	destroyed := p.Destroy(t, resourceType, state, p.PlanDestroy(t, resourceType, state, nil))
	if said := acctest.Texts(destroyed.Diagnostics); len(said) != 1 || !strings.Contains(said[0], "did not answer in time") || isNull(t, p, destroyed.NewState) {
		t.Errorf("destroyed with %q", said)
	}
	if said := acctest.Texts(create(t, p).Diagnostics); len(said) != 1 || !strings.Contains(said[0], "That request may still take effect, so nothing was sent for this resource.") {
		t.Errorf("created with %q", said)
	}
	a.Simulated.ResetRequests()
	p = a.Protocol(t, nil)
	acctest.Succeeded(t, p.Destroy(t, resourceType, state, p.PlanDestroy(t, resourceType, state, nil)).Diagnostics, nil)
	acctest.Succeeded(t, create(t, p).Diagnostics, nil)
	if !a.Simulated.EmailNotifications().Enabled || a.Simulated.Count(http.MethodPost, settingsPath) != 2 {
		t.Error("the next run did not switch the notifications off and on")
	}
}

// Of two resources that are created at once, one saves the settings and the other one says why it does not.
func TestEmailNotifications_twoCreatedAtOnce(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{Latency: 20 * time.Millisecond})
	p := a.Protocol(t, nil)
	plan := planCreation(t, p)
	kind := p.Schemas.ResourceSchemas[resourceType].ValueType()
	results := make(chan []string)
	for range 2 {
		go func() {
			applied, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
				TypeName: resourceType, PriorState: acctest.Null(t, kind), PlannedState: plan.PlannedState, PlannedPrivate: plan.PlannedPrivate,
				PlannedIdentity: plan.PlannedIdentity, Config: acctest.Encode(t, kind, few),
			})
			if err != nil {
				t.Error(err)
			}
			results <- acctest.Texts(applied.Diagnostics)
		}()
	}
	said := append(<-results, <-results...)
	if len(said) != 1 || !strings.HasPrefix(said[0], "ERROR : "+twoResources) || a.Simulated.Count(http.MethodPost, settingsPath) != 1 {
		t.Errorf("created with %d requests and %q", a.Simulated.Count(http.MethodPost, settingsPath), said)
	}
}

// A resource is renamed: whichever of creation and destruction Terraform begins first, notifications are on in the end.
func TestEmailNotifications_createdAndDestroyedAtOnce(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{Latency: 10 * time.Millisecond})
	for range 8 {
		state := existing(a)
		p := a.Protocol(t, nil)
		plan, destroyed := p.PlanDestroy(t, resourceType, state, nil), make(chan []string)
		go func() { destroyed <- acctest.Texts(p.Destroy(t, resourceType, state, plan).Diagnostics) }()
		said := append(acctest.Texts(create(t, p).Diagnostics), <-destroyed...)
		if len(said) > 0 || !a.Simulated.EmailNotifications().Enabled {
			t.Fatalf("notifications are off, or there are errors: %q", said)
		}
	}
}

// A resource is imported to another address, and the first address leaves the configuration.
func TestEmailNotifications_importedToAnotherAddress(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, workspaceHead+`resource "veeam_email_notifications" "this" {`+fewSettings+"\n}\n")
	acctest.Tell(t, a, w, acctest.Command{Because: "it is created", Args: "apply -auto-approve", Writes: []string{save}})
	if err := w.Write("main.tf", workspaceHead+`
resource "veeam_email_notifications" "that" {`+fewSettings+`
}

import {
  to = veeam_email_notifications.that
  id = "email_notifications"
}
`); err != nil {
		t.Fatal(err)
	}
	if output, err := w.Run(t.Context(), "apply", "-auto-approve"); err != nil || !strings.Contains(output, twoResources) {
		t.Errorf("%v:\n%s", err, output)
	}
	if !a.Simulated.EmailNotifications().Enabled {
		t.Error("notifications are off")
	}
	acctest.Tell(t, a, w,
		acctest.Command{Because: "all is as configured", Args: "plan", Says: []string{"No changes"}, Writes: []string{}},
		acctest.Command{Because: "the last one goes", Args: "destroy -auto-approve", Silent: []string{twoResources}, Writes: []string{save}},
	)
	if a.Simulated.EmailNotifications().Enabled {
		t.Error("notifications are on after destroy")
	}
}

// A resource gets another name without a moved block while the appliance is slow once. The next run ends well.
func TestEmailNotifications_renamedWhileSlow(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, workspaceHead+`resource "veeam_email_notifications" "this" {`+fewSettings+"\n}\n")
	acctest.Tell(t, a, w, acctest.Command{Because: "it is created", Args: "apply -auto-approve", Writes: []string{save}})
	head := strings.Replace(workspaceHead, `provider "veeam" {}`, `provider "veeam" { request_timeout = "1s" }`, 1)
	if err := w.Write("main.tf", head+`resource "veeam_email_notifications" "that" {`+fewSettings+"\n}\n"); err != nil {
		t.Fatal(err)
	}
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.CutBefore, Method: http.MethodPost, Path: settingsPath, Delay: time.Minute, Count: 1})
	if output, err := w.Run(t.Context(), "apply", "-auto-approve"); err == nil || !strings.Contains(output, "did not answer in time") {
		t.Errorf("the slow apply ended with %v:\n%s", err, output)
	}
	if output, err := w.Run(t.Context(), "apply", "-auto-approve"); err != nil {
		t.Errorf("%v:\n%s", err, output)
	}
	if !a.Simulated.EmailNotifications().Enabled {
		t.Error("notifications are off")
	}
	acctest.Tell(t, a, w, acctest.Command{Because: "all is as configured", Args: "plan", Says: []string{"No changes"}, Writes: []string{}})
}
