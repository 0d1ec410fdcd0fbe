package framework

import "sync"

// Singleton is an object of which each appliance has exactly one. A writer holds the lock from its first read to the end
// of its write.
type Singleton struct {
	sync.Mutex
	Saved bool // by this run, for a resource that stays
}

// Singleton returns what this run knows of the one object of a kind.
func (p *Provider) Singleton(kind string) *Singleton {
	singleton, _ := p.singletons.LoadOrStore(kind, &Singleton{})
	return singleton.(*Singleton)
}
