package provider

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/session"
)

// Server serves the provider, and signs out at its end.
type Server interface {
	tfprotov6.ProviderServer
	// SignOut ends all sessions that the provider has opened and that are still open, at the end of its process. A
	// configured token stays valid.
	SignOut()
}

// server is a server of the provider that [New] makes.
//
// The framework's own server keeps a cancel function for every call until StopProvider. With it, it keeps the call's
// context, about 12 KB of loggers and their fields, for each of the several calls that Terraform sends about each
// object. This server gives each such call a context that releases the real one when the call returns. It can go when
// the framework does so itself.
type server struct {
	protocolServer
	provider *veeamProvider
}

// NewServer makes a server. version and adjust are those of [New].
func NewServer(version string, adjust ...func(*api.Config)) Server {
	provider := New(version, adjust...)().(*veeamProvider)
	framework := providerserver.NewProtocol6(provider)()
	return &server{framework.(protocolServer), provider}
}

// signOutTime is how long signing out may take: Terraform waits two seconds for a provider to end.
const signOutTime = 1500 * time.Millisecond

func (s *server) SignOut() {
	ctx, cancel := context.WithTimeout(context.Background(), signOutTime)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() { session.SignOutAll(ctx) })
	for _, client := range s.provider.opened() {
		group.Go(func() { _ = client.Close(ctx) })
	}
	group.Wait()
}

// protocolServer is everything that the framework's server can do. Lists and actions continue after their call has
// returned, and all other methods than the ones below are called a few times at most, so that they are passed on
// unchanged.
type protocolServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

func (s *server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return releasing(ctx, req, s.protocolServer.ValidateResourceConfig)
}

func (s *server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return releasing(ctx, req, s.protocolServer.UpgradeResourceState)
}

func (s *server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return releasing(ctx, req, s.protocolServer.UpgradeResourceIdentity)
}

func (s *server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return releasing(ctx, req, s.protocolServer.ImportResourceState)
}

func (s *server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return releasing(ctx, req, s.protocolServer.ReadResource)
}

func (s *server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return releasing(ctx, req, s.protocolServer.PlanResourceChange)
}

func (s *server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return releasing(ctx, req, s.protocolServer.ApplyResourceChange)
}

func (s *server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return releasing(ctx, req, s.protocolServer.ValidateDataResourceConfig)
}

func (s *server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return releasing(ctx, req, s.protocolServer.ReadDataSource)
}

func releasing[Request, Response any](ctx context.Context, req Request, call func(context.Context, Request) (Response, error)) (Response, error) {
	var held callContext
	held.Store(&ctx)
	defer held.Store(&ended)
	return call(&held, req)
}

// callContext is the context of a call until the call returns, and one that has ended from then on.
type callContext struct {
	atomic.Pointer[context.Context]
}

func (c *callContext) Deadline() (time.Time, bool) { return (*c.Load()).Deadline() }
func (c *callContext) Done() <-chan struct{}       { return (*c.Load()).Done() }
func (c *callContext) Err() error                  { return (*c.Load()).Err() }
func (c *callContext) Value(key any) any           { return (*c.Load()).Value(key) }

var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
