package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/provider"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// BenchmarkUnchangedRecord is what Terraform asks of the provider about each record when nothing changes.
func BenchmarkUnchangedRecord(b *testing.B) {
	appliance := start(b, simulator.Config{})
	s := serve(b, provider.NewServer("test"), appliance)

	config := map[string]any{"name": "relay", "username": "relay@example.com", "password": "Quiet-harbour-71"}
	planned := maps.Clone(config)
	maps.Copy(planned, map[string]any{"id": tftypes.UnknownValue, "password": nil, "password_version": "1"})
	nothing, err := tfprotov6.NewDynamicValue(s.accounts, tftypes.NewValue(s.accounts, nil))
	if err != nil {
		b.Fatal(err)
	}
	created, err := s.ApplyResourceChange(b.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: accountType, PriorState: &nothing, PlannedState: encode(b, s.accounts, planned), Config: encode(b, s.accounts, config),
	})
	succeeded(b, created.Diagnostics, err)

	id := appliance.Accounts()[0].ID
	s.readAccount(b.Context(), b, id)
	s.readAccount(b.Context(), b, "00000000-0000-0000-0000-000000000000") // makes the client take a snapshot

	validate := &tfprotov6.ValidateResourceConfigRequest{
		TypeName: accountType, Config: encode(b, s.accounts, config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	}
	state, err := json.Marshal(map[string]any{"id": id, "name": "relay", "username": "relay@example.com", "password_version": "1"})
	if err != nil {
		b.Fatal(err)
	}
	upgrade := &tfprotov6.UpgradeResourceStateRequest{TypeName: accountType, RawState: &tfprotov6.RawState{JSON: state}}
	read := &tfprotov6.ReadResourceRequest{
		TypeName: accountType, CurrentState: created.NewState, CurrentIdentity: created.NewIdentity, Private: created.Private,
	}
	plan := &tfprotov6.PlanResourceChangeRequest{
		TypeName: accountType, PriorState: created.NewState, ProposedNewState: created.NewState, Config: validate.Config,
		PriorPrivate: created.Private, PriorIdentity: created.NewIdentity,
	}

	b.Run("ValidateResourceConfig", func(b *testing.B) {
		for b.Loop() {
			response, err := s.ValidateResourceConfig(b.Context(), validate)
			succeeded(b, response.Diagnostics, err)
		}
	})
	b.Run("UpgradeResourceState", func(b *testing.B) {
		for b.Loop() {
			response, err := s.UpgradeResourceState(b.Context(), upgrade)
			succeeded(b, response.Diagnostics, err)
		}
	})
	b.Run("ReadResource", func(b *testing.B) {
		for b.Loop() {
			response, err := s.ReadResource(b.Context(), read)
			succeeded(b, response.Diagnostics, err)
		}
	})
	b.Run("PlanResourceChange", func(b *testing.B) {
		for b.Loop() {
			response, err := s.PlanResourceChange(b.Context(), plan)
			succeeded(b, response.Diagnostics, err)
		}
	})
}

// BenchmarkRefresh reads 1,000 records one by one, which stand on ten pages.
func BenchmarkRefresh(b *testing.B) {
	appliance := start(b, simulator.Config{})
	for i := range 1000 {
		appliance.PutAccount(simulator.Account{Name: fmt.Sprintf("record-%d", i), Username: "relay@example.com"})
	}
	records := appliance.Accounts()
	for b.Loop() {
		s := serve(b, provider.NewServer("test"), appliance)
		for _, record := range records {
			s.readAccount(b.Context(), b, record.ID)
		}
	}
}
