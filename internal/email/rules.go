package email

import (
	"context"
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// The rules are not validators of the schema: they check the values that a plan sets, and never the values that the
// appliance has. Settings that break them can be imported and kept.
var (
	textRules = map[string][]validator.String{
		"server":  framework.EmptyIsUnset(framework.StringRule{What: "a DNS name or an IP address, without scheme, port or path", Check: checkServer}),
		"from":    framework.EmptyIsUnset(framework.StringRule{What: "an email address", Check: checkAddress}),
		"to":      framework.EmptyIsUnset(recipientRule),
		"subject": framework.NotEmptyOrUnset(framework.StringRule{What: "a single line", Check: checkLine}),
		"daily_report_time": framework.EmptyIsUnset(stringvalidator.RegexMatches(regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`),
			"must be a time of day from 00:00 to 23:59 in the form HH:MM")),
	}
	numberRules = map[string]validator.Int64{"port": int64validator.Between(1, 65535), "timeout": int64validator.AtLeast(1)}

	recipientRule = framework.StringRule{What: "an email address, or several with semicolons or commas between them", Check: checkAddresses}
)

// checkServer checks the name of a mail server, which must be a DNS name or an IP address. The error is a sentence for a
// diagnostic.
func checkServer(server string) error {
	server = strings.TrimSpace(server)
	switch address, err := netip.ParseAddr(server); {
	case err == nil && address.Zone() == "":
		return nil
	case strings.Contains(server, "://"):
		return errors.New("it has a scheme")
	case strings.ContainsAny(server, "/?#\\@"):
		return errors.New("it has a path, query, fragment or user")
	case strings.Contains(server, ":"):
		return errors.New("it has a port, or brackets around an IPv6 address")
	}
	_, err := framework.CheckHostName(server)
	return err
}

// needed are the attributes without which the appliance cannot send messages.
var needed = []string{"server", "from", "to"}

// check returns what is wrong with the values that a plan sets.
func (m resourceModel) check(ctx context.Context, state resourceModel) diag.Diagnostics {
	var diags diag.Diagnostics
	enables := m.Enabled.ValueBool() && !state.Enabled.ValueBool()
	existing := state.written()
	for i, planned := range m.written() {
		sets := !isSame(planned.Name, planned.Value, existing[i].Value) ||
			planned.Name == "subject" && state.ID.IsNull() // a new resource has a default, so that "" is not the same as null
		if sets {
			diags.Append(checkValue(ctx, planned.Name, planned.Value)...)
		}
		if (sets || enables) && m.Enabled.ValueBool() && slices.Contains(needed, planned.Name) && isSame(planned.Name, planned.Value, types.StringNull()) {
			diags.AddAttributeError(path.Root(planned.Name), "Missing "+planned.Name,
				"The appliance cannot send messages without it. Set it, or set enabled to false.")
		}
	}
	return diags
}

func checkValue(ctx context.Context, name string, value attr.Value) diag.Diagnostics {
	var diags diag.Diagnostics
	switch value := value.(type) {
	case types.String:
		resp := &validator.StringResponse{}
		for _, rule := range textRules[name] {
			rule.ValidateString(ctx, validator.StringRequest{Path: path.Root(name), ConfigValue: value}, resp)
		}
		diags = resp.Diagnostics
	case types.Int64:
		resp := &validator.Int64Response{}
		numberRules[name].ValidateInt64(ctx, validator.Int64Request{Path: path.Root(name), ConfigValue: value}, resp)
		diags = resp.Diagnostics
	}
	return diags
}

// isSame reports whether two values of an attribute mean the same to the appliance.
func isSame(name string, a, b attr.Value) bool {
	x, isText := a.(types.String)
	y, _ := b.(types.String)
	switch {
	case !isText:
		return a.Equal(b)
	case name == "to":
		return sameAddresses(x, y)
	case name == "credentials_id": // a UUID
		return !x.IsUnknown() && !y.IsUnknown() && strings.EqualFold(x.ValueString(), y.ValueString())
	}
	return framework.Same(x, y)
}
