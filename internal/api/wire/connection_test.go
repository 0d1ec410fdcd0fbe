package wire

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// counting counts the connections that a listener accepts.
type counting struct {
	net.Listener
	accepted atomic.Int32
}

func (l *counting) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err == nil {
		l.accepted.Add(1)
	}
	return connection, err
}

// listening starts a server that answers with a handler over TLS.
func listening(t *testing.T, settings *tls.Config, handler http.HandlerFunc) (base *url.URL, connections *counting) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	connections = &counting{Listener: server.Listener}
	server.Listener, server.TLS = connections, settings
	server.StartTLS()
	t.Cleanup(server.Close)
	base = baseURL(t, server.URL)
	return base, connections
}

// accepting starts a listener that does something with each connection and closes it.
func accepting(t *testing.T, do func(*net.TCPConn)) (base *url.URL, connections *counting) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = &counting{Listener: listener}
	go func() {
		for {
			connection, err := connections.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				do(connection.(*net.TCPConn))
			}()
		}
	}()
	base = baseURL(t, listener.Addr().String())
	return base, connections
}

// ofNegativeSerial is a certificate as some devices make it: Go refuses to parse it.
func ofNegativeSerial(t *testing.T) tls.Certificate {
	t.Helper()
	good := issue(t, nil, loopback)
	var certificate struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(good.Raw, &certificate); err != nil {
		t.Fatal(err)
	}
	serial, err := asn1.Marshal(good.SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	negative := bytes.Clone(serial)
	negative[2] |= 0x80
	certificate.TBS.FullBytes = bytes.Replace(certificate.TBS.FullBytes, serial, negative, 1)
	der, err := asn1.Marshal(certificate)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x509.ParseCertificate(der); err == nil || !strings.Contains(err.Error(), "negative serial number") {
		t.Fatalf("Go says of it: %v", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: good.key}
}

// What keeps a connection from being made is named, and met once where another attempt would meet it again.
func TestConnections(t *testing.T) {
	t.Parallel()
	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name": "jane"}`) }
	own := issue(t, nil, loopback)
	served := []tls.Certificate{{Certificate: [][]byte{own.Raw}, PrivateKey: own.key}}
	refused := ofNegativeSerial(t)
	negative := func(version uint16) *tls.Config { // httptest parses what it is given
		return &tls.Config{Certificates: served, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return &tls.Config{Certificates: []tls.Certificate{refused}, MaxVersion: version}, nil
		}}
	}
	page := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html><body>"+text+"</body></html>")
		}
	}
	type server = func(*testing.T) (*url.URL, *counting)
	with := func(settings *tls.Config, handler http.HandlerFunc) server {
		return func(t *testing.T) (*url.URL, *counting) { return listening(t, settings.Clone(), handler) }
	}
	for name, test := range map[string]struct {
		server   server
		edit     func(*Config)
		reason   Reason
		says     string
		attempts int32
	}{
		"a client certificate, TLS 1.3":  {with(&tls.Config{Certificates: served, ClientAuth: tls.RequireAnyClientCert}, hello), nil, ClientCertificateRequired, "", 1},
		"a client certificate, TLS 1.2":  {with(&tls.Config{Certificates: served, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, hello), nil, ClientCertificateRequired, "", 1},
		"a client certificate, HTTP/1.1": {with(&tls.Config{Certificates: served, ClientAuth: tls.RequireAnyClientCert, NextProtos: []string{"http/1.1"}}, hello), nil, ClientCertificateRequired, "", 1},
		"a client certificate, by nginx": {with(&tls.Config{Certificates: served}, page(400, "<center>No required SSL certificate was sent</center>")), nil, ClientCertificateRequired, "status 400", 1},
		"a client certificate, by IIS":   {with(&tls.Config{Certificates: served}, page(403, "<h2>403 - Forbidden: Client certificate required.</h2>")), nil, ClientCertificateRequired, "status 403", 1},
		"a client certificate, wanted":   {with(&tls.Config{Certificates: served, ClientAuth: tls.RequestClientCert}, page(503, "")), nil, Unavailable, "", 1},
		"TLS 1.1":                        {with(&tls.Config{Certificates: served, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, hello), nil, OldTLS, "", 1},
		"TLS 1.0":                        {with(&tls.Config{Certificates: served, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, hello), nil, OldTLS, "", 1},
		"TLS 1.1, chosen":                {func(t *testing.T) (*url.URL, *counting) { return accepting(t, chooseTLS11) }, nil, OldTLS, "", 1},
		"a negative serial number":       {with(negative(tls.VersionTLS13), hello), nil, CertificateUnreadable, "negative serial number", 1},
		"a negative serial, TLS 1.2":     {with(negative(tls.VersionTLS12), hello), nil, CertificateUnreadable, "negative serial number", 1},
		"a negative serial, insecure":    {with(negative(tls.VersionTLS13), hello), func(c *Config) { c.Insecure = true }, CertificateUnreadable, "negative serial number", 1},
		"no common cipher":               {with(&tls.Config{Certificates: served, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}}, hello), nil, Unreachable, "handshake failure", 1},
		"a reset handshake":              {func(t *testing.T) (*url.URL, *counting) { return accepting(t, reset) }, nil, HandshakeBroken, "connection reset by peer, after 3 attempts", 3},
		"a closed handshake":             {func(t *testing.T) (*url.URL, *counting) { return accepting(t, shut) }, nil, HandshakeBroken, "EOF, after 3 attempts", 3},
		"a handshake without an answer":  {func(t *testing.T) (*url.URL, *counting) { return accepting(t, ignore) }, func(c *Config) { c.RequestTimeout = 200 * time.Millisecond }, HandshakeBroken, "did not finish within 200ms", 1},
		"a connection closed after a read": {func(t *testing.T) (*url.URL, *counting) {
			return listening(t, &tls.Config{Certificates: served}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, nil, Unreachable, "after 3 attempts", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, connections := test.server(t)
			config := Config{BaseURL: base, RequestTimeout: 10 * time.Second, MaxRetries: 2, Certificates: []*x509.Certificate{own.Certificate}}
			if test.reason == Unavailable {
				config.MaxRetries = 0
			}
			if test.edit != nil {
				test.edit(&config)
			}
			err := remove(t, WithoutWaits(New(config)))
			got, ok := errors.AsType[*Error](err)
			if !ok || got.Reason != test.reason || !strings.Contains(got.Message, test.says) {
				t.Errorf("%#v", err)
			}
			alerted := strings.HasPrefix(name, "a client certificate, ") && test.says == "" // the alert may be lost
			if ok && got.Outcome == Unknown && test.reason != Unreachable && test.reason != Unavailable && (!alerted || strings.Contains(got.Message, "tls: certificate required")) {
				t.Error("nothing was done, and it says that something may have been")
			}
			n := connections.accepted.Load()
			if alerted && n == test.attempts+1 { // net/http itself repeats what it has not begun to send
				n--
			}
			if n != test.attempts && !strings.Contains(name, "after a read") {
				t.Errorf("%d connections, expected %d", n, test.attempts)
			}
		})
	}
}

// A server that has answered does not require the client certificate that it asks for.
func TestClosedAfterAnAnswer(t *testing.T) {
	t.Parallel()
	own := issue(t, nil, loopback)
	answered := false
	settings := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{own.Raw}, PrivateKey: own.key}}, ClientAuth: tls.RequestClientCert}
	base, _ := listening(t, settings, func(w http.ResponseWriter, _ *http.Request) {
		if answered {
			panic(http.ErrAbortHandler)
		}
		answered = true
		_, _ = io.WriteString(w, `{"name": "jane"}`)
	})
	c := New(Config{BaseURL: base, RequestTimeout: 10 * time.Second, Certificates: []*x509.Certificate{own.Certificate}})
	if err := read(t, c); err != nil {
		t.Fatal(err)
	}
	if err := read(t, c); !IsReason(err, Unreachable) {
		t.Errorf("%#v", err)
	}
}

// A server that has asked for a client certificate, and is not there any more, is not reached.
func TestGoneAfterARequestedCertificate(t *testing.T) {
	t.Parallel()
	own := issue(t, nil, loopback)
	settings := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{own.Raw}, PrivateKey: own.key}}, ClientAuth: tls.RequireAnyClientCert}
	base, connections := listening(t, settings, func(http.ResponseWriter, *http.Request) {})
	c := New(Config{BaseURL: base, RequestTimeout: 10 * time.Second, Certificates: []*x509.Certificate{own.Certificate}})
	if err := read(t, c); !IsReason(err, ClientCertificateRequired) {
		t.Fatalf("%#v", err)
	}
	_ = connections.Close()
	if err := read(t, c); !IsReason(err, Unreachable) {
		t.Errorf("%#v", err)
	}
}

func reset(connection *net.TCPConn) {
	_, _ = connection.Read(make([]byte, 4096))
	_ = connection.SetLinger(0)
}

func shut(connection *net.TCPConn) { _, _ = connection.Read(make([]byte, 4096)) }

func ignore(connection *net.TCPConn) { _, _ = io.Copy(io.Discard, connection) }

// chooseTLS11 answers a ClientHello with a ServerHello of TLS 1.1, whatever was offered.
func chooseTLS11(connection *net.TCPConn) {
	_, _ = connection.Read(make([]byte, 4096))
	body := append([]byte{3, 2}, make([]byte, 32)...)
	body = append(body, 0, 0xc0, 0x13, 0)
	message := append([]byte{2, 0, 0, byte(len(body))}, body...)
	_, _ = connection.Write(append([]byte{22, 3, 2, 0, byte(len(message))}, message...))
	_, _ = io.Copy(io.Discard, connection)
}

// An appliance that does not send the certificate of the authority that issued its own is the commonest case of an
// incomplete chain, which only the authority above does not help.
func TestMissingIssuer(t *testing.T) {
	t.Parallel()
	named := func(name string, edit func(*x509.Certificate)) func(*x509.Certificate) {
		return func(c *x509.Certificate) { edit(c); c.Subject.CommonName = name }
	}
	root := issue(t, nil, named("Root", authority))
	sub := issue(t, &root, named("Issuing 1", authority))
	subsub := issue(t, &sub, named("Issuing 2", authority))
	other := issue(t, nil, named("Issuing 1", authority))
	leaf, deep := issue(t, &sub, loopback), issue(t, &subsub, loopback)
	for name, test := range map[string]struct {
		sent   []identity
		given  []identity
		reason Reason
		says   string
	}{
		"the issuer is not sent":             {[]identity{leaf}, []identity{root}, IssuerMissing, `"CN=Issuing 1"`},
		"the one above is not sent":          {[]identity{deep, subsub}, []identity{root}, IssuerMissing, `"CN=Issuing 1"`},
		"the issuer is sent":                 {[]identity{leaf, sub}, []identity{root}, Unspecified, ""},
		"the issuer is given":                {[]identity{leaf}, []identity{root, sub}, Unspecified, ""},
		"the issuer is given alone":          {[]identity{leaf}, []identity{sub}, Unspecified, ""},
		"another authority of the same name": {[]identity{leaf}, []identity{root, other}, CertificateNotGiven, ""},
		"another server's whole chain":       {[]identity{leaf, sub, root}, []identity{other}, CertificateNotGiven, ""},
		"only a server's certificate given":  {[]identity{leaf}, []identity{issue(t, nil, loopback)}, CertificateNotGiven, `issued by "CN=Issuing 1"`},
		"nothing is given":                   {[]identity{leaf}, nil, UntrustedCertificate, `issued by "CN=Issuing 1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := tls.Certificate{PrivateKey: test.sent[0].key}
			for _, one := range test.sent {
				chain.Certificate = append(chain.Certificate, one.Raw)
			}
			base, _ := listening(t, &tls.Config{Certificates: []tls.Certificate{chain}}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name": "jane"}`) })
			config := Config{BaseURL: base, RequestTimeout: 10 * time.Second}
			for _, given := range test.given {
				config.Certificates = append(config.Certificates, given.Certificate)
			}
			err := read(t, New(config))
			got, failed := errors.AsType[*Error](err)
			if failed != (test.reason != Unspecified) || failed && (got.Reason != test.reason || !strings.Contains(got.Message, test.says)) {
				t.Errorf("%#v", err)
			}
		})
	}
}
