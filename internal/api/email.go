package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// EmailNotifications are the settings with which an appliance sends mail, one object for the whole appliance.
type EmailNotifications struct {
	Enabled        bool    `json:"enabled"`
	Server         string  `json:"server"`            // a DNS name or an IP address; empty until it is set up
	Port           int64   `json:"port"`              // 1 to 65535
	UseSSL         bool    `json:"useSsl"`            // STARTTLS; TLS from the first byte on is not offered
	Timeout        *int64  `json:"timeout,omitempty"` // of the connection to the server, in an undocumented unit; nil if there is none
	UseCredentials bool    `json:"useCredentials"`
	CredentialsID  *string `json:"credentialsId,omitempty"` // the UUID of a credentials record
	From           string  `json:"from"`
	To             string  `json:"to"` // one or more addresses; their separator is not documented
	Subject        string  `json:"subject"`
	OnSuccess      bool    `json:"onSuccess"`
	OnWarning      bool    `json:"onWarning"`
	OnFailure      bool    `json:"onFailure"`

	// EnableScheduledNotification enables the daily report, which is sent at the time of day of NotifyTime.
	EnableScheduledNotification bool   `json:"enableScheduledNotification"`
	NotifyTime                  string `json:"notifyTime,omitempty"` // from [NotifyTime] or the appliance

	// AdditionalFields are the fields of an answer that this type does not have, by name. A write replaces all
	// settings, so that it must repeat them.
	AdditionalFields map[string]json.RawMessage `json:"-"`
}

// UnmarshalJSON reads the settings, unknown fields included. An object without enabled is not the settings.
func (e *EmailNotifications) UnmarshalJSON(data []byte) (err error) {
	type plain EmailNotifications
	var required struct{ Enabled *bool }
	e.AdditionalFields, err = unmarshal(data, (*plain)(e), "enabled", "server", "port", "useSsl", "timeout", "useCredentials", "credentialsId",
		"from", "to", "subject", "onSuccess", "onWarning", "onFailure", "enableScheduledNotification", "notifyTime", "_links")
	err = errors.Join(err, json.Unmarshal(data, &required))
	if err == nil && required.Enabled == nil {
		err = errors.New("the answer contains no email notification settings")
	}
	return err
}

// MarshalJSON writes the settings with their additional fields. The time of the daily report is sent with a time zone,
// as documented, although appliances answer it without one.
func (e EmailNotifications) MarshalJSON() ([]byte, error) {
	e.NotifyTime = withZone(e.NotifyTime)
	type plain EmailNotifications
	return marshal(plain(e), e.AdditionalFields)
}

// NotifyTime returns the notifyTime of a daily report at a time of day, HH:MM in UTC. The documentation requires a date
// and mentions no use for it, so that it is always the same.
func NotifyTime(at string) string { return "2020-01-01T" + at + ":00Z" }

// DailyReportTime returns the time of the daily report, HH:MM in UTC or else as it is, and whether the report is on.
func (e EmailNotifications) DailyReportTime() (at string, enabled bool) {
	if parsed, err := time.Parse(time.RFC3339, withZone(e.NotifyTime)); err == nil {
		return parsed.UTC().Format("15:04"), e.EnableScheduledNotification
	}
	return wire.Printable(e.NotifyTime, 60), e.EnableScheduledNotification
}

// withZone returns a date with its zone, which is UTC if it has none. Any other text is returned as it is.
func withZone(notifyTime string) string {
	if _, err := time.Parse("2006-01-02T15:04:05", notifyTime); err == nil {
		return notifyTime + "Z"
	}
	return notifyTime
}

// EmailNotifications reads the saved settings.
func (c *Client) EmailNotifications(ctx context.Context) (EmailNotifications, error) {
	return c.readEmailNotifications(ctx, wire.Repeatable)
}

func (c *Client) readEmailNotifications(ctx context.Context, retry wire.Retry) (settings EmailNotifications, err error) {
	r := wire.Request{Retry: retry, Operation: "read the email notification settings", Method: http.MethodGet}
	_, err = c.callEmailNotifications(ctx, r, &settings)
	return settings, err
}

// SaveEmailNotifications replaces all settings and returns them as saved. If the answer is lost, the request is retried.
func (c *Client) SaveEmailNotifications(ctx context.Context, settings EmailNotifications) (saved EmailNotifications, err error) {
	_, err = c.callEmailNotifications(ctx, wire.Request{
		Kind: wire.Write, Operation: "save the email notification settings", Method: http.MethodPost, Body: settings,
	}, &saved)
	return saved, err
}

// SwitchOffEmailNotifications switches notifications off and removes the credentials, because an appliance may refuse to delete a
// record that is in use. The other settings stay. A write without an answer is not a failure if a read shows its effect.
func (c *Client) SwitchOffEmailNotifications(ctx context.Context) error {
	settings, err := c.EmailNotifications(ctx)
	if err != nil {
		return c.NotSent("switch off the email notifications", err)
	}
	if settings.stillOn() == "" {
		return nil
	}
	settings.Enabled, settings.UseCredentials, settings.CredentialsID = false, false, nil
	saved, err := c.SaveEmailNotifications(ctx, settings)
	if wire.IsOutcomeUnknown(err) {
		patient, cancel := store.Outlive(ctx, c.config.RequestTimeout)
		defer cancel()
		if there, readErr := c.readEmailNotifications(patient, wire.Persistent); readErr == nil && there.stillOn() == "" {
			return nil
		}
	}
	if still := saved.stillOn(); err == nil && still != "" {
		return wire.Failed(wire.Request{Operation: c.on("switch off the email notifications")}, wire.Unspecified,
			"the appliance accepted the request, but its answer shows that they "+still+
				". Switch them off in the web console, then run Terraform again")
	}
	return err
}

// stillOn says what of the settings is not switched off; empty for nothing.
func (e EmailNotifications) stillOn() string {
	var still []string
	if e.Enabled {
		still = append(still, "are still enabled")
	}
	if e.UseCredentials || e.CredentialsID != nil && *e.CredentialsID != "" {
		still = append(still, "still have credentials")
	}
	return strings.Join(still, " and ")
}

// LastEmailRevision is the last revision with the email notification settings, by the changelog of 1.4-rev0.
const LastEmailRevision = "1.3-rev0"

// earlyRevisions have the email notification settings, and no roles of users.
var earlyRevisions = []string{"1.0-rev0", "1.1-rev0", "1.2-rev0", LastEmailRevision}

// callEmailNotifications sends a request about the settings, whose path is below theirs, and sets the reason of a failure if the
// revision does not have them. In a revision that is documented to have them, a missing page has another cause.
func (c *Client) callEmailNotifications(ctx context.Context, r wire.Request, target any) (wire.Response, error) {
	r.Operation, r.Path = c.on(r.Operation), "/settings/emailNotifications"+r.Path
	got, err := c.call(ctx, r, target)
	if err = asNotInRevision(err); wire.IsReason(err, wire.NotInRevision) && !slices.Contains(earlyRevisions, c.APIVersion()) {
		err = wire.AsError(err).Because(wire.NoEmailSettings)
	}
	return got, err
}

// TestMessage is the result of a test message.
type TestMessage struct {
	Sent    bool
	Message string // the appliance's own words, redacted
}

// SendTestMessage sends a test message with settings, saved or not. A message that the mail server refuses is a result,
// not an error. A request whose answer was lost is not retried, because the message might arrive twice.
func (c *Client) SendTestMessage(ctx context.Context, settings EmailNotifications) (TestMessage, error) {
	var found struct {
		Success *bool  `json:"success"`
		Message string `json:"message"`
	}
	got, err := c.callEmailNotifications(ctx, wire.Request{
		Kind: wire.Write, Retry: wire.Once, Operation: "send a test message", Method: http.MethodPost, Path: "/sendTestMessage", Body: settings,
	}, &found)
	if err == nil && found.Success == nil {
		err = got.Undocumented()
	}
	if err != nil {
		return TestMessage{}, err
	}
	return TestMessage{Sent: *found.Success, Message: got.Text(found.Message)}, nil
}
