package email

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

const record = "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61"

func full() resourceModel {
	return resourceModel{
		ID: types.StringValue(fixedID), Enabled: types.BoolValue(true), Server: types.StringValue("mail.example.com"),
		Port: types.Int64Value(587), UseSSL: types.BoolValue(true), Timeout: types.Int64Value(5000), CredentialsID: types.StringValue(record),
		From: types.StringValue("a@example.com"), To: types.StringValue("b@example.com;c@example.com"), Subject: types.StringValue("s"),
		OnSuccess: types.BoolValue(false), OnWarning: types.BoolValue(true), OnFailure: types.BoolValue(false),
		DailyReportTime: types.StringValue("23:59"),
	}
}

// Values that are sent are read back unchanged.
func TestSettingsAndBack(t *testing.T) {
	t.Parallel()
	bare := full()
	bare.CredentialsID, bare.DailyReportTime = types.StringNull(), types.StringNull()
	for name, want := range map[string]resourceModel{"all set": full(), "nothing optional": bare} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got resourceModel
			got.fromAPI(want.settings(api.EmailNotifications{}))
			if difference := cmp.Diff(want, got); difference != "" {
				t.Error(difference)
			}
		})
	}
}

// A write repeats the values of the appliance unchanged.
func TestSettingsRepeat(t *testing.T) {
	t.Parallel()
	id := record
	var later api.EmailNotifications
	if err := json.Unmarshal([]byte(`{"enabled":true,"later":1}`), &later); err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]api.EmailNotifications{
		"nothing": {},
		"odd": {
			Enabled: true, Server: "mail.example.com:25 ", Timeout: new(int64(0)), UseCredentials: true, CredentialsID: &id, From: "Backup\n",
			To: "b@example.com c@example.com;\r\n", Subject: " s", EnableScheduledNotification: true, NotifyTime: "09:00 AM",
			AdditionalFields: later.AdditionalFields,
		},
		"date": {EnableScheduledNotification: true, NotifyTime: "2026-11-22T05:06:33.1234567"},
		"off":  {NotifyTime: "2026-11-22T05:06:33"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var model resourceModel
			model.fromAPI(there)
			if difference := cmp.Diff(there, model.settings(there)); difference != "" {
				t.Error(difference)
			}
		})
	}
}

func TestFromAPI(t *testing.T) {
	t.Parallel()
	settings := full().settings(api.EmailNotifications{})
	upper := "7A9C3F0E-52F4-4C1F-9D7C-0B1C5F2D8E61"
	settings.CredentialsID = &upper

	got := full()
	if got.fromAPI(settings); got.CredentialsID.ValueString() != record {
		t.Errorf("another spelling of the same id is %s", got.CredentialsID)
	}
	got.CredentialsID = types.StringUnknown()
	if got.fromAPI(settings); got.CredentialsID.ValueString() != upper {
		t.Errorf("a new id is %s", got.CredentialsID)
	}
	settings.UseCredentials = false
	if got.fromAPI(settings); !got.CredentialsID.IsNull() {
		t.Errorf("an id that is not used is %s", got.CredentialsID)
	}
	settings.EnableScheduledNotification = false
	if got.fromAPI(settings); !got.DailyReportTime.IsNull() {
		t.Errorf("the time of a report that is off is %s", got.DailyReportTime)
	}
}

func TestChangesTo(t *testing.T) {
	t.Parallel()
	fresh := full()
	fresh.fromAPI(api.EmailNotifications{Port: productPort, Timeout: new(int64(100_000)), Subject: productSubject, OnSuccess: true, OnWarning: false, OnFailure: true})
	planned := full()
	planned.CredentialsID = types.StringUnknown()
	want := []string{
		`enabled: false -> true`,
		`server: "" -> "mail.example.com"`,
		`port: 25 -> 587`,
		`use_ssl: false -> true`,
		`timeout: 100000 -> 5000`,
		`credentials_id: null -> (known after apply)`,
		`from: "" -> "a@example.com"`,
		`to: "" -> "b@example.com;c@example.com"`,
		`subject: "[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%" -> "s"`,
		`on_success: true -> false`,
		`on_warning: false -> true`,
		`on_failure: true -> false`,
		`daily_report_time: null -> "23:59"`,
	}
	if difference := cmp.Diff(want, fresh.changesTo(planned)); difference != "" {
		t.Error(difference)
	}
	if changes := planned.changesTo(planned); len(changes) > 0 {
		t.Errorf("nothing changes, and yet %q", changes)
	}
}

func TestIsSame(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	for _, test := range []struct {
		name string
		a, b types.String
		want bool
	}{
		{"from", text("a@example.com\r\n"), text(" a@example.com"), true},
		{"from", text(""), types.StringNull(), true},
		{"from", text("a"), types.StringUnknown(), false},
		{"subject", text("two\r\nlines"), text("two\nlines\n"), true},
		{"subject", text("a b"), text("a  b"), false},
		{"to", text("a@example.com;\n  b@example.com"), text("a@example.com;b@example.com\n"), true},
		{"to", text("a@example.com; b@example.com"), text("a@example.com, b@example.com"), false},
		{"to", text(`"Ops; Team" <a@example.com>`), text(`"Ops;Team" <a@example.com>`), false},
		{"to", types.StringUnknown(), types.StringUnknown(), false},
		{"credentials_id", text(record), text("7A9C3F0E-52F4-4C1F-9D7C-0B1C5F2D8E61"), true},
		{"credentials_id", types.StringUnknown(), text(record), false},
	} {
		if got := isSame(test.name, test.a, test.b); got != test.want || got != isSame(test.name, test.b, test.a) {
			t.Errorf("%s: %s and %s are the same: %t", test.name, test.a, test.b, got)
		}
	}
}
