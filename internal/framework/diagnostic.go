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
)

// Diagnostic turns an error of the api package into what a user reads: what was being done to which object on which
// appliance, what the appliance said, the HTTP status, and what to do where that is known.
func Diagnostic(err error) diag.Diagnostic {
	var conflict *api.ConflictError
	if errors.As(err, &conflict) {
		refusal := saying(conflict.Err)
		if failure, ok := errors.AsType[*api.Error](conflict.Err); ok {
			refusal = "Could not " + failure.Operation + ": " + refusal
		}
		return diag.NewErrorDiagnostic(
			fmt.Sprintf("A %s named %q exists already", conflict.Kind, conflict.Name),
			refusal+"\n\nWhat is there has not been touched. To manage it with this resource, import it by the id "+strconv.Quote(conflict.ID)+"; otherwise choose another name. "+
				"If it is the predecessor of a replacement, which create_before_destroy keeps until its successor is there: names are unique on the appliance, so the successor needs another name, or the resource must do without create_before_destroy.",
		)
	}
	failure, ok := errors.AsType[*api.Error](err)
	if !ok {
		return diag.NewErrorDiagnostic("Request to the appliance failed", err.Error())
	}
	detail := saying(failure) + outcome(failure)
	if hint := hints[failure.Reason]; hint != "" {
		detail += "\n\n" + hint
	}
	return diag.NewErrorDiagnostic("Could not "+failure.Operation, detail)
}

// Report appends what went wrong with the refresh of a managed resource, or with a question that its plan had to the
// appliance. What is wrong for all of them is said once and for all: that one error ends the run. Nothing else may use
// this: where an error does not end the run, as that of a data source in a check block, the others would keep a secret.
func Report(diags *diag.Diagnostics, err error) {
	if failure, ok := errors.AsType[*api.Error](err); !ok || failure.Cause == nil || failure.Cause.Report() {
		diags.Append(Diagnostic(err))
	}
}

// Refreshed reports whether the refresh of a managed resource has found its object. It forgets one that is gone, and reports
// an error as [ReportRefresh] does.
func Refreshed(ctx context.Context, resp *resource.ReadResponse, err error, imported bool) bool {
	switch {
	case api.IsNotFound(err):
		resp.State.RemoveResource(ctx)
	case err != nil:
		ReportRefresh(&resp.Diagnostics, err, imported)
	}
	return err == nil
}

// ReportRefresh is [Report] for a refresh. One of a state that an import has left half empty is never silent: Terraform
// would plan with what it lacks.
func ReportRefresh(diags *diag.Diagnostics, err error, imported bool) {
	if imported {
		diags.Append(Diagnostic(err))
		return
	}
	Report(diags, err)
}

// ReportWrite appends what went wrong with a write: in a line, when it is wrong for all and somebody has said so.
func ReportWrite(diags *diag.Diagnostics, err error) {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || failure.Cause == nil || failure.Cause.Mention() {
		diags.Append(Diagnostic(err))
		return
	}
	what := "Failed by the same cause as others"
	if failure.NotSent {
		what = "Not attempted"
	}
	diags.AddError("Could not "+failure.Hindered, what+": could not "+failure.Operation+"."+outcome(failure))
}

// AttributeDiagnostic is [Diagnostic] on an attribute, with advice that only its resource can give.
func AttributeDiagnostic(attribute path.Path, err error, advice ...string) diag.Diagnostic {
	diagnostic := Diagnostic(err)
	detail := strings.Join(append([]string{diagnostic.Detail()}, advice...), "\n\n")
	return diag.NewAttributeErrorDiagnostic(attribute, diagnostic.Summary(), detail)
}

// NoSuch is the error of a look-up by an attribute that finds no object of a kind.
func (p *Provider) NoSuch(kind, attribute string, value types.String) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "No such "+kind,
		fmt.Sprintf("No %s on %s has the %s %q.", kind, p.Client.Host(), attribute, value.ValueString()))
}

// outcome says what may have become of a write without an answer.
func outcome(failure *api.Error) string {
	switch {
	case failure.Unknown && failure.Creation:
		return "\n\nThe appliance may have created it all the same. Run Terraform again: if it is there, the error will name the id to import it by."
	case failure.Unknown:
		return "\n\nThe request may have done its work all the same."
	}
	return ""
}

func saying(err error) string {
	var failure *api.Error
	if !errors.As(err, &failure) {
		return err.Error()
	}
	message := failure.Message
	if summary := summaries[failure.Reason]; summary != "" {
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
var summaries = map[api.Reason]string{
	api.Unreachable:               "the connection to the appliance failed",
	api.TimedOut:                  "the appliance did not answer in time",
	api.Redirected:                "the appliance redirected the request",
	api.ProxyRefused:              "the proxy refused the connection",
	api.NotTLS:                    "the port does not use TLS",
	api.SpeaksTLS:                 "the port uses TLS, and host says http://",
	api.OldTLS:                    "the port supports TLS 1.1 or older only",
	api.HandshakeBroken:           "the TLS handshake with the appliance failed",
	api.ClientCertificateRequired: "the server requires a client certificate",
	api.UntrustedCertificate:      "the appliance's certificate is not trusted",
	api.CertificateNotGiven:       "the appliance's certificate is not in ca_certificate and not signed by an authority in it",
	api.IssuerMissing:             "the issuer of the appliance's certificate is not in ca_certificate, and the appliance does not send its certificate",
	api.CertificateForAnotherName: "the appliance's certificate is for another name",
	api.CertificateExpired:        "the appliance's certificate has expired",
	api.CertificateNotYetValid:    "the appliance's certificate is not valid yet",
	api.CertificateForAnotherUse:  "the appliance's certificate is not a server certificate",
	api.CertificateUnreadable:     "the appliance's certificate could not be parsed",

	api.LoginRefused:       "the appliance refused the username or password",
	api.UserLocked:         "the user is locked, and the provider made no further attempt",
	api.MFARequired:        "the sign-in needs an MFA code",
	api.MFARefused:         "the appliance refused the MFA code",
	api.MFASecretRefused:   "the appliance refused the MFA codes of mfa_secret",
	api.MFAUsed:            "the MFA code has already been used",
	api.TokenExpired:       "the token has expired",
	api.TokenInvalid:       "the appliance does not accept the token",
	api.SessionRefused:     "the appliance does not accept the token that it issued at the sign-in",
	api.AccessDenied:       "the user does not have permission",
	api.LicenseNotAccepted: "the license agreements have not been accepted",

	api.UnsupportedVersion: "the appliance does not support the API revision",
	api.Upgraded:           "the appliance no longer supports the API revision",
	api.NotInRevision:      "the appliance does not have this in the API revision that the provider uses",
	api.NoEmailSettings:    "the appliance has no email notification settings in the API revision that the provider uses",

	api.Vanished:        "it no longer exists",
	api.Unavailable:     "the appliance cannot serve requests now",
	api.TooManyRequests: "the appliance receives too many requests",
	api.AsksToWait:      "the appliance asks clients to wait longer than the provider will",
}

// compatibility is where to read which revisions a product accepts.
const compatibility = "see https://github.com/terraform-provider-veeam/terraform-provider-veeam/blob/main/docs/guides/compatibility.md"

// oneCode is what to do if one MFA code is not enough.
const oneCode = "A code works once, and terraform apply signs in twice. Set mfa_secret (VEEAM_MFA_SECRET) instead of mfa_code, or run terraform plan -out=FILE with one code and terraform apply FILE with the next."

var hints = map[api.Reason]string{
	api.Unreachable:               "Check host (VEEAM_HOST) in the provider configuration and the port, which defaults to 11005. Then check firewalls and proxies between Terraform and the appliance.",
	api.TimedOut:                  "Check that the appliance is running, for example by its web console. If it is slow, increase request_timeout in the provider configuration.",
	api.Unreadable:                "A proxy or another server may have answered instead of the appliance. Check host (VEEAM_HOST) in the provider configuration, and proxies.",
	api.Redirected:                "The provider does not send credentials to another address. Set host (VEEAM_HOST) in the provider configuration to the appliance itself.",
	api.ProxyRefused:              "Check the address, username and password of the proxy, and that it allows connections to the appliance's port. To connect without the proxy, add the appliance to the environment variable NO_PROXY.",
	api.NotTLS:                    "Check host (VEEAM_HOST) and the port in the provider configuration. An appliance uses TLS on port 11005 by default.",
	api.SpeaksTLS:                 "Write https:// in host (VEEAM_HOST) in the provider configuration, or remove http://.",
	api.OldTLS:                    "The provider requires TLS 1.2 or later, which appliances support. Check that host (VEEAM_HOST) in the provider configuration is the appliance, and that no old device answers instead of it.",
	api.HandshakeBroken:           "Check that the appliance is running. Some inspecting firewalls drop large TLS ClientHello messages: set the environment variable GODEBUG=tlsmlkem=0 to make them smaller.",
	api.ClientCertificateRequired: "An appliance does not require one, and the provider cannot present one. Check that host (VEEAM_HOST) in the provider configuration is the appliance and not a gateway in front of it.",
	api.UntrustedCertificate:      "A new appliance has a self-signed certificate. Set ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration to the certificate to trust, in PEM format. For a test only, insecure (VEEAM_INSECURE) disables verification.",
	api.CertificateNotGiven:       "The certificate may have been replaced, or another server may answer instead of the appliance. Compare the appliance's certificate with ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration.",
	api.IssuerMissing:             "If you trust the issuer, add its certificate to ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration, or install the whole chain on the appliance. Otherwise another server may answer instead of the appliance.",
	api.CertificateForAnotherName: "Set host (VEEAM_HOST) in the provider configuration to a name in the certificate. Alternatively, set ca_certificate (VEEAM_CA_CERTIFICATE) to this very certificate, which is then trusted for any name.",
	api.CertificateExpired:        "Install a new certificate on the appliance. If it has not expired, correct the clock of the machine that runs Terraform.",
	api.CertificateNotYetValid:    "Check the clocks of the appliance and of the machine that runs Terraform.",
	api.CertificateForAnotherUse:  "Install a certificate for a TLS server (extended key usage serverAuth) on the appliance, and trust that one.",
	api.CertificateUnreadable:     "Install a new certificate on the appliance. If its serial number is negative, the environment variable GODEBUG=x509negativeserial=1 makes the provider accept it.",

	api.LoginRefused:       "Check username (VEEAM_USERNAME) and password (VEEAM_PASSWORD) in the provider configuration.",
	api.UserLocked:         "Wait until the lock ends, or unlock the user on the appliance. Then check username (VEEAM_USERNAME) and password (VEEAM_PASSWORD) in the provider configuration.",
	api.MFARequired:        "Set mfa_secret (VEEAM_MFA_SECRET) in the provider configuration to the user's MFA secret, or mfa_code (VEEAM_MFA_CODE) to a current code. Alternatively, sign in elsewhere and set token (VEEAM_TOKEN).",
	api.MFARefused:         "The code is wrong, too old, or has been used. " + oneCode,
	api.MFASecretRefused:   "Check that mfa_secret (VEEAM_MFA_SECRET) in the provider configuration belongs to this user. Then check the clock of the machine that runs Terraform, because a code is valid for 30 seconds only.",
	api.MFAUsed:            oneCode,
	api.TokenExpired:       "Set token (VEEAM_TOKEN) to a new one. Alternatively, set username and password (VEEAM_USERNAME, VEEAM_PASSWORD), with which the provider renews its session.",
	api.TokenInvalid:       "Check token (VEEAM_TOKEN) in the provider configuration, or set username and password (VEEAM_USERNAME, VEEAM_PASSWORD) instead.",
	api.SessionRefused:     "The session may have been ended, or the user may have lost its permissions. If this happens again, check the appliance's clock, and that host (VEEAM_HOST) leads to one appliance only.",
	api.AccessDenied:       "The provider's user needs the role Portal Administrator.",
	api.LicenseNotAccepted: "Accept the license agreements in the appliance's web console, then run Terraform again.",

	api.UnsupportedVersion: "Set api_version (VEEAM_API_VERSION) in the provider configuration to a revision that this product version supports: " + compatibility + ". If it is omitted, the provider tries all published revisions.",
	api.Upgraded:           "Run Terraform again, so that the provider finds a supported revision. If api_version (VEEAM_API_VERSION) is set, change it first: " + compatibility + ".",
	api.NotInRevision:      "Set api_version (VEEAM_API_VERSION) in the provider configuration to a revision that has it and that this product version supports: " + compatibility + ".",
	api.NoEmailSettings:    "The last API revision that has them is " + api.LastEmailRevision + ", which the product supports up to version 7.0: if yours does, set api_version (VEEAM_API_VERSION) to it. Otherwise change the settings in the web console. To stop managing the resource, use a removed block with destroy = false, or terraform state rm.",

	api.Vanished:        "It was deleted after Terraform read it. Run terraform plan again to see what changes.",
	api.Unavailable:     "It may be starting or being updated. Run Terraform again when its web console answers.",
	api.TooManyRequests: "Run Terraform with a smaller -parallelism, or increase max_retries in the provider configuration.",
	api.AsksToWait:      "Run Terraform again after that time. The provider waits for one minute at most, whatever max_retries and -parallelism are.",
}
