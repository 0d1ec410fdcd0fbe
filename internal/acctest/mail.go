package acctest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// MailServer is a real SMTP server on a loopback address, with one user. It accepts mail from no other user.
type MailServer struct {
	Address string // an IP address
	Port    int
	// RootCAs trust the server's certificate; nil when it offers no STARTTLS.
	RootCAs *x509.CertPool

	username string
	mu       sync.Mutex
	password string
	received []Mail
}

// Mail is a message as it arrived.
type Mail struct {
	From string
	To   []string
	Text string // header and body
}

// NewMailServer starts a mail server without STARTTLS.
func NewMailServer(t *testing.T, username, password string) *MailServer {
	t.Helper()
	return startMailServer(t, &MailServer{username: username, password: password}, nil)
}

// NewSecureMailServer starts a mail server with STARTTLS, which is required to sign in.
func NewSecureMailServer(t *testing.T, username, password string) *MailServer {
	t.Helper()
	lender := httptest.NewTLSServer(nil)
	t.Cleanup(lender.Close)
	roots := x509.NewCertPool()
	roots.AddCert(lender.Certificate())
	return startMailServer(t, &MailServer{RootCAs: roots, username: username, password: password}, &tls.Config{Certificates: lender.TLS.Certificates})
}

func startMailServer(t *testing.T, s *MailServer, secured *tls.Config) *MailServer {
	t.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{server: s}, nil }))
	server.Domain = "localhost"
	server.TLSConfig = secured
	server.AllowInsecureAuth = secured == nil
	server.ErrorLog = log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	address := listener.Addr().(*net.TCPAddr)
	s.Address, s.Port = address.IP.String(), address.Port
	return s
}

// SetPassword changes the user's password.
func (s *MailServer) SetPassword(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = password
}

// Received returns the messages that have arrived, the oldest first, and forgets them.
func (s *MailServer) Received() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	received := s.received
	s.received = nil
	return received
}

func (s *MailServer) signIn(username, password string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if username != s.username || password != s.password {
		return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong user name or password"}
	}
	return nil
}

// mailSession is one connection, from sign-in to message.
type mailSession struct {
	server   *MailServer
	signedIn bool
	mail     Mail
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		err := s.server.signIn(username, password)
		s.signedIn = err == nil
		return err
	}), nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if !s.signedIn {
		return smtp.ErrAuthRequired
	}
	s.mail.From = from
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Text = string(text)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.received = append(s.server.received, s.mail)
	return nil
}

func (s *mailSession) Reset()        { s.mail = Mail{} }
func (s *mailSession) Logout() error { return nil }
