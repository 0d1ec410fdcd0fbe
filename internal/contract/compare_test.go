package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestVendorDocument compares our document with the vendor's: the operations that are in ours, and every schema that they reach.
func TestVendorDocument(t *testing.T) {
	file := os.Getenv(VendorDocument)
	if file == "" {
		t.Skip(VendorDocument + " names no file with the vendor's document")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	vendors, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	own := parsed(t)
	for _, difference := range differences(own, vendors) {
		t.Error(difference)
	}
	t.Logf("compared %d facts about %d paths", len(factsOf(own, own)), own.Paths.Len())
}

func parsed(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := parse(ours)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func differences(own, vendors *openapi3.T) []string {
	has, wants := factsOf(own, own), factsOf(vendors, own)
	var found []string
	for _, fact := range slices.Sorted(maps.Keys(has)) {
		if !wants[fact] {
			found = append(found, "ours alone: "+fact)
		}
	}
	for _, fact := range slices.Sorted(maps.Keys(wants)) {
		if !has[fact] {
			found = append(found, "the vendor's alone: "+fact)
		}
	}
	return found
}

// facts are what a document says, a line each, without a word of prose.
type facts map[string]bool

func (f facts) add(format string, arguments ...any) { f[fmt.Sprintf(format, arguments...)] = true }

// factsOf are the facts about the operations that another document has too, and about the schemas that these reach.
func factsOf(document, like *openapi3.T) facts {
	f := facts{}
	f.add("document: revision %s", document.Info.Version)
	f.security("document", &document.Security)
	for name, scheme := range document.Components.SecuritySchemes {
		f.add("security scheme %s: %s in %s %s", name, scheme.Value.Type, scheme.Value.In, scheme.Value.Name)
	}
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			known := like.Paths.Value(path)
			if known == nil || known.GetOperation(method) == nil {
				continue
			}
			f.operation(method+" "+path, item, operation, known.GetOperation(method))
		}
	}
	return f
}

func (f facts) security(what string, requirements *openapi3.SecurityRequirements) {
	if requirements != nil {
		f.add("%s: security %s", what, asJSON(requirements))
	}
}

func (f facts) operation(name string, item *openapi3.PathItem, operation, like *openapi3.Operation) {
	f.add("%s", name)
	f.security(name, operation.Security)
	for _, parameter := range slices.Concat(item.Parameters, operation.Parameters) {
		p := parameter.Value
		what := fmt.Sprintf("%s: %s parameter %s", name, p.In, p.Name)
		f.add("%s, required %v, style %q, explode %v", what, p.Required, p.Style, p.Explode != nil && *p.Explode)
		f.schema(what, p.Schema)
	}
	if body := operation.RequestBody; body != nil {
		f.add("%s: body, required %v", name, body.Value.Required)
		for media, content := range body.Value.Content {
			if like.RequestBody != nil && like.RequestBody.Value.Content[media] != nil { // the provider sends one of them
				f.schema(fmt.Sprintf("%s: body %s", name, media), content.Schema)
			}
		}
	}
	for status, answer := range operation.Responses.Map() {
		f.add("%s: answer %s", name, status)
		for header := range answer.Value.Headers {
			f.add("%s: answer %s, header %s", name, status, header)
		}
		for media, content := range answer.Value.Content {
			f.schema(fmt.Sprintf("%s: answer %s %s", name, status, media), content.Schema)
		}
	}
}

// schema adds the facts about a schema. One with a name has them once, under that.
func (f facts) schema(what string, ref *openapi3.SchemaRef) {
	if ref == nil {
		return
	}
	if ref.Ref != "" {
		name := "schema " + ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]
		f.add("%s: is %s", what, name)
		if f[name] {
			return
		}
		what = name
		f.add("%s", name)
	}
	s := ref.Value
	types := []string{}
	if s.Type != nil {
		types = *s.Type
	}
	f.add("%s: %s %s %s", what, strings.Join(types, " "), s.Format, limitsOf(s))
	for _, value := range s.Enum {
		f.add("%s: value %v", what, value)
	}
	for _, name := range s.Required {
		f.add("%s: requires %s", what, name)
	}
	for name, property := range s.Properties {
		f.schema(what+"."+name, property)
	}
	if s.Items != nil {
		f.schema(what+"[]", s.Items)
	}
	if s.AdditionalProperties.Schema != nil {
		f.schema(what+".*", s.AdditionalProperties.Schema)
	}
}

// limitsOf is what else a schema says of values: neither prose, nor what has facts of its own.
func limitsOf(s *openapi3.Schema) string {
	var said map[string]any
	if err := json.Unmarshal([]byte(asJSON(s)), &said); err != nil {
		panic(err)
	}
	maps.DeleteFunc(said, func(keyword string, _ any) bool {
		return strings.HasPrefix(keyword, "x-") || slices.Contains([]string{
			"description", "title", "example", "externalDocs",
			"type", "format", "enum", "required", "properties", "items", "additionalProperties",
		}, keyword)
	})
	return asJSON(said)
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestDifferences shows that the comparison can fail.
func TestDifferences(t *testing.T) {
	t.Parallel()
	if found := differences(parsed(t), parsed(t)); len(found) != 0 {
		t.Errorf("differs from itself: %q", found)
	}
	vendors := parsed(t)
	user := vendors.Components.Schemas["User"].Value
	user.Required = user.Required[1:]
	user.Properties["role"] = openapi3.NewStringSchema().NewRef()
	vendors.Components.Schemas["Link"].Value.Properties["method"].Value.Enum = []any{"GET"}
	vendors.Paths.Value("/api/v1/users").Get.Responses.Delete("403")
	vendors.Paths.Value("/api/v1/users").Delete = openapi3.NewOperation() // the provider does not use it
	want := []string{
		"ours alone: GET /api/v1/users: answer 403",
		"ours alone: GET /api/v1/users: answer 403 application/json: is schema Error",
		"ours alone: GET /api/v1/users: answer 403 application/problem+json: is schema Error",
		"ours alone: schema Link.method: value DELETE",
		"ours alone: schema Link.method: value POST",
		"ours alone: schema Link.method: value PUT",
		"ours alone: schema User: requires description",
		"the vendor's alone: schema User.role: string  {}",
	}
	if found := differences(parsed(t), vendors); !slices.Equal(found, want) {
		t.Errorf("found %s", strings.Join(found, "\n"))
	}
}
