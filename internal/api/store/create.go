package store

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Creation is a POST that creates an object, with what is needed to determine its outcome.
type Creation[T any] struct {
	Name string
	Body any
	// Same reports whether an object has exactly the requested values, as far as the API shows them.
	Same func(T) bool
	// Claim is the body of a PUT that confirms the password, nil for none. A refusal means that the object is another client's.
	Claim any
}

// Holder is the owner of an object that has the name of a new one, as far as this process knows.
type Holder int

// The holders of a name.
const (
	OtherClient Holder = iota // this process does not know it
	ThisRun                   // this process has created it
	ThisState                 // a resource of the same state has it: this process has refreshed, changed or begun to delete it
)

// ConflictError means that an object could not be created because another one has its name.
type ConflictError struct {
	Kind   string // "credentials record" or "user"
	Name   string
	ID     string // what import takes
	Holder Holder
	Err    error // the appliance's refusal, or how its answer was lost
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("a %s named %q exists already (id %q): %v", e.Kind, e.Name, e.ID, e.Err)
}

// Unwrap returns the appliance's refusal.
func (e *ConflictError) Unwrap() error { return e.Err }

// Create creates an object once. A POST whose answer was lost is retried, which is safe because names are unique: the
// retry is then refused. The object that then has the name is ours only under the conditions of [Store.isOurs].
// Otherwise, and if no answer was lost, it is a [*ConflictError], and the object stays unchanged.
func (s *Store[T]) Create(ctx context.Context, c Creation[T]) (object T, err error) {
	r := wire.Request{
		Kind: wire.Creation, Operation: s.operation("create", c.Name), Method: http.MethodPost, Path: s.config.Path, Body: c.Body,
	}
	before, release, err := s.prepare(ctx, r, c.Name)
	if err != nil {
		return object, err
	}
	defer release()
	defer s.drop()
	s.journal.note(creating, "", c.Name)
	object, got, err := s.requestObject(ctx, r)
	patient, cancel := Outlive(ctx, s.config.Grace)
	defer cancel()
	if err == nil {
		err = s.checkAnswer(patient, c, before, object, got)
	}
	switch {
	case err == nil:
		s.journal.note(created, s.config.Key(object), s.config.Name(object))
		return object, nil
	case !got.Lost && !wire.IsOutcomeUnknown(err):
		return object, s.refusedCreation(ctx, c, before, err)
	}
	s.journal.note(attempted, "", c.Name) // for the next creation of this name, whatever the outcome of this one
	return s.resolve(patient, c, before, err)
}

// prepare takes the name's turn and finds out whether the name is free. It lets a pending deletion of the object that has the name
// go first. A client that may create but not read continues. After any other failure, the creation is not sent.
func (s *Store[T]) prepare(ctx context.Context, r wire.Request, name string) (before nameState, release func(), err error) {
	hasYielded := false
	for {
		if release, err = s.writers.acquire(ctx, name); err != nil {
			return before, nil, wire.Interrupted(r)
		}
		before, err = s.findHolder(ctx, name)
		if e := wire.AsError(err); e != nil && (e.Status != http.StatusForbidden || e.Origin != wire.Documented) {
			release()
			return before, nil, NotSent(r.Operation, "it is unknown whether the name is taken", err)
		}
		before.asked = s.journal.now()
		if hasYielded || s.journal.state(before.key).last != deleting {
			return before, release, nil
		}
		release()
		hasYielded = true // once: a deletion by an old name has another turn
	}
}

// checkAnswer returns the error of an answer that is about another object than the one that was asked for: it may be another
// client's, and must be neither written nor removed.
func (s *Store[T]) checkAnswer(ctx context.Context, c Creation[T], before nameState, object T, got wire.Response) error {
	key, name := s.config.Key(object), s.config.Name(object)
	hasName := strings.EqualFold(tidied(name), tidied(c.Name))
	isNew := s.config.NamesAreKeys || s.journal.state(key).isNew(before.asked)
	switch {
	case !isNew:
	case hasName, !s.config.NamesAreKeys && s.isRenamedByAppliance(ctx, c, object):
		return nil
	}
	return got.Unreadable(fmt.Sprintf("the answer is about another %s, %q (id %q)", s.config.Kind, name, key))
}

// isRenamedByAppliance reports whether a new object is the one that was asked for, with a name that the appliance has changed: it has
// fewer spaces, another case, or was cut off. Nothing may have the name that was asked for, nobody else in this process may
// want the one that it got, and a read must find it.
func (s *Store[T]) isRenamedByAppliance(ctx context.Context, c Creation[T], object T) bool {
	key, name := s.config.Key(object), s.config.Name(object)
	if name == "" || !strings.HasPrefix(folded(c.Name), folded(name)) || !c.Same(object) || s.journal.isWanted(name, c.Name) {
		return false
	}
	if _, found, complete, err := s.lookUp(ctx, c.Name, wire.Repeatable); err != nil || found || !complete {
		return false
	}
	_, err := s.get(ctx, key, c.Name, wire.Repeatable)
	return err == nil
}

// resolve determines the outcome of a creation whose answer was lost.
func (s *Store[T]) resolve(ctx context.Context, c Creation[T], before nameState, lost error) (object T, err error) {
	existing, found, isComparable, err := s.lookAgain(ctx, c.Name, before)
	key := s.config.Key(existing)
	switch {
	case err != nil: // a read has failed: see below
	case !found && wire.IsRefused(lost):
		return object, lost
	case !found:
		return object, unresolved(lost, "The appliance has no object of this name")
	case !isComparable || !s.isOurs(existing, c, before):
		return object, s.conflict(c.Name, key, lost)
	case c.Claim != nil:
		if existing, err = s.put(ctx, key, c.Name, c.Claim, wire.Persistent); wire.IsRefused(err) {
			return object, s.conflict(c.Name, key, lost)
		}
	}
	if err != nil {
		return object, unresolved(lost, "It is unknown whether it was created: "+err.Error())
	}
	s.journal.note(created, s.config.Key(existing), c.Name)
	return existing, nil
}

// isOurs reports whether an object can only be the product of a creation: its name was free before, it is exactly what was
// asked for, and this process has neither seen it before nor written it at any time.
func (s *Store[T]) isOurs(existing T, c Creation[T], before nameState) bool {
	return before.free && c.Same(existing) && s.journal.state(s.config.Key(existing)).isNew(before.asked)
}

func (s *Store[T]) conflict(name, key string, err error) error {
	holder := OtherClient
	switch state := s.journal.state(key); {
	case state.created > 0:
		holder = ThisRun
	case s.journal.hasRefreshed(name) || state.last != unwritten:
		holder = ThisState
	}
	return &ConflictError{Kind: s.config.Kind, Name: name, ID: key, Holder: holder, Err: err}
}

// unresolved returns the error of a creation whose outcome is unknown, with one more sentence unless it shares its cause.
func unresolved(lost error, sentence string) error {
	if wire.IsBlocked(lost) {
		return lost
	}
	e := wire.AsError(lost)
	return e.Adding(sentence).Of(e.Operation, wire.Unknown)
}

// nameState is what is known of a name before an object is created with it.
type nameState struct {
	free     bool   // otherwise, the object that has the name later proves nothing
	key      string // of the object that has the name, if that is known
	fromList bool
	asked    int // position in the journal: an object that was seen before it is not the product of this creation
}

// findHolder finds out whether a name is taken: by name for the first creation of a process, and from a reading of the list
// and the process's own writes since for all others.
func (s *Store[T]) findHolder(ctx context.Context, name string) (nameState, error) {
	if s.creations.Add(1) == 1 {
		object, found, complete, err := s.lookUp(ctx, name, wire.Repeatable)
		return nameState{free: !found && complete, key: s.config.Key(object)}, err
	}
	list, err := s.listSince(ctx, 0, "creations") // of whatever age: the journal has what this process has written since
	if err != nil {
		return nameState{}, err
	}
	object, _ := s.pick(list.objects, name, tidied)
	key, taken := s.journal.holder(name, s.config.Key(object), list.since)
	return nameState{free: !taken && list.progress.isComplete(), key: key, fromList: true}, nil
}

// lookAgain reads what has a name after a creation whose answer was lost. If only the list has the object, and only a search
// said that the name was free, that proves nothing: the search may not find such a name.
func (s *Store[T]) lookAgain(ctx context.Context, name string, before nameState) (object T, found, isComparable bool, err error) {
	object, found, _, err = s.lookUp(ctx, name, wire.Persistent)
	if found || err != nil || s.config.NamesAreKeys {
		return object, found, true, err
	}
	object, found, have, err := s.search(ctx, name, selection{retry: wire.Persistent})
	if err == nil && !found {
		err = s.checkCount(have)
	}
	return object, found, before.fromList, err
}

// refusedCreation finds the object that has the name, if that can be why a creation was refused, by one read at most.
func (s *Store[T]) refusedCreation(ctx context.Context, c Creation[T], before nameState, refusal error) error {
	if !wire.IsRefused(refusal) {
		return refusal
	}
	key := before.key
	if before.fromList || key == "" { // of whatever age
		existing, found, _, err := s.lookUp(ctx, c.Name, wire.Repeatable)
		if err != nil || !found {
			return refusal
		}
		key = s.config.Key(existing)
	}
	return s.conflict(c.Name, key, refusal)
}

// Outlive returns a context that ends a while after its parent, for an interrupted apply to determine the outcome of a write.
func Outlive(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}
