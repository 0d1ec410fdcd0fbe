package store

import (
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
	size    int    // of a page
	atOnce  int    // how many pages are requested at the same time, once the first has shown how many objects one has
	retry   wire.Retry
}

// read takes a snapshot of all pages, several of them at a time.
func (s *Store[T]) read(ctx context.Context, what selection) (*snapshot[T], error) {
	what.size, what.atOnce = pageSize, pagesAtOnce
	list := &snapshot[T]{}
	for p, err := range s.pages(ctx, what) {
		if err != nil {
			return nil, err
		}
		if p.offset == 0 { // another reading
			list.objects = nil
		}
		list.objects = append(list.objects, p.Results...)
		list.complete, list.missing = p.progress.isComplete(), p.progress.missing()
	}
	list.index(s.config)
	return list, nil
}

// page is one answer of a collection.
type page[T any] struct {
	TotalCount int `json:"totalCount"`
	Results    []T `json:"results"` // in what is yielded, without those of pages before

	response wire.Response
	keys     []string // of all results
	offset   int
	progress progress // of the reading, this page included
}

// pages reads page after page. If the collection changes meanwhile, the reading begins again, because an object that moved to
// an earlier page would be missing. From then on it reads one page at a time, so that an object that moves to a later page is
// read twice, not missed.
func (s *Store[T]) pages(ctx context.Context, what selection) iter.Seq2[page[T], error] {
	return func(yield func(page[T], error) bool) {
		for reading := 1; reading <= maxReadings; reading++ {
			changed := false
			for p, err := range s.readThrough(ctx, what) {
				if !yield(p, err) || err != nil {
					return
				}
				if changed = p.progress.isChanged(); changed && reading < maxReadings {
					break
				}
			}
			if !changed {
				return
			}
			what.atOnce = 1
		}
	}
}

// readThrough reads page after page until totalCount is reached, whatever size the appliance serves. It yields an object
// once, although it may have moved to a later page, and ends at a page with nothing new: an appliance that ignores Offset would
// go on for ever.
func (s *Store[T]) readThrough(ctx context.Context, what selection) iter.Seq2[page[T], error] {
	return func(yield func(page[T], error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var have progress
		underWay := []*pageRead[T]{s.begin(ctx, what, 0)}
		for {
			first := underWay[0]
			underWay = underWay[1:]
			<-first.done
			p, err := first.page, first.err
			p.offset = first.offset
			have.add(p.offset, p.keys, p.TotalCount)
			p.Results = slices.DeleteFunc(p.Results, func(object T) bool { return !have.isNew(s.config.Key(object)) })
			p.progress = have
			if len(have.seen) > maxObjects {
				err = p.response.Unreadable(fmt.Sprintf("the appliance lists more than %d", maxObjects))
			}
			if !yield(p, err) || err != nil || len(p.Results) == 0 || have.end >= p.TotalCount {
				return
			}
			overlap := have.overlap()
			next, step := have.end-overlap, have.served-overlap
			if len(underWay) > 0 && underWay[0].offset != next {
				underWay = nil // the page was shorter than others
			}
			for next += step * len(underWay); len(underWay) < what.atOnce && next+overlap < p.TotalCount; next += step {
				underWay = append(underWay, s.begin(ctx, what, next))
			}
		}
	}
}

// progress is how far a reading has come. A page begins with the last object of the one before. If it does not, objects
// before it were created or deleted meanwhile, which the count alone does not show.
type progress struct {
	seen      map[string]bool
	total     int
	end       int    // offset of what follows the last page
	last      string // key of the object before that
	served    int    // the most objects on one page
	recounted bool   // the count has changed
	shifted   bool   // an object has moved to another page
	noList    bool   // null in place of a list, which even an empty collection has
}

// add adds a page that was requested from an offset on.
func (g *progress) add(offset int, keys []string, total int) {
	if g.seen == nil {
		g.seen = make(map[string]bool, len(keys))
	}
	g.recounted = g.recounted || offset > 0 && total != g.total
	g.shifted = g.shifted || offset < g.end && (len(keys) == 0 || keys[0] != g.last)
	g.noList = g.noList || keys == nil
	g.total, g.end, g.served = total, offset+len(keys), max(g.served, len(keys))
	if len(keys) > 0 {
		g.last = keys[len(keys)-1]
	}
}

// isNew reports whether an object was on no page before.
func (g *progress) isNew(key string) bool {
	old := g.seen[key]
	g.seen[key] = true
	return !old
}

// isChanged reports whether the collection has changed since the first page.
func (g *progress) isChanged() bool { return g.recounted || g.shifted }

// isComplete reports whether every object was on a page.
func (g *progress) isComplete() bool { return !g.isChanged() && !g.noList && len(g.seen) == g.total }

// missing returns how many objects the appliance counts and has not listed; 0 if the count has changed.
func (g *progress) missing() int {
	if g.recounted {
		return 0
	}
	return max(0, g.total-len(g.seen))
}

// overlap returns how many objects the next page has in common with the last one: none if pages have one object only, or if
// a change is known already.
func (g *progress) overlap() int {
	if g.isChanged() {
		return 0
	}
	return min(1, g.served-1)
}

// pageRead is a page that is being read.
type pageRead[T any] struct {
	offset int
	done   chan struct{}
	page   page[T]
	err    error
}

func (s *Store[T]) begin(ctx context.Context, what selection, offset int) *pageRead[T] {
	r := s.listRequest(what)
	r.Query.Set("Offset", strconv.Itoa(offset))
	if !s.cache.limitRefused.Load() {
		r.Query.Set("Limit", strconv.Itoa(what.size))
	}
	begun := &pageRead[T]{offset: offset, done: make(chan struct{})}
	go func() {
		defer close(begun.done)
		begun.page, begun.err = s.page(ctx, r)
	}()
	return begun
}

// page reads one page. An appliance that refuses the requested size chooses one itself.
func (s *Store[T]) page(ctx context.Context, r wire.Request) (p page[T], err error) {
	p.TotalCount = -1
	if p.response, err = s.handler.Do(ctx, r); err == nil {
		err = p.response.Decode(&p)
	}
	if wire.RefusesValues(err) && r.Query.Has("Limit") {
		r.Query.Del("Limit")
		unlimited, unlimitedErr := s.page(ctx, r)
		if unlimitedErr != nil {
			return p, err
		}
		s.cache.limitRefused.Store(true)
		return unlimited, nil
	}
	if err != nil {
		return p, err
	}
	if p.Results != nil { // a list is one even when it is empty
		p.keys = make([]string, len(p.Results))
	}
	for i, object := range p.Results {
		if p.keys[i] = s.config.Key(object); p.keys[i] == "" {
			return p, p.response.Undocumented()
		}
	}
	if p.TotalCount < 0 {
		return p, p.response.Undocumented()
	}
	s.journal.noteSeen(p.keys...)
	return p, nil
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
