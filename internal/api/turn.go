package api

import (
	"context"
	"sync"
)

// turn lets one after the other do what takes requests. Unlike a mutex's, the wait for it ends with the context.
type turn struct {
	once  sync.Once
	taken chan struct{}
}

// take waits for the turn. Whoever has it calls pass in the end.
func (t *turn) take(ctx context.Context) (pass func(), err error) {
	t.once.Do(func() { t.taken = make(chan struct{}, 1) })
	select {
	case t.taken <- struct{}{}:
		return func() { <-t.taken }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
