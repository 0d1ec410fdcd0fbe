package contract

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// revision of the API: major, minor, rev.
type revision [3]int

func parseRevision(text string) (r revision, err error) {
	if _, err := fmt.Sscanf(text, "%d.%d-rev%d", &r[0], &r[1], &r[2]); err != nil {
		return r, fmt.Errorf("x-api-version %q is not of the form <major>.<minor>-rev<n>", text)
	}
	return r, nil
}

// changes are what is known of later revisions, which are not published as a whole. What is not known is left open.
var changes = []struct {
	since revision
	apply func(*openapi3.T)
}{
	// accountType "from 1.1-rev0 or 1.2-rev0 on", a role in later products, further fields without documented names.
	{revision{1, 1, 0}, openUsers},
	// The changelog lists the collection as deleted.
	{revision{1, 4, 0}, deleteEmailNotifications},
	// Users have roles, and no documented revision says from which on: 403 to those who may not do what they ask for.
	{revision{1, 4, 0}, func(document *openapi3.T) { addRefusals(document, "", http.StatusForbidden) }},
	// GET of users.
	{revision{1, 7, 0}, func(document *openapi3.T) {
		addRefusals(document, http.MethodGet, http.StatusServiceUnavailable, http.StatusGatewayTimeout)
	}},
	// Public clients read the web framework's own documents.
	{revision{1, 8, 0}, frameworkErrors},
}

// revised is the document of a revision, with the one that it comes from.
type revised struct {
	*openapi3.T
	first *openapi3.T // of 1.0-rev0
}

var (
	mu        sync.Mutex
	documents = map[int]revised{} // by the number of changes
)

// documentOf returns the document of a revision.
func documentOf(version string) (revised, error) {
	asked, err := parseRevision(version)
	if err != nil {
		return revised{}, err
	}
	n := 0
	for _, change := range changes {
		if slices.Compare(change.since[:], asked[:]) <= 0 {
			n++
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if known, ok := documents[n]; ok {
		return known, nil
	}
	first, err := changed(0)
	if err != nil {
		return revised{}, err
	}
	document, err := changed(n)
	if err != nil {
		return revised{}, err
	}
	documents[n] = revised{document, first}
	return documents[n], nil
}

// changed is the document after the first n changes.
func changed(n int) (*openapi3.T, error) {
	text, err := text()
	if err != nil {
		return nil, err
	}
	document, err := parse(text)
	if err != nil {
		return nil, err
	}
	for _, change := range changes[:n] {
		change.apply(document)
	}
	if n == 0 {
		seal(document, open)
	} else {
		seal(document, append(slices.Clone(open), "User", "EmailNotifications", "Error"))
	}
	return document, nil
}

func openUsers(document *openapi3.T) {
	document.Components.Schemas["UserCreateSpec"].Value.Required = []string{"name", "description"} // External users have no password
}

func deleteEmailNotifications(document *openapi3.T) {
	for path := range document.Paths.Map() {
		if strings.Contains(path, "/settings/emailNotifications") {
			document.Paths.Delete(path)
		}
	}
}

// addRefusals documents statuses for the operations of a method, or of all.
func addRefusals(document *openapi3.T, method string, statuses ...int) {
	for _, item := range document.Paths.Map() {
		for its, operation := range item.Operations() {
			for _, status := range statuses {
				if operation.Responses.Status(status) == nil && (method == "" || method == its) {
					operation.Responses.Set(fmt.Sprint(status), operation.Responses.Status(http.StatusUnauthorized))
				}
			}
		}
	}
}

// frameworkErrors lets refusals be the web framework's, beside the product's. They go with a 400.
func frameworkErrors(document *openapi3.T) {
	document.Components.Schemas["Error"].Value.Required = []string{"title", "status"}
	addRefusals(document, "", http.StatusBadRequest)
}

// checkGone judges a request for a path that the revision does not have. One that 1.0-rev0 has may be asked for, as the document of
// the revision is not published, and is not served.
func checkGone(document revised, x simulator.Exchange) error {
	route, _ := find(document.first, x.Method, x.RawPath)
	switch {
	case route == nil:
		return fmt.Errorf("the operation is not documented")
	case x.Status >= 200 && x.Status < 300 && x.Deviation == "":
		return fmt.Errorf("the operation is served, and %s does not have it", x.Revision)
	}
	return nil
}
