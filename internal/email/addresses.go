package email

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// separators stand between addresses. The API documentation names none; the web console uses semicolons.
const separators = ";,"

// cutAddress splits a list of addresses after its first address. A separator inside a quoted display name does not count.
func cutAddress(addresses string) (address, separator, rest string) {
	quoted, escaped := false, false
	for i, char := range addresses {
		switch {
		case escaped:
			escaped = false
		case quoted && char == '\\':
			escaped = true
		case char == '"':
			quoted = !quoted
		case !quoted && strings.ContainsRune(separators, char):
			return addresses[:i], addresses[i : i+1], addresses[i+1:]
		}
	}
	return addresses, "", ""
}

// canonicalAddresses removes the whitespace around each address.
func canonicalAddresses(addresses string) string {
	var canonical strings.Builder
	for separator := separators; separator != ""; {
		var address string
		address, separator, addresses = cutAddress(addresses)
		canonical.WriteString(strings.TrimSpace(address) + separator)
	}
	return canonical.String()
}

// sameAddresses reports whether two lists differ at most in the whitespace around their addresses.
func sameAddresses(a, b types.String) bool {
	if a.IsUnknown() || b.IsUnknown() {
		return false
	}
	return framework.Same(types.StringValue(canonicalAddresses(a.ValueString())), types.StringValue(canonicalAddresses(b.ValueString())))
}

// tidyAddresses returns a list as it is sent: without whitespace around it, and without line breaks between addresses.
func tidyAddresses(addresses string) string {
	addresses = strings.TrimSpace(addresses)
	if strings.ContainsFunc(addresses, unicode.IsControl) {
		return canonicalAddresses(addresses)
	}
	return addresses
}

// checkAddresses accepts one separator at the end, as people leave it there.
func checkAddresses(addresses string) error {
	address, separator, rest := cutAddress(addresses)
	err := checkAddress(address)
	for err == nil && separator != "" && strings.TrimSpace(rest) != "" {
		address, separator, rest = cutAddress(rest)
		err = checkAddress(address)
	}
	return err
}

func checkAddress(address string) error {
	address = strings.TrimSpace(address)
	if address == "" {
		return errors.New("there is an empty address")
	}
	if err := checkLine(address); err != nil {
		return fmt.Errorf("%w in %q", err, address)
	}
	if _, err := mail.ParseAddress(address); err != nil {
		return fmt.Errorf("%q is not an email address", address)
	}
	return nil
}

// checkLine refuses what could add a header to a message.
func checkLine(text string) error {
	if strings.ContainsFunc(strings.TrimSpace(text), unicode.IsControl) {
		return errors.New("there is a line break or another control character")
	}
	return nil
}
