package user

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
)

func fieldsOf(t *testing.T, text string) fields.Object {
	t.Helper()
	parsed, err := parseFields(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return parsed
}

func answerOf(t *testing.T, text string) fields.Object {
	t.Helper()
	var answer map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return fields.Of(answer)
}

func TestParseFields_refused(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-value"
	for text, want := range map[string]string{
		`null`:                                "not a JSON object",
		`["s3cret-value"]`:                    "not a JSON object",
		`"s3cret-value"`:                      "not a JSON object",
		`7`:                                   "not a JSON object",
		` `:                                   "not valid JSON",
		`{role: "s3cret-value"}`:              "not valid JSON at byte 2",
		`{"role": "s3cret-value"`:             "not valid JSON",
		`{"role": "s3cret-value"} {}`:         "not valid JSON",
		`{"role": 01}`:                        "not valid JSON",
		`{"role": "s3cret-value", "role": 1}`: `"role" occurs twice`,
		`{"x": [{"a": {"b": 1, "b": 2}}]}`:    `"b" occurs twice`,
		`{"role": "s3cret-value", "Role": 1}`: `"Role" and "role" differ only in case`,
		`{"name": "s3cret-value"}`:            `"name" is not allowed, because this resource has an argument`,
		`{"DESCRIPTION": "s3cret-value"}`:     `"DESCRIPTION" is not allowed`,
		`{"password": "s3cret-value"}`:        `"password" is not allowed`,
		`{"OldPassword": "s3cret-value"}`:     "the argument old_password for it",
		`{"MfaEnabled": "s3cret-value"}`:      "only the appliance sets it",
		`{"isdefault": "s3cret-value"}`:       "only the appliance sets it",
		`{"_Links": ["s3cret-value"]}`:        "only the appliance sets it",
		`{"ID": "s3cret-value"}`:              "only the appliance sets it",
		strings.Repeat("[", 20_000):           "not valid JSON",
		`{"x": ` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`: "not valid JSON",
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

// asItIs redacts nothing.
func asItIs(text string) string { return text }

// refreshed is additional_fields after a refresh with an answer.
func refreshed(written types.String, answer fields.Object) types.String {
	model := resourceModel{Name: types.StringValue("jane"), AdditionalFields: written}
	model.fromAPI(api.User{Name: "jane", AdditionalFields: answer}, asItIs)
	return model.AdditionalFields
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
		if got := refreshed(test.written, answerOf(t, test.answer.ValueString())); !got.Equal(test.want) {
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
		got := refreshed(types.StringValue(test.written), answer)
		if got.ValueString() != test.want {
			t.Errorf("%s, answered %s: %s, want %s", test.written, test.answer, got.ValueString(), test.want)
		}
		if again := refreshed(got, answer); !again.Equal(got) {
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
		if isExternal(fieldsOf(t, text)) != want {
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
		if got := shownFields(answerOf(t, answer), asItIs); got != want {
			t.Errorf("%s: %s, want %s", answer, got, want)
		}
	}
}
