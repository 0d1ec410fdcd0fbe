package framework

import "sync"

// Singleton is an object of which each appliance has exactly one, as this run sees it. A writer holds the lock from its
// first read to the end of its write.
type Singleton struct {
	sync.Mutex
	Saved      bool // for a resource that stays
	Unanswered bool // a write for a resource that is destroyed may still take effect
	Resources  struct{ Stay, Go bool }
}

// Singleton returns what this run knows of the one object of a kind.
func (p *Provider) Singleton(kind string) *Singleton {
	singleton, _ := p.singletons.LoadOrStore(kind, &Singleton{})
	return singleton.(*Singleton)
}
