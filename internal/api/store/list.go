package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/text/unicode/norm"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// SnapshotLife bounds how old an answer to a refresh can be.
const SnapshotLife = 30 * time.Second

// list is what is kept of the whole collection.
type list[T any] struct {
	flight       singleflight.Group
	turn         turn // of the current reading
	listing      turn // of those who create
	limitRefused atomic.Bool

	mu          sync.Mutex
	latest      *snapshot[T]
	next        *reading[T] // has not begun yet
	first       string      // key of the first refresh since the last write
	creations   int
	staleBefore int         // position of the last write: what was read before is not good for a refresh
	failure     *wire.Cause // of the last reading
	failedUntil time.Time
}

// snapshot is a whole collection as it was read. It never changes.
type snapshot[T any] struct {
	objects  []T // in the order of their names
	byKey    map[string]T
	names    map[string]string // keys by name, without whitespace around it
	nameOf   func(T) string
	missing  int  // objects that the appliance counts and does not list
	complete bool // the collection was at rest, so that what is not here did not exist
	since    int  // position in the journal at which the reading began
	ended    time.Time
	life     time.Duration
}

// index sorts the objects and makes them findable, once all have been read.
func (s *snapshot[T]) index(config Config[T]) {
	s.nameOf = config.Name
	slices.SortFunc(s.objects, func(a, b T) int { return strings.Compare(config.Name(a), config.Name(b)) })
	s.byKey, s.names = make(map[string]T, len(s.objects)), make(map[string]string, len(s.objects))
	for _, object := range s.objects {
		key := config.Key(object)
		s.byKey[key], s.names[strings.TrimSpace(config.Name(object))] = object, key
	}
}

func (s *snapshot[T]) isFresh() bool { return s != nil && time.Since(s.ended) < s.life }

// has reports whether an object is in the snapshot. The letters of a UUID may be of either case.
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

func (s *snapshot[T]) named(name string) (object T, found bool) {
	i, found := slices.BinarySearchFunc(s.objects, name, func(object T, name string) int { return strings.Compare(s.nameOf(object), name) })
	if found {
		return s.objects[i], true
	}
	// Terraform composes every string, and the appliance may have the name in another form.
	for _, candidate := range s.objects {
		if norm.NFC.String(s.nameOf(candidate)) == norm.NFC.String(name) {
			return candidate, true
		}
	}
	return object, false
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

// drop makes what was read before a write, or while it was under way, worthless for a refresh.
func (s *Store[T]) drop() {
	now := s.journal.now()
	s.list.mu.Lock()
	defer s.list.mu.Unlock()
	s.list.staleBefore = now
	s.list.first = ""
}

// cachedList returns the snapshot, and reads it first if there is none. Whoever asks meanwhile waits for the same one.
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

// currentList returns a snapshot whose reading begins after the call. Those who ask before it begins share it; one reading is
// under way at a time.
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

// readList reads the whole collection and keeps it. A failure of this collection alone, such as a fault of the appliance in
// listing it, is met once by all who ask within a while.
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
