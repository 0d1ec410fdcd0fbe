// Package writeonly notices when a write-only password has changed. Terraform keeps no write-only value, so this is
// done with a version that shows in the plan and a check value too small to betray the password.
package writeonly

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// CheckValue is the 16-bit check value of a password as four hexadecimal digits; empty when none is kept, as after
// an import. The same password always has the same check value, and one password in 65,536 has the same as another:
// enough to notice a change, too little to find the password by.
type CheckValue string

// label separates the check value from every other use of SHA-256 on the password.
const label = "terraform-provider-veeam password check value\x00"

// Check computes the check value of a password.
func Check(password string) CheckValue {
	sum := sha256.Sum256([]byte(label + password))
	return CheckValue(hex.EncodeToString(sum[:2]))
}

// privateKey is where the check value stands in a resource's private state.
const privateKey = "password_check_value"

// PrivateReader is the private state that Terraform hands to a resource.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateWriter is the private state that a resource hands back.
type PrivateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Load reads the check value from private state. One that cannot be read counts as none.
func Load(ctx context.Context, private PrivateReader) (CheckValue, diag.Diagnostics) {
	value, diags := private.GetKey(ctx, privateKey)
	var check CheckValue
	if len(value) == 0 || json.Unmarshal(value, &check) != nil {
		return "", diags
	}
	return check, diags
}

// Store keeps the check value of a password in private state. Call it only after the appliance has accepted the
// password: Terraform keeps what a failed apply stored, and the rotation would be lost.
func Store(ctx context.Context, private PrivateWriter, password string) diag.Diagnostics {
	value, err := json.Marshal(Check(password))
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Check value not stored", err.Error())}
	}
	return private.SetKey(ctx, privateKey, value)
}
