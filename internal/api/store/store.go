// Package store reads, creates, changes and deletes the objects of one kind on an appliance.
//
// Terraform refreshes resources one by one, and N reads must not be N requests: a refresh is answered from a snapshot of
// the whole collection, which is read once for all callers and dropped by every write. The first refresh after a write
// reads the object directly, so that a run with one object never reads all of them. Other reads go to the appliance.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Config describes the objects of one kind.
type Config[T any] struct {
	Host           string         // the appliance's address, as errors name it
	Kind           string         // "credentials record"
	Path           string         // "/accounts/standard"
	Key            func(T) string // what the object's path ends with; never empty in an answer
	Name           func(T) string // unique on the appliance
	NamesAreKeys   bool           // the object's path ends with its name
	HoldsPasswords bool           // a PUT has the object's current password
	Grace          time.Duration  // how much longer an interrupted write may take to find out what it has done
}

// Store manages the objects of one kind. It is safe for concurrent use.
type Store[T any] struct {
	config  Config[T]
	handler wire.Handler
	journal *journal
	cache   cache[T]
	writers turns // one writer for one name

	creations atomic.Int64
}

// New makes a store that has read nothing yet.
func New[T any](config Config[T], handler wire.Handler) *Store[T] {
	return &Store[T]{config: config, handler: handler, journal: newJournal()}
}

// Refresh reads the object with a key for a resource that manages it, from a snapshot that many share if there is one.
// name is what an error calls the object. If it is missing, the error is a [*NotFoundError].
func (s *Store[T]) Refresh(ctx context.Context, key, name string) (object T, err error) {
	list, err := s.refreshList(ctx, key)
	if err != nil {
		return object, err
	}
	object, found := list.get(key)
	if !found {
		object, err = s.get(ctx, key, name, wire.Repeatable)
	}
	if err == nil {
		s.journal.noteRefreshed(s.config.Name(object))
	}
	return object, err
}

// HasRefreshed reports whether a refresh has found an object with a name.
func (s *Store[T]) HasRefreshed(name string) bool { return s.journal.hasRefreshed(name) }

// HasCreated reports whether this process has created the object with a key, and not deleted it since.
func (s *Store[T]) HasCreated(key string) bool { return s.journal.state(key).created > 0 }

// Get reads the object with a key as it is now. If it is missing, the error is a [*NotFoundError].
func (s *Store[T]) Get(ctx context.Context, key string) (T, error) {
	return s.get(ctx, key, key, wire.Repeatable)
}

func (s *Store[T]) get(ctx context.Context, key, name string, retry wire.Retry) (T, error) {
	r := s.objectRequest(wire.Read, "read", http.MethodGet, key, cmp.Or(name, key))
	r.Retry = retry
	object, _, err := s.requestObject(ctx, r)
	if err == nil {
		s.journal.noteSeen(s.config.Key(object))
	}
	return object, s.confirmMissing(ctx, key, err)
}

// requestObject sends a request about one object. An answer about another one, perhaps of another client, is an error.
func (s *Store[T]) requestObject(ctx context.Context, r wire.Request) (object T, got wire.Response, err error) {
	if got, err = s.handler.Do(ctx, r); err == nil {
		err = got.Decode(&object)
	}
	switch {
	case err != nil:
	case s.config.Key(object) == "":
		err = got.Undocumented()
	case r.Key != "" && !strings.EqualFold(tidied(s.config.Key(object)), tidied(r.Key)):
		err = got.Unreadable(fmt.Sprintf("the answer is about another %s, %q", s.config.Kind, s.config.Name(object)))
	}
	return object, got, err
}

func (s *Store[T]) put(ctx context.Context, key, name string, body any, retry wire.Retry) (T, error) {
	r := s.objectRequest(wire.Write, "update", http.MethodPut, key, name)
	r.Retry, r.Body, r.HoldsPassword = retry, body, s.config.HoldsPasswords
	object, _, err := s.requestObject(ctx, r)
	return object, err
}

func (s *Store[T]) objectRequest(kind wire.Kind, verb, method, key, name string) wire.Request {
	return wire.Request{Kind: kind, Operation: s.operation(verb, name), Method: method, Path: s.PathOf(key), Key: key}
}

// operation is what a request does to an object, for errors.
func (s *Store[T]) operation(verb, name string) string {
	return verb + " " + s.config.Kind + " " + strconv.Quote(name) + " on " + s.config.Host
}

// PathOf returns the path of an object.
func (s *Store[T]) PathOf(key string) string { return s.config.Path + "/" + url.PathEscape(key) }

// confirmMissing decides whether a 404 means that the object is missing. It does if it is the product's own problem
// document about the object. Any other 404 needs a second source: a complete list without the object.
func (s *Store[T]) confirmMissing(ctx context.Context, key string, err error) error {
	e := wire.AsError(err)
	if e == nil || e.Status != http.StatusNotFound || e.Key == "" {
		return err
	}
	if e.NamesMissingObject() {
		return &NotFoundError{e}
	}
	list, listErr := s.cachedList(ctx)
	if listErr == nil && (list.has(key) || s.journal.state(key).seen >= list.since) {
		list, listErr = s.currentList(ctx) // it may have been deleted since, or created
	}
	switch {
	case listErr != nil:
		return e.Adding("It is unknown whether it still exists, because the list could not be read either: " + listErr.Error())
	case list.has(key):
		return e.Adding("It is still in the list of " + s.config.Kind + "s")
	case !list.progress.isComplete():
		return e.Adding("It is unknown whether it still exists, because the list could not be read completely")
	}
	return &NotFoundError{e}
}

// Find reads the object with exactly this name as it is now. It is missing only if neither a search nor the whole list has
// it: the documentation does not say what SearchPattern matches.
func (s *Store[T]) Find(ctx context.Context, name string) (object T, found bool, err error) {
	object, found, _, err = s.lookUp(ctx, name, wire.Repeatable)
	if err != nil || found && s.config.Name(object) == name {
		return object, found, err
	}
	list, err := s.currentList(ctx)
	if err != nil {
		return object, false, err
	}
	if object, found = s.pick(list.objects, name, norm.NFC.String); !found {
		err = s.checkCount(list.progress)
	}
	return object, found, err
}

// FindCached is [Store.Find] for an import or a refresh, also by key. A snapshot will do if it has the object.
func (s *Store[T]) FindCached(ctx context.Context, keyOrName string) (object T, found bool, err error) {
	list, err := s.refreshList(ctx, keyOrName)
	if err != nil {
		return object, false, err
	}
	if object, found = list.get(keyOrName); !found {
		object, found = s.pick(list.objects, keyOrName, norm.NFC.String)
	}
	if found {
		return object, true, nil
	}
	if uuid.MatchString(keyOrName) {
		if object, err = s.Get(ctx, keyOrName); !IsNotFound(err) && !wire.IsRefused(err) {
			return object, err == nil, err
		}
	}
	return s.Find(ctx, keyOrName)
}

// uuid is the documented form of a key that is no name.
var uuid = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// List reads all objects whose name matches the appliance's SearchPattern, sorted by name; an empty pattern matches all.
// The reading begins after the call. Concurrent callers share that of all objects.
func (s *Store[T]) List(ctx context.Context, pattern string) (objects []T, err error) {
	var list *snapshot[T]
	if pattern == "" {
		list, err = s.currentList(ctx)
	} else {
		list, err = s.read(ctx, selection{pattern: pattern})
	}
	if err != nil {
		return nil, err
	}
	objects = slices.Clone(list.objects)
	slices.SortFunc(objects, func(a, b T) int { return strings.Compare(s.config.Name(a), s.config.Name(b)) })
	return objects, s.checkCount(list.progress)
}

// Search reads the same objects page by page, each when the one before is used up. A limit below the usual size bounds a page; 0 for none.
func (s *Store[T]) Search(ctx context.Context, pattern string, limit int64) iter.Seq2[T, error] {
	what := selection{pattern: pattern, size: int(max(0, min(limit, pageSize)))}
	return func(yield func(T, error) bool) {
		var none T
		var have progress
		seen := map[string]bool{} // in all readings
		for p, err := range s.pages(ctx, what) {
			if err != nil {
				yield(none, err)
				return
			}
			for _, object := range p.Results {
				key := s.config.Key(object)
				if !seen[key] && !yield(object, nil) {
					return
				}
				seen[key] = true
			}
			have = p.progress
		}
		if err := s.checkCount(have); err != nil {
			yield(none, err)
		}
	}
}

// lookUp reads the object with a name, as it is now, by as few requests as the API allows. If only a search is used, an empty
// result proves little. It proves nothing if complete is false.
func (s *Store[T]) lookUp(ctx context.Context, name string, retry wire.Retry) (object T, found, complete bool, err error) {
	if s.config.NamesAreKeys {
		object, err = s.get(ctx, name, name, retry)
		if IsNotFound(err) {
			return object, false, true, nil
		}
		return object, err == nil, err == nil, err
	}
	object, found, have, err := s.search(ctx, name, selection{pattern: strings.TrimSpace(name), retry: retry})
	if wire.RefusesValues(err) { // the pattern: the whole list has the name too
		object, found, have, err = s.search(ctx, name, selection{retry: retry})
	}
	return object, found, err == nil && have.isComplete(), err
}

// search reads the objects of a selection, until one has exactly a name.
func (s *Store[T]) search(ctx context.Context, name string, what selection) (object T, found bool, have progress, err error) {
	for p, err := range s.pages(ctx, what) {
		if err != nil {
			return object, false, have, err
		}
		if candidate, isNamed := s.pick(p.Results, name, tidied); isNamed {
			object, found = candidate, true
		}
		if have = p.progress; found && s.config.Name(object) == name {
			break
		}
	}
	return object, found, have, nil
}

// pick returns the object that has exactly a name among some objects, or else the first one whose name has the same normal form.
func (s *Store[T]) pick(objects []T, name string, normalize func(string) string) (object T, found bool) {
	normal := normalize(name)
	for _, candidate := range objects {
		switch own := s.config.Name(candidate); {
		case own == name:
			return candidate, true
		case !found && normalize(own) == normal:
			object, found = candidate, true
		}
	}
	return object, found
}

// SameText compares what was written with what is kept, ignoring whitespace around it, line break style and Unicode normalization.
func SameText(a, b string) bool { return tidied(a) == tidied(b) }

// NotFoundError says that an object does not exist: its own path was answered with status 404, and either the appliance's own
// problem document says so or a complete list confirms it. A 404 to a sign-in or to a list, or from a proxy, proves nothing.
type NotFoundError struct{ Err *wire.Error }

func (e *NotFoundError) Error() string { return e.Err.Error() }

// Unwrap returns the failed request.
func (e *NotFoundError) Unwrap() error { return e.Err }

// IsNotFound reports whether err says that an object does not exist.
func IsNotFound(err error) bool {
	_, ok := errors.AsType[*NotFoundError](err)
	return ok
}

// NotSent returns the error of a write that was not sent, because a request before it had failed with err.
func NotSent(operation, because string, err error) error {
	if blocked, ok := errors.AsType[*wire.BlockedError](err); ok {
		return &wire.BlockedError{Operation: operation, Kind: blocked.Kind, Cause: blocked.Cause, Outcome: wire.NotSent}
	}
	e := wire.AsError(err).Of(operation, wire.NotSent)
	if IsNotFound(err) {
		return &NotFoundError{e}
	}
	return e.Saying(because + ", so nothing was sent: " + e.Message)
}
