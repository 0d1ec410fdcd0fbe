package provider

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// rules apply a check to an optional argument. Whitespace around its value is ignored.
func rules(what string, check func(string) error) []validator.String {
	return framework.EmptyIsUnset(framework.StringRule{What: what, Check: func(value string) error {
		if value = strings.TrimSpace(value); value == "" {
			return nil
		}
		return check(value)
	}})
}

func hostRules() []validator.String { return rules("a host name with an optional port", checkHost) }

func tokenRules() []validator.String { return rules("a token", checkToken) }

func usernameRules() []validator.String { return rules("a username", unquoted) }

func mfaSecretRules() []validator.String { return rules("the user's MFA secret", checkMFASecret) }

func mfaCodeRules() []validator.String { return rules("an MFA code", checkMFACode) }

func apiVersionRules() []validator.String { return rules("an API revision", checkAPIVersion) }

func certificateRules() []validator.String {
	return rules("one or more certificates in PEM format", checkCertificates)
}

func durationRules() []validator.String { return rules("a duration", checkDuration) }

func retryRules() []validator.Int64 { return []validator.Int64{int64validator.Between(0, 100)} }
