package email

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
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
		Timeout:   m.Timeout.ValueInt64(),
		From:      m.From.ValueString(),
		To:        m.To.ValueString(),
		Subject:   m.Subject.ValueString(),
		OnSuccess: m.OnSuccess.ValueBool(),
		OnWarning: m.OnWarning.ValueBool(),
		OnFailure: m.OnFailure.ValueBool(),
	}
	if !framework.IsNothing(m.CredentialsID) {
		settings.UseCredentials, settings.CredentialsID = true, m.CredentialsID.ValueStringPointer()
	}
	if !framework.IsNothing(m.DailyReportTime) {
		settings.EnableScheduledNotification = true
		settings.NotifyTime = api.NotifyTime(m.DailyReportTime.ValueString())
	}
	return settings
}

// take fills the model from what the appliance answered. A UUID that differs in case alone is left as it is.
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
		Server:          types.StringValue(settings.Server),
		Port:            types.Int64Value(settings.Port),
		UseSSL:          types.BoolValue(settings.UseSSL),
		Timeout:         types.Int64Value(settings.Timeout),
		CredentialsID:   framework.Kept(m.CredentialsID, credentials),
		From:            types.StringValue(settings.From),
		To:              types.StringValue(settings.To),
		Subject:         types.StringValue(settings.Subject),
		OnSuccess:       types.BoolValue(settings.OnSuccess),
		OnWarning:       types.BoolValue(settings.OnWarning),
		OnFailure:       types.BoolValue(settings.OnFailure),
		DailyReportTime: framework.Kept(m.DailyReportTime, reportTime),
	}
}

// changesTo lists the attributes that differ in another model, a line each: "port: 25 -> 587".
func (m resourceModel) changesTo(other resourceModel) []string {
	var changes []string
	after := other.attributes()
	for i, before := range m.attributes() {
		if !before.value.Equal(after[i].value) {
			changes = append(changes, fmt.Sprintf("%s: %s -> %s", before.name, shown(before.value), shown(after[i].value)))
		}
	}
	return changes
}

type attribute struct {
	name  string
	value attr.Value
}

// attributes are those that can be set.
func (m resourceModel) attributes() []attribute {
	return []attribute{
		{"enabled", m.Enabled},
		{"server", m.Server},
		{"port", m.Port},
		{"use_ssl", m.UseSSL},
		{"timeout", m.Timeout},
		{"credentials_id", m.CredentialsID},
		{"from", m.From},
		{"to", m.To},
		{"subject", m.Subject},
		{"on_success", m.OnSuccess},
		{"on_warning", m.OnWarning},
		{"on_failure", m.OnFailure},
		{"daily_report_time", m.DailyReportTime},
	}
}

// shown writes a value as Terraform does in a plan.
func shown(value attr.Value) string {
	switch {
	case value.IsUnknown():
		return "(known after apply)"
	case value.IsNull():
		return "null"
	}
	return value.String()
}
