package api

import (
	"context"
	"errors"
	"time"
)

// creation is a POST that makes an object, and what it takes to find out what became of it.
type creation[T any] struct {
	request
	name string
	// lookup reads the object that has the name now, past any snapshot.
	lookup func(context.Context) (object T, found bool, err error)
	// same tells whether an object is just what was asked for, as far as the API shows.
	same func(T) bool
	// claim makes sure of the rest, the password. A refusal means that the object is somebody else's.
	claim func(context.Context, T) (T, error)
}

// create makes an object once. A POST whose answer was lost is repeated by the transport, which is safe because names
// are unique: the repetition is then refused, and what has the name is compared with what was asked. The same object
// is taken for ours, once claim has made sure as far as the API allows. Any other one, and any that was there while no
// answer was lost, is a [*ConflictError] and stays untouched.
func (c *collection[T]) create(ctx context.Context, what creation[T]) (T, error) {
	var object T
	err := c.write(func() error {
		created, got, err := c.objectAndAnswer(ctx, what.request)
		object = created
		failure, ok := errors.AsType[*Error](err)
		if !ok {
			return err
		}
		lost := got.lost || failure.Unknown
		if !lost && !IsRefused(failure) {
			return err
		}
		ctx, cancel := outlive(ctx, c.client.config.RequestTimeout)
		defer cancel()
		existing, found, lookupErr := what.lookup(ctx)
		switch {
		case lookupErr != nil, !found:
			return err
		case lost && what.same(existing):
			object, err = what.claim(ctx, existing)
			if !IsRefused(err) {
				return err
			}
		}
		return &ConflictError{Kind: c.kind, Name: what.name, ID: c.key(existing), Err: failure}
	})
	return object, err
}

// outlive gives a context that ends a while after its parent: an interrupted apply takes a little longer to find out
// what it has done, rather than leave an orphan.
func outlive(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}
