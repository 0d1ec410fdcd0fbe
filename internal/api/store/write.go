package store

import (
	"cmp"
	"context"
	"net/http"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Update changes one object, which has a new name from then on. put sends the requests for that, while no other write of the
// new name or the old one is under way.
func (s *Store[T]) Update(ctx context.Context, key, oldName, name string, put func() (T, error)) (object T, err error) {
	release, err := s.writers.acquire(ctx, oldName, name)
	if err != nil {
		return object, wire.Interrupted(wire.Request{Operation: s.operation("update", oldName)})
	}
	defer release()
	defer s.drop()
	s.journal.note(attempted, key, name)
	if object, err = put(); err != nil {
		return object, s.confirmMissing(ctx, key, err)
	}
	s.journal.note(updated, key, name)
	return object, nil
}

// Put replaces the values of the object with a key, which errors call by its name, and returns the object.
func (s *Store[T]) Put(ctx context.Context, key, name string, body any) (T, error) {
	object, _, err := s.requestObject(ctx, s.putRequest(key, name, body))
	return object, err
}

// Delete removes the object with a key, which errors call by its name. It is not an error if the object no longer
// exists, and the cache then stays. The name's turn lasts until the outcome of the last repetition is known: by then
// this process cannot have given the name to another object, which a repetition would remove.
func (s *Store[T]) Delete(ctx context.Context, key, name string) error {
	name = cmp.Or(name, key)
	r := wire.Request{
		Kind: wire.Write, Operation: s.operation("delete", name), Method: http.MethodDelete, Path: s.PathOf(key), Key: key,
	}
	s.journal.note(deleting, key, name)
	release, err := s.writers.acquire(ctx, name)
	if err != nil {
		s.journal.note(attempted, key, name) // it waits no longer
		return wire.Interrupted(r)
	}
	defer release()
	if s.isOwnByNow(ctx, key, name) {
		return nil
	}
	got, err := s.handler.Do(ctx, r)
	if err == nil || got.Lost || !wire.IsStatus(err, http.StatusNotFound) {
		s.drop()
	}
	err = s.confirmMissing(ctx, key, err)
	if wire.IsOutcomeUnknown(err) && s.isGoneNow(ctx, key, name) {
		err = nil
	}
	if err != nil && !IsNotFound(err) {
		s.journal.note(attempted, key, name)
		return err
	}
	s.journal.note(removed, key, name)
	return nil
}

// isGoneNow reports whether an object is missing after a deletion whose answer was lost.
func (s *Store[T]) isGoneNow(ctx context.Context, key, name string) bool {
	patient, cancel := Outlive(ctx, s.config.Grace)
	defer cancel()
	_, err := s.get(patient, key, name, wire.Persistent)
	return IsNotFound(err)
}

// isOwnByNow reports whether the object that is to be deleted was gone, and this process has created another one of its key
// since. Appliances may not distinguish the case of a name: the object itself tells.
func (s *Store[T]) isOwnByNow(ctx context.Context, key, name string) bool {
	if s.journal.isCreatedSinceDeletion(key) {
		return true
	}
	own, found := s.journal.ownSpelling(key)
	if !found {
		return false
	}
	object, err := s.get(ctx, key, name, wire.Repeatable)
	return err == nil && s.config.Key(object) == own
}
