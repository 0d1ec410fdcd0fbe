package user

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// additionalFields are the fields of a user that the appliance has and this provider has no argument for. Numbers are
// [json.Number], for a large one to stay what it is.
type additionalFields map[string]any

// reserved are the fields that additional_fields cannot have, with the reason.
var reserved = map[string]string{
	"name":        "it has an argument of its own",
	"description": "it has an argument of its own",
	"password":    "it has an argument of its own",
	"oldPassword": "it has an argument of its own, old_password",
	"id":          "only the appliance sets it",
	"mfaEnabled":  "only the appliance sets it",
	"isDefault":   "only the appliance sets it",
	"_links":      "only the appliance sets it",
}

// fieldsRule is what additional_fields must be. It never repeats a value.
var fieldsRule = framework.StringRule{
	What:  "a JSON object of fields that have no argument here",
	Check: func(text string) error { _, err := parseFields(text); return err },
}

// parseFields reads additional_fields. An empty text has none. Errors repeat names, and no values.
func parseFields(text string) (additionalFields, error) {
	if text == "" {
		return additionalFields{}, nil
	}
	var value any
	if err := decode([]byte(text), &value); err != nil {
		if invalid, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, fmt.Errorf("it is not JSON, as byte %d shows", invalid.Offset)
		}
		return nil, errors.New("it is not JSON")
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("it is JSON, but not an object")
	}
	if twice := repeated(json.NewDecoder(strings.NewReader(text))); twice != "" {
		return nil, fmt.Errorf("%q is there twice", twice)
	}
	names := slices.Sorted(maps.Keys(fields))
	for i, name := range names {
		for known, reason := range reserved {
			if strings.EqualFold(name, known) {
				return nil, fmt.Errorf("%q cannot be there, because %s", name, reason)
			}
		}
		for _, other := range names[:i] {
			if strings.EqualFold(name, other) {
				return nil, fmt.Errorf("%q and %q differ only in case, which the appliance may not tell apart", other, name)
			}
		}
	}
	return fields, nil
}

// decode reads one JSON value, numbers as they are written.
func decode(text []byte, value *any) error {
	if !json.Valid(text) { // a decoder would stop at the end of the first value
		return json.Unmarshal(text, value)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	return decoder.Decode(value)
}

// repeated gives a name that an object in a valid JSON value has twice, if there is one.
func repeated(decoder *json.Decoder) string {
	opening, _ := decoder.Token()
	if opening != json.Delim('{') && opening != json.Delim('[') {
		return ""
	}
	names := map[string]bool{}
	for decoder.More() {
		if opening == json.Delim('{') {
			token, _ := decoder.Token()
			name := token.(string)
			if names[name] {
				return name
			}
			names[name] = true
		}
		if twice := repeated(decoder); twice != "" {
			return twice
		}
	}
	_, _ = decoder.Token()
	return ""
}

// refreshedFields is additional_fields as the appliance has them now: what it was, unless an answer says that a field is
// something else.
func refreshedFields(written types.String, answer map[string]json.RawMessage) types.String {
	fields, err := parseFields(written.ValueString())
	if err != nil {
		return written
	}
	now, verdicts := fields.compare(answer)
	if greatest(verdicts) != refuted {
		return written
	}
	return types.StringValue(string(encode(now)))
}

// refutedFields warns of what the appliance made of the fields it was sent, by their names: values may be long.
func refutedFields(name, written types.String, answer map[string]json.RawMessage) diag.Diagnostics {
	fields, _ := parseFields(written.ValueString())
	_, verdicts := fields.compare(answer)
	maps.DeleteFunc(verdicts, func(_ string, said verdict) bool { return said != refuted })
	if len(verdicts) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("additional_fields"), "The appliance did not save additional_fields of user "+name.String()+" as sent",
		"It answers with other values for: "+strings.Join(slices.Sorted(maps.Keys(verdicts)), ", ")+". The next plan shows them.")}
}

// raw is what a request carries.
func (f additionalFields) raw() map[string]json.RawMessage {
	raw := map[string]json.RawMessage{}
	for name, value := range f {
		raw[name] = encode(value)
	}
	return raw
}

// encode writes a value as jsonencode does: what was read as JSON can be written.
func encode(value any) []byte {
	text, _ := json.Marshal(value)
	return text
}

// external tells whether the user comes from an identity provider: one without a password.
func (f additionalFields) external() bool {
	accountType, _ := lookUp(f, "accountType")
	text, ok := accountType.(string)
	return ok && strings.EqualFold(text, "External")
}

// equal tells whether two configurations say the same: formatting and the way a number is written do not count.
func (f additionalFields) equal(other additionalFields) bool {
	return reflect.DeepEqual(canonical(map[string]any(f)), canonical(map[string]any(other)))
}

// ignoreFormatting plans additional_fields as they are in the state where the configuration says the same. The framework
// has no semantic equality in plans.
type ignoreFormatting struct{}

func (ignoreFormatting) Description(context.Context) string {
	return "Formatting does not count, and neither does the way a number is written."
}

func (m ignoreFormatting) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (ignoreFormatting) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.StateValue.IsNull() || req.PlanValue.IsNull() || req.PlanValue.IsUnknown() {
		return
	}
	planned, plannedErr := parseFields(req.PlanValue.ValueString())
	kept, keptErr := parseFields(req.StateValue.ValueString())
	if plannedErr == nil && keptErr == nil && planned.equal(kept) {
		resp.PlanValue = req.StateValue
	}
}

// verdict is what an answer says about a written value. The greatest of an object's members is that of the object.
type verdict int

const (
	confirmed verdict = iota // it is so
	unsaid                   // the answer leaves it out, or a part of it
	refuted                  // it is something else
)

// compare holds what is written against the fields of an answer. now is what is written with the values that the
// appliance has instead, which go into the state and are therefore [withoutSecrets].
func (f additionalFields) compare(answer map[string]json.RawMessage) (now additionalFields, verdicts map[string]verdict) {
	answered := map[string]any{}
	for name, raw := range answer {
		var value any
		if decode(raw, &value) == nil {
			answered[name] = value
		}
	}
	return compareMembers(f, answered)
}

// isConfirmed tells whether an answer shows every written field to be so.
func (f additionalFields) isConfirmed(answer map[string]json.RawMessage) bool {
	_, verdicts := f.compare(answer)
	return greatest(verdicts) == confirmed
}

// compareMembers compares those members of an object that are written. One that is not answered stays, for which null is
// as good, and so does one whose other value may be a secret.
func compareMembers(written, answered map[string]any) (now map[string]any, verdicts map[string]verdict) {
	now, verdicts = map[string]any{}, map[string]verdict{}
	for name, value := range written {
		other, found := lookUp(answered, name)
		switch {
		case found:
			now[name], verdicts[name] = compareValue(value, other)
			if verdicts[name] == refuted && isSecret(name, other) {
				now[name], verdicts[name] = value, unsaid
			}
		case value == nil:
			now[name], verdicts[name] = nil, confirmed
		default:
			now[name], verdicts[name] = value, unsaid
		}
	}
	return now, verdicts
}

func compareValue(written, answered any) (now any, said verdict) {
	switch value := written.(type) {
	case map[string]any:
		if other, ok := answered.(map[string]any); ok {
			now, verdicts := compareMembers(value, other)
			return now, greatest(verdicts)
		}
	case []any:
		if other, ok := answered.([]any); ok && len(other) == len(value) {
			now := make([]any, len(value))
			for i := range value {
				var element verdict
				now[i], element = compareValue(value[i], other[i])
				said = max(said, element)
			}
			return now, said
		}
	}
	if reflect.DeepEqual(canonical(written), canonical(answered)) {
		return written, confirmed
	}
	return withoutSecrets(answered), refuted
}

func greatest(verdicts map[string]verdict) verdict {
	said := confirmed
	for _, member := range verdicts {
		said = max(said, member)
	}
	return said
}

// lookUp finds a member by its name, in another case if need be.
func lookUp(object map[string]any, name string) (value any, found bool) {
	if value, found = object[name]; found {
		return value, true
	}
	for _, other := range slices.Sorted(maps.Keys(object)) {
		if strings.EqualFold(other, name) {
			return object[other], true
		}
	}
	return nil, false
}

// canonical writes every number in a value in the one way that equal numbers share.
func canonical(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			object[name] = canonical(member)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = canonical(element)
		}
		return list
	case json.Number:
		return canonicalNumber(value)
	}
	return value
}

// canonicalNumber writes a number as digits and a power of ten: 1.50 and 15E-1 are 15e-1. It never writes a power out,
// which may be of any size.
func canonicalNumber(number json.Number) json.Number {
	text, sign := strings.ToLower(string(number)), ""
	if unsigned, negative := strings.CutPrefix(text, "-"); negative {
		text, sign = unsigned, "-"
	}
	mantissa, power, _ := strings.Cut(text, "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	exponent, ok := new(big.Int).SetString(strings.TrimPrefix(power, "+"), 10)
	if !ok {
		exponent = new(big.Int)
	}
	significant := strings.TrimRight(digits, "0")
	exponent.Add(exponent, big.NewInt(int64(len(digits)-len(significant)-len(fraction))))
	return json.Number(sign + significant + "e" + exponent.String())
}

// shownFields are the additional fields of an answer as the data sources show them: as JSON, and without any that may
// be a secret.
func shownFields(answer map[string]json.RawMessage) string {
	fields := map[string]any{}
	for name, raw := range answer {
		var value any
		if decode(raw, &value) == nil {
			fields[name] = value
		}
	}
	return string(encode(withoutSecrets(fields)))
}

// withoutSecrets leaves out every member whose name speaks of a secret.
func withoutSecrets(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for name, member := range value {
			if !secretNames.MatchString(name) {
				object[name] = withoutSecrets(member)
			}
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = withoutSecrets(element)
		}
		return list
	}
	return value
}

// isSecret tells whether a member may be a secret. Whether a password must be changed is none.
func isSecret(name string, value any) bool {
	_, isBool := value.(bool)
	return secretNames.MatchString(name) && !isBool && value != nil
}

// secretNames are what the name of a secret has in it, in whatever way it is spelled: what is usual, and scratchCodes,
// qrString and secretKey, with which the API answers who enrols for MFA.
var secretNames = regexp.MustCompile(`(?i)pass[-_]?(word|wd|phrase|code)|secret|token|(api|private)[-_]?key|scratch[-_]?code|qr[-_]?(string|code)`)

// invalidFields is the error of additional_fields that could not be checked before the apply.
func invalidFields(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("additional_fields"), "Invalid additional_fields", "This must be "+fieldsRule.What+": "+err.Error()+".")
}

// reportWrite is the diagnostic of a write that the appliance refused, with a way on where it misses a field.
func reportWrite(diags *diag.Diagnostics, err error) {
	if !missesField(err) {
		framework.ReportWrite(diags, err)
		return
	}
	diags.Append(framework.AttributeDiagnostic(path.Root("additional_fields"), err,
		"Later revisions of the API ask for fields that have no argument here, such as a role, and no documentation says what they are called: additional_fields is where they go. "+
			"To learn what this appliance calls them, make one such user by hand in its web console and look it up with the data source veeam_user, which shows additional_fields."))
}

var (
	speaksOfMissing = regexp.MustCompile(`(?i)\b(required|missing|mandatory|must (be|have been) (given|set|specified|provided|supplied))\b`)
	missingNamed    = regexp.MustCompile(`(?i)\bthe "?'?(\w+)'?"? (?:field|property|parameter) is (?:required|missing|mandatory)`)
)

// missesField tells whether the appliance refuses a write because a field is missing that this provider does not know.
func missesField(err error) bool {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || !api.IsRefused(failure) || failure.Reason != api.Unspecified || !speaksOfMissing.MatchString(failure.Message) {
		return false
	}
	named := strings.FieldsFunc(failure.Fields, func(r rune) bool { return r == ',' || r == '$' || r == '.' })
	for _, match := range missingNamed.FindAllStringSubmatch(failure.Message, -1) {
		named = append(named, match[1])
	}
	return len(named) == 0 || slices.ContainsFunc(named, func(name string) bool {
		for known := range reserved {
			if strings.EqualFold(known, name) {
				return false
			}
		}
		return true
	})
}

// blamedBy tells whether a refusal speaks of one of the fields, and of no password.
func (f additionalFields) blamedBy(err error) bool {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || failure.Reason != api.Unspecified {
		return false
	}
	text := strings.ToLower(failure.Message)
	if strings.Contains(text, "password") {
		return false
	}
	return slices.ContainsFunc(slices.Collect(maps.Keys(f)), func(name string) bool {
		name = strings.ToLower(name)
		return name != "" && (slices.Contains(strings.Split(failure.Fields, ","), name) || slices.Contains(strings.FieldsFunc(text, notInName), name))
	})
}

func notInName(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
