package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// A module that has no value for an argument passes "". Therefore "" counts as unset, except for an argument that gets a
// default. Each string argument has one of three kinds of rules: [EmptyIsUnset], [NotEmptyOrUnset] or [NotEmpty].

// IsUnset reports whether a value is null or "".
func IsUnset(value types.String) bool {
	return value.IsNull() || !value.IsUnknown() && value.ValueString() == ""
}

// EmptyIsUnset applies rules to an optional argument. They do not apply to "", which counts as unset.
func EmptyIsUnset(rules ...validator.String) []validator.String {
	return []validator.String{emptyAware{rules: rules}}
}

// NotEmptyOrUnset applies rules to an optional argument that has a default, and refuses "".
func NotEmptyOrUnset(rules ...validator.String) []validator.String {
	return []validator.String{emptyAware{
		refusal: `This must not be an empty string. Omit it or set it to null instead.`, rules: rules,
	}}
}

// NotEmpty applies rules to a required argument, and refuses a blank value.
func NotEmpty(rules ...validator.String) []validator.String {
	return []validator.String{emptyAware{refusal: "This must not be empty.", refusesBlank: true, rules: rules}}
}

// emptyAware decides about "" itself and applies its rules to every other value.
type emptyAware struct {
	refusal      string // of ""; if empty, "" counts as unset
	refusesBlank bool   // not only ""
	rules        []validator.String
}

var _ validator.String = emptyAware{}

func (v emptyAware) Description(context.Context) string { return v.refusal }

func (v emptyAware) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v emptyAware) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	value := req.ConfigValue
	if v.refusesBlank {
		value = Trim(value)
	}
	if !value.IsNull() && IsUnset(value) {
		if v.refusal != "" {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(), v.refusal)
		}
		return
	}
	for _, rule := range v.rules {
		rule.ValidateString(ctx, req, resp)
	}
}

// isWriteOnly reports whether source is a configuration in which an argument is write-only. Its "" then counts as null,
// because no plan or state has to repeat it.
func isWriteOnly(ctx context.Context, source any, argument string) bool {
	config, ok := source.(tfsdk.Config)
	if !ok {
		return false
	}
	attribute, diags := config.Schema.AttributeAtPath(ctx, path.Root(argument))
	return !diags.HasError() && attribute.IsWriteOnly()
}
