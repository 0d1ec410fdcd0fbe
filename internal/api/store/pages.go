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
	// pageSize is what a page is asked for. The appliance may serve fewer. A page of the longest objects stays
	// well within what is read of one answer.
	pageSize = 500
	// pagesAtOnce is how many pages of a snapshot are asked for at a time.
	pagesAtOnce = 4
	// maxReadings bounds how often a collection that changes while its pages are read is read again.
	maxReadings = 3
	// maxObjects bounds what a snapshot can take of memory.
	maxObjects = 200_000
)

// selection says what to read of a collection, and how.
type selection struct {
	pattern string // of names, empty for all
	size    int    // of a page
	atOnce  int    // pages that are under way at a time, once the first has told how many objects are served on one
	retry   wire.Retry
}

// read takes a snapshot of all pages, several of them at a time. A collection that visibly changes meanwhile is read
// again, because an object that moves to a page already read would be missing, and page after page, because one that
// moves on is then met again. One that never comes to rest is taken as it is.
func (s *Store[T]) read(ctx context.Context, what selection) (*snapshot[T], error) {
	what.size, what.atOnce = pageSize, pagesAtOnce
	for reading := 1; ; reading++ {
		taken, err := s.readOnce(ctx, what)
		if err != nil {
			return nil, err
		}
		if taken.complete || reading == maxReadings {
			taken.index(s.config)
			return taken, nil
		}
		what.atOnce = 1
	}
}

func (s *Store[T]) readOnce(ctx context.Context, what selection) (*snapshot[T], error) {
	taken := &snapshot[T]{complete: true}
	total := -1
	for p, err := range s.pages(ctx, what) {
		if err != nil {
			return nil, err
		}
		taken.objects = append(taken.objects, p.Results...)
		taken.complete = taken.complete && (total < 0 || total == p.TotalCount) && p.Results != nil // a list is one even when it is empty
		total = p.TotalCount
	}
	if taken.complete {
		taken.missing = max(0, total-len(taken.objects))
	}
	taken.complete = taken.complete && len(taken.objects) == total
	return taken, nil
}

// page is one answer of a collection.
type page[T any] struct {
	TotalCount int `json:"totalCount"`
	Results    []T `json:"results"`

	response wire.Response
}

// pages reads page after page until totalCount is reached whatever size the appliance serves, or until the caller has
// enough. It yields an object once, although it may have moved to a later page, and ends at a page with nothing new: an
// appliance that ignores Offset would go on for ever.
func (s *Store[T]) pages(ctx context.Context, what selection) iter.Seq2[page[T], error] {
	return func(yield func(page[T], error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var seen map[string]bool
		underWay := []*pageRead[T]{s.begin(ctx, what, 0)}
		for offset, served := 0, 0; ; {
			first := underWay[0]
			underWay = underWay[1:]
			<-first.done
			p, err := first.page, first.err
			offset += len(p.Results)
			served = max(served, len(p.Results))
			if seen == nil {
				seen = make(map[string]bool, len(p.Results))
			}
			p.Results = slices.DeleteFunc(p.Results, func(object T) bool {
				key := s.config.Key(object)
				old := seen[key]
				seen[key] = true
				return old
			})
			if len(seen) > maxObjects {
				err = p.response.Unreadable(fmt.Sprintf("the appliance lists more than %d", maxObjects))
			}
			if !yield(p, err) || err != nil || len(p.Results) == 0 || offset >= p.TotalCount {
				return
			}
			if len(underWay) > 0 && underWay[0].offset != offset {
				underWay = nil // the page was shorter than others
			}
			for next := offset + served*len(underWay); len(underWay) < what.atOnce && next < p.TotalCount; next += served {
				underWay = append(underWay, s.begin(ctx, what, next))
			}
		}
	}
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
	if !s.list.limitRefused.Load() {
		r.Query.Set("Limit", strconv.Itoa(what.size))
	}
	begun := &pageRead[T]{offset: offset, done: make(chan struct{})}
	go func() {
		defer close(begun.done)
		begun.page, begun.err = s.page(ctx, r)
	}()
	return begun
}

// page reads one page. An appliance that refuses to serve so many objects on one is asked for as many as it likes.
func (s *Store[T]) page(ctx context.Context, r wire.Request) (p page[T], err error) {
	p.TotalCount = -1
	if p.response, err = s.handler.Do(ctx, r); err == nil {
		err = p.response.Decode(&p)
	}
	if (wire.IsStatus(err, http.StatusBadRequest) || wire.IsStatus(err, http.StatusInternalServerError)) && wire.IsRefused(err) && r.Query.Has("Limit") {
		r.Query.Del("Limit")
		unlimited, unlimitedErr := s.page(ctx, r)
		if unlimitedErr != nil {
			return p, err
		}
		s.list.limitRefused.Store(true)
		return unlimited, nil
	}
	if err != nil {
		return p, err
	}
	keys := make([]string, len(p.Results))
	for i, object := range p.Results {
		if keys[i] = s.config.Key(object); keys[i] == "" {
			return p, p.response.Undocumented()
		}
	}
	if p.TotalCount < 0 {
		return p, p.response.Undocumented()
	}
	s.journal.noteSeen(keys...)
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
