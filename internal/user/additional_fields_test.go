package user

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"pgregory.net/rapid"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

func fieldsOf(t *testing.T, text string) additionalFields {
	t.Helper()
	fields, err := parseFields(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return fields
}

func answerOf(t *testing.T, text string) map[string]json.RawMessage {
	t.Helper()
	var answer map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return answer
}

func TestParseFields_refused(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-value"
	for text, want := range map[string]string{
		`null`:                                "not an object",
		`["s3cret-value"]`:                    "not an object",
		`"s3cret-value"`:                      "not an object",
		`7`:                                   "not an object",
		` `:                                   "not JSON",
		`{role: "s3cret-value"}`:              "not JSON, as byte 2 shows",
		`{"role": "s3cret-value"`:             "not JSON",
		`{"role": "s3cret-value"} {}`:         "not JSON",
		`{"role": 01}`:                        "not JSON",
		`{"role": "s3cret-value", "role": 1}`: `"role" is there twice`,
		`{"x": [{"a": {"b": 1, "b": 2}}]}`:    `"b" is there twice`,
		`{"role": "s3cret-value", "Role": 1}`: `"Role" and "role" differ only in case`,
		`{"name": "s3cret-value"}`:            `"name" cannot be there, because it has an argument`,
		`{"DESCRIPTION": "s3cret-value"}`:     `"DESCRIPTION" cannot be there`,
		`{"password": "s3cret-value"}`:        `"password" cannot be there`,
		`{"OldPassword": "s3cret-value"}`:     "argument of its own, old_password",
		`{"MfaEnabled": "s3cret-value"}`:      "only the appliance sets it",
		`{"isdefault": "s3cret-value"}`:       "only the appliance sets it",
		`{"_Links": ["s3cret-value"]}`:        "only the appliance sets it",
		`{"ID": "s3cret-value"}`:              "only the appliance sets it",
		strings.Repeat("[", 20_000):           "not JSON",
		`{"x": ` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`: "not JSON",
	} {
		_, err := parseFields(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
}

func TestParseFields_accepted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `{}`, ` {"role" : null}` + "\n", `{"role": "Operator"}`, `{"x": {"name": 1, "A": 2, "a": 3, "_links": []}}`, `{"x": [[[{}]]], "": 1e999999999999}`,
	} {
		fieldsOf(t, text)
	}
}

func TestAdditionalFields_equal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{`{"role":"a","n":1}`, "{ \"n\" : 1.0,\n\"role\" : \"\\u0061\" }", true},
		{`{"n":1e2}`, `{"n":100}`, true},
		{`{"n":-0}`, `{"n":0.00}`, true},
		{`{"n":12345678901234567890}`, `{"n":12345678901234567891}`, false},
		{`{"n":0.1}`, `{"n":0.10000000000000000001}`, false},
		{`{"n":1}`, `{"n":-1}`, false},
		{`{"n":1}`, `{"n":"1"}`, false},
		{`{"n":1e999999999}`, `{"n":1e999999999}`, true},
		{`{"n":1e999999999}`, `{"n":1e999999998}`, false},
		{`{"l":[1,2]}`, `{"l":[2,1]}`, false},
		{`{"l":[1,2.0]}`, `{"l":[1e0,2]}`, true},
		{`{"x":null}`, `{}`, false}, // to clear a field and to leave it alone are two things
		{`{"Role":1}`, `{"role":1}`, false},
		{``, `{}`, true},
	} {
		a, b := fieldsOf(t, test.a), fieldsOf(t, test.b)
		if a.equal(b) != test.want || b.equal(a) != test.want {
			t.Errorf("%s and %s: %v", test.a, test.b, !test.want)
		}
	}
}

func TestAdditionalFields_compare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		written, answer, now string
		said                 verdict
	}{
		"repeated":                      {`{"role":"a"}`, `{"role":"a","more":1}`, `{"role":"a"}`, confirmed},
		"in another case":               {`{"role":"a"}`, `{"Role":"b"}`, `{"role":"b"}`, refuted},
		"in the same case first":        {`{"x":{"a":1,"A":2}}`, `{"x":{"A":2,"a":1}}`, `{"x":{"a":1,"A":2}}`, confirmed},
		"not repeated":                  {`{"role":"a"}`, `{}`, `{"role":"a"}`, unsaid},
		"another value":                 {`{"role":"a","x":1}`, `{"role":"b","x":1}`, `{"role":"b","x":1}`, refuted},
		"a number in another form":      {`{"n":1.50}`, `{"n":15e-1}`, `{"n":1.50}`, confirmed},
		"null for a value":              {`{"role":"a"}`, `{"role":null}`, `{"role":null}`, refuted},
		"a value for null":              {`{"role":null}`, `{"role":"a"}`, `{"role":"a"}`, refuted},
		"nothing for null":              {`{"role":null}`, `{}`, `{"role":null}`, confirmed},
		"null for null":                 {`{"role":null}`, `{"role":null}`, `{"role":null}`, confirmed},
		"members nobody wrote":          {`{"s":{"a":1}}`, `{"s":{"a":1,"b":2}}`, `{"s":{"a":1}}`, confirmed},
		"a written member":              {`{"s":{"a":1}}`, `{"s":{"a":2,"b":2}}`, `{"s":{"a":2}}`, refuted},
		"a member that is left out":     {`{"s":{"a":1,"b":2}}`, `{"s":{"A":1}}`, `{"s":{"a":1,"b":2}}`, unsaid},
		"a list in another order":       {`{"l":[1,2]}`, `{"l":[2,1]}`, `{"l":[2,1]}`, refuted},
		"a longer list":                 {`{"l":[1]}`, `{"l":[1,2]}`, `{"l":[1,2]}`, refuted},
		"a list of objects":             {`{"l":[{"a":1},{"a":2}]}`, `{"l":[{"a":1,"b":0},{"a":3,"b":0}]}`, `{"l":[{"a":1},{"a":3}]}`, refuted},
		"an object for a text":          {`{"role":"a"}`, `{"role":{"name":"a"}}`, `{"role":{"name":"a"}}`, refuted},
		"nothing written":               {`{}`, `{"role":"a"}`, `{}`, confirmed},
		"a large number off by a digit": {`{"n":12345678901234567890}`, `{"n":12345678901234567891}`, `{"n":12345678901234567891}`, refuted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, verdicts := fieldsOf(t, test.written).compare(answerOf(t, test.answer))
			if diff := cmp.Diff(fieldsOf(t, test.now), now); diff != "" || greatest(verdicts) != test.said {
				t.Errorf("%v, want %v\n%s", verdicts, test.said, diff)
			}
		})
	}
}

// A refresh keeps the very text unless something has changed.
func TestRefreshedFields(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ written, answer, want types.String }{
		{types.StringNull(), types.StringValue(`{"role":"a"}`), types.StringNull()},
		{types.StringValue(``), types.StringValue(`{"role":"a"}`), types.StringValue(``)},
		{types.StringValue(`{ "n" : 1.0 }`), types.StringValue(`{"N":1}`), types.StringValue(`{ "n" : 1.0 }`)},
		{types.StringValue(`{ "n" : 1.0, "r": "<" }`), types.StringValue(`{"n":2}`), types.StringValue(`{"n":2,"r":"\u003c"}`)},
		{types.StringValue(`broken by hand`), types.StringValue(`{"n":2}`), types.StringValue(`broken by hand`)},
	} {
		if got := refreshedFields(test.written, answerOf(t, test.answer.ValueString())); !got.Equal(test.want) {
			t.Errorf("%s, answered %s: %s", test.written, test.answer, got)
		}
	}
}

// What an answer has in place of a written value goes into the state, where no secret belongs.
func TestRefreshedFields_keepSecretsOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ written, answer, want string }{
		{`{"mfa":null,"n":1,"role":"Op"}`, `{"role":"Op","n":1,"mfa":{"secretKey":"hidden","apiToken":"hidden","kind":"totp"}}`, `{"mfa":{"kind":"totp"},"n":1,"role":"Op"}`},
		{`{"mfa":"off"}`, `{"mfa":{"nested":[{"scratchCodes":["hidden"],"kind":"totp"}]}}`, `{"mfa":{"nested":[{"kind":"totp"}]}}`},
		{`{"devices":[1]}`, `{"devices":[{"qrString":"hidden"},{"kind":"totp"}]}`, `{"devices":[{},{"kind":"totp"}]}`},
		{`{"devices":[null]}`, `{"devices":[{"api_key":"hidden"}]}`, `{"devices":[{}]}`},
		{`{"apiToken":null}`, `{"apiToken":"hidden"}`, `{"apiToken":null}`},
		{`{"apiToken":"mine","role":"a"}`, `{"APIToken":{"value":"hidden"},"role":"b"}`, `{"apiToken":"mine","role":"b"}`},
		{`{"mfa":{"secretKey":null}}`, `{"mfa":{"secretKey":"hidden"}}`, `{"mfa":{"secretKey":null}}`},
		{`{"mustChangePassword":false}`, `{"mustChangePassword":true}`, `{"mustChangePassword":true}`}, // which is none
		{`{"mustChangePassword":false}`, `{"mustChangePassword":null}`, `{"mustChangePassword":null}`},
		{`{"tokens":{"lifetime":1}}`, `{"tokens":{"lifetime":2}}`, `{"tokens":{"lifetime":1}}`},
	} {
		answer := answerOf(t, test.answer)
		got := refreshedFields(types.StringValue(test.written), answer)
		if got.ValueString() != test.want {
			t.Errorf("%s, answered %s: %s, want %s", test.written, test.answer, got.ValueString(), test.want)
		}
		if again := refreshedFields(got, answer); !again.Equal(got) {
			t.Errorf("%s is not settled: %s", got.ValueString(), again.ValueString())
		}
	}
}

func TestExternal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"accountType":"External"}`: true, `{"AccountType":"external"}`: true, `{"accountType":"Internal"}`: false,
		`{"accountType":null}`: false, `{"accountType":["External"]}`: false, `{}`: false, ``: false, `{"x":{"accountType":"External"}}`: false,
	} {
		if fieldsOf(t, text).external() != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}

func TestShownFields(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{}`: `{}`,
		`{"role":"a","accountType":"Internal","level":1.0}`:                                                               `{"accountType":"Internal","level":1.0,"role":"a"}`,
		`{"mfa":{"qrString":"otpauth://x","secretKey":"k","scratchCodes":[1],"token":"t","userName":"jane"}}`:             `{"mfa":{"userName":"jane"}}`,
		`{"passwd":1,"PassPhrase":1,"apiKey":1,"api_key":1,"X-Api-Key":1,"private_key":1,"qr_code":1,"scratch-codes":[]}`: `{}`,
		`{"monkey":1,"passed":1,"credentialsId":"i"}`:                                                                     `{"credentialsId":"i","monkey":1,"passed":1}`,
		`{"apiToken":"t","PASSWORDHint":"p","clientSecret":"s","idp":{"secretKey":"k","kind":"SAML"},"l":[{"token":1}]}`:  `{"idp":{"kind":"SAML"},"l":[{}]}`,
	} {
		if got := shownFields(answerOf(t, answer)); got != want {
			t.Errorf("%s: %s, want %s", answer, got, want)
		}
	}
}

// The way on is shown where the appliance misses what the provider does not know, and only there.
func TestMissesField(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"the framework's words":          {&api.Error{Status: 400, Fields: "role", Message: "One or more validation errors occurred: Role: The Role field is required."}, true},
		"the product's words":            {&api.Error{Status: 400, Problem: "validationerror", Message: "Validation error: userRole must be specified."}, true},
		"of a body that does not parse":  {&api.Error{Status: 422, Fields: "$", Message: "The body was missing required properties, including: 'role'."}, true},
		"two, one of them unknown":       {&api.Error{Status: 400, Fields: "password,role", Message: "The Password field is required. The Role field is required."}, true},
		"a field it has an argument for": {&api.Error{Status: 400, Fields: "description", Message: "The Description field is required."}, false},
		"the same without its names":     {&api.Error{Status: 400, Message: "The Description field is required."}, false},
		"a wrong value":                  {&api.Error{Status: 400, Fields: "role", Message: "The value is not valid for Role."}, false},
		"no right to do it":              {&api.Error{Status: 403, Reason: api.AccessDenied, Message: "The role Portal Administrator is required."}, false},
		"a missing user":                 {&api.Error{Status: 404, Message: "The user is missing."}, false},
		"a fault of the appliance":       {&api.Error{Status: 500, Message: "A required service is missing."}, false},
		"something else":                 {errors.New("required"), false},
	} {
		if missesField(test.err) != test.want {
			t.Errorf("%s: %v", name, !test.want)
		}
	}
}

// An update that is refused because of additional_fields is not blamed on the password.
func TestBlamedBy(t *testing.T) {
	t.Parallel()
	fields := additionalFields{"role": "x"}
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"a property":       {&api.Error{Status: 400, Message: `Validation error: The property "Role" is not known`}, true},
		"its value":        {&api.Error{Status: 400, Fields: "role", Message: "The value is not valid."}, true},
		"a longer name":    {&api.Error{Status: 400, Message: "The controller refused it."}, false},
		"the old password": {&api.Error{Status: 400, Message: "The old password is wrong for this role."}, false},
		"no right":         {&api.Error{Status: 403, Reason: api.AccessDenied, Message: "Your role may not do this."}, false},
		"something else":   {errors.New("role"), false},
	} {
		if fields.blamedBy(test.err) != test.want {
			t.Errorf("%s: %v", name, !test.want)
		}
	}
}

// numbers draws a number and a second way to write it.
func numbers(t *rapid.T) (one, other string) {
	digits := rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,10})?`).Draw(t, "number")
	shift := rapid.IntRange(-30, 30).Draw(t, "shift")
	mantissa := digits
	if strings.Contains(mantissa, ".") {
		mantissa += strings.Repeat("0", rapid.IntRange(0, 3).Draw(t, "zeros"))
	}
	// The same number, its point moved by shift places.
	value, _ := new(big.Rat).SetString(digits)
	moved := new(big.Rat).Mul(value, power(-shift))
	return mantissa, fmt.Sprintf("%se%+d", moved.FloatString(50), shift)
}

func power(n int) *big.Rat {
	value := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil))
	if n < 0 {
		value.Inv(value)
	}
	return value
}

// Numbers are the same when their values are, whatever their form.
func TestAdditionalFields_equalNumbers(t *testing.T) {
	t.Parallel()
	equal := func(a, b string) bool {
		return additionalFields{"n": json.Number(a)}.equal(additionalFields{"n": json.Number(b)})
	}
	rapid.Check(t, func(t *rapid.T) {
		a, again := numbers(t)
		b, _ := numbers(t)
		if !equal(a, again) {
			t.Fatalf("%s and %s", a, again)
		}
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if (x.Cmp(y) == 0) != equal(a, b) {
			t.Fatalf("%s and %s", a, b)
		}
	})
}

// values draws a JSON value of some depth.
func values(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(),
		rapid.Custom(func(t *rapid.T) any { number, _ := numbers(t); return json.Number(number) }),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(values(depth-1), 0, 3).Draw(t, "list") }),
			rapid.Custom(func(t *rapid.T) any { return map[string]any(objects(depth-1).Draw(t, "object")) }))
	}
	return rapid.OneOf(kinds...)
}

func objects(depth int) *rapid.Generator[additionalFields] {
	return rapid.Custom(func(t *rapid.T) additionalFields {
		return rapid.MapOfN(rapid.StringMatching(`f[a-z]{0,3}`), values(depth), 0, 4).Draw(t, "members")
	})
}

// enriched is an answer that confirms a value: with members that nobody wrote, names in another case, and null members
// left out.
func enriched(t *rapid.T, value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{"added": 1}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if value[name] == nil && rapid.Bool().Draw(t, "omit") {
				continue
			}
			answered := name
			if rapid.Bool().Draw(t, "upper case") {
				answered = strings.ToUpper(name)
			}
			object[answered] = enriched(t, value[name])
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = enriched(t, value[i])
		}
		return list
	}
	return value
}

func TestAdditionalFields_confirmedHoweverTheAnswerLooks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		written := objects(3).Draw(t, "written")
		answer := additionalFields(enriched(t, map[string]any(written)).(map[string]any)).raw()
		now, verdicts := written.compare(answer)
		if greatest(verdicts) != confirmed || !now.equal(written) {
			t.Fatalf("%v of %s, answered %s", verdicts, encode(written), encode(answer))
		}
	})
}

// Whatever is answered: exactly what is written is compared, a second look at the same answer finds nothing new, and
// what comes of it can be kept and read again.
func TestAdditionalFields_settles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { settles(t, objects(3).Draw(t, "written"), objects(3).Draw(t, "answer").raw()) })
}

func settles(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, written additionalFields, answer map[string]json.RawMessage) {
	t.Helper()
	now, verdicts := written.compare(answer)
	if len(now) != len(written) || len(verdicts) != len(written) {
		t.Fatalf("%s became %s", encode(written), encode(now))
	}
	for name := range written {
		if _, found := now[name]; !found {
			t.Fatalf("%q is lost", name)
		}
	}
	kept, err := parseFields(string(encode(now)))
	if err != nil || !kept.equal(now) {
		t.Fatalf("%s cannot be kept: %v", encode(now), err)
	}
	again, verdicts := kept.compare(answer)
	if greatest(verdicts) == refuted || !again.equal(now) {
		t.Fatalf("%s became %s, and then %s", encode(written), encode(now), encode(again))
	}
}

func FuzzAdditionalFields(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"role":"Operator"}`, `{"Role":"ReadOnly","mfa":null}`}, {`{"a":{"b":[1,2.0,{"c":null}]}}`, `{"a":{"B":[1e0,2]}}`}, {``, `{}`}, {`null`, `null`},
		{`{"n":1e999999999999999999999}`, `{"n":10e999999999999999999998}`}, {`{"k":1,"K":2}`, `{"k":1,"K":2}`}, {`{"\ud800":1}`, `{"ÿ":"\u0000"}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, answer string) {
		var answered map[string]json.RawMessage
		_ = json.Unmarshal([]byte(answer), &answered)
		shown := shownFields(answered)
		if lower := strings.ToLower(shown); !json.Valid([]byte(shown)) || strings.Contains(lower, `password":`) || strings.Contains(lower, `token":`) {
			t.Errorf("%q is shown as %s", answer, shown)
		}
		written, err := parseFields(text)
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) && text != "" {
			t.Errorf("%q is no JSON", text)
		}
		again := fieldsOf(t, string(encode(written)))
		if !again.equal(written) && len(written) > 0 {
			t.Errorf("%q became %s", text, encode(again))
		}
		settles(t, written, answered)
	})
}
