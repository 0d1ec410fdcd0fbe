// Package api is the API of a Veeam Backup for AWS appliance, version 1: what resources call. Below it are the objects of
// one kind (store), the user's session (session), and one request over all its attempts (wire).
package api

import (
	"context"
	"crypto/x509"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// DefaultRequestTimeout is the documented default of [wire.Config.RequestTimeout].
const DefaultRequestTimeout = 30 * time.Second

// Config says which appliance to talk to, how, and as whom: with either Token, or Username and Password.
type Config struct {
	BaseURL        *url.URL // from [ParseHost]
	Token          string
	Username       string
	Password       string
	MFACode        string              // one code, valid for one sign-in; not together with MFASecret
	MFASecret      string              // from [session.ParseMFASecret]
	APIVersion     string              // <major>.<minor>-rev<n>; empty to find one that the appliance accepts
	Certificates   []*x509.Certificate // trusted besides the system's, as authorities or as the appliance's own
	Insecure       bool                // skip certificate verification
	Proxy          *wire.Proxy         // from [wire.ProxyFromEnvironment]; nil to connect directly
	RequestTimeout time.Duration       // for one attempt, its answer included
	MaxRetries     int                 // repetitions after a first attempt; 0 for none
	UserAgent      string
	// Dial connects to the appliance; nil for the network. A test connects without one.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client is one appliance. It sends nothing before a method asks for it and is safe for concurrent use.
type Client struct {
	*session.Session
	StandardAccounts *StandardAccounts
	Users            *Users

	config  Config
	wire    *wire.Client
	unasked sync.Map // the keys are the paths of validations that fail whatever the value
}

// New makes a client. It cannot fail: the parts of config have been validated where the user gave them.
func New(config Config) *Client {
	c := &Client{config: config, wire: wire.New(wire.Config{
		BaseURL: config.BaseURL, Certificates: config.Certificates, Insecure: config.Insecure, Proxy: config.Proxy,
		RequestTimeout: config.RequestTimeout, MaxRetries: config.MaxRetries, UserAgent: config.UserAgent, Dial: config.Dial,
	})}
	c.Session = session.New(session.Config{
		Host: c.Host(), Token: config.Token, APIVersion: config.APIVersion, Credentials: session.Credentials{
			Username: config.Username, Password: config.Password, MFACode: config.MFACode, MFASecret: config.MFASecret,
		},
	}, c.wire)
	c.StandardAccounts = newStandardAccounts(c)
	c.Users = newUsers(c)
	return c
}

// Redact hides every secret of this run in a text that the appliance may have written.
func (c *Client) Redact(text string) string { return c.wire.Secrets.Redact(text) }
