package framework

import "sync"

// Single is an object of which an appliance has one alone. Whoever writes it holds the lock meanwhile, from reading what
// is there on.
type Single struct {
	sync.Mutex
	Saved bool // by this run, for a resource that stays
}

// Single gives what this run knows of the one object of a kind.
func (p *Provider) Single(kind string) *Single {
	single, _ := p.singles.LoadOrStore(kind, &Single{})
	return single.(*Single)
}
