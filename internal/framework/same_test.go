package framework_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var null, unknown = types.StringNull(), types.StringUnknown()

func TestSame(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	for _, test := range []struct {
		written, answered types.String
		same              bool
		planned           types.String // where the first is in the configuration and the second in the state
	}{
		{text("relay"), text("relay"), true, text("relay")},
		{text("relay\n"), text("relay"), true, text("relay")},
		{text("\t relay"), text("relay \r\n"), true, text("relay \r\n")},
		{text("a\r\nrelay"), text("a\nrelay"), true, text("a\nrelay")},
		{text("a\nrelay"), text("a\r\nrelay\r\n"), true, text("a\r\nrelay\r\n")},
		{text("a\rrelay"), text("a\nrelay"), false, text("a\rrelay")},
		{text("b\u00fcro"), text("bu\u0308ro"), true, text("bu\u0308ro")},
		{text("a relay"), text("a  relay"), false, text("a relay")},
		{text("Relay"), text("relay"), false, text("Relay")},
		{text(" "), null, true, text(" ")}, // a provider must not plan null here
		{null, text(" "), true, null},
		{text(""), text("\n"), true, text("\n")},
		{null, null, true, null},
		{null, text("relay"), false, null},
		{text("relay"), null, false, text("relay")},
		{unknown, text(""), false, unknown},
		{text(""), unknown, false, text("")},
	} {
		if got := framework.Same(test.written, test.answered); got != test.same {
			t.Errorf("%s and %s are the same: %t", test.written, test.answered, got)
		}
		want := test.answered
		if test.same {
			want = test.written
		}
		if got := framework.Kept(test.written, test.answered); !got.Equal(want) {
			t.Errorf("of %s answered as %s is kept %s, expected %s", test.written, test.answered, got, want)
		}
		resp := planmodifier.StringResponse{PlanValue: test.written}
		framework.IgnoreSpaceAround().PlanModifyString(t.Context(), planmodifier.StringRequest{PlanValue: test.written, StateValue: test.answered}, &resp)
		if !resp.PlanValue.Equal(test.planned) {
			t.Errorf("for %s with %s in the state is planned %s, expected %s", test.written, test.answered, resp.PlanValue, test.planned)
		}
	}
}

func TestNotSaved(t *testing.T) {
	t.Parallel()
	sent := []framework.Attribute{{Name: "name", Value: types.StringValue("relay")}, {Name: "port", Value: types.Int64Value(25)}, {Name: "description", Value: null}}
	if diags := framework.NotSaved(`user "jo"`, sent, sent); len(diags) != 0 {
		t.Error(diags)
	}
	saved := []framework.Attribute{{Name: "name", Value: types.StringValue("Relay")}, {Name: "port", Value: types.Int64Value(587)}, {Name: "description", Value: null}}
	diags := framework.NotSaved(`user "jo"`, sent, saved)
	if len(diags) != 1 || diags.HasError() || diags[0].Summary() != `The appliance did not save user "jo" as sent` || diags[0].Detail() != "The appliance changed these values:\n\n  name: \"relay\" -> \"Relay\"\n  port: 25 -> 587\n\nTo keep the saved values, set them in the configuration. Otherwise the next plan shows the difference." {
		t.Error(diags)
	}
}
