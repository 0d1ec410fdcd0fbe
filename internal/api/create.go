package api

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// creation is a POST that makes an object, and what it takes to find out what became of it.
type creation[T any] struct {
	request
	name string
	// same tells whether an object is just what was asked for, as far as the API shows.
	same func(T) bool
	// claim makes sure of the rest, the password. A refusal means that the object is somebody else's. Nil where the API
	// offers no way.
	claim func(context.Context, T) (T, error)
}

// create makes an object once. A POST whose answer was lost is repeated by the transport, which is safe because names
// are unique: the repetition is then refused. What has the name afterwards is ours only when nothing speaks against it:
// the name was free before, the object is exactly what was asked for, and this client has neither made, written nor
// read it before. Anything else is a [*ConflictError] and stays untouched, and so does what was there while no answer
// was lost.
func (c *collection[T]) create(ctx context.Context, what creation[T]) (object T, err error) {
	c.client.written.Store(true)
	pass, err := c.takeTurn(ctx, what.name)
	if err != nil {
		return object, c.client.hindered(what.request, err)
	}
	defer pass()
	before, err := c.whoHas(ctx, what.name)
	if err != nil {
		return object, c.notCreated(what, err)
	}
	defer c.drop()
	object, got, err := c.objectAndAnswer(ctx, what.request, func(object T) bool {
		return strings.EqualFold(strings.TrimSpace(c.name(object)), strings.TrimSpace(what.name)) && (c.namesAreKeys || !c.sawBefore(before.asked, c.key(object)))
	})
	if err == nil {
		c.made(c.key(object), what.name)
		return object, nil
	}
	failure, _ := asError(err)
	failure.Creation = true
	lost := got.lost || failure.Unknown
	if !lost {
		return object, c.refusedCreation(ctx, what, before, failure)
	}
	c.mayHold(before.key, what.name) // for the next creation of this name, whatever has become of this one

	patient, cancel := outlive(ctx, c.client.config.RequestTimeout)
	defer cancel()
	existing, found, witnessed, err := c.lookAgain(patient, what.name, before)
	switch {
	case err != nil:
		return object, failure.unresolved(err)
	case !found:
		if !IsRefused(failure) {
			failure.Message = strings.TrimRight(failure.Message, ".") + ". Nothing of this name was there afterwards"
		}
		return object, failure
	}
	conflict := &ConflictError{Kind: c.kind, Name: what.name, ID: c.key(existing), Err: failure}
	if !witnessed || !before.isFree() || c.sawBefore(before.asked, c.key(existing)) || c.hasWritten(c.key(existing)) || !what.same(existing) {
		return object, conflict
	}
	if what.claim != nil {
		if existing, err = what.claim(patient, existing); IsRefused(err) {
			return object, conflict
		} else if err != nil {
			return object, failure.unresolved(err)
		}
	}
	c.made(c.key(existing), what.name)
	return existing, nil
}

// unresolved is a creation of which nobody could find out what has become.
func (e *Error) unresolved(err error) *Error {
	e.Message = strings.TrimRight(e.Message, ".") + ". What has become of it could not be found out: " + err.Error()
	e.Unknown = true
	return e
}

// holder is what is known of a name before an object is created with it.
type holder struct {
	taken    bool
	key      string // of the object that has the name, where that is known
	unknown  bool   // nobody could tell, so that what has the name afterwards proves nothing
	fromList bool
	asked    int // when: what this client saw of the collection until then, it has not created since
}

func (h holder) isFree() bool { return !h.taken && !h.unknown }

// whoHas finds out whether a name is taken: by name for the first creation of a client, and from a reading of the list,
// kept current with the client's own writes and made anew when it is old, for all others. A client that may create and not read goes on
// without knowing. Any other failure is one of the creation, which is not sent.
func (c *collection[T]) whoHas(ctx context.Context, name string) (holder, error) {
	var (
		who holder
		err error
	)
	if c.beginCreation() {
		var object T
		if object, who.taken, err = c.named(ctx, lookup{name: name}); who.taken {
			who.key = c.key(object)
		}
	} else {
		who, err = c.whoHasInList(ctx, name)
	}
	if failure, ok := asError(err); ok && failure.Status == http.StatusForbidden && failure.known {
		who, err = holder{unknown: true}, nil
	}
	who.asked = c.now()
	return who, err
}

func (c *collection[T]) whoHasInList(ctx context.Context, name string) (holder, error) {
	pass, err := c.listing.take(ctx)
	if err != nil {
		return holder{}, c.client.hindered(c.pageRequest(selection{}), err)
	}
	defer pass()
	if who, known := c.holder(name); known {
		return who, nil
	}
	c.beginHolding()
	taken, err := c.fresh(ctx)
	if err != nil {
		return holder{}, err
	}
	c.hold(taken, c.name, c.key)
	who, _ := c.holder(name)
	return who, nil
}

// lookAgain reads what has a name after a creation whose answer was lost. What only the list finds is no witness to a
// name that was free before by a search: the search may not be able to find such a name at all.
func (c *collection[T]) lookAgain(ctx context.Context, name string, before holder) (object T, found, witnessed bool, err error) {
	object, found, err = c.named(ctx, lookup{name: name, persistent: true})
	if found || err != nil || c.namesAreKeys {
		return object, found, true, err
	}
	taken, err := c.read(ctx, selection{persistent: true})
	if err != nil {
		return object, false, false, err
	}
	object, found = taken.named(name, c.name)
	return object, found, before.fromList, nil
}

// refusedCreation says who has the name, if that can be why a creation was refused. It costs one look at most.
func (c *collection[T]) refusedCreation(ctx context.Context, what creation[T], before holder, failure *Error) error {
	if !IsRefused(failure) {
		return failure
	}
	key := before.key
	if before.fromList || key == "" { // of whatever age
		existing, found, err := c.named(ctx, lookup{name: what.name})
		if err != nil || !found {
			return failure
		}
		key = c.key(existing)
	}
	return &ConflictError{Kind: c.kind, Name: what.name, ID: key, Err: failure}
}

// notCreated is the error of a creation that was not sent, because nobody could tell whether its name is taken.
func (c *collection[T]) notCreated(what creation[T], err error) error {
	return c.client.notSent(what.request, "whether its name is taken", err)
}

// outlive gives a context that ends a while after its parent: an interrupted apply takes a little longer to find out
// what it has done, rather than leave an orphan.
func outlive(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}
