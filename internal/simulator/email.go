package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// EmailNotifications are the appliance's email notification settings, as kept and as sent. The JSON tags are the
// documented names; "required" marks what a POST must have, and what it leaves out gets the documented default.
type EmailNotifications struct {
	Enabled bool   `json:"enabled" required:"true"`
	Server  string `json:"server" required:"true"`
	Port    int    `json:"port" required:"true"`
	UseSSL  bool   `json:"useSsl"`
	// Timeout of the connection to the server. Not documented: the unit. Its documented default, 100000, fits milliseconds.
	Timeout        int     `json:"timeout"`
	UseCredentials bool    `json:"useCredentials"`
	CredentialsID  *string `json:"credentialsId"` // nil is null
	From           string  `json:"from" required:"true"`
	To             string  `json:"to" required:"true"`
	Subject        string  `json:"subject" required:"true"`
	OnSuccess      bool    `json:"onSuccess"`
	OnWarning      bool    `json:"onWarning"`
	OnFailure      bool    `json:"onFailure"`

	EnableScheduledNotification bool `json:"enableScheduledNotification"`
	// NotifyTime is a date-time in UTC without a zone, whatever zone it was saved with. Only its time of day matters.
	NotifyTime string `json:"notifyTime"`

	// Later stands for the fields that a later revision may have: it is not documented, and absent while it is empty.
	Later string `json:"later,omitempty"`
}

// defaultEmailNotifications are the documented defaults, and the settings of a fresh appliance.
func defaultEmailNotifications() EmailNotifications {
	return EmailNotifications{
		Port:       25,
		Timeout:    100_000,
		Subject:    "[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%",
		OnSuccess:  true,
		OnWarning:  true,
		OnFailure:  true,
		NotifyTime: "2020-01-01T09:00:00",
	}
}

// EmailNotifications returns the saved settings.
func (a *Appliance) EmailNotifications() EmailNotifications {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.email
}

// SetEmailNotifications replaces the saved settings, without any request. It checks no rule.
func (a *Appliance) SetEmailNotifications(settings EmailNotifications) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.email = settings
}

func (a *Appliance) getEmailNotifications(c *call) *answer {
	return reply(http.StatusOK, c.emailAnswer(a.EmailNotifications()))
}

// emailAnswer is how the settings are answered: a missing credentialsId as null or not at all, as configured.
func (c *call) emailAnswer(settings EmailNotifications) any {
	settings.NotifyTime = c.date(settings.NotifyTime)
	if c.config.Habits[NullForMissing] {
		c.deviate(NullForMissing.Flag)
		return settings
	}
	return struct {
		EmailNotifications
		CredentialsID *string `json:"credentialsId,omitempty"`
		NotifyTime    string  `json:"notifyTime,omitempty"`
	}{settings, settings.CredentialsID, settings.NotifyTime}
}

// date is how a date in UTC is answered, with its zone or without, as configured.
func (c *call) date(value string) string {
	if c.config.Habits[ZonelessDates] {
		c.deviate(ZonelessDates.Flag)
		return value
	}
	if _, err := time.Parse(zonelessDateTime, value); err != nil {
		return value
	}
	return value + "Z"
}

func (a *Appliance) saveEmailNotifications(c *call) *answer {
	settings, _, refusal := a.readEmailNotifications(c)
	if refusal != nil {
		return refusal
	}
	a.SetEmailNotifications(settings)
	return reply(http.StatusOK, c.emailAnswer(settings))
}

// sendTestMessage sends with the settings of the body, saved or not. A failure to send is an answer, not an error.
func (a *Appliance) sendTestMessage(c *call) *answer {
	settings, account, refusal := a.readEmailNotifications(c)
	if refusal != nil {
		return refusal
	}
	outcome := struct {
		Success bool   `json:"success"`
		Message string `json:"message"`
	}{true, "The test message has been sent."}
	if err := a.sendMail(c.Context(), settings, account); err != nil {
		outcome.Success, outcome.Message = false, err.Error()
	}
	return reply(http.StatusOK, outcome)
}

// readEmailNotifications decodes and checks the settings of a body, and finds the credentials record they use, if any.
func (a *Appliance) readEmailNotifications(c *call) (EmailNotifications, *Account, *answer) {
	settings := defaultEmailNotifications()
	if refusal := c.decode(&settings); refusal != nil {
		return settings, nil, refusal
	}
	var findings findings
	if settings.Port < 1 || settings.Port > 65535 {
		findings = append(findings, finding{"port", fmt.Sprintf("The port must be from 1 to 65535, not %d.", settings.Port)})
	}
	if settings.Timeout < 0 {
		findings = append(findings, finding{"timeout", fmt.Sprintf("The timeout must not be negative: %d.", settings.Timeout)})
	}
	notifyTime, err := parseDateTime(settings.NotifyTime)
	if err != nil {
		return settings, nil, c.invalidModel(modelErrors{"$.notifyTime": {"The JSON value could not be converted to a date-time."}})
	}
	settings.NotifyTime = notifyTime.UTC().Format(zonelessDateTime)

	var account *Account
	if settings.CredentialsID != nil {
		a.mu.Lock()
		if record := a.accounts.get(*settings.CredentialsID); record != nil {
			found := *record
			account = &found
		}
		a.mu.Unlock()
		if account == nil {
			findings = append(findings, finding{"credentialsId", fmt.Sprintf("There is no credentials record with the id %q.", *settings.CredentialsID)})
		}
	} else if settings.UseCredentials {
		findings = append(findings, finding{"credentialsId", "The credentialsId is required when useCredentials is true."})
	}
	if !settings.UseCredentials {
		account = nil
	}
	return settings, account, c.refuse(findings)
}

const zonelessDateTime = "2006-01-02T15:04:05"

// parseDateTime takes RFC 3339 as documented, and the zoneless form the appliance itself answers with.
func parseDateTime(value string) (time.Time, error) {
	if parsed, err := time.Parse(zonelessDateTime, value); err == nil {
		return parsed, nil
	}
	return time.Parse(time.RFC3339, value)
}
