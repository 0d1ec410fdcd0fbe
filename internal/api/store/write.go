package store

import (
	"cmp"
	"context"
	"net/http"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Update changes one object and possibly its name. put sends the requests, while no other write of either name is under way.
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
	return s.put(ctx, key, name, body, wire.Repeatable)
}

// Delete removes the object with a key, which errors call by its name. It is not an error if the object no longer exists, and the
// cache then stays. The name's turn lasts until the outcome of the last attempt is known: by then this process cannot have given
// the name to another object, which a retry would remove.
func (s *Store[T]) Delete(ctx context.Context, key, name string) error {
	name = cmp.Or(name, key)
	r := s.objectRequest(wire.Write, "delete", http.MethodDelete, key, name)
	asked := s.journal.note(deleting, key, name)
	err := s.delete(ctx, r, name, asked)
	if err != nil {
		s.journal.note(attempted, key, name) // it waits no longer
	}
	return err
}

func (s *Store[T]) delete(ctx context.Context, r wire.Request, name string, asked int) error {
	release, err := s.writers.acquire(ctx, name)
	if err != nil {
		return wire.Interrupted(r)
	}
	defer release()
	isOwn, err := s.isOwnByNow(ctx, r.Key, name, asked)
	switch {
	case err != nil:
		return NotSent(r.Operation, "it is unknown who has created the object that has the name by now", err)
	case isOwn:
		return nil
	}
	got, err := s.handler.Do(ctx, r)
	if got.Lost || !wire.IsStatus(err, http.StatusNotFound) {
		s.drop()
	}
	if err == nil && (got.Status == http.StatusAccepted || len(got.Body) > 0) { // no documented answer
		err = got.Undocumented().Of(r.Operation, wire.Unknown)
	}
	err = s.confirmMissing(ctx, r.Key, err)
	if wire.IsOutcomeUnknown(err) {
		patient, cancel := Outlive(ctx, s.config.Grace)
		defer cancel()
		if _, getErr := s.get(patient, r.Key, name, wire.Persistent); IsNotFound(getErr) {
			err = getErr
		}
	}
	if err != nil && !IsNotFound(err) {
		return err
	}
	s.journal.note(removed, r.Key, name)
	return nil
}

// isOwnByNow reports whether the object that is to be deleted was gone, and this process has created another one of its key
// since a position. Appliances may not distinguish the case of a name: the object itself tells.
func (s *Store[T]) isOwnByNow(ctx context.Context, key, name string, asked int) (bool, error) {
	if s.journal.state(key).created > asked {
		return true, nil
	}
	own, found := s.journal.ownSpelling(key)
	if !found {
		return false, nil
	}
	object, err := s.get(ctx, key, name, wire.Repeatable)
	if IsNotFound(err) {
		return false, nil
	}
	return err == nil && s.config.Key(object) == own, err
}
