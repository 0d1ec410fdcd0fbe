// Package provider is the provider's own schema and configuration, and the list of its resources.
package provider

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/account"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/appliance"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/email"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/user"
)

var (
	_ provider.ProviderWithActions            = &veeamProvider{}
	_ provider.ProviderWithEphemeralResources = &veeamProvider{}
	_ provider.ProviderWithListResources      = &veeamProvider{}
	_ provider.ProviderWithValidateConfig     = &veeamProvider{}
)

type veeamProvider struct {
	version string
	adjust  []func(*api.Config)

	mu      sync.Mutex
	clients []*api.Client
}

// New makes the provider. Its schema and its User-Agent contain the version. Tests use adjust to change the
// configuration of a client, for example to replace the network.
func New(version string, adjust ...func(*api.Config)) func() provider.Provider {
	return func() provider.Provider { return &veeamProvider{version: version, adjust: adjust} }
}

func (p *veeamProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "veeam"
	resp.Version = p.version
}

func (p *veeamProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{account.NewResource, email.NewResource, user.NewResource}
}

func (p *veeamProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		account.NewDataSource, account.NewPluralDataSource,
		appliance.NewDataSource,
		user.NewDataSource, user.NewPluralDataSource,
	}
}

func (p *veeamProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{account.NewListResource, user.NewListResource}
}

func (p *veeamProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{session.NewAccessToken}
}

func (p *veeamProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{email.NewAction, user.NewAction}
}

func (p *veeamProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages Veeam Backup for AWS appliances: users, SMTP credentials records, and the email notifications that use them.",
		Attributes: map[string]schema.Attribute{
			"host": schema.StringAttribute{
				MarkdownDescription: fmt.Sprintf("The appliance: `name`, `name:port` or `https://name[:port]`, with an IPv6 address in brackets. The port defaults to %d. "+
					"`http://` is accepted for a loopback address only. Environment variable: `VEEAM_HOST`.", defaultPort),
				Optional:   true,
				Validators: hostRules(),
			},
			"token": schema.StringAttribute{
				MarkdownDescription: "A bearer token, instead of `username` and `password`. The provider cannot renew it. Environment variable: `VEEAM_TOKEN`.",
				Optional:            true,
				Sensitive:           true,
				Validators:          tokenRules(),
			},
			"username": schema.StringAttribute{
				MarkdownDescription: "The user to sign in as. It needs the role Portal Administrator. Environment variable: `VEEAM_USERNAME`.",
				Optional:            true,
				Validators:          usernameRules(),
			},
			"password": schema.StringAttribute{
				MarkdownDescription: "The password of `username`. Environment variable: `VEEAM_PASSWORD`.",
				Optional:            true,
				Sensitive:           true,
			},
			"mfa_secret": schema.StringAttribute{
				MarkdownDescription: "The MFA secret of the user, in base32. Whitespace and case are ignored. " +
					"The provider makes a new code from it for each sign-in. Environment variable: `VEEAM_MFA_SECRET`.",
				Optional:   true,
				Sensitive:  true,
				Validators: mfaSecretRules(),
			},
			"mfa_code": schema.StringAttribute{
				MarkdownDescription: "One current MFA code, instead of `mfa_secret`. It works for one sign-in, and `terraform apply` signs in twice. Environment variable: `VEEAM_MFA_CODE`.",
				Optional:            true,
				Sensitive:           true,
				Validators:          mfaCodeRules(),
			},
			"api_version": schema.StringAttribute{
				MarkdownDescription: "The API revision to use, `<major>.<minor>-rev<n>`. If omitted, the provider selects one that the appliance accepts. " +
					"This costs a few refused requests each time that Terraform starts the provider. Environment variable: `VEEAM_API_VERSION`.",
				Optional:   true,
				Validators: apiVersionRules(),
			},
			"ca_certificate": schema.StringAttribute{
				MarkdownDescription: "Certificates to trust in addition to the system's, in PEM format: certificates of authorities, or the appliance's certificate, which is then trusted for any name. Environment variable: `VEEAM_CA_CERTIFICATE`.",
				Optional:            true,
				Validators:          certificateRules(),
			},
			"insecure": schema.BoolAttribute{
				MarkdownDescription: "Whether to skip the verification of the appliance's certificate. For tests only: an attacker on the network can then read and change everything. Defaults to `false`. Environment variable: `VEEAM_INSECURE`.",
				Optional:            true,
			},
			"request_timeout": schema.StringAttribute{
				MarkdownDescription: fmt.Sprintf("How long to wait for the answer to one attempt of a request, as a duration such as `45s` or `2m`. Defaults to `%s`.", wire.DefaultRequestTimeout),
				Optional:            true,
				Validators:          durationRules(),
			},
			"max_retries": schema.Int64Attribute{
				CustomType:          framework.WholeNumber{},
				MarkdownDescription: fmt.Sprintf("How many times to retry a request after a transient failure, 0 to 100. Defaults to %d; 0 disables retries.", wire.DefaultMaxRetries),
				Optional:            true,
				Validators:          retryRules(),
			},
			"plan_validation": schema.BoolAttribute{
				MarkdownDescription: "Whether to validate new names, descriptions and passwords with the appliance at plan time. Defaults to `true`. Environment variable: `VEEAM_PLAN_VALIDATION`.",
				Optional:            true,
			},
		},
	}
}

func (p *veeamProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var model configuration
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		model.conflicts(&resp.Diagnostics)
	}
}

func (p *veeamProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model configuration
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	configured := &framework.Provider{PlanValidation: model.validatesPlan(&resp.Diagnostics)}
	if model.hasUnknown() {
		model.checkSignIn(&resp.Diagnostics)
	} else {
		config := model.resolve(&resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return
		}
		config.UserAgent = fmt.Sprintf("terraform-provider-veeam/%s (+https://github.com/terraform-provider-veeam/terraform-provider-veeam) Terraform/%s", p.version, req.TerraformVersion)
		for _, adjust := range p.adjust {
			adjust(&config)
		}
		configured.Client = api.New(config)
		p.mu.Lock()
		p.clients = append(p.clients, configured.Client)
		p.mu.Unlock()
	}
	resp.ResourceData = configured
	resp.DataSourceData = configured
	resp.ListResourceData = configured
	resp.EphemeralResourceData = configured
	resp.ActionData = configured
}

// opened are the clients that were configured, each of which may have a session.
func (p *veeamProvider) opened() []*api.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.clients)
}
