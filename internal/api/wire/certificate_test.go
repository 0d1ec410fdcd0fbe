package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// identity is a certificate with its key.
type identity struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// issue makes a certificate for a server, by an authority or self-signed.
func issue(t *testing.T, by *identity, edit func(*x509.Certificate)) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	edit(template)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.Certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return identity{certificate, key}
}

func authority(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }

func loopback(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} }

func private(c *x509.Certificate) { c.DNSNames = []string{"ip-10-0-0-7.internal"} }

func presenting(t *testing.T, presented identity, version uint16) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"name": "jane"}`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{presented.Raw}, PrivateKey: presented.key}},
		MinVersion:   version, MaxVersion: version,
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// The appliance's own certificate is trusted whatever name it is issued for, and for nothing else is anything let through.
func TestGivenCertificates(t *testing.T) {
	t.Parallel()
	root := issue(t, nil, authority)
	own := issue(t, nil, private)
	common := issue(t, nil, func(c *x509.Certificate) { c.Subject.CommonName = "vba" })
	expired := issue(t, nil, func(c *x509.Certificate) { private(c); c.NotAfter = time.Now().Add(-time.Minute) })
	future := issue(t, nil, func(c *x509.Certificate) { private(c); c.NotBefore = time.Now().Add(30 * time.Minute) })
	client := issue(t, nil, func(c *x509.Certificate) {
		private(c)
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	signed := issue(t, &root, loopback)
	signedForAnother := issue(t, &root, private)
	byOwn := issue(t, &own, loopback)
	for name, test := range map[string]struct {
		presented identity
		given     []identity
		reason    Reason // Unspecified for trusted
		says      string
	}{
		"the own one":                        {own, []identity{root, own}, Unspecified, ""},
		"with a common name only":            {common, []identity{common}, Unspecified, ""},
		"signed, and given itself":           {signedForAnother, []identity{signedForAnother}, Unspecified, ""},
		"signed by a given authority":        {signed, []identity{root}, Unspecified, ""},
		"another of a given authority":       {signedForAnother, []identity{root, own}, CertificateForAnotherName, "ip-10-0-0-7.internal, not for 127.0.0.1"},
		"a common name of a given authority": {issue(t, &root, func(c *x509.Certificate) { c.Subject.CommonName = "vba" }), []identity{root}, CertificateForAnotherName, "vba"},
		"the own one has expired":            {expired, []identity{expired}, CertificateExpired, expired.NotAfter.UTC().Format(time.RFC3339)},
		"the own one is not valid yet":       {future, []identity{future}, CertificateNotYetValid, future.NotBefore.UTC().Format(time.RFC3339)},
		"the own one is no server's":         {client, []identity{client}, CertificateForAnotherUse, "incompatible key usage"},
		"another server's, same names":       {issue(t, nil, loopback), []identity{root, own}, CertificateNotGiven, ""},
		"another server's, like the own":     {issue(t, nil, private), []identity{own}, CertificateForAnotherName, ""},
		"signed by the own one":              {byOwn, []identity{own}, CertificateNotGiven, ""},
		"signed, and none is given":          {signed, nil, UntrustedCertificate, ""},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" over "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				server := presenting(t, test.presented, version)
				base := baseURL(t, server.URL)
				config := Config{BaseURL: base, RequestTimeout: 10 * time.Second}
				for _, given := range test.given {
					config.Certificates = append(config.Certificates, given.Certificate)
				}
				err := read(t, New(config))
				if test.reason == Unspecified {
					if err != nil {
						t.Error(err)
					}
					return
				}
				got, ok := err.(*Error) //nolint:errorlint // that is what it is
				if !ok || got.Reason != test.reason || !strings.Contains(got.Message, test.says) || got.Outcome == Unknown {
					t.Errorf("%#v", err)
				}
			})
		}
	}
}

// A session that is resumed is checked like a new one.
func TestGivenCertificatesResumed(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		own := issue(t, nil, private)
		server := presenting(t, own, version)
		base := baseURL(t, server.URL)
		cache := tls.NewLRUClientSessionCache(1)
		connect := func(given identity) (resumed bool, err error) {
			config := Config{BaseURL: base, Certificates: []*x509.Certificate{given.Certificate}}.tls()
			config.ClientSessionCache = cache
			connection, err := tls.Dial("tcp", server.Listener.Addr().String(), config)
			if err != nil {
				return false, err
			}
			defer connection.Close()
			if _, err = io.WriteString(connection, "GET / HTTP/1.0\r\n\r\n"); err == nil {
				_, err = io.ReadAll(connection) // with the ticket
			}
			return connection.ConnectionState().DidResume, err
		}
		if resumed, err := connect(own); resumed || err != nil {
			t.Fatalf("%v, %v", resumed, err)
		}
		if resumed, err := connect(own); !resumed || err != nil {
			t.Errorf("%s: resumed %v, %v", tls.VersionName(version), resumed, err)
		}
		if _, err := connect(issue(t, nil, private)); err == nil {
			t.Errorf("%s: a resumed session is not checked", tls.VersionName(version))
		}
	}
}

// Through a proxy it is the appliance that is checked.
func TestGivenCertificatesThroughProxy(t *testing.T) {
	t.Parallel()
	own := issue(t, nil, private)
	server := presenting(t, own, tls.VersionTLS13)
	connects := 0
	proxy := httptest.NewServer(tunnel(t, server.Listener.Addr().String(), &connects))
	t.Cleanup(proxy.Close)
	for name, test := range map[string]struct {
		given identity
		host  string
		want  bool
	}{
		"the own one":      {own, "https://backup.example.com", true},
		"another server's": {issue(t, nil, private), "https://backup.example.com", false},
		"an IP address":    {own, "https://192.0.2.7", true},
		"not there either": {issue(t, nil, private), "https://192.0.2.7", false},
	} {
		base := baseURL(t, test.host)
		through, _ := url.Parse(proxy.URL)
		c := New(Config{BaseURL: base, RequestTimeout: 10 * time.Second, Certificates: []*x509.Certificate{test.given.Certificate}, Proxy: &Proxy{through, "HTTPS_PROXY"}})
		if err := read(t, c); (err == nil) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if connects < 4 {
		t.Errorf("the proxy was asked %d times", connects)
	}
}

// tunnel is a proxy that connects to one address, whichever it is asked for.
func tunnel(t *testing.T, address string, connects *int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		*connects++
		there, err := net.Dial("tcp", address)
		if err != nil {
			t.Error(err)
			return
		}
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
		_, _ = io.Copy(here, there)
		_ = here.Close()
	}
}

// A port that speaks TLS says so in its own words, and has done nothing.
func TestSpeaksTLS(t *testing.T) {
	t.Parallel()
	server := presenting(t, issue(t, nil, loopback), tls.VersionTLS13)
	base := baseURL(t, strings.Replace(server.URL, "https", "http", 1))
	c := New(Config{BaseURL: base, RequestTimeout: 10 * time.Second, MaxRetries: 4})
	_, err := c.Do(t.Context(), Request{Kind: Write, Operation: "update user \"jane\"", Method: http.MethodPut, Path: "/users/jane"})
	if got, ok := err.(*Error); !ok || got.Reason != SpeaksTLS || got.Outcome != NotDone || strings.Contains(got.Message, "attempts") { //nolint:errorlint // that is what it is
		t.Errorf("%#v", err)
	}
}

// Where nothing listens, it is not for lack of TLS.
func TestNothingListensInPlainText(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	err := read(t, New(Config{BaseURL: baseURL(t, server.URL), RequestTimeout: 10 * time.Second}))
	if got := AsError(err); got.Reason != Unreachable || !strings.HasSuffix(got.Message, "connection refused") {
		t.Errorf("%#v", err)
	}
}
