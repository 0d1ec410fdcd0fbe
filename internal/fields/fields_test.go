package fields

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What an answer says about all written members together.
const (
	confirmed = "confirmed"
	unsaid    = "unsaid"
	refuted   = "refuted"
)

func said(c Comparison) string {
	switch {
	case len(c.Different) > 0:
		return refuted
	case c.Complete:
		return confirmed
	}
	return unsaid
}

func fieldsOf(t *testing.T, text string) Object {
	t.Helper()
	fields, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return fields
}

func answerOf(t *testing.T, text string) Object {
	t.Helper()
	var answer map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return Of(answer)
}

func TestObject_equal(t *testing.T) {
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
		if a.Equal(b) != test.want || b.Equal(a) != test.want {
			t.Errorf("%s and %s: %v", test.a, test.b, !test.want)
		}
	}
}

func TestObject_compare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		written, answer, now string
		said                 string
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
			compared := fieldsOf(t, test.written).Compare(answerOf(t, test.answer))
			if diff := cmp.Diff(fieldsOf(t, test.now), compared.Now); diff != "" || said(compared) != test.said {
				t.Errorf("%+v, want %s\n%s", compared, test.said, diff)
			}
		})
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
func TestObject_equalNumbers(t *testing.T) {
	t.Parallel()
	equal := func(a, b string) bool {
		return Object{"n": json.Number(a)}.Equal(Object{"n": json.Number(b)})
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

func objects(depth int) *rapid.Generator[Object] {
	return rapid.Custom(func(t *rapid.T) Object {
		return rapid.MapOfN(rapid.StringMatching(`f[a-z]{0,3}`), values(depth), 0, 4).Draw(t, "members")
	})
}

// enriched is an answer that confirms a value: with members that were not written, names in another case, and null members
// omitted.
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

func TestObject_confirmedHoweverTheAnswerLooks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		written := objects(3).Draw(t, "written")
		answer := Object(enriched(t, map[string]any(written)).(map[string]any))
		compared := written.Compare(answer)
		if !compared.Confirms() || !compared.Now.Equal(written) {
			t.Fatalf("%+v of %s, answered %s", compared, written, answer)
		}
	})
}

// Whatever is answered: exactly what is written is compared, a second look at the same answer finds nothing new, and
// what comes of it can be kept and read again.
func TestObject_settles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { settles(t, objects(3).Draw(t, "written"), objects(3).Draw(t, "answer")) })
}

func settles(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, written, answer Object) {
	t.Helper()
	now := written.Compare(answer).Now
	if len(now) != len(written) {
		t.Fatalf("%s became %s", written, now)
	}
	for name := range written {
		if _, found := now[name]; !found {
			t.Fatalf("%q is lost", name)
		}
	}
	kept, err := Parse(now.String())
	if err != nil || !kept.Equal(now) {
		t.Fatalf("%s cannot be kept: %v", now, err)
	}
	again := kept.Compare(answer)
	if len(again.Different) > 0 || !again.Now.Equal(now) {
		t.Fatalf("%s became %s, and then %s", written, now, again.Now)
	}
}

var secretShown = regexp.MustCompile(`(?i)(password|token)":[^tfn]`) // neither a bool nor null

func FuzzObject(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"role":"Operator"}`, `{"Role":"ReadOnly","mfa":null}`}, {`{"a":{"b":[1,2.0,{"c":null}]}}`, `{"a":{"B":[1e0,2]}}`}, {``, `{}`}, {`null`, `null`},
		{`{"n":1e999999999999999999999}`, `{"n":10e999999999999999999998}`}, {`{"k":1,"K":2}`, `{"k":1,"K":2}`}, {`{"\ud800":1}`, `{"ÿ":"\u0000"}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, answer string) {
		var answered map[string]json.RawMessage
		_ = json.Unmarshal([]byte(answer), &answered)
		shown := Of(answered).WithoutSecrets().String()
		if !json.Valid([]byte(shown)) || secretShown.MatchString(shown) {
			t.Errorf("%q is shown as %s", answer, shown)
		}
		written, err := Parse(text)
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) && text != "" {
			t.Errorf("%q is no JSON", text)
		}
		again := fieldsOf(t, written.String())
		if !again.Equal(written) && len(written) > 0 {
			t.Errorf("%q became %s", text, again)
		}
		settles(t, written, Of(answered))
	})
}
