package simulator

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"strconv"
	"strings"
	"time"
)

// sendMail really sends a test message, with STARTTLS and the credentials record as the settings say. Its error has
// the SMTP server's own words, without the password.
func (a *Appliance) sendMail(ctx context.Context, settings EmailNotifications, account *Account) error {
	from, recipients, err := parseAddresses(settings.From, settings.To)
	if err != nil {
		return err
	}
	timeout := time.Duration(cmp.Or(settings.Timeout, defaultEmailNotifications().Timeout)) * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	err = a.converse(ctx, settings, account, from, recipients)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the SMTP server did not answer within %s", timeout)
	case err != nil && account != nil:
		return redact(err, *account)
	}
	return err
}

func (a *Appliance) converse(ctx context.Context, settings EmailNotifications, account *Account, from *mail.Address, recipients []*mail.Address) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(settings.Server, strconv.Itoa(settings.Port)))
	if err != nil {
		return fmt.Errorf("cannot connect to the SMTP server: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	client, err := smtp.NewClient(conn, settings.Server)
	if err != nil {
		return fmt.Errorf("the SMTP server refused the connection: %w", err)
	}
	if settings.UseSSL {
		if err := client.StartTLS(&tls.Config{ServerName: settings.Server, RootCAs: a.config.SMTPRootCAs}); err != nil {
			return fmt.Errorf("cannot secure the connection to the SMTP server: %w", err)
		}
	}
	if account != nil {
		if err := client.Auth(smtp.PlainAuth("", account.Username, account.Password, settings.Server)); err != nil {
			return fmt.Errorf("the SMTP server refused the credentials: %w", err)
		}
	}
	if err := client.Mail(from.Address); err != nil {
		return fmt.Errorf("the SMTP server refused the sender: %w", err)
	}
	var to []string
	for _, recipient := range recipients {
		if err := client.Rcpt(recipient.Address); err != nil {
			return fmt.Errorf("the SMTP server refused the recipient %s: %w", recipient.Address, err)
		}
		to = append(to, recipient.String())
	}
	data, err := client.Data()
	if err != nil {
		return fmt.Errorf("the SMTP server refused the message: %w", err)
	}
	_, err = fmt.Fprintf(data, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThis is a test message of the email notifications.\r\n",
		from, strings.Join(to, ", "), mime.QEncoding.Encode("utf-8", settings.Subject), time.Now().UTC().Format(time.RFC1123Z))
	if err := errors.Join(err, data.Close()); err != nil {
		return fmt.Errorf("the SMTP server refused the message: %w", err)
	}
	_ = client.Quit() // the message is accepted, whatever the farewell
	return nil
}

// parseAddresses reads the sender and the recipients. Not documented: what separates recipients; a comma or a
// semicolon here.
func parseAddresses(from, to string) (*mail.Address, []*mail.Address, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, nil, fmt.Errorf("the sender %q is not an email address", from)
	}
	recipients, err := mail.ParseAddressList(strings.ReplaceAll(to, ";", ","))
	if err != nil {
		return nil, nil, fmt.Errorf("the recipients %q are not email addresses", to)
	}
	return sender, recipients, nil
}

// redact removes the password, plain and as AUTH PLAIN sends it, from the words of a server that repeats what it was told.
func redact(err error, account Account) error {
	text := err.Error()
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + account.Username + "\x00" + account.Password))
	for _, secret := range []string{plain, account.Password} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return errors.New(text)
}
