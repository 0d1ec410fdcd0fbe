package writeonly

import (
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Password is what is known about a write-only password when a change is planned.
type Password struct {
	Value        types.String // password in the configuration
	Version      types.String // password_version in the configuration
	PriorVersion types.String // password_version in the state; null for a new resource and after an import
	Sent         Sent         // what is stored about the password sent last
}

// PlanVersion returns the password_version to plan. The password is sent when this differs from the prior version, and
// only then. A version in the configuration takes precedence. Without one, the version moves to its next number when the
// password in the configuration is not the one sent last, and is unknown while the password is.
func (p Password) PlanVersion() types.String {
	switch {
	case !p.Version.IsNull():
		return p.Version
	case p.Value.IsNull():
		return p.PriorVersion
	case p.PriorVersion.IsNull():
		return types.StringValue("1")
	case p.Value.IsUnknown():
		return types.StringUnknown()
	case p.isCurrent():
		return p.PriorVersion
	}
	return types.StringValue(next(p.PriorVersion.ValueString()))
}

// Differs reports whether the password in the configuration is known not to be the one sent last.
func (p Password) Differs() bool {
	return p.Sent.Check != "" && !p.Value.IsNull() && !p.Value.IsUnknown() && !p.isCurrent()
}

func (p Password) isCurrent() bool { return Check(p.Value.ValueString()) == p.Sent.Check }

// reusesAssignedVersion reports whether the version in the configuration is the number that the provider had assigned: a
// password that changes with it would then not be sent.
func (p Password) reusesAssignedVersion() bool {
	return p.Sent.Counted && !p.Version.IsNull() && p.Version.Equal(p.PriorVersion)
}

// withholdsUncertain reports whether the version in the configuration keeps a password from being sent, although the last
// one was sent without an answer: a rotation that was reverted together with its version may have happened.
func (p Password) withholdsUncertain() bool {
	return p.Sent.Unanswered && !p.Value.IsNull() && !p.Version.IsNull() && p.Version.Equal(p.PriorVersion)
}

// next counts on from a version that is a number and begins at 1 after one that is not, such as a date with dashes.
func next(version string) string {
	number, ok := new(big.Int).SetString(version, 10)
	if !ok || number.Sign() < 0 {
		return "1"
	}
	return number.Add(number, big.NewInt(1)).String()
}
