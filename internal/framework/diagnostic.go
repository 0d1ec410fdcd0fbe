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

// Refreshed tells whether the refresh of a managed resource has found its object. It forgets one that is gone, and reports
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
	api.CertificateNotGiven:       "the appliance's certificate is none of those in ca_certificate, nor signed by one",
	api.CertificateForAnotherName: "the appliance's certificate is for another name",
	api.CertificateExpired:        "the appliance's certificate has expired",
	api.CertificateNotYetValid:    "the appliance's certificate is not valid yet",
	api.CertificateForAnotherUse:  "the appliance's certificate is not one for a server",
	api.SpeaksTLS:                 "the port speaks TLS, and host says http://",

	api.UntrustedCertificate: "the appliance's certificate is not trusted",
	api.NotTLS:               "what answered does not speak TLS",
	api.Unreachable:          "the connection to the appliance failed",
	api.TimedOut:             "the appliance did not answer in time",
	api.Redirected:           "the appliance redirected the request",
	api.LoginRefused:         "the appliance refused the user name or password",
	api.MFARequired:          "the login needs a second factor",
	api.MFARefused:           "the appliance refused the MFA code",
	api.MFASecretRefused:     "the appliance refused the MFA codes of mfa_secret",
	api.TokenExpired:         "the token has expired",
	api.TokenInvalid:         "the appliance does not accept the token",
	api.MFAUsed:              "the MFA code is used up",
	api.UnsupportedVersion:   "the appliance does not accept the revision of the API",
	api.Upgraded:             "the appliance does not accept the revision of the API any more",
	api.NotInRevision:        "the appliance does not have this in the revision of the API that the provider speaks with it",
	api.NoEmailSettings:      "the appliance has no email notification settings in the revision of the API that the provider speaks with it",
	api.Vanished:             "it does not exist any more",
	api.AccessDenied:         "the user may not do this",
	api.LicenseNotAccepted:   "the license agreements have not been accepted",
	api.Unavailable:          "the appliance cannot serve requests now",
	api.TooManyRequests:      "the appliance receives too many requests",
	api.AsksToWait:           "the appliance asks to be left alone for longer than Terraform waits",
	api.SessionRefused:       "the appliance does not accept the token that it gave at the sign-in",
}

// compatibility is where to read which revisions a product accepts.
const compatibility = "see https://github.com/terraform-provider-veeam/terraform-provider-veeam/blob/main/docs/guides/compatibility.md"

// oneCode is what to do where one MFA code is not enough.
const oneCode = "A code works once, and one terraform apply signs in twice. Set mfa_secret (VEEAM_MFA_SECRET) in place of mfa_code; or run terraform plan -out=FILE with one code and terraform apply FILE with the next; or sign in elsewhere and give token (VEEAM_TOKEN)."

var hints = map[api.Reason]string{
	api.CertificateNotGiven:       "The appliance may have got another certificate since, or something in between answers in its place: compare its certificate with ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration.",
	api.CertificateForAnotherName: "Call the appliance in host (VEEAM_HOST) by a name that its certificate has, or let ca_certificate (VEEAM_CA_CERTIFICATE) hold this very certificate: it is then trusted whatever it is made out to.",
	api.CertificateExpired:        "Give the appliance a new certificate, and check the clock of the machine that runs Terraform.",
	api.CertificateNotYetValid:    "Check the clock of the machine that runs Terraform, and the appliance's.",
	api.CertificateForAnotherUse:  "Give the appliance a certificate for a TLS server (extended key usage serverAuth), and then trust that one.",
	api.SpeaksTLS:                 "Write https:// in host (VEEAM_HOST) in the provider configuration, or nothing before the name.",

	api.UntrustedCertificate: "A fresh appliance has a self-signed certificate. Set ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration to the PEM of the certificate to trust, or insecure (VEEAM_INSECURE) to skip verification in a test.",
	api.NotTLS:               "Check host (VEEAM_HOST) and its port in the provider configuration: an appliance listens with TLS on port 11005 unless told otherwise.",
	api.Unreachable:          "Check host (VEEAM_HOST) in the provider configuration, the port (11005 unless given), and firewalls and proxies between.",
	api.TimedOut:             "Check that the appliance is up, as by its web console. A slow one may need a longer request_timeout in the provider configuration.",
	api.Unreadable:           "Something between Terraform and the appliance may have answered in its place: check host (VEEAM_HOST) and proxies.",
	api.Redirected:           "Credentials are not sent to another address. Set host (VEEAM_HOST) in the provider configuration to the appliance itself.",
	api.LoginRefused:         "Check username (VEEAM_USERNAME) and password (VEEAM_PASSWORD) in the provider configuration.",
	api.MFARequired:          "Set mfa_secret (VEEAM_MFA_SECRET) in the provider configuration to the secret that an authenticator app was given, or mfa_code (VEEAM_MFA_CODE) to a current code, or sign in elsewhere and give token (VEEAM_TOKEN).",
	api.MFARefused:           "It is wrong, too old, or used. " + oneCode,
	api.MFASecretRefused:     "Check that mfa_secret (VEEAM_MFA_SECRET) in the provider configuration is this user's, and the clock of the machine that runs Terraform: a code is good for half a minute.",
	api.MFAUsed:              oneCode,
	api.TokenExpired:         "Give a fresh token (VEEAM_TOKEN), or username and password (VEEAM_USERNAME, VEEAM_PASSWORD) in its place: the provider then renews its session by itself.",
	api.TokenInvalid:         "Check token (VEEAM_TOKEN) in the provider configuration, or give username and password (VEEAM_USERNAME, VEEAM_PASSWORD) in its place.",
	api.UnsupportedVersion:   "Set api_version (VEEAM_API_VERSION) in the provider configuration to a revision that this version of the product accepts: " + compatibility + ". Where it is left out, the provider tries all that are published.",
	api.Upgraded:             "Run Terraform again: the provider then finds a revision that the appliance accepts, unless api_version (VEEAM_API_VERSION) names one. " + compatibility,
	api.NotInRevision:        "Set api_version (VEEAM_API_VERSION) in the provider configuration to a revision that has it and that this version of the product accepts: " + compatibility,
	api.NoEmailSettings:      "The email notification settings were taken out of the API with revision 1.4-rev0: " + api.LastEmailRevision + " is the last that has them. If the appliance accepts it, as the product does up to version 7.0, set api_version (VEEAM_API_VERSION) to it; otherwise the settings can be changed in the web console alone. To let go of a resource without a change on the appliance, use a removed block with destroy = false, or terraform state rm.",
	api.Vanished:             "Somebody has deleted it since Terraform read it. Run terraform plan again to see what is to be done about that.",
	api.AccessDenied:         "The provider's user needs the role Portal Administrator.",
	api.LicenseNotAccepted:   "Accept the license agreements in the appliance's web console once, then run Terraform again.",
	api.Unavailable:          "It may be starting, or being updated. Run Terraform again when its web console answers.",
	api.TooManyRequests:      "Run Terraform with a smaller -parallelism, or raise max_retries in the provider configuration.",
	api.AsksToWait:           "Run Terraform again after that time. A minute is the longest that is waited for, whatever max_retries and -parallelism are.",
	api.SessionRefused:       "Somebody may have ended the session, or the user has no right to it any more. If it happens again, check the appliance's clock, and that one appliance alone answers to host (VEEAM_HOST).",
}
