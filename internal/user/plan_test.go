package user

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

// The default administrator cannot be made anew, so that nobody is told to.
func TestMissing_defaultAdministrator(t *testing.T) {
	t.Parallel()
	for _, isDefault := range []bool{false, true} {
		config := resourceModel{Name: types.StringValue("root"), Password: types.StringValue("Second-pw-28")}
		state := resourceModel{Name: config.Name, PasswordVersion: types.StringValue("1"), IsDefault: types.BoolValue(isDefault)}
		plan := resourceModel{Name: config.Name, PasswordVersion: types.StringValue("2"), IsDefault: state.IsDefault}
		diags := planChange(config, plan, state, writeonly.Sent{Check: writeonly.Check("First-pw-19")}).missing()
		if len(diags) != 1 || !diags.HasError() {
			t.Fatal(diags)
		}
		if got := strings.Contains(diags[0].Detail(), "-replace"); got == isDefault {
			t.Errorf("the default administrator: %t; -replace is advised: %t", isDefault, got)
		}
	}
}
