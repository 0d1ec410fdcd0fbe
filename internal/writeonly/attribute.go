package writeonly

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// VersionAttribute is the attribute password_version. Its value is planned with [Password.PlanVersion] in the
// resource's ModifyPlan, always: the framework marks it unknown on any other change.
func VersionAttribute(rules ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{
		MarkdownDescription: "Controls when `password` is sent: only when this value changes. Use any string, such as a number, a date, " +
			"or the version ID of a secret manager. If omitted, the provider detects a changed password with a " +
			"[16-bit check value](../guides/security-model.md) and increments this number.",
		Optional:   true,
		Computed:   true,
		Validators: rules,
	}
}
