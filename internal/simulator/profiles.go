package simulator

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Profile is what is known of one product version.
type Profile struct {
	// Product is its name for [Config.Product], and ProductVersion what GET /system/version answers: not documented, the
	// product and zeros here.
	Product, ProductVersion string
	// Documented are the revisions of the API that the vendor's documentation says it accepts.
	Documented []string
	// Assumed are further ones that it accepts here. Not documented: products from 7 on accept their own revisions and those of
	// the two products before them, as 7 and 8 are documented to; before, the likely ones.
	Assumed []string
}

var profiles = []Profile{
	{"2", "2.0.0.0", []string{"1.0-rev0"}, nil},
	{"3", "3.0.0.0", []string{"1.0-rev0"}, []string{"1.1-rev0"}},
	{"4", "4.0.0.0", []string{"1.0-rev0", "1.1-rev0", "1.2-rev0"}, nil},
	{"5", "5.0.0.0", []string{"1.0-rev0", "1.1-rev0", "1.2-rev0", "1.3-rev0"}, nil},
	{"6", "6.0.0.0", []string{"1.4-rev0"}, []string{"1.2-rev0", "1.3-rev0"}},
	{"7", "7.0.0.0", []string{"1.3-rev0", "1.4-rev0", "1.5-rev0", "1.5-rev1"}, nil},
	{"8", "8.0.0.0", []string{"1.4-rev0", "1.5-rev0", "1.5-rev1", "1.6-rev0"}, nil},
	{"9", "9.0.0.0", []string{"1.7-rev0"}, []string{"1.5-rev0", "1.5-rev1", "1.6-rev0"}},
	{"10", "10.0.0.0", []string{"1.8-rev0"}, []string{"1.6-rev0", "1.7-rev0"}},
	{"11", "11.0.0.0", []string{"1.9-rev0"}, []string{"1.7-rev0", "1.8-rev0"}},
}

// What changes with the revision a request asks for. Documented: the end of the email settings, and accountType "from 1.1-rev0
// or 1.2-rev0 on". Seen by public clients: framework errors. Not documented: the revision from which on users have a role
// (here the first of product 6), its name, its values and whether it is required ([Config.RoleField] and its neighbours).
var (
	accountTypeSince            = mustParseRevision("1.1-rev0")
	emailNotificationsGoneSince = mustParseRevision("1.4-rev0")
	roleSince                   = mustParseRevision("1.4-rev0")
)

const defaultFrameworkErrorsSince = "1.8-rev0"

// Roles that users may have by default, the first of them that of a user who was given none. A Company Administrator is made
// by the Service Provider Console, and cannot be made here by a request.
var defaultRoles = []string{"Portal Administrator", "Portal Operator", "Restore Operator", "Read-Only User"}

// Products returns the product versions that there is a [Profile] of, oldest first.
func Products() []string {
	var products []string
	for _, profile := range profiles {
		products = append(products, profile.Product)
	}
	return products
}

// ProfileOf returns the profile of a product version, one of [Products].
func ProfileOf(product string) (Profile, bool) {
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Product == product })
	if i < 0 {
		return Profile{}, false
	}
	return profiles[i], true
}

// APIVersions are all revisions that the product accepts, oldest first.
func (p Profile) APIVersions() []string {
	return slices.SortedFunc(slices.Values(slices.Concat(p.Documented, p.Assumed)), compareRevisions)
}

// EmailNotifications returns the last accepted revision with the email notification settings, or "".
func (p Profile) EmailNotifications() string {
	last := ""
	for _, version := range p.APIVersions() {
		if mustParseRevision(version).before(emailNotificationsGoneSince) {
			last = version
		}
	}
	return last
}

// retired are the known revisions that are older than all accepted ones.
func retired(accepted []string) []string {
	var gone []string
	oldest := slices.MinFunc(accepted, compareRevisions)
	for _, profile := range profiles {
		for _, version := range profile.Documented {
			if compareRevisions(version, oldest) < 0 && !slices.Contains(gone, version) {
				gone = append(gone, version)
			}
		}
	}
	slices.SortFunc(gone, compareRevisions)
	return gone
}

// revision is a revision of the API. The zero value is none, and before all others.
type revision struct{ major, minor, rev int }

var apiVersion = regexp.MustCompile(`^(\d+)\.(\d+)-rev(\d+)$`)

func parseRevision(text string) (revision, bool) {
	parts := apiVersion.FindStringSubmatch(text)
	if parts == nil {
		return revision{}, false
	}
	var numbers [3]int
	for i := range numbers {
		var err error
		if numbers[i], err = strconv.Atoi(parts[i+1]); err != nil {
			return revision{}, false
		}
	}
	return revision{numbers[0], numbers[1], numbers[2]}, true
}

func mustParseRevision(text string) revision {
	parsed, ok := parseRevision(text)
	if !ok {
		panic(fmt.Sprintf("simulator: %q is no revision", text))
	}
	return parsed
}

func (r revision) compare(other revision) int {
	return cmp.Or(cmp.Compare(r.major, other.major), cmp.Compare(r.minor, other.minor), cmp.Compare(r.rev, other.rev))
}

func (r revision) before(other revision) bool { return r.compare(other) < 0 }

func compareRevisions(x, y string) int { return mustParseRevision(x).compare(mustParseRevision(y)) }
