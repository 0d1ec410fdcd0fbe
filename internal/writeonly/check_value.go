// Package writeonly detects changes of a write-only password. Terraform stores no write-only value, so this takes a
// version, which is visible in the plan, and a check value that is too small to reveal the password.
package writeonly

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// CheckValue is the 16-bit check value of a password as four hexadecimal digits; empty if none is stored, as after an
// import or a write without an answer. It detects all but one change in 65,536, and reveals too little to recover the
// password.
type CheckValue string

// label separates the check value from every other use of SHA-256 on the password.
const label = "terraform-provider-veeam password check value\x00"

// Check computes the check value of a password.
func Check(password string) CheckValue {
	sum := sha256.Sum256([]byte(label + password))
	return CheckValue(hex.EncodeToString(sum[:2]))
}

// Sent is what a resource's private state stores about the password that was sent last.
type Sent struct {
	Check   CheckValue
	Counted bool // the provider counted password_version itself
	// Unanswered says that a password was sent since and no answer came. Check is empty then, as it is after an import.
	Unanswered bool
}

// forgotten is stored instead of a check value while the outcome of a change is unknown.
const forgotten CheckValue = ""

// Keys of private state.
const (
	checkKey   = "password_check_value"
	countedKey = "password_version_counted"
)

// PrivateReader is the private state that Terraform hands to a resource.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateWriter is the private state that a resource hands back.
type PrivateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Load reads what is stored about the password sent last. What cannot be read counts as not stored.
func Load(ctx context.Context, private PrivateReader) (Sent, diag.Diagnostics) {
	var sent Sent
	read, diags := load[CheckValue](ctx, private, checkKey)
	if read != nil {
		sent.Check, sent.Unanswered = *read, *read == forgotten
	}
	counted, more := load[bool](ctx, private, countedKey)
	diags.Append(more...)
	sent.Counted = counted != nil && *counted
	return sent, diags
}

// load returns nil if a value is not stored or cannot be read.
func load[T any](ctx context.Context, private PrivateReader, key string) (*T, diag.Diagnostics) {
	kept, diags := private.GetKey(ctx, key)
	var value *T
	if len(kept) == 0 || json.Unmarshal(kept, &value) != nil {
		return nil, diags
	}
	return value, diags
}

// Store stores the check value of a password, and whether the provider assigned the version that it was sent with,
// because the configuration has none. Call it only after the appliance has accepted the password: Terraform keeps the
// private state of a failed apply, and the rotation would be lost.
func Store(ctx context.Context, private PrivateWriter, password, configuredVersion types.String) diag.Diagnostics {
	diags := private.SetKey(ctx, checkKey, []byte(strconv.Quote(string(Check(password.ValueString())))))
	diags.Append(private.SetKey(ctx, countedKey, []byte(strconv.FormatBool(configuredVersion.IsNull())))...)
	return diags
}

// Forget replaces the check value with a mark. Call it if a password was sent and no answer came: it is then unknown
// which password the appliance has, and the next plan must not treat the previous one as current.
func Forget(ctx context.Context, private PrivateWriter) diag.Diagnostics {
	return private.SetKey(ctx, checkKey, []byte(strconv.Quote(string(forgotten))))
}
