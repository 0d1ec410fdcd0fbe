package writeonly

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Terraform merges warnings with equal summaries, so that these name the object: `user "operator"`.

// Findings returns what a plan reports about a password, besides what the object itself needs.
func (p Password) Findings(object string) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case p.reusesAssignedVersion() && !p.Value.IsNull() && (p.Value.IsUnknown() || p.Sent.Check == ""):
		diags.AddAttributeWarning(path.Root("password_version"), "The password of "+object+" might not be sent",
			"password_version is "+p.Version.String()+", the number that the provider assigned last, and it is unknown whether the password has changed since. "+
				"To send the password, set another password_version. "+HiddenVersion)
	case p.reusesAssignedVersion() && p.Differs():
		diags.AddAttributeError(path.Root("password_version"), "The password of "+object+" would not be sent",
			"The password has changed, but password_version is "+p.Version.String()+", the number that the provider assigned to the previous password. "+
				"To send the password, set another password_version. "+HiddenVersion)
	case p.withholdsUncertain():
		diags.AddAttributeWarning(path.Root("password_version"), "The current password of "+object+" is unknown",
			"The appliance did not answer a change of the password, and password_version is still "+p.Version.String()+", so the password in the configuration is not sent. "+
				"To send it, set another password_version. "+HiddenVersion)
	}
	if !p.PlanVersion().Equal(p.PriorVersion) && strings.HasSuffix(p.Value.ValueString(), "\n") {
		diags.AddAttributeWarning(path.Root("password"), "The password of "+object+" ends in a line break",
			"The provider sends the password unchanged. The line break may be a mistake: file() and heredocs keep one. To remove it, use chomp() or trimspace().")
	}
	return diags
}

// EmptyString warns about a password that is "" and not null, if Terraform has set the object's password before. ""
// counts as unset, and a plan without changes would look like a completed rotation.
func (p Password) EmptyString(ctx context.Context, config tfsdk.Config, object string) diag.Diagnostics {
	var value types.String
	diags := config.GetAttribute(ctx, path.Root("password"), &value)
	if value.IsNull() || value.IsUnknown() || value.ValueString() != "" || p.PriorVersion.IsNull() || !p.PlanVersion().Equal(p.PriorVersion) {
		return diags
	}
	diags.AddAttributeWarning(path.Root("password"), "The password of "+object+" is an empty string",
		"An empty string counts as unset, so the password does not change. Many CI systems pass one for a secret that does not exist: check the secret's name and permissions. "+
			"To keep the current password, set password to null.")
	return diags
}

// MissingForCreation is the error of a creation without a password, on the attribute password, with advice that only its
// resource can give.
func MissingForCreation(kind string, advice ...string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("password"), "A password is needed",
		"The appliance does not create a "+kind+" without a password. Set password. To manage an existing "+kind+" without its password, import it. "+
			strings.Join(append(advice, hidden), " ")+
			"\n\nIf this error blocks terraform destroy, run terraform destroy -refresh=false.")}
}

// Missing is the error of an update that is to send a password and has none, on the attribute password.
func Missing(object string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("password"), "A password is needed for "+object,
		"password_version changes, so the password must be sent, but the plan has no password. Set password, or do not change password_version. "+hidden)}
}

// HiddenVersion is advice for users who did set another version, or none.
const HiddenVersion = "If ignore_changes contains password_version, remove it there."

// hidden is advice for users who did set password: with ignore_changes, a plan does not get it, and the apply does.
const hidden = "If ignore_changes contains password, remove it there: " +
	"password_version already controls when the password is sent."
