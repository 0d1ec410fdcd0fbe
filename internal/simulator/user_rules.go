package simulator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// userName needs a character before a final $, without which it would hardly be a name. Not documented.
var userName = regexp.MustCompile(`^[a-z0-9_-]+\$?$`)

const (
	longestName         = 32
	longestExternalName = 125
)

func (a *Appliance) userNameFindings(name string, longest int) findings {
	findings := lengthFindings("name", name, 1, longest)
	if !userName.MatchString(name) {
		findings = append(findings, finding{"name", fmt.Sprintf("The name %q must have lowercase Latin letters, digits, underscores and hyphens only, and may end with $.", name)})
	}
	if name == "admin" {
		findings = append(findings, finding{"name", `The name "admin" is reserved.`})
	} else if a.users.get(name) != nil {
		findings = append(findings, finding{"name", fmt.Sprintf("A user named %q already exists.", name)})
	}
	return findings
}

func userDescriptionFindings(description string) findings {
	return lengthFindings("description", description, 0, 255)
}

// noPassword finds the password of a user that an identity provider knows.
func noPassword(property string, given *string) findings {
	if given == nil || *given == "" {
		return nil
	}
	return findings{{property, "A user of an identity provider has no password."}}
}

func accountTypeFindings(accountType string) findings {
	if accountType == internal || accountType == external {
		return nil
	}
	return findings{{"accountType", fmt.Sprintf("The account type %q is not known.", accountType)}}
}

func (a *Appliance) roleFindings(role string) findings {
	if slices.Contains(a.config.RoleValues, role) {
		return nil
	}
	return findings{{a.config.RoleField, fmt.Sprintf("The role %q cannot be given.", role)}}
}

func passwordFindings(password string) findings {
	findings := lengthFindings("password", password, 8, 255)
	if !strings.ContainsFunc(password, unicode.IsUpper) || !strings.ContainsFunc(password, unicode.IsLower) ||
		!strings.ContainsFunc(password, unicode.IsDigit) {
		findings = append(findings, finding{"password", "The password must have upper case letters, lower case letters and digits."})
	}
	if hasMonotonicSequence(password) {
		findings = append(findings, finding{"password", "The password must have no monotonic sequence of characters, such as abcd or 4321."})
	}
	return findings
}

// hasMonotonicSequence finds four letters or digits in a row of which each is one above, or each one below, the one
// before: the length of the documented examples, abcd and 4321. Not documented: anything finer. Letters of different
// case do not follow each other.
func hasMonotonicSequence(password string) bool {
	var before, step rune
	length := 1
	for _, this := range password {
		distance := this - before
		switch {
		case (distance != 1 && distance != -1) || !isLetterOrDigit(before) || !isLetterOrDigit(this):
			length = 1
		case distance == step:
			length++
		default:
			length = 2
		}
		if length == 4 {
			return true
		}
		before, step = this, distance
	}
	return false
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
