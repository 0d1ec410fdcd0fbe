package store

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// SnapshotLife bounds how old an answer to a refresh can be.
const SnapshotLife = 30 * time.Second

// snapshot is a whole collection as it was read. It never changes.
type snapshot[T any] struct {
	objects  []T      // in the order in which they came
	progress progress // of the reading
	since    int      // position in the journal at which it began
	expires  time.Time
}

// get returns the object with exactly this key.
func (s *snapshot[T]) get(key string) (object T, found bool) {
	i, found := s.progress.indexes[key]
	if found {
		object = s.objects[i]
	}
	return object, found
}

// has reports whether an object is in the snapshot. The letters of a UUID may be of either case.
func (s *snapshot[T]) has(key string) bool {
	for other := range s.progress.indexes {
		if strings.EqualFold(key, other) {
			return true
		}
	}
	return false
}

// cache keeps the last list of the whole collection.
type cache[T any] struct {
	readers      turns       // callers with the same needs: the first one reads for the others
	limitRefused atomic.Bool // by the appliance, which serves pages of its own size only

	mu          sync.Mutex
	latest      *snapshot[T]
	direct      string            // key of the first refresh since the last write, which reads its object directly
	staleBefore int               // position of the last write: earlier readings are too old for a refresh
	failure     wire.BlockedError // of a reading, for all others for a while
	failedUntil time.Time
}

// latestSince returns the latest snapshot, or nil if it is old or its reading began before a position.
func (c *cache[T]) latestSince(position int) *snapshot[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest != nil && c.latest.since >= position && time.Until(c.latest.expires) > 0 {
		return c.latest
	}
	return nil
}

// drop invalidates, for refreshes, what was read before a write or during it.
func (s *Store[T]) drop() {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	s.cache.staleBefore = s.journal.now()
	s.cache.direct = ""
}

// refreshList returns the snapshot for the refresh of one object. It is empty if the object is to be read alone: while there is
// no snapshot at hand, and this is the only object to have been refreshed since the last write, perhaps again after its import.
func (s *Store[T]) refreshList(ctx context.Context, key string) (*snapshot[T], error) {
	c := &s.cache
	c.mu.Lock()
	c.direct = cmp.Or(c.direct, key)
	alone := (c.latest == nil || c.latest.since < c.staleBefore) && strings.EqualFold(c.direct, key)
	c.mu.Unlock()
	if alone {
		return &snapshot[T]{}, nil
	}
	return s.cachedList(ctx)
}

// cachedList returns a snapshot whose reading began after the last write. A caller after a write does not wait for an earlier reading.
func (s *Store[T]) cachedList(ctx context.Context) (*snapshot[T], error) {
	s.cache.mu.Lock()
	position := s.cache.staleBefore
	s.cache.mu.Unlock()
	return s.listSince(ctx, position, strconv.Itoa(position))
}

// currentList returns a snapshot whose reading begins after the call.
func (s *Store[T]) currentList(ctx context.Context) (*snapshot[T], error) {
	return s.listSince(ctx, s.journal.now(), "current")
}

// listSince returns a snapshot whose reading began at a position or later, and reads it if there is none. Of concurrent callers
// with the same needs, one reads at a time.
func (s *Store[T]) listSince(ctx context.Context, position int, needs string) (*snapshot[T], error) {
	if list := s.cache.latestSince(position); list != nil {
		return list, nil
	}
	release, err := s.cache.readers.acquire(ctx, needs)
	if err != nil {
		return nil, wire.Interrupted(s.listRequest(selection{}))
	}
	defer release()
	if list := s.cache.latestSince(position); list != nil { // another caller has read it meanwhile
		return list, nil
	}
	return s.readList(ctx)
}

// readList reads the whole collection and keeps it. A failure of this collection alone, such as a fault of the appliance
// in listing it, is shared by all callers for a while.
func (s *Store[T]) readList(ctx context.Context) (*snapshot[T], error) {
	c := &s.cache
	c.mu.Lock()
	failure, failedUntil := c.failure, c.failedUntil
	c.mu.Unlock()
	if time.Now().Before(failedUntil) {
		failure.Outcome = wire.NotSent
		return nil, &failure
	}
	since, begun := s.journal.now(), time.Now()
	list, err := s.read(ctx, selection{})
	took := time.Since(begun)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if wire.IsBlocked(err) || ctx.Err() != nil {
			return nil, err
		}
		cause := &wire.Cause{Err: wire.AsError(err)}
		failure = wire.BlockedError{Operation: s.listRequest(selection{}).Operation, Kind: wire.List, Cause: cause}
		c.failure, c.failedUntil = failure, time.Now().Add(wire.Pause(took))
		return nil, &failure
	}
	list.since, list.expires = since, time.Now().Add(max(SnapshotLife, took))
	c.failedUntil = time.Time{}
	if c.latest == nil || c.latest.since < since {
		c.latest = list
	}
	return list, nil
}
