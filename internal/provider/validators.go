package provider

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

func hostRules() []validator.String {
	return framework.EmptyIsUnset(framework.StringRule{What: "a host name with an optional port", Check: func(value string) error {
		_, err := wire.ParseHost(value)
		return err
	}})
}

func wordRules() []validator.String {
	return framework.EmptyIsUnset(framework.StringRule{What: "a single word", Check: oneWord})
}

func mfaSecretRules() []validator.String {
	return framework.EmptyIsUnset(framework.StringRule{What: "the secret that an authenticator app is given", Check: func(value string) error {
		_, err := session.ParseMFASecret(value)
		return err
	}})
}

func apiVersionRules() []validator.String {
	return framework.EmptyIsUnset(stringvalidator.RegexMatches(session.APIVersionPattern, "must be of the form <major>.<minor>-rev<n>, such as 1.8-rev0"))
}

func certificateRules() []validator.String {
	return framework.EmptyIsUnset(framework.StringRule{What: "certificates in PEM form", Check: func(value string) error {
		_, err := certificates(value)
		return err
	}})
}

func durationRules() []validator.String {
	return framework.EmptyIsUnset(framework.StringRule{What: "a duration above zero", Check: func(value string) error {
		duration, err := time.ParseDuration(value)
		if err != nil || duration <= 0 {
			return fmt.Errorf("it is not a duration above zero, such as 45s or 2m")
		}
		return nil
	}})
}

func retryRules() []validator.Int64 {
	return []validator.Int64{int64validator.Between(0, 100)}
}
