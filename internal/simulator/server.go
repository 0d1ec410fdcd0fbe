package simulator

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
)

// Server is an appliance that listens.
type Server struct {
	*Appliance
	listener    net.Listener
	http        *http.Server
	stop        context.CancelFunc
	certificate []byte // PEM
	connections atomic.Int64
}

// Start makes an appliance listen on [Config.Address], with HTTP/1.1 and HTTP/2 over TLS and, like a fresh appliance,
// with a self-signed certificate.
func Start(config Config) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Server{Appliance: New(config)}
	config = s.config
	host, _, err := net.SplitHostPort(config.Address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", config.Address, err)
	}
	if ip := net.ParseIP(host); config.PlainHTTP && host != "localhost" && !ip.IsLoopback() {
		return nil, fmt.Errorf("address %q: plain http is for loopback addresses only", config.Address)
	}
	certificate, err := selfSigned(config, host)
	if err != nil {
		return nil, err
	}
	s.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	if s.listener, err = net.Listen("tcp", config.Address); err != nil {
		return nil, err
	}

	base, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.http = &http.Server{
		Handler:           s.Appliance,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}},
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       func(ctx context.Context, _ net.Conn) context.Context { return withFirstRequest(ctx) },
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				s.connections.Add(1)
			}
		},
		ErrorLog: log.New(exceptHandshakes{os.Stderr}, "", 0),
	}
	go func() {
		if config.PlainHTTP {
			_ = s.http.Serve(s.listener)
		} else {
			_ = s.http.ServeTLS(s.listener, "", "")
		}
	}()
	return s, nil
}

// Host is what the provider's host argument takes: "address:port", or an http:// URL when [Config.PlainHTTP] is set.
// The address of a server that listens on all is that of the loopback interface.
func (s *Server) Host() string {
	address := s.listener.Addr().(*net.TCPAddr).AddrPort()
	if address.Addr().IsUnspecified() {
		address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), address.Port())
	}
	if s.config.PlainHTTP {
		return "http://" + address.String()
	}
	return address.String()
}

// CACertificate is the server's certificate in PEM, for clients to trust.
func (s *Server) CACertificate() string { return string(s.certificate) }

// Connections returns the number of connections accepted so far. Each that serves a request had one TLS handshake.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Close ends everything under way and frees the port.
func (s *Server) Close() {
	s.stop()
	_ = s.http.Close()
}

// exceptHandshakes drops messages about clients that do not trust the certificate.
type exceptHandshakes struct{ io.Writer }

func (w exceptHandshakes) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("TLS handshake error")) {
		return len(line), nil
	}
	return w.Writer.Write(line)
}

// selfSigned makes a certificate as configured; host is what the server listens on.
func selfSigned(config Config, host string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	notAfter := config.CertificateNotAfter
	setDefault(&notAfter, time.Now().AddDate(1, 0, 0))
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: config.CertificateCommonName},
		NotBefore:             notAfter.AddDate(-1, 0, 0).Add(-time.Hour),
		NotAfter:              notAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if !config.CertificateIsLeaf {
		template.IsCA = true
		template.KeyUsage |= x509.KeyUsageCertSign
	}
	names := config.CertificateNames
	if names == nil {
		names = []string{"127.0.0.1", "::1", "localhost", host}
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if name != "" {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
