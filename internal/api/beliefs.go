package api

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// snapshotLife bounds how old an answer to a refresh can be.
const snapshotLife = 30 * time.Second

// beliefs are what a client holds true of the objects of one kind, and what it has done to them.
type beliefs[T any] struct {
	refreshed sync.Map // the keys are the names of the objects, without white space around them, that a refresh has found

	mu         sync.Mutex
	generation uint64 // grows with every write
	reads      int    // refreshes since the last write
	first      *T     // what the first of them found
	firstBegun time.Time
	snapshot   *snapshot[T]

	clock   int             // counts what is noted below
	seen    map[string]int  // when an object was first read, created or written, by its key
	created int             // creations that were begun
	own     map[string]bool // the keys of objects that were created and not deleted since
	written map[string]bool // the keys of objects that a write was sent for, and not deleted since: none of them is the product of a later creation

	// holders has the key of the object with a name, as of a reading of the list and all writes since; nil before. A key
	// that is not known is empty. What strangers do makes it worthless with time.
	listing         turn
	holders         map[string]string
	holdersComplete bool
	holdersUntil    time.Time
	meanwhile       map[string]string // the same, of writes alone, while such a reading is under way

	failed      *Error // how the last reading of the list failed
	failedUntil time.Time
}

// snapshot is a whole collection as it was read.
type snapshot[T any] struct {
	objects  []T // in the order of their names
	byKey    map[string]T
	missing  int  // those that the appliance counts and does not list
	complete bool // the collection was at rest, so that what is not here was not there
	ended    time.Time
	life     time.Duration
}

func (s *snapshot[T]) isFresh() bool { return s != nil && time.Since(s.ended) < s.life }

// has tells whether an object is in the snapshot. The letters of a UUID may be of either case.
func (s *snapshot[T]) has(key string) bool {
	if _, found := s.byKey[key]; found {
		return true
	}
	for other := range s.byKey {
		if strings.EqualFold(key, other) {
			return true
		}
	}
	return false
}

func (s *snapshot[T]) named(wanted string, name func(T) string) (object T, found bool) {
	i, found := slices.BinarySearchFunc(s.objects, wanted, func(object T, wanted string) int { return strings.Compare(name(object), wanted) })
	if found {
		object = s.objects[i]
	}
	return object, found
}

// HasRefreshed tells whether a refresh of this client has found an object with a name.
func (b *beliefs[T]) HasRefreshed(name string) bool {
	_, found := b.refreshed.Load(strings.TrimSpace(name))
	return found
}

// now gives a time that is later than that of all that has been noted so far.
func (b *beliefs[T]) now() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock++
	return b.clock
}

// saw takes note of objects that exist.
func (b *beliefs[T]) saw(keys iter.Seq[string]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock++
	if b.seen == nil {
		b.seen = map[string]int{}
	}
	for key := range keys {
		if _, known := b.seen[key]; !known && key != "" {
			b.seen[key] = b.clock
		}
	}
}

// sawBefore tells whether an object was noted before a time.
func (b *beliefs[T]) sawBefore(time int, key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	noted, known := b.seen[key]
	return known && noted < time
}

// beginCreation counts a creation and tells whether it is the first.
func (b *beliefs[T]) beginCreation() (isFirst bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.created++
	return b.created == 1
}

// beginHolding takes note that the list is about to be read for its names.
func (b *beliefs[T]) beginHolding() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meanwhile = map[string]string{}
}

// hold takes the names from a reading of the list, which may have missed what was written since it began.
func (b *beliefs[T]) hold(taken *snapshot[T], name, key func(T) string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.holders, b.holdersComplete, b.holdersUntil = map[string]string{}, taken.complete, taken.ended.Add(taken.life)
	for _, object := range taken.objects {
		b.holders[strings.TrimSpace(name(object))] = key(object)
	}
	maps.Copy(b.holders, b.meanwhile)
	b.meanwhile = nil
}

// holder tells who has a name by the list, if that has been read lately.
func (b *beliefs[T]) holder(name string) (who holder, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	who.fromList = true
	who.key, who.taken = b.holders[strings.TrimSpace(name)]
	who.unknown = !who.taken && !b.holdersComplete
	return who, b.holders != nil && time.Now().Before(b.holdersUntil)
}

// mayHold takes note that a write under way may give an object a name.
func (b *beliefs[T]) mayHold(key, name string) {
	b.saw(slices.Values([]string{key}))
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.written == nil {
		b.written = map[string]bool{}
	}
	b.written[key] = key != ""
	for _, held := range []map[string]string{b.holders, b.meanwhile} {
		if held != nil {
			held[strings.TrimSpace(name)] = key
		}
	}
}

// hasWritten reports whether this client has sent a write for the object with a key.
func (b *beliefs[T]) hasWritten(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.written[key]
}

// wrote takes note that an object has been given a name, and has no other one.
func (b *beliefs[T]) wrote(key, name string) {
	b.mayHold(key, name)
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.holders, func(other, holder string) bool { return holder == key && other != strings.TrimSpace(name) })
}

// made takes note that an object was created.
func (b *beliefs[T]) made(key, name string) {
	b.wrote(key, name)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.own == nil {
		b.own = map[string]bool{}
	}
	b.own[key] = true
}

// HasCreated tells whether this client has created the object with a key, and not deleted it since.
func (b *beliefs[T]) HasCreated(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.own[key]
}

// removed takes note that an object is gone: where its name is its key, the next object with it is another one.
func (b *beliefs[T]) removed(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.seen, key)
	delete(b.own, key)
	delete(b.written, key)
	for _, held := range []map[string]string{b.holders, b.meanwhile} {
		maps.DeleteFunc(held, func(_, holder string) bool { return holder == key })
	}
}

// drop forgets what was read before a write, also what is being read: begun before the write, it is worth nothing
// after it.
func (b *beliefs[T]) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.generation++
	b.reads = 0
	b.first = nil
	b.snapshot = nil
}

// beginRefresh counts a refresh and tells whether it is the first since the last write, with no snapshot at hand. What
// such a one finds is to be kept, because an import reads it once more.
func (b *beliefs[T]) beginRefresh() (isFirst bool, keep func(T)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads++
	if b.reads > 1 || b.snapshot != nil {
		return false, func(T) {}
	}
	generation, begun := b.generation, time.Now()
	return true, func(object T) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.generation == generation {
			b.first, b.firstBegun = &object, begun
		}
	}
}

// kept gives what the first refresh found, if it is the object with a key.
func (b *beliefs[T]) kept(wanted string, key func(T) string) (object T, kept bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.first == nil || key(*b.first) != wanted || time.Since(b.firstBegun) > snapshotLife {
		return object, false
	}
	return *b.first, true
}

// shared gives the snapshot, fetching it first if there is none. Whoever asks meanwhile waits for the same one.
func (c *collection[T]) shared(ctx context.Context) (*snapshot[T], error) {
	c.mu.Lock()
	generation, taken := c.generation, c.snapshot
	c.mu.Unlock()
	if taken.isFresh() {
		return taken, nil
	}
	done := c.flight.DoChan(strconv.FormatUint(generation, 10), func() (any, error) { return c.take(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return nil, c.client.hindered(c.pageRequest(selection{}), ctx.Err())
	case result := <-done:
		return result.Val.(*snapshot[T]), result.Err
	}
}

// sharedReading is a reading of the whole collection that has not begun yet.
type sharedReading[T any] struct {
	done  chan struct{}
	taken *snapshot[T]
	err   error
}

// fresh gives a snapshot whose reading begins after the call. Those who ask before it begins share it; one reading is
// under way at a time.
func (c *collection[T]) fresh(ctx context.Context) (*snapshot[T], error) {
	c.mu.Lock()
	reading := c.next
	if reading == nil {
		reading = &sharedReading[T]{done: make(chan struct{})}
		c.next = reading
		go func() {
			pass, _ := c.reading.take(context.WithoutCancel(ctx)) // it never fails
			defer pass()
			c.mu.Lock()
			c.next = nil
			c.mu.Unlock()
			reading.taken, reading.err = c.take(context.WithoutCancel(ctx))
			close(reading.done)
		}()
	}
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, c.client.hindered(c.pageRequest(selection{}), ctx.Err())
	case <-reading.done:
		return reading.taken, reading.err
	}
}

// take reads the whole collection and keeps it, unless something is written meanwhile. What ails the collection alone,
// such as a fault of the appliance in listing it, is met once by all who ask within a while.
func (c *collection[T]) take(ctx context.Context) (*snapshot[T], error) {
	c.mu.Lock()
	generation, failed := c.generation, c.failed
	if failed != nil && time.Now().Before(c.failedUntil) {
		c.mu.Unlock()
		return nil, c.client.hindered(c.pageRequest(selection{}), failed)
	}
	c.mu.Unlock()

	begun := time.Now()
	taken, err := c.read(ctx, selection{})
	took := time.Since(begun)
	c.mu.Lock()
	defer c.mu.Unlock()
	if failure, ok := asError(err); ok {
		if failure.Cause == nil {
			shared := *failure
			shared.Cause = new(Cause)
			c.failed, c.failedUntil = &shared, time.Now().Add(pause(took))
			return nil, &shared
		}
		return nil, err
	}
	taken.ended, taken.life = time.Now(), max(snapshotLife, took)
	c.failed = nil
	if c.generation == generation {
		c.snapshot = taken
	}
	return taken, nil
}
