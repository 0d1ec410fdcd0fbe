package writeonly

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Terraform folds warnings whose summaries are equal, so that these name the object: `user "operator"`.

// Findings says what a plan has to tell of a password, besides what the object itself needs.
func (p Password) Findings(object string) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case p.takesUpCounted() && !p.Value.IsNull() && (p.Value.IsUnknown() || p.Sent.Check == ""):
		diags.AddAttributeWarning(path.Root("password_version"), "The password of "+object+" may not be sent",
			"password_version is the number that the provider had counted itself, "+p.Version.String()+", and nobody can tell yet whether the password is the one that the appliance has. "+
				"Choose another password_version to send it. "+HiddenVersion)
	case p.takesUpCounted() && p.Differs():
		diags.AddAttributeError(path.Root("password_version"), "The password of "+object+" would not be sent",
			"The password has changed, but password_version is the number that the provider had counted itself for the one before, "+p.Version.String()+", so that nothing tells so. "+
				"Choose another password_version to send the password. "+HiddenVersion)
	case p.holdsUncertain():
		diags.AddAttributeWarning(path.Root("password_version"), "It is not known which password "+object+" has",
			"A change of its password was not answered, and password_version is the one from before, "+p.Version.String()+", so that the password in the configuration is not sent. "+
				"Choose another password_version to send it. "+HiddenVersion)
	}
	if !p.PlanVersion().Equal(p.PriorVersion) && strings.HasSuffix(p.Value.ValueString(), "\n") {
		diags.AddAttributeWarning(path.Root("password"), "The password of "+object+" ends in a line break",
			"It is sent as it is. A line break is seldom meant: file() and command substitutions in a heredoc leave one. Take it off with chomp() or trimspace().")
	}
	return diags
}

// EmptyString warns about a password that is "" and not null, if Terraform has set the object's password before. "" counts
// as unset, and a plan without changes would look like a rotation that was done.
func (p Password) EmptyString(ctx context.Context, config tfsdk.Config, object string) diag.Diagnostics {
	var value types.String
	diags := config.GetAttribute(ctx, path.Root("password"), &value)
	if value.IsNull() || value.IsUnknown() || value.ValueString() != "" || p.PriorVersion.IsNull() || !p.PlanVersion().Equal(p.PriorVersion) {
		return diags
	}
	diags.AddAttributeWarning(path.Root("password"), "The password of "+object+" is an empty string",
		"An empty string counts as unset, so the password does not change. A CI system passes one for a secret that does not exist: check the secret's name and who may read it. "+
			"To leave the password alone, set password to null.")
	return diags
}

// MissingForCreation is the error of a creation without a password, on the attribute password, with advice that only its
// resource can give.
func MissingForCreation(kind string, advice ...string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("password"), "A password is needed",
		"The appliance creates a "+kind+" with a password only. Set password. To manage a "+kind+" that exists already without knowing the password, import it first. "+
			strings.Join(append(advice, hidden), " ")+
			"\n\nIf this stands in the way of a destroy, which begins with a plan, run terraform destroy -refresh=false.")}
}

// Missing is the error of an update that is to send a password and has none, on the attribute password.
func Missing(object string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("password"), "A password is needed for "+object,
		"password_version changes, which means that the password is to be sent, but the plan has none. Set password, or leave password_version as it is. "+hidden)}
}

// HiddenVersion is for those who did choose another one, or none.
const HiddenVersion = "Where ignore_changes of a lifecycle block hides password_version from the plan, take it out there."

// hidden is for those who did set password: a plan gets none where ignore_changes has it, the apply does.
const hidden = "Where ignore_changes of a lifecycle block hides password from the plan, take it out there: " +
	"a password_version that stays the same is what keeps a password from being sent again."
