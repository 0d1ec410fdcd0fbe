package fields

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
)

// Comparison is what an answer says about the members that were written.
type Comparison struct {
	// Now is what was written, with the values that the answer has instead, except secrets.
	Now Object
	// Different are the names of the members that have another value in the answer, sorted.
	Different []string
	// Complete reports whether the answer repeats all that was written. A member that was written as null need not be
	// repeated.
	Complete bool
}

// Confirms reports whether the answer shows every member as it was written.
func (c Comparison) Confirms() bool { return c.Complete && len(c.Different) == 0 }

// Compare compares what was written with an answer. Objects are compared on the members that were written, names in any
// case, and numbers by their value.
func (o Object) Compare(answer Object) Comparison {
	now, verdicts := compareMembers(o, answer)
	compared := Comparison{Now: now, Complete: true}
	for _, name := range slices.Sorted(maps.Keys(verdicts)) {
		switch verdicts[name] {
		case different:
			compared.Different = append(compared.Different, name)
		case missing:
			compared.Complete = false
		}
	}
	return compared
}

// verdict is what an answer says about a written value. That of an object is the greatest of its members.
type verdict int

const (
	equal   verdict = iota
	missing         // the answer omits it, or a part of it
	different
)

// compareMembers keeps a member that is not answered, and one that is answered with what may be another secret.
func compareMembers(written, answered Object) (now map[string]any, verdicts map[string]verdict) {
	now, verdicts = map[string]any{}, map[string]verdict{}
	for name, value := range written {
		other, found := answered.Lookup(name)
		switch {
		case found:
			now[name], verdicts[name] = compareValue(value, other)
			if verdicts[name] == different && isSecret(name, other) {
				now[name], verdicts[name] = value, missing
			}
		case value == nil:
			now[name], verdicts[name] = nil, equal
		default:
			now[name], verdicts[name] = value, missing
		}
	}
	return now, verdicts
}

func compareValue(written, answered any) (now any, said verdict) {
	switch value := written.(type) {
	case map[string]any:
		if other, ok := answered.(map[string]any); ok {
			now, verdicts := compareMembers(value, other)
			for _, member := range verdicts {
				said = max(said, member)
			}
			return now, said
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
	if equalValues(written, answered) {
		return written, equal
	}
	return withoutSecrets(answered), different
}

// Equal reports whether two objects have the same members. The form of a number is ignored.
func (o Object) Equal(other Object) bool { return maps.EqualFunc(o, other, equalValues) }

func equalValues(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equalValues)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalValues)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && equalNumbers(a, b)
	}
	return a == b
}

// equalNumbers compares values: 1.50 is 15e-1. Numbers that are too large for that are equal only if their texts are
// equal.
func equalNumbers(a, b json.Number) bool {
	if a == b {
		return true
	}
	x, y := rational(a), rational(b)
	return x != nil && y != nil && x.Cmp(y) == 0
}

// longestNumber bounds the time to read a number. Real values are shorter.
const longestNumber = 1000

// rational returns nil for a number that is too long, or whose exponent is too large for [big.Rat].
func rational(number json.Number) *big.Rat {
	if len(number) > longestNumber {
		return nil
	}
	value, ok := new(big.Rat).SetString(string(number))
	if !ok {
		return nil
	}
	return value
}
