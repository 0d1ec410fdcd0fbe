package writeonly

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// VersionAttribute is the attribute password_version. Its value is planned with [Password.PlanVersion] in the
// resource's ModifyPlan, always: the framework marks it unknown on any other change.
func VersionAttribute(rules ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{
		MarkdownDescription: "Says when `password` is sent: whenever this changes, and only then. Any string will do: a number, a date, " +
			"the version id of a secret manager. Leave it out and the provider notices a changed password by itself, with a " +
			"[16-bit check value](../guides/security-model.md), and counts this up.",
		Optional:   true,
		Computed:   true,
		Validators: rules,
	}
}
