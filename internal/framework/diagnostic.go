package framework

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Diagnostic turns an error of the api packages into the text for the user: the operation, the object, the appliance,
// its answer, the HTTP status, and what to do if that is known.
func Diagnostic(err error) diag.Diagnostic {
	if conflict, ok := errors.AsType[*store.ConflictError](err); ok {
		return diag.NewErrorDiagnostic(fmt.Sprintf("A %s named %q exists already", conflict.Kind, conflict.Name), describeConflict(conflict))
	}
	failure := wire.AsError(err)
	if failure == nil {
		return diag.NewErrorDiagnostic("Request to the appliance failed", err.Error())
	}
	detail := messageOf(err) + outcome(err)
	if hint := hintFor(err, failure.Reason); hint != "" {
		detail += "\n\n" + hint
	}
	return diag.NewErrorDiagnostic("Could not "+failure.Operation, detail)
}

func describeConflict(conflict *store.ConflictError) string {
	refusal := messageOf(conflict.Err)
	if failure := wire.AsError(conflict.Err); failure != nil {
		refusal = "Could not " + failure.Operation + ": " + refusal
	}
	switch conflict.Holder {
	case store.ThisRun:
		return refusal + "\n\nThis run has created it for another resource in the configuration. Give one of the two resources another name."
	case store.ThisState:
		return refusal + "\n\nAnother resource in the state manages the existing " + conflict.Kind + ", or this run renames or deletes it. If you changed only the address of the resource, add a moved block. Otherwise run Terraform again, or choose another name."
	}
	return refusal + "\n\nIt has not been changed. If a resource in the state manages it, add a moved block, or remove create_before_destroy from that resource. " +
		"Otherwise import it by the ID " + strconv.Quote(conflict.ID) + ", or choose another name."
}

// Report appends the error of a refresh of a managed resource, or of a request for its plan. A cause that is common to
// all of them is reported once, because that error ends the run. Use it for nothing else: if the error does not end the
// run, as in a data source in a check block, the errors of the other resources would be lost.
func Report(diags *diag.Diagnostics, err error) {
	if blocked, ok := errors.AsType[*wire.BlockedError](err); !ok || blocked.Cause.Report() {
		diags.Append(Diagnostic(err))
	}
}

// Refreshed reports whether the refresh of a managed resource has found its object. It removes a missing object from the
// state, and reports an error as [ReportRefresh] does.
func Refreshed(ctx context.Context, resp *resource.ReadResponse, err error, imported bool) bool {
	switch {
	case store.IsNotFound(err):
		resp.State.RemoveResource(ctx)
	case err != nil:
		ReportRefresh(&resp.Diagnostics, err, imported)
	}
	return err == nil
}

// ReportRefresh is [Report] for a refresh. After an import, it always reports the error, because Terraform would plan
// with an incomplete state.
func ReportRefresh(diags *diag.Diagnostics, err error, imported bool) {
	if imported {
		diags.Append(Diagnostic(err))
		return
	}
	Report(diags, err)
}

// ReportWrite appends the error of a write. It takes one line if the cause is common to several and was reported before.
func ReportWrite(diags *diag.Diagnostics, err error) {
	blocked, ok := errors.AsType[*wire.BlockedError](err)
	if !ok || blocked.Cause.Mention() {
		diags.Append(Diagnostic(err))
		return
	}
	what := "Failed for the same reason as other resources"
	if blocked.Outcome == wire.NotSent {
		what = "Not attempted"
	}
	diags.AddError("Could not "+blocked.Operation, what+": could not "+blocked.Cause.Err.Operation+". Another error of this run has the reason."+outcome(err))
}

// AttributeDiagnostic is [Diagnostic] on an attribute, with advice that only its resource can give.
func AttributeDiagnostic(attribute path.Path, err error, advice ...string) diag.Diagnostic {
	diagnostic := Diagnostic(err)
	detail := strings.Join(append([]string{diagnostic.Detail()}, advice...), "\n\n")
	return diag.NewAttributeErrorDiagnostic(attribute, diagnostic.Summary(), detail)
}

// NoSuch is the error of a lookup by an attribute that finds no object of a kind.
func (p *Provider) NoSuch(kind, attribute string, value types.String) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "No such "+kind,
		fmt.Sprintf("No %s on %s has the %s %q.", kind, p.Client.Host(), attribute, value.ValueString()))
}

// outcome describes the possible effect of a write without an answer.
func outcome(err error) string {
	if wire.OutcomeOf(err) != wire.Unknown {
		return ""
	}
	if kindOf(err) == wire.Creation {
		return "\n\nThe appliance may have created it. Run Terraform again. If the error says that it exists already, import it by the ID in that error."
	}
	return "\n\nThe appliance may have carried out the request. To make sure, run Terraform again."
}

func kindOf(err error) wire.Kind {
	if blocked, ok := errors.AsType[*wire.BlockedError](err); ok {
		return blocked.Kind
	}
	return wire.AsError(err).Kind
}

func messageOf(err error) string {
	failure := wire.AsError(err)
	if failure == nil {
		return err.Error()
	}
	message := failure.Message
	summary := summaries[failure.Reason]
	if store.IsNotFound(err) {
		summary = "it no longer exists"
	}
	if summary != "" {
		message = capitalize(summary) + ": " + message
	}
	if failure.Status != 0 {
		return fmt.Sprintf("%s (HTTP status %d)", strings.TrimRight(capitalize(message), "."), failure.Status)
	}
	return capitalize(message)
}

func capitalize(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// summaries and hints name provider arguments, which is why they are here and not in the api package.
var summaries = map[wire.Reason]string{
	wire.Unreachable:               "the connection to the appliance failed",
	wire.TimedOut:                  "the appliance did not answer in time",
	wire.Redirected:                "the appliance redirected the request",
	wire.ProxyRefused:              "the proxy refused the connection",
	wire.NotTLS:                    "the port does not use TLS",
	wire.SpeaksTLS:                 "the port uses TLS, but host begins with http://",
	wire.OldTLS:                    "the port supports TLS 1.1 or older only",
	wire.HandshakeBroken:           "the TLS handshake with the appliance failed",
	wire.ClientCertificateRequired: "the server requires a client certificate",
	wire.UntrustedCertificate:      "the appliance's certificate is not trusted",
	wire.CertificateNotGiven:       "the appliance's certificate is not in ca_certificate and not signed by an authority in it",
	wire.IssuerMissing:             "the issuer of the appliance's certificate is not in ca_certificate, and the appliance does not send the issuer's certificate",
	wire.CertificateForAnotherName: "the appliance's certificate is for another name",
	wire.CertificateExpired:        "the appliance's certificate has expired",
	wire.CertificateNotYetValid:    "the appliance's certificate is not valid yet",
	wire.CertificateForAnotherUse:  "the appliance's certificate is not a server certificate",
	wire.CertificateUnreadable:     "the appliance's certificate could not be parsed",

	wire.LoginRefused:       "the appliance refused the username or password",
	wire.UserLocked:         "the user is locked, and the provider made no further attempt",
	wire.MFARequired:        "the sign-in needs an MFA code",
	wire.MFARefused:         "the appliance refused the MFA code",
	wire.MFASecretRefused:   "the appliance refused the MFA codes of mfa_secret",
	wire.MFAUsed:            "the MFA code has already been used",
	wire.TokenExpired:       "the token has expired",
	wire.TokenInvalid:       "the appliance does not accept the token",
	wire.SessionRefused:     "the appliance does not accept the token that it issued at the sign-in",
	wire.AccessDenied:       "the user does not have permission",
	wire.LicenseNotAccepted: "the license agreements have not been accepted",

	wire.UnsupportedVersion: "the appliance does not support the API revision",
	wire.Upgraded:           "the appliance no longer supports the API revision",
	wire.NotInRevision:      "the appliance does not support this in the API revision that the provider uses",
	wire.NoEmailSettings:    "the appliance has no email notification settings in the API revision that the provider uses",

	wire.Unavailable:     "the appliance cannot serve requests now",
	wire.TooManyRequests: "the appliance receives too many requests",
	wire.AsksToWait:      "the appliance asks clients to wait longer than the provider will",
}

// compatibility refers to the page about the revisions that a product accepts.
const compatibility = "see https://github.com/terraform-provider-veeam/terraform-provider-veeam/blob/main/docs/guides/compatibility.md"

// oneCode is what to do if one MFA code is not enough.
const oneCode = "A code works once, and terraform apply signs in twice. Set mfa_secret (VEEAM_MFA_SECRET) instead of mfa_code, or run terraform plan -out=FILE with one code and terraform apply FILE with the next."

// hintFor returns what to do about a failure.
func hintFor(err error, reason wire.Reason) string {
	if store.IsNotFound(err) {
		return "It was deleted after Terraform read it. Run terraform plan again to see what changes."
	}
	return hints[reason]
}

var hints = map[wire.Reason]string{
	wire.Unreachable:               "Check host (VEEAM_HOST) in the provider configuration and the port, which defaults to 11005. Then check firewalls and proxies between Terraform and the appliance.",
	wire.TimedOut:                  "Check that the appliance is running, for example by its web console. If it is slow, increase request_timeout in the provider configuration.",
	wire.Unreadable:                "A proxy or another server may have answered instead of the appliance. Check host (VEEAM_HOST) in the provider configuration, and proxies.",
	wire.Redirected:                "The provider does not send credentials to another address. Set host (VEEAM_HOST) in the provider configuration to the appliance itself.",
	wire.ProxyRefused:              "Check the address, username and password of the proxy, and that it allows connections to the appliance's port. To connect without the proxy, add the appliance to the environment variable NO_PROXY.",
	wire.NotTLS:                    "Check host (VEEAM_HOST) and the port in the provider configuration. An appliance uses TLS on port 11005 by default.",
	wire.SpeaksTLS:                 "Write https:// in host (VEEAM_HOST) in the provider configuration, or remove http://.",
	wire.OldTLS:                    "The provider requires TLS 1.2 or later, which appliances support. Check that host (VEEAM_HOST) in the provider configuration is the appliance, and that no old device answers instead of it.",
	wire.HandshakeBroken:           "Check that the appliance is running. A firewall that inspects TLS may drop large handshake messages (ClientHello): to make them smaller, set the environment variable GODEBUG=tlsmlkem=0.",
	wire.ClientCertificateRequired: "An appliance does not require one, and the provider cannot present one. Check that host (VEEAM_HOST) in the provider configuration is the appliance and not a gateway in front of it.",
	wire.UntrustedCertificate:      "A new appliance has a self-signed certificate. Set ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration to the certificate to trust, in PEM format. For a test only, insecure (VEEAM_INSECURE) disables verification.",
	wire.CertificateNotGiven:       "The certificate may have been replaced, or another server may answer instead of the appliance. Compare the appliance's certificate with ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration.",
	wire.IssuerMissing:             "If you trust the issuer, add its certificate to ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration, or install the whole chain on the appliance. Otherwise another server may answer instead of the appliance.",
	wire.CertificateForAnotherName: "Set host (VEEAM_HOST) in the provider configuration to a name in the certificate. Alternatively, set ca_certificate (VEEAM_CA_CERTIFICATE) to the appliance's certificate itself, which is then trusted for any name.",
	wire.CertificateExpired:        "Install a new certificate on the appliance. If it has not expired, correct the clock of the machine that runs Terraform.",
	wire.CertificateNotYetValid:    "Check the clocks of the appliance and of the machine that runs Terraform.",
	wire.CertificateForAnotherUse:  "Install a certificate for a TLS server (extended key usage serverAuth) on the appliance, and trust the new certificate.",
	wire.CertificateUnreadable:     "Install a new certificate on the appliance. If its serial number is negative, the environment variable GODEBUG=x509negativeserial=1 makes the provider accept it.",

	wire.LoginRefused:       "Check username (VEEAM_USERNAME) and password (VEEAM_PASSWORD) in the provider configuration.",
	wire.UserLocked:         "Wait until the lock ends, or unlock the user on the appliance. Then check username (VEEAM_USERNAME) and password (VEEAM_PASSWORD) in the provider configuration.",
	wire.MFARequired:        "Set mfa_secret (VEEAM_MFA_SECRET) in the provider configuration to the user's MFA secret, or mfa_code (VEEAM_MFA_CODE) to a current code. Alternatively, sign in elsewhere and set token (VEEAM_TOKEN).",
	wire.MFARefused:         "The code is wrong, too old, or has been used. " + oneCode,
	wire.MFASecretRefused:   "Check that mfa_secret (VEEAM_MFA_SECRET) in the provider configuration belongs to this user. Then check the clock of the machine that runs Terraform, because a code is valid for 30 seconds only.",
	wire.MFAUsed:            oneCode,
	wire.TokenExpired:       "Set token (VEEAM_TOKEN) to a new one. Alternatively, set username and password (VEEAM_USERNAME, VEEAM_PASSWORD), with which the provider renews its session.",
	wire.TokenInvalid:       "Check token (VEEAM_TOKEN) in the provider configuration, or set username and password (VEEAM_USERNAME, VEEAM_PASSWORD) instead.",
	wire.SessionRefused:     "The session may have been ended, or the user may have lost its permissions. Run Terraform again. If the error persists, check the appliance's clock, and that host (VEEAM_HOST) always leads to the same appliance.",
	wire.AccessDenied:       "The provider's user needs the role Portal Administrator.",
	wire.LicenseNotAccepted: "Accept the license agreements in the appliance's web console, then run Terraform again.",

	wire.UnsupportedVersion: "Set api_version (VEEAM_API_VERSION) in the provider configuration to a revision that this product version accepts: " + compatibility + ". If it is omitted, the provider tries all published revisions.",
	wire.Upgraded:           "Run Terraform again, so that the provider finds a supported revision. If api_version (VEEAM_API_VERSION) is set, change it first: " + compatibility + ".",
	wire.NotInRevision:      "Set api_version (VEEAM_API_VERSION) in the provider configuration to a revision that supports it and that this product version accepts: " + compatibility + ".",
	wire.NoEmailSettings:    "The last API revision with these settings is " + api.LastEmailRevision + ". If the product version is 7.0 or earlier, set api_version (VEEAM_API_VERSION) to this revision. Otherwise change the settings in the web console, and stop managing them with a removed block with destroy = false, or with terraform state rm.",

	wire.Unavailable:     "It may be starting or being updated. Run Terraform again when its web console answers.",
	wire.TooManyRequests: "Run Terraform with a smaller -parallelism, or increase max_retries in the provider configuration.",
	wire.AsksToWait:      "Run Terraform again after that time. The provider waits for at most one minute; max_retries and -parallelism do not change this.",
}
