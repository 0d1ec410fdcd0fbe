package store

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
)

// turns serialize operations that send requests: one at a time has the turn of a name. Names that an appliance might treat as
// equal share one.
type turns struct{ byName sync.Map }

// take waits for the turns of all names, no longer than the context. The caller must call pass in the end. The turns are always
// taken in the same order, so that two callers that exchange their names do not wait for each other for ever.
func (t *turns) take(ctx context.Context, names ...string) (pass func(), err error) {
	var taken []*semaphore.Weighted
	pass = func() {
		for _, turn := range taken {
			turn.Release(1)
		}
	}
	for i := range names {
		names[i] = folded(names[i])
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		kept, _ := t.byName.LoadOrStore(name, semaphore.NewWeighted(1))
		turn := kept.(*semaphore.Weighted)
		if err := turn.Acquire(ctx, 1); err != nil {
			pass()
			return nil, err
		}
		taken = append(taken, turn)
	}
	return pass, nil
}

// folded is a name without what an appliance might not distinguish: case, and the number of spaces.
func folded(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }
