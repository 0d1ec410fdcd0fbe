package framework

import "github.com/hashicorp/terraform-plugin-framework/types"

// Description maps an object's description to an attribute. The appliance answers null or an empty string if there is
// none.
func Description(description *string) types.String {
	if description == nil || *description == "" {
		return types.StringNull()
	}
	return types.StringValue(*description)
}
