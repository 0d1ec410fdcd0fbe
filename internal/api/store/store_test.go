package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// thing is an object of the appliance in these tests. Its secret can be written and not read.
type thing struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Note   string `json:"note"`
	secret string
}

// appliance is the handler below a store: it has things, and needs no HTTP.
type appliance struct {
	// instead answers a request instead of the appliance, which has not done it yet; ok is false for all other requests.
	instead func(a *appliance, r wire.Request) (got wire.Response, err error, ok bool)

	mu     sync.Mutex
	things []thing
	ids    int
	sent   []string
}

func (a *appliance) Do(ctx context.Context, r wire.Request) (wire.Response, error) {
	if ctx.Err() != nil {
		return wire.Response{}, wire.Interrupted(r)
	}
	a.mu.Lock()
	label := r.Method + " " + r.Path
	if pattern := r.Query.Get("SearchPattern"); pattern != "" {
		label += "?" + pattern
	}
	a.sent = append(a.sent, label)
	a.mu.Unlock()
	if a.instead != nil {
		if got, err, ok := a.instead(a, r); ok {
			return got, err
		}
	}
	return a.serve(r)
}

// serve does what a request asks for.
func (a *appliance) serve(r wire.Request) (wire.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := slices.IndexFunc(a.things, func(other thing) bool { return "/things/"+other.ID == r.Path })
	values, _ := r.Body.(thing)
	switch {
	case r.Kind == wire.Creation:
		if slices.ContainsFunc(a.things, func(other thing) bool { return other.Name == values.Name }) {
			return refused(r, http.StatusBadRequest, "validationerror")
		}
		a.ids++
		values.ID = fmt.Sprintf("id-%d", a.ids)
		a.things = append(a.things, values)
		return answered(values)
	case r.Kind == wire.List:
		found := []thing{}
		for _, each := range a.things {
			if strings.Contains(each.Name, r.Query.Get("SearchPattern")) {
				found = append(found, each)
			}
		}
		return page(found, len(found))
	case at < 0:
		return wire.Response{}, &wire.Error{Operation: r.Operation, Kind: r.Kind, Key: r.Key, Status: http.StatusNotFound, Origin: wire.Documented, Code: "notfound", Message: "There is none"}
	case r.Method == http.MethodDelete:
		a.things = slices.Delete(a.things, at, at+1)
		return wire.Response{Status: http.StatusNoContent}, nil
	case r.Method == http.MethodPut:
		values.ID = a.things[at].ID
		a.things[at] = values
	}
	return answered(a.things[at])
}

func answered(value any) (wire.Response, error) {
	body, err := json.Marshal(value)
	return wire.Response{Status: http.StatusOK, ContentType: "application/json", Body: body}, err
}

func page(results []thing, total int) (wire.Response, error) {
	return answered(map[string]any{"totalCount": total, "results": results})
}

func refused(r wire.Request, status int, problem string) (wire.Response, error) {
	return wire.Response{}, &wire.Error{Operation: r.Operation, Kind: r.Kind, Key: r.Key, Status: status, Origin: wire.Documented, Problem: problem, Message: "No"}
}

// lost is what the wire says of a write that had no answer in all its attempts.
func lost(r wire.Request) (wire.Response, error) {
	return wire.Response{Lost: true}, &wire.Error{Operation: r.Operation, Kind: r.Kind, Reason: wire.TimedOut, Outcome: wire.Unknown, Message: "no answer came"}
}

// take returns what was sent since the last call.
func (a *appliance) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	sent := a.sent
	a.sent = nil
	return sent
}

// put adds a thing as another client would, with the next id.
func (a *appliance) put(name, note string) string {
	got, err := a.serve(wire.Request{Kind: wire.Creation, Method: http.MethodPost, Path: "/things", Body: thing{Name: name, Note: note, secret: "another client's"}})
	if err != nil {
		panic(err)
	}
	var made thing
	_ = json.Unmarshal(got.Body, &made)
	return made.ID
}

// rename changes a thing as another client would.
func (a *appliance) rename(id, name, note string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.things {
		if a.things[i].ID == id {
			a.things[i].Name, a.things[i].Note = name, note
		}
	}
}

func (a *appliance) secretOf(name string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, each := range a.things {
		if each.Name == name {
			return each.secret
		}
	}
	return "nothing of this name"
}

func newStore(a *appliance) *store.Store[thing] {
	return store.New(store.Config[thing]{
		Host: "appliance", Kind: "thing", Path: "/things",
		Grace: time.Minute, Key: func(t thing) string { return t.ID }, Name: func(t thing) string { return t.Name },
	}, a)
}

// creation makes a thing called smtp.
func creation() store.Creation[thing] {
	values := thing{Name: "smtp", Note: "relay", secret: "ours"}
	return store.Creation[thing]{
		Name: "smtp", Body: values, Claim: values,
		Same: func(existing thing) bool { return existing.Note == values.Note },
	}
}

// A creation whose answer was lost: what it is resolved to, and what is sent to find out.
func TestCreate_lostAnswer(t *testing.T) {
	t.Parallel()
	const (
		look = "GET /things?smtp"
		post = "POST /things"
	)
	for name, test := range map[string]struct {
		before func(t *testing.T, a *appliance, s *store.Store[thing])
		post   func(a *appliance, s *store.Store[thing], r wire.Request) (wire.Response, error)
		look   func(r wire.Request) (wire.Response, error) // answers the look before it; nil for the appliance
		claim  int                                         // the status with which the claim is refused; 0 for none
		want   string                                      // "created", "conflict", "refused" or "unknown"
		sent   []string
	}{
		"it was made": {
			post: func(a *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) {
				_, _ = a.serve(r)
				return lost(r)
			},
			want: "created", sent: []string{look, post, look, "PUT /things/id-1"},
		},
		"it was made, and the repetition is refused": {
			post: func(a *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) {
				_, _ = a.serve(r)
				got, err := a.serve(r)
				got.Lost = true
				return got, err
			},
			want: "created", sent: []string{look, post, look, "PUT /things/id-1"},
		},
		"it was not made": {
			post: func(_ *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) { return lost(r) },
			want: "unknown", sent: []string{look, post, look, "GET /things"},
		},
		"it was not made, and the repetition is refused for another reason": {
			post: func(_ *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) {
				got, err := refused(r, http.StatusBadRequest, "validationerror")
				got.Lost = true
				return got, err
			},
			want: "refused", sent: []string{look, post, look, "GET /things"},
		},
		"the look before it was not complete": {
			look: func(wire.Request) (wire.Response, error) { return page([]thing{}, 1) },
			post: func(a *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) {
				_, _ = a.serve(r)
				return lost(r)
			},
			want: "conflict", sent: []string{look, post, look},
		},
		"the name was taken": {
			before: func(_ *testing.T, a *appliance, _ *store.Store[thing]) { a.put("smtp", "relay") },
			post:   func(_ *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) { return lost(r) },
			want:   "conflict", sent: []string{look, post, look},
		},
		"nobody could tell whether the name was taken": {
			look: func(r wire.Request) (wire.Response, error) { return refused(r, http.StatusForbidden, "accessdenied") },
			post: func(a *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) {
				_, _ = a.serve(r)
				return lost(r)
			},
			want: "conflict", sent: []string{look, post, look},
		},
		"another client has made one that differs": {
			post: func(a *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) {
				a.put("smtp", "another note")
				return lost(r)
			},
			want: "conflict", sent: []string{look, post, look},
		},
		"another client has made one that differs in its secret alone": {
			post: func(a *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) {
				a.put("smtp", "relay")
				return lost(r)
			},
			claim: http.StatusBadRequest,
			want:  "conflict", sent: []string{look, post, look, "PUT /things/id-1"},
		},
		"another client has renamed one that this process has read": {
			before: func(t *testing.T, a *appliance, s *store.Store[thing]) {
				if _, err := s.Get(t.Context(), a.put("relay", "relay")); err != nil {
					t.Fatal(err)
				}
				a.take()
			},
			post: func(a *appliance, _ *store.Store[thing], r wire.Request) (wire.Response, error) {
				a.rename("id-1", "smtp", "relay")
				return lost(r)
			},
			want: "conflict", sent: []string{look, post, look},
		},
		"another client has renamed one that this process writes meanwhile": {
			before: func(_ *testing.T, a *appliance, _ *store.Store[thing]) { a.put("relay", "relay") },
			post: func(a *appliance, s *store.Store[thing], r wire.Request) (wire.Response, error) {
				_, _ = s.Update(context.Background(), "id-1", "relay", "relay", func() (thing, error) { return thing{ID: "id-1", Name: "relay"}, nil })
				a.rename("id-1", "smtp", "relay")
				return lost(r)
			},
			want: "conflict", sent: []string{look, post, look},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &appliance{}
			s := newStore(a)
			if test.before != nil {
				test.before(t, a, s)
			}
			looked := false
			a.instead = func(a *appliance, r wire.Request) (wire.Response, error, bool) {
				switch {
				case test.look != nil && !looked:
					looked = true
					got, err := test.look(r)
					return got, err, true
				case r.Kind == wire.Creation:
					got, err := test.post(a, s, r)
					return got, err, true
				case r.Method == http.MethodPut && test.claim != 0:
					got, err := refused(r, test.claim, "validationerror")
					return got, err, true
				}
				return wire.Response{}, nil, false
			}
			made, err := s.Create(t.Context(), creation())
			conflict, isConflict := errors.AsType[*store.ConflictError](err)
			got := "unknown"
			switch {
			case err == nil:
				got = "created"
			case isConflict:
				got = "conflict"
			case wire.IsRefused(err) && wire.AsError(err).Message == "No":
				got = "refused"
			case !wire.IsOutcomeUnknown(err):
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%s, want %s: %v", got, test.want, err)
			}
			if sent := a.take(); !slices.Equal(sent, test.sent) {
				t.Errorf("sent %q, want %q", sent, test.sent)
			}
			switch secret := a.secretOf("smtp"); {
			case err == nil && (secret != "ours" || !s.HasCreated(made.ID)):
				t.Errorf("%v was created, and the secret is %s", made, secret)
			case isConflict && (test.look == nil && secret == "ours" || conflict.ID != "id-1" || s.HasCreated("id-1")):
				t.Errorf("a conflict with %q, and the secret is %s", conflict.ID, secret)
			}
		})
	}
}

// A 404 is the end of an object if it is the product's own word, or if a whole list confirms it.
func TestGet_confirmsMissing(t *testing.T) {
	t.Parallel()
	own := &wire.Error{Status: http.StatusNotFound, Origin: wire.Documented, Code: "notfound", Key: "id-1"}
	framework := &wire.Error{Status: http.StatusNotFound, Origin: wire.Documented, Key: "id-1"}
	gateway := &wire.Error{Status: http.StatusNotFound, Origin: wire.Foreign, Reason: wire.Unreadable, Key: "id-1"}
	notOfIt := &wire.Error{Status: http.StatusNotFound, Origin: wire.Documented, Code: "notfound"}
	denied := &wire.Error{Status: http.StatusForbidden, Origin: wire.Documented, Reason: wire.AccessDenied, Key: "id-1"}
	lists := map[string]func(r wire.Request) (wire.Response, error){
		"without it": func(wire.Request) (wire.Response, error) { return page([]thing{{ID: "id-2", Name: "relay"}}, 1) },
		"empty":      func(wire.Request) (wire.Response, error) { return page([]thing{}, 0) },
		"with it":    func(wire.Request) (wire.Response, error) { return page([]thing{{ID: "ID-1", Name: "smtp"}}, 1) },
		"short":      func(wire.Request) (wire.Response, error) { return page([]thing{{ID: "id-2", Name: "relay"}}, 2) },
		"refused":    func(r wire.Request) (wire.Response, error) { return refused(r, http.StatusForbidden, "accessdenied") },
	}
	for _, test := range []struct {
		answer  *wire.Error
		list    string
		missing bool
		listed  bool // whether the list is looked into
	}{
		{own, "with it", true, false},
		{framework, "without it", true, true},
		{framework, "empty", true, true},
		{gateway, "without it", true, true},
		{framework, "with it", false, true},
		{gateway, "with it", false, true},
		{framework, "short", false, true},
		{framework, "refused", false, true},
		{notOfIt, "without it", false, false},
		{denied, "without it", false, false},
	} {
		a := &appliance{instead: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
			if r.Kind == wire.List {
				got, err := lists[test.list](r)
				return got, err, true
			}
			return wire.Response{}, test.answer, true
		}}
		_, err := newStore(a).Get(t.Context(), "id-1")
		if got := store.IsNotFound(err); err == nil || got != test.missing {
			t.Errorf("%#v, and a list %s: missing %v, want %v: %v", test.answer, test.list, got, test.missing, err)
		}
		if sent := a.take(); slices.Contains(sent, "GET /things") != test.listed {
			t.Errorf("%#v: sent %q", test.answer, sent)
		}
	}
}

// A lookup by name takes an exact match first, and trusts a search that finds nothing only if the whole list agrees.
func TestFind_byName(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		things []string
		blind  bool // the search finds nothing
		short  bool // the list has fewer objects than it counts: it is read up to a page with nothing new
		want   string
		sent   int
		fails  bool
	}{
		"it is there":                    {things: []string{"smtp-2", "smtp"}, want: "id-2", sent: 1},
		"it is not":                      {things: []string{"smtp-2"}, sent: 2},
		"the search does not see it":     {things: []string{"relay", "smtp"}, blind: true, want: "id-2", sent: 2},
		"the list is short":              {things: []string{"relay"}, short: true, sent: 3, fails: true},
		"the list is short, with it":     {things: []string{"smtp"}, short: true, blind: true, want: "id-1", sent: 3},
		"only one with whitespace":       {things: []string{" smtp "}, sent: 2},
		"one with whitespace before it":  {things: []string{" smtp ", "smtp"}, want: "id-2", sent: 1},
		"the search is answered too far": {things: []string{"no-smtp", "smtp-no"}, sent: 2},
	} {
		a := &appliance{}
		for _, each := range test.things {
			a.put(each, "")
		}
		a.instead = func(a *appliance, r wire.Request) (wire.Response, error, bool) {
			isSearch := r.Query.Get("SearchPattern") != ""
			switch {
			case isSearch && test.blind:
				got, err := page([]thing{}, 0)
				return got, err, true
			case !isSearch && test.short:
				a.mu.Lock()
				defer a.mu.Unlock()
				got, err := page(a.things, len(a.things)+1)
				return got, err, true
			}
			return wire.Response{}, nil, false
		}
		object, found, err := newStore(a).Find(t.Context(), "smtp")
		if (err != nil) != test.fails || found != (test.want != "") || found && object.ID != test.want {
			t.Errorf("%s: %v, %v, %v", name, object, found, err)
		}
		if sent := a.take(); len(sent) != test.sent {
			t.Errorf("%s: sent %q", name, sent)
		}
	}
}

// A deletion that is interrupted while it waits for its turn has not begun: a creation of the name does not wait for it.
func TestDelete_interrupted(t *testing.T) {
	t.Parallel()
	a := &appliance{}
	s := newStore(a)
	a.put("smtp", "")
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	_, _ = s.Update(t.Context(), "id-1", "smtp", "smtp", func() (thing, error) {
		if err := s.Delete(interrupted, "id-1", "smtp"); err == nil {
			t.Error("it is deleted during an update")
		}
		return thing{}, errors.New("the update fails")
	})
	if sent := a.take(); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
	if _, err := s.Create(t.Context(), creation()); err == nil {
		t.Error("it is created beside another one")
	}
	if sent, want := a.take(), []string{"GET /things?smtp", "POST /things"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// Another client has renamed an object whose deletion is under way. A creation of its present name, whose turn is another one, lets the
// deletion go first once, and then finds out what the appliance says.
func TestCreate_besideDeletionByAnOldName(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	a := &appliance{instead: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
		if r.Method == http.MethodDelete {
			close(begun)
			<-end
		}
		return wire.Response{}, nil, false
	}}
	s := newStore(a)
	a.put("smtp", "")
	deleted := make(chan error, 1)
	go func() { deleted <- s.Delete(t.Context(), "id-1", "old") }()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := s.Create(ctx, creation())
	if conflict, ok := errors.AsType[*store.ConflictError](err); !ok || conflict.Holder != store.ThisState {
		t.Errorf("got %v", err)
	}
	close(end)
	if err := <-deleted; err != nil {
		t.Error(err)
	}
}

// It is unknown whose object has the key: a deletion must not remove one that this process has created.
func TestDelete_unknownOwner(t *testing.T) {
	t.Parallel()
	a := &appliance{}
	s := newStore(a)
	if _, err := s.Create(t.Context(), creation()); err != nil {
		t.Fatal(err)
	}
	a.take()
	a.instead = func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
		err := &wire.Error{Operation: r.Operation, Kind: r.Kind, Key: r.Key, Status: http.StatusServiceUnavailable, Reason: wire.Unavailable, Message: "not now"}
		return wire.Response{}, err, r.Method == http.MethodGet
	}
	err := s.Delete(t.Context(), "ID-1", "SMTP")
	if e := wire.AsError(err); e == nil || e.Outcome != wire.NotSent {
		t.Errorf("got %v", err)
	}
	if sent := a.take(); !slices.Equal(sent, []string{"GET /things/ID-1"}) {
		t.Errorf("sent %q", sent)
	}
}

// An answer to a deletion that does not say that it is done is looked into.
func TestDelete_otherAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer wire.Response
		works  bool
		fails  bool
		sent   int
	}{
		"no content":          {wire.Response{Status: http.StatusNoContent}, true, false, 1},
		"empty":               {wire.Response{Status: http.StatusOK}, true, false, 1},
		"accepted, done":      {wire.Response{Status: http.StatusAccepted}, true, false, 2},
		"accepted, not done":  {wire.Response{Status: http.StatusAccepted}, false, true, 2},
		"a body, done":        {wire.Response{Status: http.StatusOK, Body: []byte(`{"ok": true}`)}, true, false, 2},
		"a problem, not done": {wire.Response{Status: http.StatusOK, Body: []byte(`{"title": "In use"}`)}, false, true, 2},
	} {
		a := &appliance{}
		s := newStore(a)
		a.put("smtp", "")
		a.instead = func(a *appliance, r wire.Request) (wire.Response, error, bool) {
			if r.Method != http.MethodDelete {
				return wire.Response{}, nil, false
			}
			if test.works {
				_, _ = a.serve(r)
			}
			return test.answer, nil, true
		}
		if err := s.Delete(t.Context(), "id-1", "smtp"); (err != nil) != test.fails || err != nil && !wire.IsOutcomeUnknown(err) {
			t.Errorf("%s: %v", name, err)
		}
		if sent := a.take(); len(sent) != test.sent {
			t.Errorf("%s: sent %q", name, sent)
		}
	}
}

// A list that was read before an object was first seen does not prove that it is gone.
func TestGet_newerThanTheList(t *testing.T) {
	t.Parallel()
	a := &appliance{}
	s := newStore(a)
	a.put("relay", "")
	a.put("mail", "")
	for _, key := range []string{"id-1", "id-2"} { // the second one reads the list
		if _, err := s.Refresh(t.Context(), key, ""); err != nil {
			t.Fatal(err)
		}
	}
	key := a.put("smtp", "")
	if _, err := s.Get(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	a.instead = func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
		return wire.Response{}, &wire.Error{Operation: r.Operation, Kind: r.Kind, Key: r.Key, Status: http.StatusNotFound, Origin: wire.Undocumented, Message: "Not Found"}, r.Key == key
	}
	if _, err := s.Get(t.Context(), key); err == nil || store.IsNotFound(err) {
		t.Errorf("it is there, and got %v", err)
	}
}

// The apply is interrupted, and the appliance answers with a name that it has changed: the record is still ours.
func TestCreate_interruptedAndRenamed(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	a := &appliance{instead: func(a *appliance, r wire.Request) (wire.Response, error, bool) {
		if r.Kind != wire.Creation {
			return wire.Response{}, nil, false
		}
		interrupt()
		values := r.Body.(thing)
		values.Name = "Smtp relay"
		r.Body = values
		got, err := a.serve(r)
		return got, err, true
	}}
	c := creation()
	c.Name, c.Body = "Smtp  relay", thing{Name: "Smtp  relay", Note: "relay"}
	if made, err := newStore(a).Create(ctx, c); err != nil || made.Name != "Smtp relay" {
		t.Errorf("%v, %v", made, err)
	}
}

// A list that is too short does not show that nothing was created, although the repetition was refused.
func TestCreate_lostAnswerAndShortList(t *testing.T) {
	t.Parallel()
	a := &appliance{instead: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
		switch {
		case r.Kind == wire.Creation:
			got, err := refused(r, http.StatusBadRequest, "validationerror")
			got.Lost = true
			return got, err, true
		case r.Kind == wire.List && r.Query.Get("SearchPattern") == "":
			got, err := page([]thing{{ID: "id-7", Name: "relay"}}, 2)
			return got, err, true
		}
		return wire.Response{}, nil, false
	}}
	if _, err := newStore(a).Create(t.Context(), creation()); !wire.IsOutcomeUnknown(err) || !strings.Contains(err.Error(), "lists only 1") {
		t.Errorf("got %v", err)
	}
}

// Only the appliance itself says that a client may not read: any other 403 keeps a creation from being sent.
func TestCreate_forbiddenByAnother(t *testing.T) {
	t.Parallel()
	a := &appliance{instead: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
		err := &wire.Error{Operation: r.Operation, Kind: r.Kind, Status: http.StatusForbidden, Origin: wire.Undocumented, Message: "No"}
		return wire.Response{}, err, r.Kind == wire.List
	}}
	if _, err := newStore(a).Create(t.Context(), creation()); wire.OutcomeOf(err) != wire.NotSent || len(a.take()) != 1 {
		t.Errorf("got %v", err)
	}
}

// A name may look like a key, and the appliance may refuse it as one or know no such object.
func TestFindCached_nameLikeAKey(t *testing.T) {
	t.Parallel()
	const name = "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7"
	for _, refuses := range []bool{false, true} {
		a := &appliance{instead: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
			got, err := refused(r, http.StatusBadRequest, "validationerror")
			return got, err, refuses && r.Kind == wire.Read
		}}
		a.put(name, "")
		if object, found, err := newStore(a).FindCached(t.Context(), name); err != nil || !found || object.ID != "id-1" {
			t.Errorf("refused %v: %v, %v, %v", refuses, object, found, err)
		}
	}
}

// The appliance may answer with another Unicode form of a name that is a key: the answer is about the same object.
func TestNameInAnotherForm(t *testing.T) {
	t.Parallel()
	const name, kept = "j\u00fcrgen", "ju\u0308rgen"
	a := &appliance{instead: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
		got, err := answered(thing{Name: kept})
		return got, err, r.Kind.Writes()
	}}
	nameOf := func(t thing) string { return t.Name }
	s := store.New(store.Config[thing]{Host: "appliance", Kind: "thing", Path: "/things", Key: nameOf, Name: nameOf, NamesAreKeys: true}, a)
	c := creation()
	c.Name, c.Body = name, thing{Name: name}
	if made, err := s.Create(t.Context(), c); err != nil || made.Name != kept {
		t.Errorf("%v, %v", made, err)
	}
	if changed, err := s.Put(t.Context(), name, name, thing{Name: name}); err != nil || changed.Name != kept {
		t.Errorf("%v, %v", changed, err)
	}
}

// A list is sorted by name, in whatever order the appliance serves it.
func TestList_sorted(t *testing.T) {
	t.Parallel()
	a := &appliance{}
	for _, name := range []string{"smtp", "mail", "relay"} {
		a.put(name, "")
	}
	for _, pattern := range []string{"", "l"} {
		all, err := newStore(a).List(t.Context(), pattern)
		if err != nil || !slices.IsSortedFunc(all, func(a, b thing) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("%q: %v, %v", pattern, all, err)
		}
	}
}

// A name is found in a snapshot as in a search: exactly.
func TestFindCached_exactName(t *testing.T) {
	t.Parallel()
	a := &appliance{}
	s := newStore(a)
	for _, name := range []string{" smtp ", "relay", "mail"} {
		a.put(name, "")
	}
	for _, name := range []string{"mail", "relay"} { // the second one reads the list
		if _, found, err := s.FindCached(t.Context(), name); err != nil || !found {
			t.Fatal(found, err)
		}
	}
	if object, found, err := s.FindCached(t.Context(), "smtp"); err != nil || found {
		t.Errorf("%v, %v", object, err)
	}
	if object, found, err := s.FindCached(t.Context(), " smtp "); err != nil || !found || object.ID != "id-1" {
		t.Errorf("%v, %v, %v", object, found, err)
	}
}

// The answer to a deletion is lost, and its repetition finds nothing: what was read before is old.
func TestDelete_lostAnswer(t *testing.T) {
	t.Parallel()
	a := &appliance{}
	s := newStore(a)
	for _, key := range []string{a.put("relay", ""), a.put("smtp", "")} { // the second one reads the list
		if _, err := s.Refresh(t.Context(), key, ""); err != nil {
			t.Fatal(err)
		}
	}
	a.instead = func(a *appliance, r wire.Request) (wire.Response, error, bool) {
		if r.Method != http.MethodDelete {
			return wire.Response{}, nil, false
		}
		_, _ = a.serve(r)
		got, err := a.serve(r)
		got.Lost = true
		return got, err, true
	}
	if err := s.Delete(t.Context(), "id-2", "smtp"); err != nil {
		t.Fatal(err)
	}
	if object, err := s.Refresh(t.Context(), "id-2", "smtp"); !store.IsNotFound(err) {
		t.Errorf("%v, %v", object, err)
	}
}

// An object with another name than requested is ours only if nothing speaks against it.
func TestCreate_renamed(t *testing.T) {
	t.Parallel()
	const name = "smtp relay"
	for title, test := range map[string]struct {
		answer thing                                                           // without its id
		before func(ctx context.Context, s *store.Store[thing])                // the creation
		after  func(a *appliance, r wire.Request) (wire.Response, error, bool) // answers requests after the POST
		ours   bool
	}{
		"cut off":                  {answer: thing{Name: "smtp", Note: "relay"}, ours: true},
		"it has other values":      {answer: thing{Name: "smtp", Note: "another note"}},
		"it has another name":      {answer: thing{Name: "mail", Note: "relay"}},
		"another creation of this": {answer: thing{Name: "smtp", Note: "relay"}, before: func(ctx context.Context, s *store.Store[thing]) { _, _ = s.Create(ctx, creation()) }},
		"the name is taken": {answer: thing{Name: "smtp", Note: "relay"}, after: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
			got, err := page([]thing{{ID: "id-2", Name: name}}, 1)
			return got, err, r.Kind == wire.List
		}},
		"the name may be taken": {answer: thing{Name: "smtp", Note: "relay"}, after: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
			got, err := page([]thing{}, 1)
			return got, err, r.Kind == wire.List
		}},
		"it is not there": {answer: thing{Name: "smtp", Note: "relay"}, after: func(a *appliance, r wire.Request) (wire.Response, error, bool) {
			r.Path = "/things/id-0"
			got, err := a.serve(r)
			return got, err, r.Kind == wire.Read
		}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			a := &appliance{}
			s := newStore(a)
			if test.before != nil {
				a.instead = func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
					got, err := refused(r, http.StatusBadRequest, "validationerror")
					return got, err, r.Kind == wire.Creation
				}
				test.before(t.Context(), s)
			}
			isSent := false
			a.instead = func(a *appliance, r wire.Request) (wire.Response, error, bool) {
				switch {
				case r.Kind == wire.Creation:
					isSent = true
					r.Body = test.answer
					got, err := a.serve(r)
					return got, err, true
				case isSent && test.after != nil:
					return test.after(a, r)
				}
				return wire.Response{}, nil, false
			}
			c := creation()
			c.Name, c.Body = name, thing{Name: name, Note: "relay"}
			made, err := s.Create(t.Context(), c)
			if ours := err == nil && made.ID == "id-1"; ours != test.ours || !ours && !strings.Contains(err.Error(), "the answer is about another thing") {
				t.Errorf("%+v, %v", made, err)
			}
			if s.HasCreated("id-1") != test.ours {
				t.Error("it counts as created, or does not")
			}
		})
	}
}

// What keeps other requests from being answered is not the failure of this creation alone.
func TestCreate_blocked(t *testing.T) {
	t.Parallel()
	cause := &wire.Cause{Err: &wire.Error{Operation: "use appliance", Reason: wire.TimedOut, Outcome: wire.Unknown, Message: "no answer came"}}
	a := &appliance{}
	isSent := false
	a.instead = func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
		isSent = isSent || r.Kind == wire.Creation
		return wire.Response{Lost: true}, &wire.BlockedError{Operation: r.Operation, Kind: r.Kind, Cause: cause, Outcome: wire.Unknown}, isSent
	}
	_, err := newStore(a).Create(t.Context(), creation())
	if blocked, is := errors.AsType[*wire.BlockedError](err); !is || blocked.Cause != cause || !wire.IsOutcomeUnknown(err) || !strings.Contains(blocked.Operation, "create") {
		t.Errorf("got %#v", err)
	}
}

// An appliance may refuse a pattern, for its brackets: the whole list has the name.
func TestFind_refusedPattern(t *testing.T) {
	t.Parallel()
	a := &appliance{instead: func(_ *appliance, r wire.Request) (wire.Response, error, bool) {
		got, err := refused(r, http.StatusBadRequest, "validationerror")
		return got, err, r.Query.Has("SearchPattern")
	}}
	s := newStore(a)
	a.put("smtp [old]", "")
	if object, found, err := s.Find(t.Context(), "smtp [old]"); err != nil || !found || object.ID != "id-1" {
		t.Errorf("%v, %v, %v", object, found, err)
	}
	if made, err := s.Create(t.Context(), creation()); err != nil || made.Name != "smtp" {
		t.Errorf("%v, %v", made, err)
	}
}
