package api

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/singleflight"
)

// collection reads, creates and deletes the objects of one kind. What is exported here is a method of each kind that embeds it.
//
// Terraform refreshes resources one by one, and N reads must not be N requests: a refresh is answered from a snapshot of
// the whole collection, fetched once however many ask, and dropped by any write. The first refresh after a write is a
// direct one, so that a run that reads a single object never pays for all of them. Everything else asks the appliance.
type collection[T any] struct {
	client *Client
	kind   string         // "credentials record"
	path   string         // "/accounts/standard"
	key    func(T) string // what stands in the object's path; never empty in an answer
	name   func(T) string // unique on the appliance
	// namesAreKeys tells that the name stands in the object's path.
	namesAreKeys bool

	beliefs[T]
	writers      sync.Map // a turn for each name
	flight       singleflight.Group
	next         *sharedReading[T] // guarded by beliefs.mu
	reading      turn              // of the reading that is under way
	limitRefused atomic.Bool
}

// lookup says what to look for and how hard.
type lookup struct {
	name       string
	persistent bool // see request.persistent
}

// Refresh reads the object with a key for a resource that manages it, from a snapshot that many share where there is one.
// name is what an error calls the object. A missing one is an error for which [IsNotFound] is true.
func (c *collection[T]) Refresh(ctx context.Context, key, name string) (T, error) {
	object, err := c.readShared(ctx, key, name)
	if err == nil {
		c.refreshed.Store(strings.TrimSpace(c.name(object)), nil)
	}
	return object, err
}

func (c *collection[T]) readShared(ctx context.Context, key, name string) (T, error) {
	c.client.read.Store(true)
	isFirst, keep := c.beginRefresh()
	if isFirst {
		object, err := c.get(ctx, key, name)
		if err == nil {
			keep(object)
		}
		return object, err
	}
	if object, kept := c.kept(key, c.key); kept {
		return object, nil
	}
	taken, err := c.shared(ctx)
	if err != nil {
		var none T
		return none, err
	}
	if object, found := taken.byKey[key]; found {
		return object, nil
	}
	return c.get(ctx, key, name)
}

// Get reads the object with a key as it is now. A missing one is an error for which [IsNotFound] is true.
func (c *collection[T]) Get(ctx context.Context, key string) (T, error) { return c.get(ctx, key, key) }

func (c *collection[T]) get(ctx context.Context, key, name string) (T, error) {
	return c.getIt(ctx, key, lookup{name: name})
}

func (c *collection[T]) getIt(ctx context.Context, key string, what lookup) (T, error) {
	object, err := c.object(ctx, key, request{
		operation: "read " + c.kind + " " + strconv.Quote(cmp.Or(what.name, key)), method: http.MethodGet, path: c.pathOf(key),
		ownPath: true, persistent: what.persistent,
	})
	if err == nil {
		c.saw(slices.Values([]string{c.key(object)}))
	}
	return object, c.borneOut(ctx, key, err)
}

// object sends a request whose answer is the object with a key.
func (c *collection[T]) object(ctx context.Context, key string, r request) (T, error) {
	object, _, err := c.objectAndAnswer(ctx, r, func(object T) bool { return strings.EqualFold(c.key(object), key) })
	return object, err
}

// objectAndAnswer sends a request about one object. An answer about another one is none: it may be a stranger's, which
// nobody wants to see written or removed.
func (c *collection[T]) objectAndAnswer(ctx context.Context, r request, isIt func(T) bool) (T, answer, error) {
	var object T
	got, err := c.client.call(ctx, r, &object)
	switch {
	case err != nil:
	case c.key(object) == "":
		err = c.client.unreadable(r, got, quote(&got))
	case !isIt(object):
		err = c.client.unreadable(r, got, printable(got.hide(fmt.Sprintf("the answer is about another %s, %q", c.kind, c.name(object))), quotedLength))
	}
	return object, got, err
}

func (c *collection[T]) pathOf(key string) string { return c.path + "/" + url.PathEscape(key) }

// borneOut decides what a 404 is worth. That of the product about the object itself is its word that the object is
// gone. Any other needs a second witness: a complete list without the object.
func (c *collection[T]) borneOut(ctx context.Context, key string, err error) error {
	failure, ok := asError(err)
	if !ok || failure.Status != http.StatusNotFound || !failure.ownPath {
		return err
	}
	judged := *failure
	if judged.gone = failure.namesMissingObject(); judged.gone {
		return &judged
	}
	taken, listErr := c.shared(ctx)
	if listErr == nil && taken.has(key) {
		taken, listErr = c.fresh(ctx) // it may have gone since
	}
	switch {
	case listErr != nil:
		judged.Message += ". Whether it is gone cannot be told, as the list could not be read either: " + listErr.Error()
	case taken.has(key):
		judged.Message += ". It is in the list of " + c.kind + "s all the same"
	case !taken.complete:
		judged.Message += ". Whether it is gone cannot be told, as the list could not be read whole"
	default:
		judged.gone = true
	}
	return &judged
}

// Find reads the object with exactly this name as it is now. It is missing only when neither a search nor the whole list has
// it: the documentation does not say what SearchPattern matches.
func (c *collection[T]) Find(ctx context.Context, name string) (object T, found bool, err error) {
	object, found, err = c.named(ctx, lookup{name: name})
	if err != nil || found && c.name(object) == name {
		return object, found, err
	}
	taken, err := c.fresh(ctx)
	if err != nil {
		return object, false, err
	}
	if object, found = taken.named(name, c.name); !found {
		err = c.checkWhole(taken)
	}
	return object, found, err
}

// checkWhole gives the error of a list that does not have all that the appliance counts. One that changes all the time is
// taken as it is.
func (c *collection[T]) checkWhole(taken *snapshot[T]) error {
	if taken.missing == 0 {
		return nil
	}
	return &Error{
		Operation: c.client.doing(c.pageRequest(selection{})), Status: http.StatusOK, Reason: Unreadable,
		Message: fmt.Sprintf("the appliance counts %d, and lists only %d", len(taken.objects)+taken.missing, len(taken.objects)),
	}
}

// Locate reads the object with this key or exactly this name for an import. Terraform refreshes what was imported, so that
// the snapshot will do where it has the object.
func (c *collection[T]) Locate(ctx context.Context, keyOrName string) (object T, found bool, err error) {
	c.client.read.Store(true)
	isFirst, keep := c.beginRefresh()
	if !isFirst {
		taken, err := c.shared(ctx)
		if err != nil {
			return object, false, err
		}
		if object, found = taken.byKey[keyOrName]; !found {
			object, found = taken.named(keyOrName, c.name)
		}
		if found {
			return object, true, nil
		}
	}
	if uuid.MatchString(keyOrName) {
		object, err = c.get(ctx, keyOrName, keyOrName)
		found = err == nil
	}
	if !uuid.MatchString(keyOrName) || IsNotFound(err) || IsRefused(err) {
		object, found, err = c.Find(ctx, keyOrName)
	}
	if found {
		keep(object)
	}
	return object, found, err
}

// uuid is the documented form of a key that is no name.
var uuid = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// List reads all objects whose name matches the appliance's SearchPattern, sorted by name; an empty pattern matches all. The
// reading begins after the call, and is shared by those who ask meanwhile.
func (c *collection[T]) List(ctx context.Context, pattern string) ([]T, error) {
	read := c.fresh
	if pattern != "" {
		read = func(ctx context.Context) (*snapshot[T], error) { return c.read(ctx, selection{pattern: pattern}) }
	}
	taken, err := read(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(taken.objects), c.checkWhole(taken)
}

// Search reads the same objects page by page, a page only when the one before it is used up. limit bounds a page where it is
// smaller than the usual one; 0 for none.
func (c *collection[T]) Search(ctx context.Context, pattern string, limit int64) iter.Seq2[T, error] {
	size := pageSize
	if limit > 0 && limit < pageSize {
		size = int(limit)
	}
	return func(yield func(T, error) bool) {
		for p, err := range c.pages(ctx, selection{pattern: pattern, size: size, atOnce: 1}) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, object := range p.Results {
				if !yield(object, nil) {
					return
				}
			}
		}
	}
}

// named reads the object with exactly this name, as it is now, by as few requests as the API allows. Where a search has to
// do, one that finds nothing does not prove much.
func (c *collection[T]) named(ctx context.Context, what lookup) (object T, found bool, err error) {
	if c.namesAreKeys {
		object, err = c.getIt(ctx, what.name, what)
		if IsNotFound(err) {
			return object, false, nil
		}
		return object, err == nil, err
	}
	search := selection{pattern: strings.TrimSpace(what.name), size: pageSize, atOnce: 1, persistent: what.persistent}
	for p, err := range c.pages(ctx, search) {
		if err != nil {
			return object, false, err
		}
		for _, candidate := range p.Results {
			if c.name(candidate) == what.name {
				return candidate, true, nil
			}
			if sameText(c.name(candidate), what.name) {
				object, found = candidate, true
			}
		}
	}
	return object, found, nil
}

// update sends a request that changes one object, which has a name from then on.
func (c *collection[T]) update(ctx context.Context, key, name string, put func() (T, error)) (object T, err error) {
	c.client.written.Store(true)
	pass, err := c.takeTurn(ctx, name)
	if err != nil {
		return object, c.client.hindered(request{operation: "update " + c.kind + " " + strconv.Quote(name)}, err)
	}
	defer pass()
	defer c.drop()
	c.mayHold(key, name)
	object, err = put()
	if err == nil {
		c.wrote(key, name)
		return object, nil
	}
	if err = c.borneOut(ctx, key, err); IsNotFound(err) {
		failure, _ := asError(err)
		failure.Reason = Vanished
	}
	return object, err
}

// Delete removes the object with a key, which errors call by its name. One that is gone already is no error, and drops
// nothing that was read. The name's turn lasts until it is known what became of the last repetition: by then nobody in this
// process can have given the name to another object, which a repetition would remove.
func (c *collection[T]) Delete(ctx context.Context, key, name string) error {
	c.client.written.Store(true)
	name = cmp.Or(name, key)
	r := request{
		operation: "delete " + c.kind + " " + strconv.Quote(name), method: http.MethodDelete, path: c.pathOf(key), writes: true, ownPath: true,
	}
	pass, err := c.takeTurn(ctx, name)
	if err != nil {
		return c.client.hindered(r, err)
	}
	defer pass()
	got, err := c.client.send(ctx, r)
	if err == nil || got.lost || !isStatus(err, http.StatusNotFound) {
		c.drop()
	}
	err = c.borneOut(ctx, key, err)
	if IsUnanswered(err) && c.isGoneNow(ctx, key, name) {
		err = nil
	}
	if err != nil && !IsNotFound(err) {
		return err
	}
	c.removed(key)
	return nil
}

// isGoneNow reports whether an object is missing after a deletion whose answer was lost.
func (c *collection[T]) isGoneNow(ctx context.Context, key, name string) bool {
	patient, cancel := outlive(ctx, c.client.config.RequestTimeout)
	defer cancel()
	_, err := c.getIt(patient, key, lookup{name: name, persistent: true})
	return IsNotFound(err)
}

// takeTurn makes the writes of one name go one after the other, until pass is called.
func (c *collection[T]) takeTurn(ctx context.Context, name string) (pass func(), err error) {
	kept, _ := c.writers.LoadOrStore(strings.ToLower(strings.Join(strings.Fields(name), " ")), new(turn))
	return kept.(*turn).take(ctx)
}

func isStatus(err error, status int) bool {
	failure, ok := asError(err)
	return ok && failure.Status == status
}
