// Package framework holds what the resource packages share with the plugin framework.
package framework

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

// Provider is the configured provider as resource packages see it.
type Provider struct {
	// Client is nil while the provider's configuration holds values that are known only after apply.
	Client *api.Client
	// PlanValidation is whether to validate new values with the appliance at plan time.
	PlanValidation bool

	singletons sync.Map    // the [Singleton] of each kind
	keys       sync.Map    // of the objects that resources have read, by kind and name
	hasRead    atomic.Bool // a managed object has been read
	hasWritten atomic.Bool // a write has begun
}

// Resource holds the type and the provider of a managed resource or list resource, which embeds it.
type Resource struct {
	*Provider
	Type string // after the provider's: "user" for veeam_user
}

// Metadata names the type.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.Type
}

// Configure takes the provider's data.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	configure(&r.Provider, req.ProviderData, &resp.Diagnostics)
}

// DataSource holds the type and the provider of a data source, which embeds it.
type DataSource struct {
	*Provider
	Type string // after the provider's: "user" for veeam_user
}

// Metadata names the type.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.Type
}

// Configure takes the provider's data.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	configure(&d.Provider, req.ProviderData, &resp.Diagnostics)
}

// EphemeralResource holds the type and the provider of an ephemeral resource, which embeds it.
type EphemeralResource struct {
	*Provider
	Type string // after the provider's: "user" for veeam_user
}

// Metadata names the type.
func (e *EphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + e.Type
}

// Configure takes the provider's data.
func (e *EphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	configure(&e.Provider, req.ProviderData, &resp.Diagnostics)
}

// Action holds the type and the provider of an action, which embeds it.
type Action struct {
	*Provider
	Type string // after the provider's: "user" for veeam_user
}

// Metadata names the type.
func (a *Action) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + a.Type
}

// Configure takes the provider's data.
func (a *Action) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	configure(&a.Provider, req.ProviderData, &resp.Diagnostics)
}

// configure does nothing while there is no data: the framework calls Configure before validation too.
func configure(provider **Provider, data any, diags *diag.Diagnostics) {
	if data == nil {
		return
	}
	configured, ok := data.(*Provider)
	if !ok {
		diags.AddError("Unexpected provider data", fmt.Sprintf("Expected %T, got %T. This is a bug in the provider.", configured, data))
		return
	}
	*provider = configured
}

// BeginRead records that a managed object is about to be read, and reports whether the appliance is known.
func (p *Provider) BeginRead() bool {
	p.hasRead.Store(true)
	return p.Client != nil
}

// NeedsAppliance is the error of a write while the appliance is not known. Terraform can plan without it, and then reach
// a write: for example, a destroy after the resources that the provider configuration refers to have been removed.
func (p *Provider) NeedsAppliance(operation string) diag.Diagnostics {
	p.hasWritten.Store(true)
	if p.Client != nil {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic(
		"The appliance is not known",
		"Terraform cannot "+operation+": the provider configuration refers to an unknown value, for example of a resource that has been removed. Nothing was sent.\n\n"+
			"If the appliance no longer exists, stop managing its objects with terraform state rm or a removed block with destroy = false. "+
			"Otherwise create that resource again, or set host to the address of the appliance.",
	)}
}

// NeedsApplianceNow is the error of an operation that cannot wait until the appliance is known.
func (p *Provider) NeedsApplianceNow(operation string) diag.Diagnostics {
	if p.Client != nil {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic(
		"The appliance is not known yet",
		"Terraform cannot "+operation+": the provider configuration depends on values that are known only after apply. "+
			"First apply the resources that these values come from, for example with -target. Then run Terraform again.",
	)}
}
