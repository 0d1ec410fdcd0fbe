package store

import (
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

// list caches the whole collection.
type list[T any] struct {
	readers      turns       // callers with the same needs: the first one reads for the others
	limitRefused atomic.Bool // by the appliance, which serves pages of its own size only

	mu          sync.Mutex
	latest      *snapshot[T]
	first       string      // key of the first refresh since the last write
	staleBefore int         // position of the last write: earlier readings are too old for a refresh
	failure     *wire.Cause // of the last reading
	failedUntil time.Time
}

// beginRefresh reports whether to read an object alone: while there is no snapshot at hand, and this is the only object to have
// been refreshed since the last write. An import refreshes its object once more.
func (l *list[T]) beginRefresh(key string) (alone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == "" {
		l.first = key
	}
	return strings.EqualFold(l.first, key) && (l.latest == nil || l.latest.since < l.staleBefore)
}

// since returns the latest snapshot, or nil if it is old or its reading began before a position.
func (l *list[T]) since(position int) *snapshot[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.latest.isFresh() && l.latest.since >= position {
		return l.latest
	}
	return nil
}

// drop invalidates, for refreshes, what was read before a write or during it.
func (s *Store[T]) drop() {
	now := s.journal.now()
	s.list.mu.Lock()
	defer s.list.mu.Unlock()
	s.list.staleBefore = now
	s.list.first = ""
}

// cachedList returns a snapshot for refreshes: its reading began after the last write.
func (s *Store[T]) cachedList(ctx context.Context) (*snapshot[T], error) {
	s.list.mu.Lock()
	position := s.list.staleBefore
	s.list.mu.Unlock()
	// Nobody waits for a reading that a write has made stale meanwhile.
	return s.listSince(ctx, position, "refreshes since "+strconv.Itoa(position))
}

// currentList returns a snapshot whose reading begins after the call.
func (s *Store[T]) currentList(ctx context.Context) (*snapshot[T], error) {
	return s.listSince(ctx, s.journal.now(), "current")
}

// listSince returns a snapshot whose reading began at a position or later, and reads it if there is none. Of concurrent callers
// with the same needs, one reads at a time.
func (s *Store[T]) listSince(ctx context.Context, position int, needs string) (*snapshot[T], error) {
	if taken := s.list.since(position); taken != nil {
		return taken, nil
	}
	pass, err := s.list.readers.take(ctx, needs)
	if err != nil {
		return nil, wire.Interrupted(s.listRequest(selection{}))
	}
	defer pass()
	if taken := s.list.since(position); taken != nil {
		return taken, nil
	}
	return s.readList(ctx)
}

// readList reads the whole collection and keeps it. A failure of this collection alone, such as a fault of the appliance
// in listing it, is shared by all callers for a while.
func (s *Store[T]) readList(ctx context.Context) (*snapshot[T], error) {
	l := &s.list
	operation := s.listRequest(selection{}).Operation
	l.mu.Lock()
	failure, failedUntil := l.failure, l.failedUntil
	l.mu.Unlock()
	if failure != nil && time.Now().Before(failedUntil) {
		return nil, &wire.BlockedError{Operation: operation, Kind: wire.List, Cause: failure, Outcome: wire.NotSent}
	}

	since, begun := s.journal.now(), time.Now()
	taken, err := s.read(ctx, selection{})
	took := time.Since(begun)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		e, isOwn := err.(*wire.Error) //nolint:errorlint // a wrapped one has a cause already
		if !isOwn || ctx.Err() != nil {
			return nil, err
		}
		l.failure, l.failedUntil = &wire.Cause{Err: e}, time.Now().Add(wire.Pause(took))
		return nil, &wire.BlockedError{Operation: operation, Kind: wire.List, Cause: l.failure}
	}
	taken.since, taken.ended, taken.life = since, time.Now(), max(SnapshotLife, took)
	l.failure = nil
	if l.latest == nil || l.latest.since < since {
		l.latest = taken
	}
	return taken, nil
}
