package email

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// keepSame plans the text in the state if the configuration means the same. Terraform does not allow that if either is null.
type keepSame struct{}

func (keepSame) Description(context.Context) string { return "Whitespace around the value is ignored." }

func (m keepSame) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (keepSame) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.StateValue.IsNull() && !req.PlanValue.IsNull() && isSame(req.Path.String(), req.StateValue, req.PlanValue) {
		resp.PlanValue = req.StateValue
	}
}

// defaultSubject plans an omitted subject: the one in the state or, for a new resource, the product's default.
type defaultSubject struct{}

func (defaultSubject) Description(context.Context) string { return "If omitted, the subject is kept." }

func (m defaultSubject) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (defaultSubject) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	switch {
	case !req.ConfigValue.IsNull():
	case req.State.Raw.IsNull():
		resp.PlanValue = types.StringValue(productSubject)
	default:
		resp.PlanValue = req.StateValue
	}
}
