package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Defaults of the product for [EmailNotifications].
const (
	DefaultSMTPPort = 25
	DefaultSubject  = "[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%"
)

// EmailNotifications are the settings with which an appliance sends mail, one object for the whole appliance.
type EmailNotifications struct {
	Enabled        bool    `json:"enabled"`
	Server         string  `json:"server"`            // fit for [CheckMailServer]; empty while nothing has been set up
	Port           int64   `json:"port"`              // 1 to 65535
	UseSSL         bool    `json:"useSsl"`            // STARTTLS; TLS from the first byte on is not offered
	Timeout        int64   `json:"timeout,omitempty"` // of the connection to the server, in a unit that is not documented; 0 when the appliance does not say
	UseCredentials bool    `json:"useCredentials"`
	CredentialsID  *string `json:"credentialsId,omitempty"` // the UUID of a credentials record
	From           string  `json:"from"`
	To             string  `json:"to"` // one or more addresses; what separates them is not documented
	Subject        string  `json:"subject"`
	OnSuccess      bool    `json:"onSuccess"`
	OnWarning      bool    `json:"onWarning"`
	OnFailure      bool    `json:"onFailure"`

	// EnableScheduledNotification switches the daily report on, which is sent at the time of day of NotifyTime.
	EnableScheduledNotification bool   `json:"enableScheduledNotification"`
	NotifyTime                  string `json:"notifyTime,omitempty"` // from [NotifyTime] or the appliance
}

// NotifyTime gives the notifyTime of a daily report at a time of day, HH:MM in UTC. The documentation asks for a date
// too and says of no use for it, so that it is always the same.
func NotifyTime(at string) string { return "2020-01-01T" + at + ":00Z" }

// DailyReportTime gives the time of day of the daily report, HH:MM in UTC. There is none while the report is off.
// Appliances answer a date with or without fractions and zone; without a zone it is taken for UTC. What cannot be read
// is given as it is.
func (e EmailNotifications) DailyReportTime() (at string, enabled bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if parsed, err := time.Parse(layout, e.NotifyTime); err == nil {
			return parsed.UTC().Format("15:04"), e.EnableScheduledNotification
		}
	}
	return printable(e.NotifyTime, 60), e.EnableScheduledNotification
}

// CheckMailServer says what is wrong with the name of a mail server: it is a DNS name or an IP address and nothing else.
// The error is a sentence fit for a diagnostic.
func CheckMailServer(server string) error {
	switch address, err := netip.ParseAddr(server); {
	case err == nil && address.Zone() == "":
		return nil
	case strings.Contains(server, "://"):
		return errors.New("a scheme does not belong here")
	case strings.ContainsAny(server, "/?#\\@"):
		return errors.New("a path, query, fragment or user does not belong here")
	case strings.Contains(server, ":"):
		return errors.New("a port does not belong here, and an IPv6 address stands without brackets")
	}
	_, err := checkName(server)
	return err
}

const emailNotificationsPath = "/settings/emailNotifications"

// EmailNotifications reads the saved settings.
func (c *Client) EmailNotifications(ctx context.Context) (EmailNotifications, error) {
	c.read.Store(true)
	return c.emailNotifications(ctx, request{operation: "read the email notification settings", method: http.MethodGet, path: emailNotificationsPath})
}

// SaveEmailNotifications replaces the saved settings as a whole and returns what the appliance made of them. A lost
// answer does no harm: the request is repeated.
func (c *Client) SaveEmailNotifications(ctx context.Context, settings EmailNotifications) (EmailNotifications, error) {
	c.written.Store(true)
	return c.emailNotifications(ctx, request{
		operation: "save the email notification settings", method: http.MethodPost, path: emailNotificationsPath, body: settings, writes: true,
	})
}

func (c *Client) emailNotifications(ctx context.Context, r request) (EmailNotifications, error) {
	var found struct {
		EmailNotifications
		Enabled *bool `json:"enabled"` // always there, unlike in whatever else is JSON
	}
	got, err := c.call(ctx, r, &found)
	if err != nil {
		return EmailNotifications{}, c.withoutSettings(err)
	}
	if found.Enabled == nil {
		return EmailNotifications{}, c.unreadable(r, got, quote(&got))
	}
	found.EmailNotifications.Enabled = *found.Enabled
	return found.EmailNotifications, nil
}

// withoutSettings gives a failure its reason when the revision turns out not to have the settings. One that is documented
// to have them is not to blame for a page that is missing.
func (c *Client) withoutSettings(err error) error {
	failure, ok := asError(lacking(err))
	if !ok || failure.Reason != NotInRevision || slices.Contains(emailRevisions, c.revision.get()) {
		return err
	}
	judged := *failure
	judged.Reason = NoEmailSettings
	return &judged
}

// TestMessage is what became of a test message.
type TestMessage struct {
	Sent    bool
	Message string // the appliance's own words, redacted
}

// SendTestMessage sends a test message with settings that need not be saved. A message that the mail server refused is
// no error but the answer. Sending twice would show, so a request whose answer was lost is not repeated.
func (c *Client) SendTestMessage(ctx context.Context, settings EmailNotifications) (TestMessage, error) {
	r := request{
		operation: "send a test message", method: http.MethodPost, path: emailNotificationsPath + "/sendTestMessage", body: settings,
		once: true, writes: true,
	}
	var found struct {
		Success *bool  `json:"success"`
		Message string `json:"message"`
	}
	got, err := c.call(ctx, r, &found)
	if err != nil {
		return TestMessage{}, c.withoutSettings(err)
	}
	if found.Success == nil {
		return TestMessage{}, c.unreadable(r, got, quote(&got))
	}
	return TestMessage{Sent: *found.Success, Message: printable(got.hide(found.Message), quotedLength)}, nil
}
