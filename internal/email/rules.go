package email

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

func serverRules() []validator.String {
	return framework.NotEmpty(framework.StringRule{What: "a DNS name or an IP address, without scheme, port or path", Check: api.CheckMailServer})
}

func senderRules() []validator.String {
	return framework.NotEmpty(framework.StringRule{What: "an email address", Check: checkAddress})
}

func recipientRule() validator.String {
	return framework.StringRule{What: "an email address, or several with semicolons or commas between them", Check: checkAddresses}
}

func timeOfDayRules() []validator.String {
	return framework.EmptyIsUnset(stringvalidator.RegexMatches(regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`),
		"must be a time of day from 00:00 to 23:59 in the form HH:MM"))
}

// checkAddresses takes either separator, because the documentation names none, and one at the end, as people leave it there.
func checkAddresses(addresses string) error {
	addresses = strings.TrimRight(addresses, " ")
	if last := len(addresses) - 1; last > 0 && strings.ContainsRune(";,", rune(addresses[last])) {
		addresses = addresses[:last]
	}
	for address := range strings.SplitSeq(strings.ReplaceAll(addresses, ";", ","), ",") {
		if err := checkAddress(address); err != nil {
			return err
		}
	}
	return nil
}

func checkAddress(address string) error {
	if strings.TrimSpace(address) == "" {
		return errors.New("there is an empty address")
	}
	if _, err := mail.ParseAddress(address); err != nil || strings.ContainsFunc(address, unicode.IsControl) {
		return fmt.Errorf("%q is not an email address", strings.TrimSpace(address))
	}
	return nil
}
