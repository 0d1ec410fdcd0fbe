package email

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// fixedID identifies the one object of its kind that an appliance has.
const fixedID = "email_notifications"

// resourceModel is the settings as configuration, plan and state hold them.
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

// settings is what a write sends.
func (m resourceModel) settings() api.EmailNotifications {
	settings := api.EmailNotifications{
		Enabled:   m.Enabled.ValueBool(),
		Server:    m.Server.ValueString(),
		Port:      m.Port.ValueInt64(),
		UseSSL:    m.UseSSL.ValueBool(),
		Timeout:   m.Timeout.ValueInt64Pointer(),
		From:      m.From.ValueString(),
		To:        m.To.ValueString(),
		Subject:   m.Subject.ValueString(),
		OnSuccess: m.OnSuccess.ValueBool(),
		OnWarning: m.OnWarning.ValueBool(),
		OnFailure: m.OnFailure.ValueBool(),
	}
	if !framework.IsUnset(m.CredentialsID) {
		settings.UseCredentials, settings.CredentialsID = true, m.CredentialsID.ValueStringPointer()
	}
	if !framework.IsUnset(m.DailyReportTime) {
		settings.EnableScheduledNotification = true
		settings.NotifyTime = api.NotifyTime(m.DailyReportTime.ValueString())
	}
	return settings
}

// take fills the model from what the appliance answered. What is the same is left as it was written, a UUID in another case
// too.
func (m *resourceModel) take(settings api.EmailNotifications) {
	credentials := types.StringNull()
	if settings.UseCredentials {
		credentials = types.StringPointerValue(settings.CredentialsID)
	}
	if !credentials.IsNull() && strings.EqualFold(credentials.ValueString(), m.CredentialsID.ValueString()) {
		credentials = m.CredentialsID
	}
	reportTime := types.StringNull()
	if at, enabled := settings.DailyReportTime(); enabled {
		reportTime = types.StringValue(at)
	}
	*m = resourceModel{
		ID:              types.StringValue(fixedID),
		Enabled:         types.BoolValue(settings.Enabled),
		Server:          framework.Kept(m.Server, types.StringValue(settings.Server)),
		Port:            types.Int64Value(settings.Port),
		UseSSL:          types.BoolValue(settings.UseSSL),
		Timeout:         types.Int64PointerValue(settings.Timeout),
		CredentialsID:   framework.Kept(m.CredentialsID, credentials),
		From:            framework.Kept(m.From, types.StringValue(settings.From)),
		To:              framework.Kept(m.To, types.StringValue(settings.To)),
		Subject:         framework.Kept(m.Subject, types.StringValue(settings.Subject)),
		OnSuccess:       types.BoolValue(settings.OnSuccess),
		OnWarning:       types.BoolValue(settings.OnWarning),
		OnFailure:       types.BoolValue(settings.OnFailure),
		DailyReportTime: framework.Kept(m.DailyReportTime, reportTime),
	}
}

// changesTo lists the attributes that differ in another model.
func (m resourceModel) changesTo(other resourceModel) []string {
	return framework.Changes(m.written(), other.written())
}

// written are the attributes that can be set.
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
