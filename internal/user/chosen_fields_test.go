package user

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestChosenFields(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		written types.String
		answer  string
		want    string // "" for no warning
	}{
		"an appliance without such fields":      {types.StringNull(), `{}`, ``},
		"all, without a configuration":          {types.StringNull(), `{"accountType":"Internal","role":"Portal Administrator","team":null}`, `{"accountType":"Internal","role":"Portal Administrator"}`},
		"an empty text is none":                 {types.StringValue(""), `{"role":"a"}`, `{"role":"a"}`},
		"of rights, with another field":         {types.StringValue(`{"accountType":"Internal"}`), `{"accountType":"Internal","portalRole":"a","userGroups":[1],"permissions":{},"Privileges":[],"lastLogin":1}`, `{"Privileges":[],"permissions":{},"portalRole":"a","userGroups":[1]}`},
		"one that was written, in another case": {types.StringValue(`{"Role":"a"}`), `{"role":"a","lastLogin":1}`, ``},
		"rights inside another field":           {types.StringValue(`{"team":"a"}`), `{"access":{"role":"a"},"isAdmin":true,"locale":{"language":"en"}}`, `{"access":{"role":"a"},"isAdmin":true}`},
		"no secret":                             {types.StringNull(), `{"apiToken":"hidden","role":{"name":"a","accessKey":"hidden"}}`, `{"role":{"name":"a"}}`},
		"too much to show":                      {types.StringNull(), `{"role":"` + strings.Repeat("x", 2000) + `","team":1}`, `role, team`},
		"nothing but secrets":                   {types.StringNull(), `{"apiToken":"hidden"}`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := chosenFields(resourceModel{Name: types.StringValue("jane"), AdditionalFields: test.written}, fieldsOf(t, test.written.ValueString()), fieldsOf(t, test.answer))
			switch {
			case len(diags) > 0 != (test.want != "") || diags.HasError():
				t.Errorf("%v, want %q", diags, test.want)
			case test.want != "" && !strings.Contains(diags[0].Detail(), "  "+test.want+"\n"):
				t.Errorf("%s does not have %s", diags[0].Detail(), test.want)
			}
		})
	}
}
