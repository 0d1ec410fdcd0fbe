package store

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
)

// turn serializes operations that send requests.
type turn struct {
	once      sync.Once
	semaphore *semaphore.Weighted
}

// take waits for the turn, no longer than the context. The caller must call pass in the end.
func (t *turn) take(ctx context.Context) (pass func(), err error) {
	t.once.Do(func() { t.semaphore = semaphore.NewWeighted(1) })
	if err := t.semaphore.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { t.semaphore.Release(1) }, nil
}

// turns has a turn for each name. Names that an appliance might treat as equal share one.
type turns struct{ byName sync.Map }

func (t *turns) take(ctx context.Context, name string) (pass func(), err error) {
	kept, _ := t.byName.LoadOrStore(folded(name), new(turn))
	return kept.(*turn).take(ctx)
}

// takeBoth takes the turns of two names, always in the same order, so that two that exchange their names do not wait for each
// other for ever.
func (t *turns) takeBoth(ctx context.Context, a, b string) (pass func(), err error) {
	first, second := min(folded(a), folded(b)), max(folded(a), folded(b))
	passFirst, err := t.take(ctx, first)
	if err != nil || first == second {
		return passFirst, err
	}
	passSecond, err := t.take(ctx, second)
	if err != nil {
		passFirst()
		return nil, err
	}
	return func() { passSecond(); passFirst() }, nil
}

// folded is a name without what an appliance might not distinguish: case, and the number of spaces.
func folded(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }
