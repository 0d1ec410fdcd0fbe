package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// A module that has nothing to hand on hands on "", so that "" is nothing wherever an argument may be left out without
// getting a value of its own. Each string argument is one of three kinds: [Optional], [Defaulted] or [Required].

// IsNothing tells whether a value is null or "".
func IsNothing(value types.String) bool {
	return value.IsNull() || !value.IsUnknown() && value.ValueString() == ""
}

// Optional are the rules for an argument for which "" is the same as leaving it out: it is not judged by them.
func Optional(rules ...validator.String) []validator.String {
	return []validator.String{emptyAware{optional, rules}}
}

// Defaulted are the rules for an argument that gets a value when it is left out, so that "" cannot stand for that.
func Defaulted(rules ...validator.String) []validator.String {
	return []validator.String{emptyAware{defaulted, rules}}
}

// Required are the rules for an argument that cannot be left out, and cannot be "" either.
func Required(rules ...validator.String) []validator.String {
	return []validator.String{emptyAware{required, rules}}
}

type presence int

const (
	optional presence = iota
	defaulted
	required
)

var refusals = map[presence]string{
	defaulted: `"" is no value for this. Leave it out or set it to null for the value that it has then.`,
	required:  "This must not be empty.",
}

// emptyAware answers for "" itself and hands every other value to its rules.
type emptyAware struct {
	presence presence
	rules    []validator.String
}

var _ validator.String = emptyAware{}

func (v emptyAware) Description(context.Context) string { return refusals[v.presence] }

func (v emptyAware) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v emptyAware) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !req.ConfigValue.IsNull() && IsNothing(req.ConfigValue) {
		if v.presence != optional {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(), refusals[v.presence])
		}
		return
	}
	for _, rule := range v.rules {
		rule.ValidateString(ctx, req, resp)
	}
}

// isWriteOnly tells whether source is a configuration in which an argument is write-only. Its "" then is null: no plan
// or state has to repeat it.
func isWriteOnly(ctx context.Context, source any, argument string) bool {
	config, ok := source.(tfsdk.Config)
	if !ok {
		return false
	}
	attribute, diags := config.Schema.AttributeAtPath(ctx, path.Root(argument))
	return !diags.HasError() && attribute.IsWriteOnly()
}
