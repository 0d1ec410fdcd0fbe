package wire

import (
	"net/http"
	"strings"
	"testing"
)

// Problems, codes and fields that are about the version of the API refuse the revision, whatever the text says.
func TestNamesOfRefusedRevisions(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Reason{
		`{"title": "No", "type": "/problems/UnsupportedApiVersion"}`: UnsupportedVersion,
		`{"title": "No", "errorCode": "InvalidApiVersion"}`:          UnsupportedVersion,
		`{"error": {"code": "ApiVersionUnspecified"}}`:               UnsupportedVersion,
		`{"error": {"code": "AmbiguousApiVersion"}}`:                 UnsupportedVersion,
		`{"title": "No", "errors": {"x-api-version": ["No"]}}`:       UnsupportedVersion,
		`{"title": "No", "errors": {"$.apiVersion": ["No"]}}`:        UnsupportedVersion,
		`{"title": "No", "errors": {"Api-Version": ["No"]}}`:         UnsupportedVersion,
		`{"title": "No", "errorCode": "ProductVersion"}`:             Unspecified,
		`{"title": "No", "errors": {"apiVersions": ["No"]}}`:         Unspecified,
	} {
		if e := AsError(errorFrom(fuzzAnswer(http.StatusConflict, "application/problem+json", []byte(body)))); e.Reason != want {
			t.Errorf("%s: %d, want %d", body, e.Reason, want)
		}
	}
}

// An answer may repeat two values of its request, one of which is a part of the other.
func TestRepeatedValuesAreNotAboutRevision(t *testing.T) {
	t.Parallel()
	a := fuzzAnswer(http.StatusBadRequest, "application/problem+json", []byte(`{"title": "The name \"API version 1.0-rev0\" is taken"}`))
	a.request.Body = map[string]string{"description": "1.0-rev0", "name": "API version 1.0-rev0"}
	if e := AsError(errorFrom(a)); e.Reason != Unspecified {
		t.Errorf("%#v", e)
	}
}

// A document with a code and no words says its code.
func TestMessageOfACode(t *testing.T) {
	t.Parallel()
	a := fuzzAnswer(http.StatusConflict, "application/json", []byte(`{"error": {"code": "Conflict"}}`))
	if e := AsError(errorFrom(a)); e.Message != "Conflict" {
		t.Errorf("%#v", e)
	}
}

// A request that a refused sign-in prevents has not been refused itself.
func TestBlockedIsNotRefused(t *testing.T) {
	t.Parallel()
	refusal := AsError(errorFrom(fuzzAnswer(http.StatusUnprocessableEntity, "application/problem+json", []byte(`{"title": "No"}`))))
	if !IsRefused(refusal) || IsRefused(&BlockedError{Operation: "update", Cause: &Cause{Err: refusal}}) {
		t.Errorf("%#v", refusal)
	}
}

// A problem that names the token is about the token, whatever its code.
func TestTokenOfAnotherCode(t *testing.T) {
	t.Parallel()
	a := fuzzAnswer(http.StatusUnauthorized, "application/problem+json", []byte(`{"type": "/problems/expiredAccessToken", "title": "No", "errorCode": "AccessDenied"}`))
	if e := AsError(errorFrom(a)); e.Reason != TokenExpired || !e.IsAboutToken() {
		t.Errorf("%#v, about the token: %v", e, e.IsAboutToken())
	}
}

// Each of these makes a document a problem's, whatever else it lacks.
func TestProblemDocuments(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Origin{
		`{"title": "No"}`: Documented, `{"type": "/problems/no"}`: Documented, `{"errorCode": "No"}`: Documented,
		`{"error": {"code": "No"}}`: Documented, `{"error": {"message": "No"}}`: Documented,
		`{"details": "No"}`: Undocumented, `{"errors": {"name": ["No"]}}`: Undocumented, `{}`: Undocumented, `No`: Undocumented,
	} {
		if e := AsError(errorFrom(fuzzAnswer(http.StatusConflict, "application/json", []byte(body)))); e.Origin != want || !strings.Contains(e.Message, "o") {
			t.Errorf("%s: %#v", body, e)
		}
	}
}

// A failed model validation names its fields: resources look for them in lower case.
func TestFieldsOfAProblem(t *testing.T) {
	t.Parallel()
	body := `{"title": "Invalid", "errors": {"OldPassword": ["No"], "Name": ["No"]}}`
	if e := AsError(errorFrom(fuzzAnswer(http.StatusBadRequest, "application/problem+json", []byte(body)))); e.Fields != "name,oldpassword" {
		t.Errorf("%#v", e)
	}
}

// A redirect comes from another server, even with a problem document: it does not show that the appliance works.
func TestRedirectIsForeign(t *testing.T) {
	t.Parallel()
	e := AsError(errorFrom(fuzzAnswer(http.StatusFound, "application/problem+json", []byte(`{"title": "Found"}`))))
	if e.Reason != Redirected || e.Origin != Foreign || e.IsAnswer() {
		t.Errorf("%#v", e)
	}
}
