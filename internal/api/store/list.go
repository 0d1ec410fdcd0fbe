package store

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// SnapshotLife bounds how old an answer to a refresh can be.
const SnapshotLife = 30 * time.Second

// list caches the whole collection.
type list[T any] struct {
	flight       singleflight.Group // readings for refreshes, by the write that they follow
	turn         turn               // for callers that need the current list
	listing      turn               // of creations that look into the list, so that the first one reads it for the others
	limitRefused atomic.Bool        // by the appliance, which serves pages of its own size only

	mu          sync.Mutex
	latest      *snapshot[T]
	next        *reading[T] // the reading that new callers share, until it begins
	first       string      // key of the first refresh since the last write
	creations   int
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

// beginCreation counts a creation and reports whether it is the first.
func (l *list[T]) beginCreation() (isFirst bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.creations++
	return l.creations == 1
}

// latestFresh returns the last snapshot, whatever was written since, or nil if it is old.
func (l *list[T]) latestFresh() *snapshot[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.latest.isFresh() {
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

// cachedList returns the snapshot, and reads it first if there is none. Concurrent callers wait for the same one.
func (s *Store[T]) cachedList(ctx context.Context) (*snapshot[T], error) {
	l := &s.list
	l.mu.Lock()
	latest, staleBefore := l.latest, l.staleBefore
	l.mu.Unlock()
	if latest.isFresh() && latest.since >= staleBefore {
		return latest, nil
	}
	done := l.flight.DoChan(strconv.Itoa(staleBefore), func() (any, error) { return s.readList(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return nil, wire.Interrupted(s.listRequest(selection{}))
	case result := <-done:
		return result.Val.(*snapshot[T]), result.Err
	}
}

// reading is a reading of the whole collection that has not begun yet.
type reading[T any] struct {
	done  chan struct{}
	taken *snapshot[T]
	err   error
}

// currentList returns a snapshot whose reading begins after the call. Callers that arrive before it begins share it. One
// reading runs at a time.
func (s *Store[T]) currentList(ctx context.Context) (*snapshot[T], error) {
	l := &s.list
	l.mu.Lock()
	next := l.next
	if next == nil {
		next = &reading[T]{done: make(chan struct{})}
		l.next = next
		go func() {
			ctx := context.WithoutCancel(ctx)
			pass, _ := l.turn.take(ctx) // it cannot be canceled
			defer pass()
			l.mu.Lock()
			l.next = nil
			l.mu.Unlock()
			next.taken, next.err = s.readList(ctx)
			close(next.done)
		}()
	}
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, wire.Interrupted(s.listRequest(selection{}))
	case <-next.done:
		return next.taken, next.err
	}
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
		if !isOwn {
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
