package provider

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// The checks below are for values from files, variables, secret stores and other programs. Each names the likely
// mistake. Whitespace around a value is ignored, and no error repeats a value that may be a secret.

func checkHost(value string) error {
	if err := unquoted(value); err != nil {
		return err
	}
	_, err := parseHost(value)
	return err
}

func checkToken(value string) error {
	for _, prefix := range []string{"authorization:", "bearer "} {
		if len(value) > len(prefix) && strings.EqualFold(value[:len(prefix)], prefix) {
			return errors.New(`it begins with "` + value[:len(prefix)] + `": set only the token that follows`)
		}
	}
	return checkWord(value)
}

func checkMFASecret(value string) error {
	if err := unquoted(value); err != nil {
		return err
	}
	_, err := framework.ParseMFASecret(value)
	return err
}

func checkMFACode(value string) error {
	if secret, err := framework.ParseMFASecret(value); err == nil && len(secret) >= 16 {
		return errors.New("it is a secret, not a code: set mfa_secret instead")
	}
	return checkWord(value)
}

// checkWord refuses whitespace in a value.
func checkWord(value string) error {
	if err := unquoted(value); err != nil {
		return err
	}
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return errors.New("it contains whitespace")
	}
	return nil
}

func checkAPIVersion(value string) error {
	if err := unquoted(value); err != nil {
		return err
	}
	if !session.APIVersionPattern.MatchString(value) {
		return fmt.Errorf("%q is not of the form <major>.<minor>-rev<n>, such as 1.8-rev0", value)
	}
	return nil
}

func checkDuration(value string) error {
	if err := unquoted(value); err != nil {
		return err
	}
	duration, err := time.ParseDuration(value)
	switch {
	case value != "" && strings.Trim(value, "0123456789.") == "":
		return fmt.Errorf("it has no unit: write %ss for seconds, or %[1]sm for minutes", value)
	case err != nil:
		return errors.New("it is not a duration such as 45s or 2m")
	case duration <= 0:
		return errors.New("it must be above zero")
	}
	return nil
}

// unquoted refuses quotation marks around a value.
func unquoted(value string) error {
	for _, mark := range []string{`"`, "'", "`", "“", "”", "‘", "’", "„"} {
		if strings.HasPrefix(value, mark) {
			return errors.New("it begins with a quotation mark: remove the quotation marks (docker --env-file, for example, keeps them)")
		}
	}
	return nil
}

func checkBoolean(value string) error {
	if err := unquoted(value); err != nil {
		return err
	}
	if _, err := strconv.ParseBool(value); err != nil {
		return fmt.Errorf("%q is neither true nor false", value)
	}
	return nil
}
