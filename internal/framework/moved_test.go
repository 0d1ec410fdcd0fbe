package framework

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func TestBehind(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/accounts/standard/7a9c":                      "7a9c",
		"accounts/standard/7a9c/":                      "7a9c",
		"/v1/accounts/standard/7a9c":                   "7a9c",
		"/api/v1/accounts/standard/7a9c":               "7a9c",
		"/backup/api/v1/accounts/standard/7a9c":        "7a9c",
		"https://host:11005/api/v1/accounts/standard/": "",
		"/API/V1/Accounts/Standard/7A9C?x=/users/7":    "7A9C",
		"/accounts/standard":                           "",
		"/accounts/standard/a%2Fb$":                    "a/b$",
		"/accounts/standard/standard":                  "standard",
		"/accounts/standard/7a9c/validateName":         "no",
		"/accounts/standard/%":                         "no",
		"/accounts":                                    "no",
		"/users/7a9c":                                  "no",
		"/other/accounts/standard/7a9c":                "no",
		"/api/v2/accounts/standard/7a9c":               "no",
		"/v1/api/accounts/standard/7a9c":               "no",
		"/{id}":                                        "no",
		"":                                             "no",
		"?":                                            "no",
		"http://[":                                     "no",
	} {
		segment, found := segmentAfter(path, "/accounts/standard")
		if found != (want != "no") || found && segment != want {
			t.Errorf("%s: %q, %v", path, segment, found)
		}
	}
}

// taken is what a mover makes of a state.
type taken struct {
	key, name, description string
	enabled                *bool
}

func move(t *testing.T, source, state string) (object taken, accepted bool, resp resource.MoveStateResponse) {
	t.Helper()
	movers := Movers("user", "/users", func(_ context.Context, moved Moved, _ *resource.MoveStateResponse) bool {
		object = taken{moved.Key("name"), moved.Text("name"), moved.Text("description"), moved.Bool("enabled")}
		accepted = object.key != ""
		return accepted
	})
	movers[0].StateMover(t.Context(), resource.MoveStateRequest{
		SourceTypeName: source, SourceRawState: &tfprotov6.RawState{JSON: []byte(state)},
	}, &resp)
	return object, accepted, resp
}

func TestMovers_shapes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ source, state, key, description string }{
		"restapi": {
			"restapi_object", `{"id":"jane","path":"/users","id_attribute":"name","data":"{\"name\":\"jane\",\"password\":\"x\"}","api_response":"{\"name\":\"jane\",\"description\":\"d\",\"enabled\":true}"}`,
			"jane", "d",
		},
		"restapi with a final slash and a query": {"restapi_object", `{"id":"jane","path":"/api/v1/users/?a=b"}`, "jane", ""},
		"restapi with a read path":               {"restapi_object", `{"id":"jane","path":"/anything","read_path":"/api/v1/users/{id}"}`, "jane", ""},
		"restapi with a path of its own":         {"restapi_object", `{"id":"7","path":"/users","read_path":"/users/jane","data":"{\"name\":\"jane\"}"}`, "jane", ""},
		"restapi with an object id":              {"restapi_object", `{"id":"jane","object_id":"jane","path":"/users"}`, "jane", ""},
		"restapi of an early version, which keeps texts alone": {
			"restapi_object", `{"id":"jane","path":"/users","data":"{\"name\":\"jane\",\"description\":\"old\"}","api_data":{"name":"jane","description":"<nil>","enabled":"true"}}`,
			"jane", "",
		},
		"restapi with a search": {
			"restapi_object", `{"id":"7","path":"/users","read_search":{"search_key":"name","search_value":"jane"},"api_response":"{\"name\":\"jane\"}"}`, "jane", "",
		},
		"restapi with a search and no answer": {"restapi_object", `{"id":"jane","path":"/users","read_search":{"search_key":"name"}}`, "jane", ""},
		"restapi with a name that is escaped": {"restapi_object", `{"id":"a/b ?","path":"/users"}`, "a/b ?", ""},
		"restful": {
			"restful_resource", `{"id":"/users/jane","path":"/users","output":{"type":["object",{"name":"string"}],"value":{"name":"jane","description":"d"}},"body":{"type":["object",{}],"value":{"name":"jane"}}}`,
			"jane", "d",
		},
		"restful of an early version":         {"restful_resource", `{"id":"api/v1/users/jane","path":"/users","output":"{\"name\":\"jane\",\"description\":\"d\"}","body":"{}"}`, "jane", "d"},
		"restful with a part of the answer":   {"restful_resource", `{"id":"/users/jane","output":{"type":["object",{}],"value":{}},"body":{"type":["object",{"description":"string"}],"value":{"description":"d"}}}`, "jane", "d"},
		"restful with a selector":             {"restful_resource", `{"id":"/users","path":"/users","output":{"type":["object",{}],"value":{"name":"jane"}}}`, "jane", ""},
		"restful with a field called value":   {"restful_resource", `{"id":"/users/jane","output":"{\"value\":1,\"name\":\"jane\",\"description\":\"d\"}"}`, "jane", "d"},
		"restful with null for what it lacks": {"restful_resource", `{"id":"/users/jane","output":{"type":"dynamic","value":null},"body":null}`, "jane", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object, accepted, resp := move(t, test.source, test.state)
			if !accepted || object.key != test.key || object.description != test.description || resp.Diagnostics.HasError() {
				t.Errorf("%+v, %v", object, resp.Diagnostics)
			}
		})
	}
}

func TestMovers_booleans(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		`{"id":"j","path":"/users","api_response":"{\"enabled\":true}"}`:                                          "true",
		`{"id":"j","path":"/users","api_data":{"enabled":"false"}}`:                                               "false",
		`{"id":"j","path":"/users","api_response":"{\"enabled\":\"yes\"}","data":"{\"enabled\":true}"}`:           "true",
		`{"id":"j","path":"/users","api_response":"{\"enabled\":null}","data":"{\"enabled\":true}"}`:              "null",
		`{"id":"j","path":"/users","api_response":"{}","data":"[]","create_response":"","api_data":null}`:         "null",
		`{"id":"j","path":"/users","api_response":"{\"other\":1}","create_response":"{\"enabled\":false}"}`:       "false",
		`{"id":"j","path":"/users","api_response":"no JSON","data":"{\"enabled\":true}","read_search":{},"x":[]}`: "true",
	} {
		object, _, _ := move(t, "restapi_object", state)
		if got, _ := json.Marshal(object.enabled); string(got) != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
}

// Any other object is refused with its type and path, and the advice to import. A query, which may contain a token, is
// not shown.
func TestMovers_refused(t *testing.T) {
	t.Parallel()
	for state, words := range map[string]string{
		`{"id":"7","path":"/accounts/standard?token=s3cret"}`:                                `restapi_object with the id "7" and the path "/accounts/standard/7"`,
		`{"id":"7","path":"/users","read_path":"/settings/{id}?token=s3cret"}`:               `the path "/settings/7"`,
		`{"id":"jane","path":"/users","api_response":"{\"name\":\"bob\",\"x\":\"s3cret\"}"}`: `the path "/users/jane"`,
		`{"path":"/users","data":"s3cret"}`:                                                  `the path "/users/"`,
		`{}`:                                                                                 `the id ""`, `[]`: `the id ""`, ``: `the id ""`, `null`: `the id ""`,
	} {
		_, accepted, resp := move(t, "restapi_object", state)
		if accepted || len(resp.Diagnostics) != 1 {
			t.Fatalf("%s: %v", state, resp.Diagnostics)
		}
		said := resp.Diagnostics[0]
		if said.Summary() != "Could not move the user" || !strings.Contains(said.Detail(), words) || !strings.Contains(said.Detail(), "import block") || strings.Contains(said.Detail(), "s3cret") {
			t.Errorf("%s: %s: %s", state, said.Summary(), said.Detail())
		}
	}
	// Other types are not reported here, because Terraform explains them.
	if _, accepted, resp := move(t, "aws_instance", `{"id":"/users/jane","path":"/users"}`); accepted || len(resp.Diagnostics) > 0 {
		t.Errorf("%v", resp.Diagnostics)
	}
}

func FuzzMovers(f *testing.F) {
	for _, seed := range []string{
		`{"id":"jane","path":"/users","api_response":"{\"name\":\"jane\"}","read_search":{"a":1}}`, `{"id":"/users/%zz","output":{"type":1,"value":[]}}`,
		`{"id":7,"path":{},"read_path":"{id}{id}","api_data":{"x":"<nil>"}}`, `[[[`, ``,
	} {
		f.Add("restapi_object", seed)
		f.Add("restful_resource", seed)
	}
	f.Fuzz(func(t *testing.T, source, state string) {
		object, accepted, resp := move(t, source, state)
		switch {
		case accepted && (object.key == "" || object.name != "" && !strings.EqualFold(object.name, object.key) || resp.Diagnostics.HasError()):
			t.Errorf("%s: %+v", state, object)
		case accepted != !resp.Diagnostics.HasError() && sources[source] != nil:
			t.Errorf("%s: %v", state, resp.Diagnostics)
		}
	})
}
