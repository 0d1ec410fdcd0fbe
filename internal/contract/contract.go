// Package contract is the API as the vendor documents it, in a form that tests hold every exchange against: [Watch] fails a test
// that exchanges anything else with its simulated appliance.
//
// openapi.yaml has the operations that the provider uses, in revision 1.0-rev0. It is what the vendor's own document says of
// them, which VEEAM_OPENAPI puts in its place: "make contract" compares the two and runs the tests against the vendor's. What is
// known of later revisions is in revisions.go, and what an OpenAPI document cannot say is in unsaid.go.
//
// It proves that the client and the simulator agree with one document of one revision. It proves nothing about an appliance.
package contract

import (
	"bytes"
	_ "embed" // the document
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// VendorDocument is the variable that names a file with the vendor's document.
const VendorDocument = "VEEAM_OPENAPI"

//go:embed openapi.yaml
var ours []byte

var text = sync.OnceValues(func() ([]byte, error) {
	if file := os.Getenv(VendorDocument); file != "" {
		return os.ReadFile(file)
	}
	return ours, nil
})

func parse(text []byte) (*openapi3.T, error) { return openapi3.NewLoader().LoadFromData(text) }

// Check reports how an exchange violates the contract of the revision that it asks for. The answer is not judged where a fault or
// a habit of the appliance shaped it, nor where the appliance does not accept the revision.
func Check(x simulator.Exchange) error {
	document, err := documentOf(x.Header.Get("X-Api-Version"))
	if err != nil {
		return err
	}
	route, parameters := find(document.T, x.Method, x.RawPath)
	if route == nil {
		return checkGone(document, x)
	}
	input, err := requestOf(x, route, parameters)
	if err != nil {
		return err
	}
	err = errors.Join(openapi3filter.ValidateRequest(input.Request.Context(), input), checkRequest(x, route))
	if x.Status == 0 || x.Revision == "" || x.Deviation != "" {
		return err
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Options: input.Options,
		Status: x.Status, Header: x.AnswerHeader, Body: io.NopCloser(bytes.NewReader(x.AnswerBody)),
	}
	return errors.Join(err, openapi3filter.ValidateResponse(input.Request.Context(), answer), checkAnswer(x, route))
}

// find returns the operation of a request and the values of the path's parameters. A literal segment goes before a parameter.
func find(document *openapi3.T, method, escapedPath string) (*routers.Route, map[string]string) {
	var (
		found  *routers.Route
		values map[string]string
	)
	for path, item := range document.Paths.Map() {
		operation := item.GetOperation(method)
		matched, ok := match(path, escapedPath)
		if ok && operation != nil && (found == nil || len(matched) < len(values)) {
			found, values = &routers.Route{Spec: document, Path: path, PathItem: item, Method: method, Operation: operation}, matched
		}
	}
	return found, values
}

func match(template, escapedPath string) (map[string]string, bool) {
	want, have := strings.Split(template, "/"), strings.Split(escapedPath, "/")
	if len(want) != len(have) {
		return nil, false
	}
	values := map[string]string{}
	for i, segment := range want {
		value, err := url.PathUnescape(have[i])
		if err != nil {
			return nil, false
		}
		if name, isParameter := strings.CutPrefix(segment, "{"); isParameter {
			values[strings.TrimSuffix(name, "}")] = value
		} else if value != segment {
			return nil, false
		}
	}
	return values, true
}

// requestOf is an exchange's request as the validator takes it.
func requestOf(x simulator.Exchange, route *routers.Route, parameters map[string]string) (*openapi3filter.RequestValidationInput, error) {
	request, err := http.NewRequest(x.Method, "https://appliance"+x.RawPath+"?"+x.Query.Encode(), bytes.NewReader(x.Body)) //nolint:noctx // it is not sent
	if err != nil {
		return nil, err
	}
	request.Header = x.Header
	return &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{
			MultiError: true, IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true,
			AuthenticationFunc: authenticated, ExcludeRequestBody: isForm(route),
			SchemaValidationOptions: []openapi3.SchemaValidationOption{
				openapi3.EnableFormatValidation(),
				openapi3.DisableSchemaErrorDetails(), // values may be secrets
				openapi3.WithStringFormatValidators(formatsFor(x, route)),
			},
		},
	}, nil
}

// TB is the part of [testing.TB] that [Watch] needs.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, arguments ...any)
}

// CountFile is the variable that names a file to which each appliance's number of exchanges is added, a line each.
const CountFile = "VEEAM_CONTRACT_COUNT"

// Watch returns the configuration of an appliance whose every exchange is held against the contract. A violation is reported when
// the test ends, once. A benchmark measures something else: its exchanges are not checked.
func Watch(t TB, config simulator.Config) simulator.Config {
	t.Helper()
	if _, ok := t.(*testing.B); ok {
		return config
	}
	var (
		mu         sync.Mutex
		exchanges  int
		violations = map[string]bool{}
		next       = config.OnExchange
	)
	config.OnExchange = func(x simulator.Exchange) {
		err := Check(x)
		mu.Lock()
		exchanges++
		if err != nil {
			violations[fmt.Sprintf("%s %s, answered %d: %v", x.Method, x.Path, x.Status, err)] = true
		}
		mu.Unlock()
		if next != nil {
			next(x)
		}
	}
	t.Cleanup(func() {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		for _, violation := range slices.Sorted(maps.Keys(violations)) {
			t.Errorf("violates the contract: %s", violation)
		}
		if err := count(exchanges); err != nil {
			t.Errorf("%s: %v", CountFile, err)
		}
	})
	return config
}

func count(exchanges int) error {
	name := os.Getenv(CountFile)
	if name == "" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, exchanges)
	return errors.Join(err, file.Close())
}
