package provider_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"weak"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/contract"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/provider"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const accountType = "veeam_standard_account"

// served is the provider as it is served, configured for a simulated appliance.
type served struct {
	tfprotov6.ProviderServer
	accounts tftypes.Object
}

func serve(tb testing.TB, server tfprotov6.ProviderServer, appliance *simulator.Server) served {
	tb.Helper()
	schemas, err := server.GetProviderSchema(tb.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		tb.Fatal(err)
	}
	configured, err := server.ConfigureProvider(tb.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: encode(tb, schemas.Provider.ValueType().(tftypes.Object), map[string]any{
			"host": appliance.Host(), "ca_certificate": appliance.CACertificate(),
			"username": simulator.DefaultUsername, "password": simulator.DefaultPassword,
		}),
	})
	succeeded(tb, configured.Diagnostics, err)
	return served{server, schemas.ResourceSchemas[accountType].ValueType().(tftypes.Object)}
}

func start(tb testing.TB, config simulator.Config) *simulator.Server {
	tb.Helper()
	appliance, err := simulator.Start(contract.Watch(tb, config))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(appliance.Close)
	return appliance
}

// encode makes a value of an object type, with null for what is not given.
func encode(tb testing.TB, object tftypes.Object, values map[string]any) *tfprotov6.DynamicValue {
	tb.Helper()
	attributes := map[string]tftypes.Value{}
	for name, attributeType := range object.AttributeTypes {
		attributes[name] = tftypes.NewValue(attributeType, values[name])
	}
	encoded, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, attributes))
	if err != nil {
		tb.Fatal(err)
	}
	return &encoded
}

func (s served) readAccount(ctx context.Context, tb testing.TB, id string) *tfprotov6.ReadResourceResponse {
	tb.Helper()
	read, err := s.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: accountType, CurrentState: encode(tb, s.accounts, map[string]any{"id": id}),
	})
	if err != nil {
		tb.Error(err)
	}
	return read
}

// The server of a provider asks by type assertions what the provider can do.
func TestServer_canDoAllThatTheFrameworkCan(t *testing.T) {
	t.Parallel()
	methods := func(server tfprotov6.ProviderServer) []string {
		names := map[string]bool{}
		for method := range reflect.TypeOf(server).Methods() {
			names[method.Name] = true
		}
		return slices.Sorted(maps.Keys(names))
	}
	framework := methods(providerserver.NewProtocol6(provider.New("test")())())
	ours := slices.DeleteFunc(methods(provider.NewServer("test")), func(name string) bool { return name == "SignOut" })
	if !slices.Equal(framework, ours) {
		t.Errorf("the framework's server has the methods\n%v\nand ours\n%v", framework, ours)
	}
}

// A call's context must not outlive the call. The test of the framework's own server fails when that server does so too,
// and ours is no longer needed.
func TestServer_letsGoOfContexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server tfprotov6.ProviderServer
		keeps  bool
	}{
		"ours":            {provider.NewServer("test"), false},
		"the framework's": {providerserver.NewProtocol6(provider.New("test")())(), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance := start(t, simulator.Config{})
			s := serve(t, test.server, appliance)
			logger := callWithLogger(t, s)
			runtime.GC()
			if kept := logger.Value() != nil; kept != test.keeps {
				t.Errorf("a finished call's context is kept: %v, expected %v", kept, test.keeps)
			}
			runtime.KeepAlive(s)
		})
	}
}

// callWithLogger stands for what a call's context holds.
func callWithLogger(t *testing.T, s served) weak.Pointer[[1024]byte] {
	type key struct{}
	logger := new([1024]byte)
	s.readAccount(context.WithValue(t.Context(), key{}, logger), t, "00000000-0000-0000-0000-000000000000")
	return weak.Make(logger)
}

// Terraform stops the provider when it is interrupted.
func TestServer_stopsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	reading := make(chan struct{})
	appliance := start(t, simulator.Config{OnRequest: func(r simulator.Request) {
		if r.Fault == simulator.Stall {
			close(reading)
		}
	}})
	appliance.AddFault(simulator.Fault{Kind: simulator.Stall, Method: "GET", Count: 1})
	s := serve(t, provider.NewServer("test"), appliance)

	answer := make(chan *tfprotov6.ReadResourceResponse)
	go func() { answer <- s.readAccount(t.Context(), t, "00000000-0000-0000-0000-000000000000") }()
	<-reading
	if _, err := s.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	read := <-answer // after the request timeout at the latest, but then with another error
	if said := fmt.Sprint(describe(read.Diagnostics)); !strings.Contains(said, "interrupted") {
		t.Errorf("the read was not interrupted: %s", said)
	}
}

func succeeded(tb testing.TB, diagnostics []*tfprotov6.Diagnostic, err error) {
	tb.Helper()
	if err != nil || len(diagnostics) > 0 {
		tb.Fatal(err, describe(diagnostics))
	}
}

func describe(diagnostics []*tfprotov6.Diagnostic) []string {
	var texts []string
	for _, diagnostic := range diagnostics {
		texts = append(texts, diagnostic.Summary+": "+diagnostic.Detail)
	}
	return texts
}
