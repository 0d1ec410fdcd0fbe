package store

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"
)

// turns serialize operations that send requests: one at a time has the turn of a name, of an object or of whatever else callers
// agree on. Names that an appliance might treat as equal share one.
type turns struct{ byName sync.Map }

// acquire waits for the turns of all names, no longer than the context. The caller must call release in the end. The turns are always
// taken in the same order, so that two callers that exchange their names do not wait for each other for ever.
func (t *turns) acquire(ctx context.Context, names ...string) (release func(), err error) {
	var taken []*semaphore.Weighted
	release = func() {
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
			release()
			return nil, err
		}
		taken = append(taken, turn)
	}
	return release, nil
}

// folded is a name without what an appliance might not distinguish: its Unicode form, its case, and the number of spaces.
func folded(name string) string {
	return strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(name), " ")))
}

// tidied is a text without what an appliance and Terraform do not distinguish: whitespace around it, line break style, Unicode form.
func tidied(text string) string {
	return norm.NFC.String(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"))
}
