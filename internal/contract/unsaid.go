package contract

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// What the validator cannot judge by the document, all of it:
//   - The form of /token: its schema is of no type, and does not say which fields a grant needs.
//   - /token is asked without a token, though the document wants one everywhere; so may the version be, by which a client finds out
//     whether there is an appliance.
//   - An id that is no UUID. Users give ids, and the document has an answer for such a one: a 400.
//   - A property, a form field or a query parameter that the document does not name. OpenAPI allows them; a misspelt name must
//     not pass. The bodies that make and change a user are left open: additional_fields go there.
//   - An answer without content has no body.
//   - The formats uuid and uri. A problem's instance is an id in the prose documentation, which a relative URI may be.

const formMediaType = "application/x-www-form-urlencoded"

// formSchema is the schema of an operation's form; nil where the body is none.
func formSchema(route *routers.Route) *openapi3.Schema {
	if body := route.Operation.RequestBody; body != nil {
		if form := body.Value.Content[formMediaType]; form != nil {
			return form.Schema.Value
		}
	}
	return nil
}

func isForm(route *routers.Route) bool { return formSchema(route) != nil }

// grants are the fields that a grant needs, and the only ones that it takes.
var grants = map[string][]string{
	"password":           {"grant_type", "username", "password"},
	"refresh_token":      {"grant_type", "refresh_token"},
	"mfa":                {"grant_type", "mfa_token", "mfa_code"},
	"authorization_code": {"grant_type", "code"},
}

func checkRequest(x simulator.Exchange, route *routers.Route) error {
	var violations []error
	for name := range x.Query {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			violations = append(violations, fmt.Errorf("the query parameter %q is not documented", name))
		}
	}
	if schema := formSchema(route); schema != nil {
		violations = append(violations, checkForm(x, schema))
	}
	return errors.Join(violations...)
}

func checkForm(x simulator.Exchange, schema *openapi3.Schema) error {
	if media, _, _ := mime.ParseMediaType(x.Header.Get("Content-Type")); media != formMediaType {
		return fmt.Errorf("the body is %q and not a form", media)
	}
	form, err := url.ParseQuery(string(x.Body))
	if err != nil {
		return errors.New("the body is not a form")
	}
	grant := form.Get("grant_type")
	if property := schema.Properties["grant_type"]; property == nil || !slices.Contains(property.Value.Enum, any(grant)) {
		return fmt.Errorf("the grant_type %q is not documented", grant)
	}
	var violations []error
	for _, field := range grants[grant] {
		if len(form[field]) != 1 {
			violations = append(violations, fmt.Errorf("the grant %s needs the field %s once", grant, field))
		}
	}
	for field := range form {
		if schema.Properties[field] == nil || !slices.Contains(grants[grant], field) {
			violations = append(violations, fmt.Errorf("the grant %s has no field %q", grant, field))
		}
	}
	return errors.Join(violations...)
}

func checkAnswer(x simulator.Exchange, route *routers.Route) error {
	answer := route.Operation.Responses.Status(x.Status)
	if answer != nil && len(answer.Value.Content) == 0 && len(x.AnswerBody) > 0 {
		return errors.New("the answer has a body, and none is documented")
	}
	return nil
}

// authenticated wants a token of every request but two.
func authenticated(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	request := input.RequestValidationInput
	switch request.Route.Method + " " + request.Route.Path {
	case "POST /api/v1/token", "GET /api/v1/system/version":
		return nil
	}
	if !strings.HasPrefix(request.Request.Header.Get(input.SecurityScheme.Name), "Bearer ") {
		return errors.New("the request has no bearer token")
	}
	return nil
}

// open are the schemas that may have properties which are not documented.
var open = []string{"UserCreateSpec", "UserUpdateSpec"}

// seal lets the other schemas have documented properties only.
func seal(document *openapi3.T, open []string) {
	for name, schema := range document.Components.Schemas {
		if len(schema.Value.Properties) > 0 && !slices.Contains(open, name) {
			closed := false
			schema.Value.AdditionalProperties = openapi3.BoolSchema{Has: &closed}
		}
	}
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

var formats = map[string]openapi3.StringFormatValidator{
	"uuid": openapi3.NewCallbackValidator(func(value string) error {
		if !uuid.MatchString(value) {
			return errors.New("not a UUID")
		}
		return nil
	}),
	"uri": openapi3.NewCallbackValidator(func(value string) error {
		_, err := url.Parse(value)
		if err != nil {
			return errors.New("not a URI")
		}
		return nil
	}),
}

// formatsFor are the formats that an exchange has to keep.
func formatsFor(x simulator.Exchange, route *routers.Route) map[string]openapi3.StringFormatValidator {
	if x.Status != http.StatusBadRequest || route.Operation.Responses.Status(x.Status) == nil {
		return formats
	}
	return map[string]openapi3.StringFormatValidator{"uri": formats["uri"]}
}
