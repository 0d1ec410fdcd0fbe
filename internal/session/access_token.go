// Package session opens sessions on the appliance for the duration of a Terraform run.
package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure      = &accessToken{}
	_ ephemeral.EphemeralResourceWithValidateConfig = &accessToken{}
	_ ephemeral.EphemeralResourceWithRenew          = &accessToken{}
	_ ephemeral.EphemeralResourceWithClose          = &accessToken{}
)

type accessToken struct{ framework.EphemeralResource }

// NewAccessToken makes the ephemeral resource veeam_access_token.
func NewAccessToken() ephemeral.EphemeralResource {
	return &accessToken{framework.EphemeralResource{Type: "access_token"}}
}

type model struct {
	Username    types.String `tfsdk:"username"`
	Password    types.String `tfsdk:"password"`
	MFASecret   types.String `tfsdk:"mfa_secret"`
	MFACode     types.String `tfsdk:"mfa_code"`
	AccessToken types.String `tfsdk:"access_token"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
}

func (e *accessToken) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Opens a session on the appliance and returns its access token. Terraform opens the session when the token is needed, and the provider ends it when the token is no longer needed. " +
			"The token is not stored in a plan or state.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				MarkdownDescription: "The user to sign in as. If omitted, the provider's user. Required if the provider configuration sets `token`.",
				Optional:            true,
			},
			"password": schema.StringAttribute{
				MarkdownDescription: "The password of `username`.",
				Optional:            true,
				Sensitive:           true,
			},
			"mfa_secret": schema.StringAttribute{
				MarkdownDescription: "The MFA secret of `username`, in base32. Whitespace and case are ignored. Required if MFA is enabled for the user, unless `mfa_code` is set.",
				Optional:            true,
				Sensitive:           true,
				Validators: framework.EmptyIsUnset(framework.StringRule{What: "the user's MFA secret", Check: func(value string) error {
					_, err := framework.ParseMFASecret(value)
					return err
				}}),
			},
			"mfa_code": schema.StringAttribute{
				MarkdownDescription: "One current MFA code, instead of `mfa_secret`. It works for one sign-in.",
				Optional:            true,
				Sensitive:           true,
			},
			"access_token": schema.StringAttribute{
				MarkdownDescription: "The bearer token of the session, valid until `expires_at`. By default, an appliance issues tokens that are valid for one hour.",
				Computed:            true,
				Sensitive:           true,
			},
			"expires_at": schema.StringAttribute{
				MarkdownDescription: "When `access_token` expires, in UTC (RFC 3339), by the clock of the machine that runs Terraform. Null if the appliance does not report it.",
				Computed:            true,
			},
		},
	}
}

// ValidateConfig reports arguments that are required together and arguments that exclude each other.
func (e *accessToken) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	for _, requirement := range []struct {
		argument string
		value    types.String
		needs    string
		needed   types.String
	}{
		{"username", config.Username, "password", config.Password},
		{"password", config.Password, "username", config.Username},
		{"mfa_secret", config.MFASecret, "username", config.Username},
		{"mfa_code", config.MFACode, "username", config.Username},
	} {
		if !requirement.value.IsUnknown() && !framework.IsUnset(requirement.value) && framework.IsUnset(requirement.needed) {
			resp.Diagnostics.AddAttributeError(path.Root(requirement.argument), "Missing "+requirement.needs,
				"Set "+requirement.needs+" together with "+requirement.argument+".")
		}
	}
	if !config.MFASecret.IsUnknown() && !framework.IsUnset(config.MFASecret) && !config.MFACode.IsUnknown() && !framework.IsUnset(config.MFACode) {
		resp.Diagnostics.AddAttributeError(path.Root("mfa_code"), "Conflicting MFA settings",
			"mfa_code cannot be set together with mfa_secret. Remove mfa_code, because the provider makes a code from the secret for each sign-in.")
	}
}

func (e *accessToken) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(e.NeedsApplianceNow("open a session")...)
	if resp.Diagnostics.HasError() {
		return
	}
	token, err := e.signIn(ctx, config)
	if err != nil {
		resp.Diagnostics.Append(config.refused(err))
		return
	}
	resp.Diagnostics.Append(keep(ctx, resp.Private, openSession{e.Client, token})...)
	config.AccessToken = types.StringValue(token.Access)
	if !token.Expires.IsZero() {
		config.ExpiresAt = types.StringValue(token.Expires.UTC().Format(time.RFC3339))
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, config)...)
	resp.RenewAt = token.RenewAt
}

func (e *accessToken) signIn(ctx context.Context, config model) (session.Token, error) {
	if framework.IsUnset(config.Username) {
		return e.Client.SignInAsConfigured(ctx)
	}
	secret, _ := framework.ParseMFASecret(config.MFASecret.ValueString()) // validated
	return e.Client.SignIn(ctx, session.Credentials{
		Username: config.Username.ValueString(), Password: config.Password.ValueString(),
		MFASecret: secret, MFACode: strings.TrimSpace(config.MFACode.ValueString()),
	})
}

// refused explains why there is no session. If this resource sets a user, the advice is about its arguments and not
// about the provider's.
func (m model) refused(err error) diag.Diagnostic {
	if errors.Is(err, session.ErrNoUser) {
		return diag.NewAttributeErrorDiagnostic(path.Root("username"), "No user for the session",
			"The provider signs in with a token, and a token cannot open another session. "+
				"Set username and password of this ephemeral resource. Alternatively, set username and password (VEEAM_USERNAME, VEEAM_PASSWORD) instead of token in the provider configuration.")
	}
	failure := wire.AsError(err)
	if failure == nil || framework.IsUnset(m.Username) {
		return framework.Diagnostic(err)
	}
	given := failure.Because(wire.Unspecified)
	switch failure.Reason {
	case wire.LoginRefused:
		return framework.AttributeDiagnostic(path.Root("password"), given, "Check username and password of this ephemeral resource.")
	case wire.MFARequired:
		return framework.AttributeDiagnostic(path.Root("mfa_code"), given, "Set mfa_secret of this ephemeral resource, or mfa_code to a current code.")
	case wire.MFARefused, wire.MFAUsed:
		return framework.AttributeDiagnostic(path.Root("mfa_code"), given, "An MFA code works once and only for a short time. Set mfa_secret of this ephemeral resource instead, or set mfa_code to a current code.")
	case wire.MFASecretRefused:
		return framework.AttributeDiagnostic(path.Root("mfa_secret"), given, "Check that mfa_secret of this ephemeral resource belongs to this user. Then check the clock of the machine that runs Terraform.")
	}
	return framework.Diagnostic(err)
}

// Renew keeps the session alive. The token that Open returned stays the same: Terraform cannot replace it.
func (e *accessToken) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	id, diags := idOf(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	kept, found := open.Load(id)
	if !found {
		return // closed meanwhile
	}
	current := kept.(openSession)
	token, err := current.client.RefreshToken(ctx, current.token.Refresh)
	if err != nil {
		resp.Diagnostics.Append(asWarning("Could not renew the session",
			"The access token remains valid until it expires. Then the session ends.", err))
		return
	}
	open.Store(id, openSession{current.client, token})
	resp.RenewAt = token.RenewAt
}

func (e *accessToken) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	id, diags := idOf(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if err := signOut(ctx, id); err != nil {
		resp.Diagnostics.Append(asWarning("Could not end the session", "The session ends when its tokens expire.", err))
	}
}

// asWarning reports an error of a session whose token is no longer needed.
func asWarning(summary, consequence string, err error) diag.Diagnostic {
	cause := framework.Diagnostic(err)
	return diag.NewWarningDiagnostic(summary, consequence+"\n\n"+cause.Summary()+": "+cause.Detail())
}
