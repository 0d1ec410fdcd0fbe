package user

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

// The default administrator cannot be recreated, so that no advice says so.
func TestMissing_defaultAdministrator(t *testing.T) {
	t.Parallel()
	for _, isDefault := range []bool{false, true} {
		config := resourceModel{Name: types.StringValue("root"), Password: types.StringValue("Second-pw-28")}
		state := resourceModel{Name: config.Name, PasswordVersion: types.StringValue("1"), IsDefault: types.BoolValue(isDefault)}
		plan := resourceModel{Name: config.Name, PasswordVersion: types.StringValue("2"), IsDefault: state.IsDefault}
		diags := planChange(config, plan, state, nil, writeonly.Sent{Check: writeonly.Check("First-pw-19")}).missing()
		if len(diags) != 1 || !diags.HasError() {
			t.Fatal(diags)
		}
		if got := strings.Contains(diags[0].Detail(), "-replace"); got == isDefault {
			t.Errorf("the default administrator: %t; -replace is advised: %t", isDefault, got)
		}
	}
}

// A password that is asked for may not exist, and a version that is asked for may be hidden: the error says so.
func TestMissing_whatMayStandInTheWay(t *testing.T) {
	t.Parallel()
	first, second, one := types.StringValue("First-pw-19"), types.StringValue("Second-pw-28"), types.StringValue("1")
	for name, test := range map[string]struct {
		config, plan, state resourceModel
		says                string
	}{
		"adopted, of an identity provider": {
			plan: resourceModel{Description: types.StringValue("new")}, says: ofIdentityProvider,
		},
		"adopted, with other fields": {
			plan: resourceModel{AdditionalFields: types.StringValue(`{"role": "Portal Operator"}`)}, says: ofIdentityProvider,
		},
		"another password, and a version that stays": {
			config: resourceModel{Password: second, PasswordVersion: one}, plan: resourceModel{Description: types.StringValue("new"), PasswordVersion: one},
			state: resourceModel{PasswordVersion: one}, says: writeonly.HiddenVersion,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := planChange(test.config, test.plan, test.state, nil, writeonly.Sent{Check: writeonly.Check(first.ValueString())}).missing()
			if len(diags) != 1 || !strings.Contains(diags[0].Detail(), test.says) {
				t.Errorf("%v does not say %q", diags, test.says)
			}
		})
	}
	if diags := missingForCreation(t.Context(), resourceModel{}, resourceModel{Name: types.StringValue("jane")}, nil); len(diags) != 1 || !strings.Contains(diags[0].Detail(), ofIdentityProvider) {
		t.Errorf("%v does not say %q", diags, ofIdentityProvider)
	}
	external := resourceModel{AdditionalFields: types.StringValue(`{"accountType": "External"}`)}
	if diags := planChange(resourceModel{}, external, resourceModel{}, fieldsOf(t, external.AdditionalFields.ValueString()), writeonly.Sent{}).missing(); len(diags) > 0 {
		t.Error(diags)
	}
}
