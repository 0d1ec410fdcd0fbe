package framework

import (
	"context"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// WholeNumber is the type of an argument that takes a whole number. The framework's own type reports a fraction as a bug
// in the provider.
type WholeNumber struct{ basetypes.Int64Type }

var _ basetypes.Int64Typable = WholeNumber{}

// Equal reports whether values of another type fit. Values of this type are plain [types.Int64].
func (w WholeNumber) Equal(other attr.Type) bool {
	return other == w || w.Int64Type.Equal(other)
}

func (WholeNumber) String() string { return "WholeNumber" }

// ValueFromTerraform converts a value. One that Validate refuses is unknown until then.
func (w WholeNumber) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := w.Int64Type.ValueFromTerraform(ctx, in)
	if err != nil {
		return types.Int64Unknown(), nil //nolint:nilerr // Validate reports it
	}
	return value, nil
}

// Validate refuses a fraction, and a number that no int64 can hold. The framework calls it after each conversion.
func (WholeNumber) Validate(_ context.Context, in tftypes.Value, at path.Path) (diags diag.Diagnostics) {
	var number *big.Float
	if !in.IsKnown() || in.IsNull() || in.As(&number) != nil {
		return nil
	}
	if !number.IsInt() {
		diags.AddAttributeError(at, "Invalid "+at.String(), "This must be a whole number, not "+number.Text('g', 10)+".")
	} else if _, accuracy := number.Int64(); accuracy != big.Exact {
		diags.AddAttributeError(at, "Invalid "+at.String(), "This number is too large.")
	}
	return diags
}
