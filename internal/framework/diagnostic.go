package framework

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

// Diagnostic turns an error of the api package into what a user reads: what was being done, what the appliance said,
// the HTTP status, and what to do where that is known.
func Diagnostic(err error) diag.Diagnostic {
	var conflict *api.ConflictError
	if errors.As(err, &conflict) {
		return diag.NewErrorDiagnostic(
			fmt.Sprintf("A %s named %q exists already", conflict.Kind, conflict.Name),
			fmt.Sprintf("The appliance refused to create it: %s\n\nWhat is there has not been touched. To manage it with this resource, import it by the id %q; otherwise choose another name.",
				saying(conflict.Err), conflict.ID),
		)
	}
	var failure *api.Error
	if !errors.As(err, &failure) {
		return diag.NewErrorDiagnostic("Request to the appliance failed", err.Error())
	}
	if failure.Repeated {
		return diag.NewErrorDiagnostic("Could not "+failure.Operation, "Not attempted: "+summaries[failure.Reason]+", as reported before.")
	}
	detail := saying(failure)
	if failure.Unknown {
		detail += "\n\nThe request may have done its work all the same."
	}
	if hint := hints[failure.Reason]; hint != "" {
		detail += "\n\n" + hint
	}
	return diag.NewErrorDiagnostic("Could not "+failure.Operation, detail)
}

// Report appends what went wrong with the refresh of a managed resource, or with a question that its plan had to the
// appliance.
func Report(diags *diag.Diagnostics, err error) { diags.Append(Diagnostic(err)) }

// AttributeDiagnostic is [Diagnostic] on an attribute, with advice that only its resource can give.
func AttributeDiagnostic(attribute path.Path, err error, advice ...string) diag.Diagnostic {
	diagnostic := Diagnostic(err)
	detail := strings.Join(append([]string{diagnostic.Detail()}, advice...), "\n\n")
	return diag.NewAttributeErrorDiagnostic(attribute, diagnostic.Summary(), detail)
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
	api.SpeaksTLS:                 "the port speaks TLS, and host says http://",

	api.UntrustedCertificate: "the appliance's certificate is not trusted",
	api.NotTLS:               "what answered does not speak TLS",
	api.Unreachable:          "the connection to the appliance failed",
	api.TimedOut:             "the appliance did not answer in time",
	api.Redirected:           "the appliance redirected the request",
	api.LoginRefused:         "the appliance refused the user name or password",
	api.MFARequired:          "the login needs a second factor",
	api.MFARefused:           "the appliance refused the MFA code",
	api.TokenExpired:         "the token has expired",
	api.TokenInvalid:         "the appliance does not accept the token",
	api.UnsupportedVersion:   "the appliance does not accept this revision of the API",
	api.AccessDenied:         "the user may not do this",
	api.LicenseNotAccepted:   "the license agreements have not been accepted",
	api.TooManyRequests:      "the appliance receives too many requests",
}

var hints = map[api.Reason]string{
	api.CertificateNotGiven:       "The appliance may have got another certificate since, or something in between answers in its place: compare its certificate with ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration.",
	api.CertificateForAnotherName: "Call the appliance in host (VEEAM_HOST) by a name that its certificate has, or let ca_certificate (VEEAM_CA_CERTIFICATE) hold this very certificate: it is then trusted whatever it is made out to.",
	api.CertificateExpired:        "Give the appliance a new certificate, and check the clock of the machine that runs Terraform.",
	api.CertificateNotYetValid:    "Check the clock of the machine that runs Terraform, and the appliance's.",
	api.SpeaksTLS:                 "Write https:// in host (VEEAM_HOST) in the provider configuration, or nothing before the name.",

	api.UntrustedCertificate: "A fresh appliance has a self-signed certificate. Set ca_certificate (VEEAM_CA_CERTIFICATE) in the provider configuration to the PEM of the certificate to trust, or insecure (VEEAM_INSECURE) to skip verification in a test.",
	api.NotTLS:               "Check host (VEEAM_HOST) and its port in the provider configuration: an appliance listens with TLS on port 11005 unless told otherwise.",
	api.Unreachable:          "Check host (VEEAM_HOST) in the provider configuration, the port (11005 unless given), and firewalls and proxies between.",
	api.TimedOut:             "A slow appliance may need a longer request_timeout in the provider configuration.",
	api.Unreadable:           "Something between Terraform and the appliance may have answered in its place: check host (VEEAM_HOST) and proxies.",
	api.Redirected:           "Credentials are not sent to another address. Set host (VEEAM_HOST) in the provider configuration to the appliance itself.",
	api.LoginRefused:         "Check username (VEEAM_USERNAME) and password (VEEAM_PASSWORD) in the provider configuration.",
	api.MFARequired:          "Set mfa_code (VEEAM_MFA_CODE) in the provider configuration to a current code, or sign in elsewhere and give token (VEEAM_TOKEN).",
	api.MFARefused:           "An MFA code works once and for a short time: give a current one as mfa_code (VEEAM_MFA_CODE) in the provider configuration.",
	api.TokenExpired:         "Give a fresh token (VEEAM_TOKEN), or username and password (VEEAM_USERNAME, VEEAM_PASSWORD) in its place: the provider then renews its session by itself.",
	api.TokenInvalid:         "Check token (VEEAM_TOKEN) in the provider configuration, or give username and password (VEEAM_USERNAME, VEEAM_PASSWORD) in its place.",
	api.UnsupportedVersion:   "Set api_version (VEEAM_API_VERSION) in the provider configuration to a revision that this version of the product accepts.",
	api.AccessDenied:         "The provider's user needs the role Portal Administrator.",
	api.LicenseNotAccepted:   "Accept the license agreements in the appliance's web console once, then run Terraform again.",
	api.TooManyRequests:      "Run Terraform with a smaller -parallelism, or raise max_retries in the provider configuration.",
}
