package email

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// fixedID identifies the one object of its kind that an appliance has.
const fixedID = "email_notifications"

// resourceModel is the settings in a configuration, plan or state.
type resourceModel struct {
	ID              types.String `tfsdk:"id"`
	Enabled         types.Bool   `tfsdk:"enabled"`
	Server          types.String `tfsdk:"server"`
	Port            types.Int64  `tfsdk:"port"`
	UseSSL          types.Bool   `tfsdk:"use_ssl"`
	Timeout         types.Int64  `tfsdk:"timeout"`
	CredentialsID   types.String `tfsdk:"credentials_id"`
	From            types.String `tfsdk:"from"`
	To              types.String `tfsdk:"to"`
	Subject         types.String `tfsdk:"subject"`
	OnSuccess       types.Bool   `tfsdk:"on_success"`
	OnWarning       types.Bool   `tfsdk:"on_warning"`
	OnFailure       types.Bool   `tfsdk:"on_failure"`
	DailyReportTime types.String `tfsdk:"daily_report_time"`
}

// identityModel is what identifies the settings.
type identityModel struct {
	ID types.String `tfsdk:"id"`
}

// settings returns what a write sends to an appliance that has other settings. A write replaces the settings as a whole, so
// that it repeats what the model does not set. A text that means the same stays as the appliance has it.
func (m resourceModel) settings(there api.EmailNotifications) api.EmailNotifications {
	settings := there
	settings.Enabled = m.Enabled.ValueBool()
	setText(&settings.Server, "server", m.Server)
	settings.Port = m.Port.ValueInt64()
	settings.UseSSL = m.UseSSL.ValueBool()
	if !m.Timeout.IsNull() && !m.Timeout.IsUnknown() {
		settings.Timeout = m.Timeout.ValueInt64Pointer()
	}
	setText(&settings.From, "from", m.From)
	setText(&settings.To, "to", m.To)
	setText(&settings.Subject, "subject", m.Subject)
	settings.OnSuccess = m.OnSuccess.ValueBool()
	settings.OnWarning = m.OnWarning.ValueBool()
	settings.OnFailure = m.OnFailure.ValueBool()
	settings.UseCredentials, settings.CredentialsID = false, nil
	if !framework.IsUnset(m.CredentialsID) {
		settings.UseCredentials, settings.CredentialsID = true, m.CredentialsID.ValueStringPointer()
	}
	settings.EnableScheduledNotification = !isSame("daily_report_time", m.DailyReportTime, types.StringNull())
	if at, _ := there.DailyReportTime(); settings.EnableScheduledNotification && m.DailyReportTime.ValueString() != at {
		settings.NotifyTime = api.NotifyTime(m.DailyReportTime.ValueString())
	}
	return settings
}

// setText sets a field to a planned text, tidied, unless it means the same already.
func setText(field *string, name string, planned types.String) {
	switch {
	case isSame(name, planned, types.StringValue(*field)):
	case name == "to":
		*field = tidyAddresses(planned.ValueString())
	default:
		*field = strings.TrimSpace(planned.ValueString())
	}
}

// fromAPI fills the model from an answer of the appliance. A text that means the same stays as it was written.
func (m *resourceModel) fromAPI(settings api.EmailNotifications) {
	credentials := types.StringNull()
	if settings.UseCredentials {
		credentials = types.StringPointerValue(settings.CredentialsID)
	}
	reportTime := types.StringNull()
	if at, enabled := settings.DailyReportTime(); enabled {
		reportTime = types.StringValue(at)
	}
	*m = resourceModel{
		ID:              types.StringValue(fixedID),
		Enabled:         types.BoolValue(settings.Enabled),
		Server:          kept("server", m.Server, types.StringValue(settings.Server)),
		Port:            types.Int64Value(settings.Port),
		UseSSL:          types.BoolValue(settings.UseSSL),
		Timeout:         types.Int64PointerValue(settings.Timeout),
		CredentialsID:   kept("credentials_id", m.CredentialsID, credentials),
		From:            kept("from", m.From, types.StringValue(settings.From)),
		To:              kept("to", m.To, types.StringValue(settings.To)),
		Subject:         kept("subject", m.Subject, types.StringValue(settings.Subject)),
		OnSuccess:       types.BoolValue(settings.OnSuccess),
		OnWarning:       types.BoolValue(settings.OnWarning),
		OnFailure:       types.BoolValue(settings.OnFailure),
		DailyReportTime: kept("daily_report_time", m.DailyReportTime, reportTime),
	}
}

// fillComputed sets what was not known before the settings were sent.
func (m *resourceModel) fillComputed(sent api.EmailNotifications) {
	m.ID = types.StringValue(fixedID)
	if m.Timeout.IsUnknown() {
		m.Timeout = types.Int64PointerValue(sent.Timeout)
	}
}

// kept returns the text as it was written if the answer means the same: Terraform calls any other value a difference.
func kept(name string, written, answered types.String) types.String {
	if isSame(name, written, answered) {
		return written
	}
	return answered
}

// sameAs reports whether another model means the same to the appliance.
func (m resourceModel) sameAs(other resourceModel) bool {
	values := other.written()
	for i, attribute := range m.written() {
		if !isSame(attribute.Name, attribute.Value, values[i].Value) {
			return false
		}
	}
	return true
}

// changesTo lists the attributes that differ in another model, as a plan shows them.
func (m resourceModel) changesTo(other resourceModel) []string {
	return framework.Changes(m.written(), other.written())
}

// written returns the attributes that can be set.
func (m resourceModel) written() []framework.Attribute {
	return []framework.Attribute{
		{Name: "enabled", Value: m.Enabled},
		{Name: "server", Value: m.Server},
		{Name: "port", Value: m.Port},
		{Name: "use_ssl", Value: m.UseSSL},
		{Name: "timeout", Value: m.Timeout},
		{Name: "credentials_id", Value: m.CredentialsID},
		{Name: "from", Value: m.From},
		{Name: "to", Value: m.To},
		{Name: "subject", Value: m.Subject},
		{Name: "on_success", Value: m.OnSuccess},
		{Name: "on_warning", Value: m.OnWarning},
		{Name: "on_failure", Value: m.OnFailure},
		{Name: "daily_report_time", Value: m.DailyReportTime},
	}
}
