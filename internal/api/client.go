// Package api is the API of a Veeam Backup for AWS appliance, version 1: what resources call. Below it are the objects of
// one kind (store), the user's session (session), and one request over all its attempts (wire).
package api

import (
	"context"
	"sync"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Config says which appliance to talk to, how, and as whom: with either Token or Credentials.
type Config struct {
	wire.Config
	session.Credentials
	Token      string
	APIVersion string // <major>.<minor>-rev<n>; empty to find one that the appliance accepts
}

// Client is one appliance. It sends nothing before a method asks for it and is safe for concurrent use.
type Client struct {
	*session.Session
	StandardAccounts *StandardAccounts
	Users            *Users

	config            wire.Config
	wire              *wire.Client
	failedValidations sync.Map // the keys are those that fail whatever the value
}

// New makes a client. It cannot fail: the parts of config have been validated where the user gave them.
func New(config Config) *Client {
	c := &Client{config: config.Config, wire: wire.New(config.Config)}
	c.Session = session.New(session.Config{
		Host: c.Host(), Token: config.Token, Credentials: config.Credentials, APIVersion: config.APIVersion,
	}, c.wire)
	c.StandardAccounts = newStandardAccounts(c)
	c.Users = newUsers(c)
	return c
}

// ProductVersion reads the version of the product that runs on the appliance, such as "2.0.0.0", from /system/version.
func (c *Client) ProductVersion(ctx context.Context) (string, error) {
	var about struct{ Version string }
	got, err := c.call(ctx, session.VersionRequest(c.on("read the product version")), &about)
	if err == nil && about.Version == "" {
		err = got.Undocumented()
	}
	return about.Version, err
}
