package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// StringRule is a validator for values that have to be parsed. It reports why a value is not accepted. Check decides
// whether its error may repeat the value.
type StringRule struct {
	What  string // completes "must be …"
	Check func(value string) error
}

var _ validator.String = StringRule{}

// Description says what a value must be.
func (r StringRule) Description(context.Context) string { return "must be " + r.What }

// MarkdownDescription says what a value must be.
func (r StringRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

// ValidateString reports a value that Check refuses, on its attribute.
func (r StringRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := r.Check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(), "This must be "+r.What+": "+err.Error()+".")
	}
}
