package simulator

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	jsonBody = "application/json"
	formBody = "application/x-www-form-urlencoded"
)

type route struct {
	method, path string // {…} is the one variable segment
	content      string // media type of the body it needs, if any
	query        []string
	serve        func(*Appliance, *call) *answer
}

var paging = []string{"Offset", "Limit", "SearchPattern", "Sort"}

var routes = []route{
	{"POST", "/token", formBody, nil, (*Appliance).signIn},
	{"DELETE", "/token", "", nil, (*Appliance).signOut},

	{"GET", "/accounts/standard", "", paging, (*Appliance).listAccounts},
	{"POST", "/accounts/standard", jsonBody, nil, (*Appliance).createAccount},
	{"POST", "/accounts/standard/validateName", jsonBody, nil, (*Appliance).validateAccountName},
	{"GET", "/accounts/standard/{id}", "", nil, (*Appliance).getAccount},
	{"PUT", "/accounts/standard/{id}", jsonBody, nil, (*Appliance).updateAccount},
	{"DELETE", "/accounts/standard/{id}", "", nil, (*Appliance).deleteAccount},

	{"GET", "/users", "", paging, (*Appliance).listUsers},
	{"POST", "/users", jsonBody, nil, (*Appliance).createUser},
	{"POST", "/users/validateName", jsonBody, nil, (*Appliance).validateUserName},
	{"POST", "/users/validateDescription", jsonBody, nil, (*Appliance).validateUserDescription},
	{"POST", "/users/validatePassword", jsonBody, nil, (*Appliance).validateUserPassword},
	{"GET", "/users/{name}", "", nil, (*Appliance).getUser},
	{"PUT", "/users/{name}", jsonBody, nil, (*Appliance).updateUser},
	{"DELETE", "/users/{name}", "", nil, (*Appliance).deleteUser},
	{"POST", "/users/{name}/enableMfa", jsonBody, nil, (*Appliance).enableMFA},
	{"POST", "/users/{name}/acceptMfa", jsonBody, nil, (*Appliance).acceptMFA},
	{"POST", "/users/{name}/disableMfa", "", nil, (*Appliance).disableMFA},

	{"GET", "/settings/emailNotifications", "", nil, (*Appliance).getEmailNotifications},
	{"POST", "/settings/emailNotifications", jsonBody, nil, (*Appliance).saveEmailNotifications},
	{"POST", "/settings/emailNotifications/sendTestMessage", jsonBody, nil, (*Appliance).sendTestMessage},

	{"GET", "/system/version", "", nil, (*Appliance).getVersion},
}

// work routes a call, checks what is common to all and does what is asked. Not documented: the order of the checks.
func (a *Appliance) work(c *call) *answer {
	found, allowed := findRoute(c)
	if len(allowed) == 0 {
		return c.problem(invalidURI, fmt.Sprintf("There is no resource at %q.", c.URL.Path))
	}
	if refusal := a.checkVersion(c); refusal != nil {
		return refusal
	}
	if found != nil && c.lacks(*found) {
		return c.missing()
	}
	if found == nil {
		refusal := c.problem(methodNotAllowed, fmt.Sprintf("The method %s is not allowed here.", c.Method))
		refusal.header.Set("Allow", strings.Join(allowed, ", "))
		return refusal
	}
	if found.content != formBody {
		if refusal := a.authorize(c); refusal != nil {
			return refusal
		}
	}
	if media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); found.content != "" && media != found.content {
		return c.problem(unexpectedContentType, fmt.Sprintf("The body must be %s.", found.content))
	}
	for parameter := range c.URL.Query() {
		if !slices.Contains(found.query, parameter) {
			return c.problem(validationError, fmt.Sprintf("The query parameter %q is not known.", parameter))
		}
	}
	return found.serve(a, c)
}

// findRoute returns the route of a call, nil if there is none, and the methods that its path allows.
func findRoute(c *call) (found *route, allowed []string) {
	for i, candidate := range routes {
		if id, ok := matchRoute(candidate.path, c.URL.EscapedPath()); ok {
			allowed = append(allowed, candidate.method)
			if candidate.method == c.Method && found == nil {
				found, c.id = &routes[i], id
			}
		}
	}
	return found, allowed
}

// matchRoute compares the escaped path of a request with a route's, segment by segment, and returns the decoded value
// of the variable one.
func matchRoute(pattern, escapedPath string) (variable string, ok bool) {
	want := strings.Split(basePath+pattern, "/")
	have := strings.Split(escapedPath, "/")
	if len(want) != len(have) {
		return "", false
	}
	for i, segment := range have {
		value, err := url.PathUnescape(segment)
		switch {
		case err != nil || value == "":
			if i > 0 {
				return "", false
			}
		case strings.HasPrefix(want[i], "{"):
			variable = value
		case value != want[i]:
			return "", false
		}
	}
	return variable, true
}

// versionsOf are the different values of the x-api-version header.
func versionsOf(r *http.Request) []string {
	var given []string
	for _, value := range r.Header.Values("X-Api-Version") {
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.TrimSpace(one); one != "" && !slices.Contains(given, one) {
				given = append(given, one)
			}
		}
	}
	return given
}

// servedIn is the revision that a request is served in: the zero one when it asks for none that is accepted.
func (a *Appliance) servedIn(r *http.Request) revision {
	if given := versionsOf(r); len(given) == 1 && slices.Contains(a.config.APIVersions, given[0]) {
		return mustParseRevision(given[0])
	}
	return revision{}
}

func (a *Appliance) checkVersion(c *call) *answer {
	given := versionsOf(c.Request)
	switch {
	case len(given) == 0:
		return c.problem(apiVersionUnspecified, "The header x-api-version is required.")
	case len(given) > 1:
		return c.problem(ambiguousAPIVersion, fmt.Sprintf("The header x-api-version has several values: %s.", strings.Join(given, ", ")))
	}
	if _, ok := parseRevision(given[0]); !ok {
		return c.problem(invalidAPIVersion, fmt.Sprintf("The API version %q is not of the form <major>.<minor>-rev<n>.", given[0]))
	}
	if c.revision != (revision{}) || a.config.Habits[TokenTakesAnyRevision] && c.path == "/token" {
		return nil
	}
	details := fmt.Sprintf("The API version %q is not supported.", given[0])
	switch a.config.RevisionRefusal {
	case "sentence":
		details += fmt.Sprintf(" The supported API versions are: %s.", strings.Join(a.config.APIVersions, ", "))
	case "misleading":
		if gone := retired(a.config.APIVersions); len(gone) > 0 {
			details += fmt.Sprintf(" These API versions have been removed: %s.", strings.Join(gone, ", "))
		}
	}
	return c.unsupported(details)
}

// unsupported refuses a revision, as configured.
func (c *call) unsupported(details string) *answer {
	const status = http.StatusBadRequest
	switch c.config.RevisionRefusal {
	case "nested":
		return reply(status, map[string]any{"error": map[string]any{"code": "UnsupportedApiVersion", "message": details, "innerError": nil}})
	case "sentence", "misleading":
		return reply(status, standardProblem{Type: frameworkType(status), Title: details, Status: status, TraceID: traceID})
	}
	return c.problem(unsupportedAPIVersion, details)
}

// lacks reports whether an endpoint does not exist, in the revision of a call or at all.
func (c *call) lacks(endpoint route) bool {
	return strings.HasPrefix(endpoint.path, "/settings/emailNotifications") && !c.revision.before(emailNotificationsGoneSince) ||
		c.config.Habits[NoValidation] && strings.Contains(endpoint.path, "/validate")
}

// missing answers for an endpoint that is not there, as configured.
func (c *call) missing() *answer {
	c.deviate("missing-endpoint")
	details := fmt.Sprintf("There is no resource at %q.", c.URL.Path)
	switch c.config.MissingEndpoint {
	case "framework":
		return c.document(frameworkDocument, invalidURI, "", nil)
	case "405":
		return c.problem(methodNotAllowed, fmt.Sprintf("The method %s is not allowed here.", c.Method))
	case "501":
		return c.problem(notImplemented, details)
	case "unsupported":
		return c.unsupported(fmt.Sprintf("The resource at %q does not support the API version %q.", c.URL.Path, versionsOf(c.Request)[0]))
	}
	return c.problem(invalidURI, details)
}

func (a *Appliance) getVersion(*call) *answer {
	return reply(http.StatusOK, struct {
		Version string `json:"version"`
		About   string `json:"about"`
	}{a.config.ProductVersion, "Simulated Veeam Backup for AWS appliance"})
}
