package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Model is an object in a configuration, plan or state. It is read with [Get] and written with [Set].
//
// The plugin framework takes tagged structs itself, but compiles a pattern for each of their fields every time, which
// is a quarter of all that the provider would allocate for an object that has not changed.
type Model interface {
	// Attributes returns the fields of the model by the names of their attributes, as *types.String and *types.Bool.
	Attributes() map[string]any
}

// Get reads a model from a configuration, plan or state. Write-only arguments that are "" are null in it.
func Get(ctx context.Context, source interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}, model Model) diag.Diagnostics {
	var object types.Object
	diags := source.Get(ctx, &object)
	if diags.HasError() {
		return diags
	}
	values := object.Attributes()
	for name, field := range model.Attributes() {
		switch field := field.(type) {
		case *types.String:
			*field = values[name].(types.String)
			if !field.IsNull() && IsUnset(*field) && isWriteOnly(ctx, source, name) {
				*field = types.StringNull()
			}
		case *types.Bool:
			*field = values[name].(types.Bool)
		}
	}
	return diags
}

// Set writes a model to a state.
func Set(ctx context.Context, target interface {
	Set(ctx context.Context, value any) diag.Diagnostics
}, model Model) diag.Diagnostics {
	attributes, values := map[string]attr.Type{}, map[string]attr.Value{}
	for name, field := range model.Attributes() {
		switch field := field.(type) {
		case *types.String:
			attributes[name], values[name] = types.StringType, *field
		case *types.Bool:
			attributes[name], values[name] = types.BoolType, *field
		}
	}
	object, diags := types.ObjectValue(attributes, values)
	if diags.HasError() {
		return diags
	}
	return target.Set(ctx, object)
}
