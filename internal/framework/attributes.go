package framework

import "github.com/hashicorp/terraform-plugin-framework/types"

// Description maps an object's description to an attribute, which is null if there is none.
func Description(description string) types.String {
	if description == "" {
		return types.StringNull()
	}
	return types.StringValue(description)
}
