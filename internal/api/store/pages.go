package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

const (
	// pageSize is the requested number of objects on a page. The appliance may serve fewer. A page of the longest objects
	// stays well below the largest answer that is read.
	pageSize = 500
	// pagesAtOnce is how many pages of a snapshot are requested at the same time.
	pagesAtOnce = 4
	// maxReadings bounds how often a collection is read that changes while its pages are read.
	maxReadings = 3
	// maxObjects bounds the size of a snapshot.
	maxObjects = 200_000
)

// selection is a part of a collection, and how to read it.
type selection struct {
	pattern string // of names, empty for all
	size    int    // of a page, 0 for the usual one
	atOnce  int    // how many pages are requested at the same time, once the first has shown how many objects one has; 0 for one
	retry   wire.Retry
}

// read takes a snapshot of all pages, several of them at a time.
func (s *Store[T]) read(ctx context.Context, what selection) (*snapshot[T], error) {
	what.atOnce = pagesAtOnce
	list := &snapshot[T]{}
	for p, err := range s.pages(ctx, what) {
		if err != nil {
			return nil, err
		}
		if p.offset == 0 { // another reading
			list.objects = nil
		}
		list.objects = append(list.objects, p.Results...)
		list.progress = p.progress
	}
	return list, nil
}

// page is one answer of a collection.
type page[T any] struct {
	TotalCount int `json:"totalCount"`
	Results    []T `json:"results"` // in what is yielded, without those of pages before

	offset   int
	done     chan struct{} // closed when it has been read
	err      error
	keys     []string // of all results
	progress progress // of the reading, this page included
}

// pages reads page after page. If the collection changes meanwhile, the reading begins again, because an object that moved to
// an earlier page would be missing. Then it reads one page at a time: an object that moves to a later page is read twice, not missed.
func (s *Store[T]) pages(ctx context.Context, what selection) iter.Seq2[*page[T], error] {
	return func(yield func(*page[T], error) bool) {
		for reading := 1; reading <= maxReadings; reading++ {
			if !s.readThrough(ctx, what, reading < maxReadings, yield) {
				return
			}
			what.atOnce = 1
		}
	}
}

// readThrough reads page after page until totalCount is reached, whatever size the appliance serves. It yields an object
// once, although it may have moved to a later page, and ends at a page with nothing new: an appliance that ignores Offset would
// go on for ever. If it may be repeated, it ends when the collection has changed, and returns true.
func (s *Store[T]) readThrough(ctx context.Context, what selection, mayRepeat bool, yield func(*page[T], error) bool) (again bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var have progress
	underWay := []*page[T]{s.begin(ctx, what, 0)}
	for {
		p := underWay[0]
		underWay = underWay[1:]
		<-p.done
		p.addTo(&have)
		switch {
		case !yield(p, p.err) || p.err != nil:
			return false
		case mayRepeat && have.isChanged():
			return true
		case len(p.Results) == 0 || have.end >= p.TotalCount:
			return false
		}
		overlap := 0
		if !have.isChanged() {
			overlap = min(1, have.served-1) // none if pages have one object only
		}
		next, step := have.end-overlap, have.served-overlap
		if len(underWay) > 0 && underWay[0].offset != next {
			underWay = nil // the page was shorter than others
		}
		for len(underWay) < max(1, what.atOnce) {
			offset := next + step*len(underWay)
			if offset+overlap >= p.TotalCount {
				break
			}
			underWay = append(underWay, s.begin(ctx, what, offset))
		}
	}
}

// progress is how far a reading has come. A page begins with the last object of the one before. If it does not, objects
// before it were created or deleted meanwhile, which the count alone does not show.
type progress struct {
	indexes   map[string]int // of all objects by their keys, in the order in which they came
	total     int
	end       int    // offset of what follows the last page
	last      string // key of the object before that
	served    int    // the most objects on one page
	recounted bool   // the count has changed
	shifted   bool   // an object has moved to another page
	noList    bool   // null in place of a list, which even an empty collection has
}

// addTo adds a page to the progress of its reading, and drops its objects that were on a page before.
func (p *page[T]) addTo(g *progress) {
	if g.indexes == nil {
		g.indexes = make(map[string]int, len(p.keys))
	}
	g.recounted = g.recounted || p.offset > 0 && p.TotalCount != g.total
	g.shifted = g.shifted || p.offset < g.end && (len(p.keys) == 0 || p.keys[0] != g.last)
	g.noList = g.noList || p.Results == nil
	g.total, g.end, g.served = p.TotalCount, p.offset+len(p.keys), max(g.served, len(p.keys))
	added := p.Results[:0]
	for i, key := range p.keys {
		if _, old := g.indexes[key]; !old {
			g.indexes[key] = len(g.indexes)
			added = append(added, p.Results[i])
		}
		g.last = key
	}
	p.Results, p.progress = added, *g
}

// isChanged reports whether the collection has changed since the first page.
func (g *progress) isChanged() bool { return g.recounted || g.shifted }

// isComplete reports whether every object was on a page, so that one that was on none did not exist.
func (g *progress) isComplete() bool { return !g.isChanged() && !g.noList && len(g.indexes) == g.total }

// begin starts to read a page.
func (s *Store[T]) begin(ctx context.Context, what selection, offset int) *page[T] {
	r := s.listRequest(what)
	r.Query.Set("Offset", strconv.Itoa(offset))
	if !s.cache.limitRefused.Load() {
		r.Query.Set("Limit", strconv.Itoa(cmp.Or(what.size, pageSize)))
	}
	p := &page[T]{offset: offset, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = s.readPage(ctx, r, p)
	}()
	return p
}

// readPage reads one page. An appliance that refuses the requested size chooses one itself.
func (s *Store[T]) readPage(ctx context.Context, r wire.Request, p *page[T]) error {
	p.TotalCount = -1 // until the answer has it
	got, err := s.handler.Do(ctx, r)
	if err == nil {
		err = got.Decode(p)
	}
	if wire.RefusesValues(err) && r.Query.Has("Limit") {
		r.Query.Del("Limit")
		if s.readPage(ctx, r, p) == nil {
			s.cache.limitRefused.Store(true)
			return nil
		}
	}
	if err != nil {
		return err
	}
	p.keys = make([]string, len(p.Results))
	for i, object := range p.Results {
		p.keys[i] = s.config.Key(object)
	}
	switch {
	case p.TotalCount < 0 || slices.Contains(p.keys, ""):
		return got.Undocumented()
	case p.offset+len(p.keys) > maxObjects:
		return got.Unreadable(fmt.Sprintf("the appliance lists more than %d", maxObjects))
	}
	s.journal.noteSeen(p.keys...)
	return nil
}

// checkCount returns the error of a list that is too short. One that keeps changing is used as it was read.
func (s *Store[T]) checkCount(have progress) error {
	listed := len(have.indexes)
	if have.recounted || listed >= have.total {
		return nil
	}
	return wire.Failed(s.listRequest(selection{}), wire.Unreadable,
		fmt.Sprintf("the appliance reports a total of %d, but lists only %d", have.total, listed))
}

func (s *Store[T]) listRequest(what selection) wire.Request {
	query := url.Values{"Sort": {"nameAsc"}}
	if what.pattern != "" {
		query.Set("SearchPattern", what.pattern)
	}
	return wire.Request{
		Kind: wire.List, Retry: what.retry, Operation: "read the list of " + s.config.Kind + "s on " + s.config.Host,
		Method: http.MethodGet, Path: s.config.Path, Query: query,
	}
}
