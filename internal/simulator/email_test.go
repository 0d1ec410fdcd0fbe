package simulator_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestEmailNotificationsLife(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{}))
	const path = "/settings/emailNotifications"
	c.want(c.do("GET", path, ""), 200, `"enabled":false`, `"port":25`, `"timeout":100000`, `"credentialsId":null`, `"onFailure":true`,
		`"subject":"[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%"`, `"notifyTime":"2020-01-01T09:00:00"`)

	account := appliance.PutAccount(simulator.Account{Name: "n"})
	saved := c.want(c.do("POST", path, `{"enabled":true,"server":"smtp.example","port":587,"useSsl":true,"timeout":5000,"useCredentials":true,
		"credentialsId":"`+account.ID+`","from":"a@b.example","to":"c@d.example","subject":"s","onSuccess":false,"onWarning":false,"onFailure":false,
		"enableScheduledNotification":true,"notifyTime":"2026-11-22T08:30:00+02:00"}`), 200, `"notifyTime":"2026-11-22T06:30:00"`)
	if read := c.want(c.do("GET", path, ""), 200); read.body != saved.body {
		t.Errorf("saved %s, read %s", saved.body, read.body)
	}
	want := simulator.EmailNotifications{Enabled: true, Server: "smtp.example", Port: 587, UseSSL: true, Timeout: 5000, UseCredentials: true,
		CredentialsID: &account.ID, From: "a@b.example", To: "c@d.example", Subject: "s", EnableScheduledNotification: true, NotifyTime: "2026-11-22T06:30:00"}
	got := appliance.EmailNotifications()
	if *got.CredentialsID != account.ID {
		t.Errorf("kept credentials %s", *got.CredentialsID)
	}
	if got.CredentialsID = want.CredentialsID; got != want {
		t.Errorf("kept %+v", got)
	}

	// What was answered can be sent back as it is, and what is omitted gets its default, not its old value.
	c.want(c.do("POST", path, saved.body), 200, `"notifyTime":"2026-11-22T06:30:00"`)
	c.want(c.do("POST", path, `{"enabled":false,"server":"","port":25,"from":"","to":"","subject":""}`), 200,
		`"timeout":100000`, `"useSsl":false`, `"onSuccess":true`, `"credentialsId":null`, `"enableScheduledNotification":false`)

	want.Server = "by.hand"
	appliance.SetEmailNotifications(want)
	c.want(c.do("GET", path, ""), 200, `"server":"by.hand"`)

	// Not documented, and allowed: deleting a credentials record in use.
	c.want(c.do("DELETE", "/accounts/standard/"+account.ID, ""), 200)
	c.want(c.do("GET", path, ""), 200, account.ID)
}

// mailServer is a real SMTP server that lets one user in.
type mailServer struct {
	username, password string
	echo               bool // repeats the password in its refusal, as no server should

	port     int
	mu       sync.Mutex
	messages []mail
}

type mail struct {
	from string
	to   []string
	body string
}

func (s *mailServer) start(t *testing.T, certificate *tls.Certificate) {
	t.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{server: s}, nil }))
	server.AllowInsecureAuth = true
	server.Domain = "localhost"
	server.ErrorLog = silent{}
	if certificate != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		server.AllowInsecureAuth = false
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	s.port = listener.Addr().(*net.TCPAddr).Port
}

func (s *mailServer) received() []mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

type mailSession struct {
	server   *mailServer
	signedIn bool
	mail     mail
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != s.server.username || password != s.server.password {
			words := "wrong user name or password"
			if s.server.echo {
				words += ": " + password
			}
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: words}
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.username != "" && !s.signedIn {
		return smtp.ErrAuthRequired
	}
	s.mail.from = from
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	s.mail.body = string(body)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.messages = append(s.server.messages, s.mail)
	return err
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

// certificate is one for 127.0.0.1, and the pool that trusts it.
func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	lender := httptest.NewTLSServer(nil)
	t.Cleanup(lender.Close)
	pool := x509.NewCertPool()
	pool.AddCert(lender.Certificate())
	return &lender.TLS.Certificates[0], pool
}

func TestSendTestMessage(t *testing.T) {
	t.Parallel()
	secured, pool := certificate(t)
	const right, wrong = "Right-pw-1", "Wr0ng-pw-1"
	open, closed, echoing := &mailServer{}, &mailServer{username: "mailer", password: right}, &mailServer{username: "mailer", password: right, echo: true}
	open.start(t, nil)
	closed.start(t, secured)
	echoing.start(t, nil)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nobody.Close() })
	silentPort := nobody.Addr().(*net.TCPAddr).Port // accepts and never speaks

	for name, test := range map[string]struct {
		port     int
		roots    *x509.CertPool
		password string // of the credentials record; none is used when empty
		settings string
		failure  string // part of the message; "" for success
		to       []string
	}{
		"open server":       {open.port, nil, "", `"to":"jane@example.com"`, "", []string{"jane@example.com"}},
		"several":           {open.port, nil, "", `"to":"jane@example.com; Joe <joe@example.com>,eve@example.com"`, "", []string{"jane@example.com", "joe@example.com", "eve@example.com"}},
		"STARTTLS":          {closed.port, pool, right, `"to":"tls@example.com","useSsl":true`, "", []string{"tls@example.com"}},
		"credentials alone": {echoing.port, nil, right, `"to":"plain@example.com"`, "", []string{"plain@example.com"}},
		"wrong password":    {closed.port, pool, wrong, `"to":"a@example.com","useSsl":true`, "wrong user name or password", nil},
		"echoed password":   {echoing.port, nil, wrong, `"to":"a@example.com"`, "wrong user name or password: ***", nil},
		"no credentials":    {closed.port, pool, "", `"to":"a@example.com","useSsl":true`, "authenticate", nil},
		"untrusted":         {closed.port, x509.NewCertPool(), right, `"to":"a@example.com","useSsl":true`, "cannot secure the connection", nil},
		"no STARTTLS":       {open.port, pool, "", `"to":"a@example.com","useSsl":true`, "cannot secure the connection", nil},
		"unknown recipient": {open.port, nil, "", `"to":"a@example.com;nobody@example.com"`, "no such mailbox", nil},
		"bad recipient":     {open.port, nil, "", `"to":"not an address"`, "are not email addresses", nil},
		"bad sender":        {open.port, nil, "", `"to":"a@example.com","from":"x"`, "is not an email address", nil},
		"silent server":     {silentPort, nil, "", `"to":"a@example.com","timeout":30`, "did not answer within 30ms", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance, c := newClient(t, simulator.Config{SMTPRootCAs: test.roots})
			settings := `{"enabled":false,"server":"127.0.0.1","subject":"Über [%JobResult%]",` + test.settings
			if !strings.Contains(test.settings, `"from"`) {
				settings += `,"from":"Appliance <appliance@example.com>"`
			}
			if test.password != "" {
				account := appliance.PutAccount(simulator.Account{Name: "n", Username: "mailer", Password: test.password})
				settings += `,"useCredentials":true,"credentialsId":"` + account.ID + `"`
			}
			settings += fmt.Sprintf(`,"port":%d}`, test.port)
			x := c.want(c.do("POST", "/settings/emailNotifications/sendTestMessage", settings), 200)
			outcome := decode[struct {
				Success *bool
				Message string
			}](t, x)
			if outcome.Success == nil || *outcome.Success != (test.failure == "") || !strings.Contains(outcome.Message, test.failure) || outcome.Message == "" {
				t.Errorf("answered %s", x.body)
			}
			if strings.Contains(x.body, wrong) || strings.Contains(x.body, right) {
				t.Errorf("the password was answered: %s", x.body)
			}
			if got := appliance.EmailNotifications(); got.Server != "" {
				t.Errorf("a test message saved its settings: %+v", got)
			}
			if test.to == nil {
				return
			}
			messages := slices.Concat(open.received(), closed.received(), echoing.received())
			i := slices.IndexFunc(messages, func(m mail) bool { return slices.Equal(m.to, test.to) })
			if i < 0 {
				t.Fatalf("no message to %q in %+v", test.to, messages)
			}
			if m := messages[i]; m.from != "appliance@example.com" || !strings.Contains(m.body, "Subject: =?utf-8?q?=C3=9Cber_[%JobResult%]?=") || strings.Contains(m.body, right) {
				t.Errorf("received %+v", m)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(open.received()) + len(closed.received()) + len(echoing.received()); n != 4 {
			t.Errorf("%d messages were received, want 4", n)
		}
	})
}
