package framework

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
)

// Same reports whether two texts are equal except for the whitespace around them, the kind of their line breaks, and
// their Unicode normalization (Terraform normalizes every string to NFC). A blank text is the same as none.
func Same(a, b types.String) bool {
	if a.IsUnknown() || b.IsUnknown() {
		return false
	}
	return store.SameText(a.ValueString(), b.ValueString())
}

// Trim returns a text as it is sent: without the whitespace around it, such as the line break at the end of a file.
func Trim(text types.String) types.String {
	if text.IsNull() || text.IsUnknown() {
		return text
	}
	return types.StringValue(strings.TrimSpace(text.ValueString()))
}

// Trimmed applies rules to a text as it is sent.
func Trimmed(rules ...validator.String) validator.String { return trimmed(rules) }

type trimmed []validator.String

func (trimmed) Description(context.Context) string {
	return "The value is sent without whitespace around it."
}

func (r trimmed) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (r trimmed) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	req.ConfigValue = Trim(req.ConfigValue)
	for _, rule := range r {
		rule.ValidateString(ctx, req, resp)
	}
}

// Kept returns the text of an answer, or the text that was written if that is the [Same]: Terraform reports any other
// value as a difference.
func Kept(written, answered types.String) types.String {
	if Same(written, answered) {
		return written
	}
	return answered
}

// IgnoreSpaceAround plans the text in the state if the configuration has the [Same]. It must come before a modifier that
// requires replacement. Terraform does not allow it if either is null.
func IgnoreSpaceAround() planmodifier.String { return ignoreSpaceAround{} }

type ignoreSpaceAround struct{}

func (ignoreSpaceAround) Description(context.Context) string {
	return "Whitespace around the value and the kind of its line breaks are ignored."
}

func (m ignoreSpaceAround) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (ignoreSpaceAround) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.StateValue.IsNull() && !req.PlanValue.IsNull() && Same(req.StateValue, req.PlanValue) {
		resp.PlanValue = req.StateValue
	}
}

// Attribute is an attribute of an object with its value.
type Attribute struct {
	Name  string
	Value attr.Value
}

// Changes lists the attributes that differ between two lists of the same attributes, one per line: "port: 25 -> 587".
func Changes(before, after []Attribute) []string {
	var changes []string
	for i, attribute := range before {
		if !attribute.Value.Equal(after[i].Value) {
			changes = append(changes, fmt.Sprintf("%s: %s -> %s", attribute.Name, displayed(attribute.Value), displayed(after[i].Value)))
		}
	}
	return changes
}

// displayed writes a value as Terraform does in a plan.
func displayed(value attr.Value) string {
	switch {
	case value.IsUnknown():
		return "(known after apply)"
	case value.IsNull():
		return "null"
	}
	return value.String()
}

// Redacted returns warnings that quote the appliance without the secrets of this run, which an answer may repeat.
func (p *Provider) Redacted(warnings diag.Diagnostics) diag.Diagnostics {
	if p.Client == nil { // which has no secrets, and no answers
		return warnings
	}
	var redacted diag.Diagnostics
	for _, warning := range warnings {
		detail := p.Client.Redact(warning.Detail())
		if on, ok := warning.(diag.DiagnosticWithPath); ok {
			redacted.AddAttributeWarning(on.Path(), warning.Summary(), detail)
		} else {
			redacted.AddWarning(warning.Summary(), detail)
		}
	}
	return redacted
}

// NotSaved warns about values that the appliance changed when it saved them. Terraform accepts only the planned values
// in the state, so that the next refresh shows the saved ones as drift. object is the object that has them: `user
// "operator"`.
func NotSaved(object string, sent, saved []Attribute) diag.Diagnostics {
	changes := Changes(sent, saved)
	if len(changes) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("The appliance did not save "+object+" as sent", "The appliance changed these values:\n\n  "+strings.Join(changes, "\n  ")+
		"\n\nTo keep the saved values, set them in the configuration. Otherwise the next plan shows the difference.")}
}
