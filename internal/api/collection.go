package api

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// pageSize is what a page is asked for. The appliance may serve fewer. A page of the longest objects stays
	// well within what is read of one answer.
	pageSize = 500
	// pagesAtOnce is how many pages of a snapshot are asked for at a time.
	pagesAtOnce = 4
	// snapshotLife bounds how old an answer to a read can be.
	snapshotLife = 30 * time.Second
	// maxReadings bounds how often a collection that changes while its pages are read is read again.
	maxReadings = 3
	// maxObjects bounds what a snapshot can take of memory.
	maxObjects = 200_000
)

// collection reads the objects of one kind. Terraform refreshes resources one by one; reads are answered from a
// snapshot of the whole collection, fetched once however many ask, and dropped by any write. The first read after a
// write is a direct one, so that a run that reads a single object never pays for all of them; what it found is kept,
// because an import reads it once more. An absence in the snapshot is confirmed by a direct read before anybody
// believes it.
type collection[T any] struct {
	client *Client
	kind   string         // "credentials record"
	path   string         // "/accounts/standard"
	key    func(T) string // what stands in the object's path; never empty in an answer
	name   func(T) string

	refreshed sync.Map // the keys are the names of the objects that a refresh has found

	flight     singleflight.Group
	mu         sync.Mutex
	generation uint64 // grows with every write
	reads      int    // since the last write
	first      *T     // what the first of them found
	firstBegun time.Time
	snapshot   *snapshot[T]
}

type snapshot[T any] struct {
	begun   time.Time
	objects []T // in the order of their names
	byKey   map[string]T
}

// refresh reads one object by its key, from the snapshot where there is one. A missing object is an error for which
// [IsNotFound] is true.
func (c *collection[T]) refresh(ctx context.Context, key string) (T, error) {
	object, err := c.readShared(ctx, key)
	if err == nil {
		c.refreshed.Store(c.name(object), nil)
	}
	return object, err
}

func (c *collection[T]) readShared(ctx context.Context, key string) (T, error) {
	isFirst, keep := c.beginRead()
	if isFirst {
		object, err := c.getDirectly(ctx, key)
		if err == nil {
			keep(object)
		}
		return object, err
	}
	if object, kept := c.kept(key); kept {
		return object, nil
	}
	taken, err := c.shared(ctx)
	if err != nil {
		var none T
		return none, err
	}
	if object, found := taken.byKey[key]; found {
		return object, nil
	}
	return c.getDirectly(ctx, key)
}

// hasRefreshed tells whether a refresh of this client has found an object with a name.
func (c *collection[T]) hasRefreshed(name string) bool {
	_, found := c.refreshed.Load(name)
	return found
}

func (c *collection[T]) getDirectly(ctx context.Context, key string) (T, error) {
	return c.object(ctx, request{operation: "read " + c.kind + " " + strconv.Quote(key), method: http.MethodGet, path: c.pathOf(key)})
}

// object sends a request whose answer is one object of the collection.
func (c *collection[T]) object(ctx context.Context, r request) (T, error) {
	object, _, err := c.objectAndAnswer(ctx, r)
	return object, err
}

func (c *collection[T]) objectAndAnswer(ctx context.Context, r request) (T, answer, error) {
	var object T
	got, err := c.client.call(ctx, r, &object)
	if err == nil && c.key(object) == "" {
		err = r.unreadable(got, quote(&got))
	}
	return object, got, err
}

func (c *collection[T]) pathOf(key string) string { return c.path + "/" + url.PathEscape(key) }

// find reads one object by its exact name. It is missing only when neither the snapshot has it, which may be old, nor
// SearchPattern finds it, of which the documentation does not say what it matches.
func (c *collection[T]) find(ctx context.Context, name string) (object T, found bool, err error) {
	looks := []func(context.Context, string) (T, bool, error){c.findInSnapshot, c.findOnPages}
	isFirst, keep := c.beginRead()
	if isFirst {
		slices.Reverse(looks)
	}
	for _, look := range looks {
		if object, found, err = look(ctx, name); found || err != nil {
			break
		}
	}
	if isFirst && found {
		keep(object)
	}
	return object, found, err
}

func (c *collection[T]) findInSnapshot(ctx context.Context, name string) (object T, found bool, err error) {
	taken, err := c.shared(ctx)
	if err != nil {
		return object, false, err
	}
	i, found := slices.BinarySearchFunc(taken.objects, name, func(object T, name string) int { return strings.Compare(c.name(object), name) })
	if found {
		object = taken.objects[i]
	}
	return object, found, nil
}

func (c *collection[T]) findOnPages(ctx context.Context, name string) (object T, found bool, err error) {
	for object, err := range c.search(ctx, name, 0) {
		if err != nil || c.name(object) == name {
			return object, err == nil, err
		}
	}
	return object, false, nil
}

// list reads all objects whose name matches pattern, in the order of their names; an empty pattern matches all.
func (c *collection[T]) list(ctx context.Context, pattern string) ([]T, error) {
	read := c.shared
	if pattern != "" {
		read = func(ctx context.Context) (*snapshot[T], error) { return c.read(ctx, pattern) }
	}
	taken, err := read(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(taken.objects), nil
}

// search yields object after object, reading a page only when the one before it is used up.
func (c *collection[T]) search(ctx context.Context, pattern string, limit int64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		size := pageSize
		if limit > 0 && limit < pageSize {
			size = int(limit)
		}
		for p, err := range c.pages(ctx, pattern, size, 1) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, object := range p.Results {
				if !yield(object, nil) {
					return
				}
			}
		}
	}
}

// delete removes one object. One that is gone already is what was asked for.
func (c *collection[T]) delete(ctx context.Context, key string) error {
	return c.write(func() error {
		_, err := c.client.send(ctx, request{operation: "delete " + c.kind + " " + strconv.Quote(key), method: http.MethodDelete, path: c.pathOf(key)})
		if IsNotFound(err) {
			return nil
		}
		return err
	})
}

// write drops the snapshot, also one that is being fetched: begun before the write, it is worth nothing after it.
func (c *collection[T]) write(send func() error) error {
	c.client.written.Store(true)
	defer c.drop()
	return send()
}

func (c *collection[T]) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.reads = 0
	c.first = nil
	c.snapshot = nil
}

// beginRead counts a read and tells whether it is the first since the last write, with no snapshot at hand. What such a
// one finds is to be kept.
func (c *collection[T]) beginRead() (isFirst bool, keep func(T)) {
	c.client.read.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	if c.reads > 1 || c.snapshot != nil {
		return false, nil
	}
	generation, begun := c.generation, time.Now()
	return true, func(object T) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.generation == generation {
			c.first, c.firstBegun = &object, begun
		}
	}
}

// kept gives what the first read found, if it is the object with a key.
func (c *collection[T]) kept(key string) (object T, kept bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil || c.key(*c.first) != key || time.Since(c.firstBegun) > snapshotLife {
		return object, false
	}
	return *c.first, true
}

// shared gives the snapshot, fetching it first if there is none. Whoever asks meanwhile waits for the same one.
func (c *collection[T]) shared(ctx context.Context) (*snapshot[T], error) {
	c.mu.Lock()
	generation, taken := c.generation, c.snapshot
	c.mu.Unlock()
	if taken != nil && time.Since(taken.begun) < snapshotLife {
		return taken, nil
	}
	done := c.flight.DoChan(strconv.FormatUint(generation, 10), func() (any, error) {
		taken, err := c.read(context.WithoutCancel(ctx), "")
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == nil && c.generation == generation {
			c.snapshot = taken
		}
		return taken, err
	})
	select {
	case <-ctx.Done():
		return nil, c.client.failed(c.pageRequest(""), ctx.Err())
	case result := <-done:
		return result.Val.(*snapshot[T]), result.Err
	}
}

// read takes a snapshot of all pages, several of them at a time. A collection that visibly changes meanwhile is read
// again, because an object that moves to a page already read would be missing, and page after page, because one that
// moves on is then met again. One that never comes to rest is taken as it is.
func (c *collection[T]) read(ctx context.Context, pattern string) (*snapshot[T], error) {
	atOnce := pagesAtOnce
	for reading := 1; ; reading++ {
		taken, settled, err := c.readOnce(ctx, pattern, atOnce)
		if err != nil {
			return nil, err
		}
		if settled || reading == maxReadings {
			slices.SortFunc(taken.objects, func(a, b T) int { return strings.Compare(c.name(a), c.name(b)) })
			return taken, nil
		}
		atOnce = 1
	}
}

func (c *collection[T]) readOnce(ctx context.Context, pattern string, atOnce int) (taken *snapshot[T], settled bool, err error) {
	taken, settled = &snapshot[T]{begun: time.Now(), byKey: map[string]T{}}, true
	total := -1
	for p, err := range c.pages(ctx, pattern, pageSize, atOnce) {
		if err != nil {
			return nil, false, err
		}
		for _, object := range p.Results {
			taken.byKey[c.key(object)] = object
		}
		taken.objects = append(taken.objects, p.Results...)
		settled = settled && (total < 0 || total == p.TotalCount)
		total = p.TotalCount
	}
	return taken, settled && len(taken.objects) == total, nil
}

// page is one answer of a collection.
type page[T any] struct {
	TotalCount int `json:"totalCount"`
	Results    []T `json:"results"`
	answer     answer
}

// pages reads page after page, each at most size objects, until totalCount is reached whatever size the appliance
// serves, or until the caller has enough. It yields an object once, although it may have moved to a later page, and
// ends at a page with nothing new: an appliance that ignores Offset would go on for ever. Up to atOnce pages are under
// way at a time, once the first has told how many objects the appliance serves on one.
func (c *collection[T]) pages(ctx context.Context, pattern string, size, atOnce int) iter.Seq2[page[T], error] {
	return func(yield func(page[T], error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		seen := map[string]bool{}
		underWay := []*reading[T]{c.begin(ctx, pattern, 0, size)}
		for offset, served := 0, 0; ; {
			first := underWay[0]
			underWay = underWay[1:]
			<-first.done
			p, err := first.page, first.err
			offset += len(p.Results)
			served = max(served, len(p.Results))
			p.Results = slices.DeleteFunc(p.Results, func(object T) bool {
				key := c.key(object)
				old := seen[key]
				seen[key] = true
				return old
			})
			if len(seen) > maxObjects {
				err = c.pageRequest(pattern).unreadable(p.answer, fmt.Sprintf("the appliance lists more than %d", maxObjects))
			}
			if !yield(p, err) || err != nil || len(p.Results) == 0 || offset >= p.TotalCount {
				return
			}
			if len(underWay) > 0 && underWay[0].offset != offset {
				underWay = nil // the page was shorter than others
			}
			for next := offset + served*len(underWay); len(underWay) < atOnce && next < p.TotalCount; next += served {
				underWay = append(underWay, c.begin(ctx, pattern, next, size))
			}
		}
	}
}

// reading is a page that is being read.
type reading[T any] struct {
	offset int
	done   chan struct{}
	page   page[T]
	err    error
}

func (c *collection[T]) begin(ctx context.Context, pattern string, offset, size int) *reading[T] {
	r := c.pageRequest(pattern)
	r.query.Set("Offset", strconv.Itoa(offset))
	r.query.Set("Limit", strconv.Itoa(size))
	begun := &reading[T]{offset: offset, done: make(chan struct{})}
	go func() {
		defer close(begun.done)
		begun.page, begun.err = c.page(ctx, r)
	}()
	return begun
}

func (c *collection[T]) page(ctx context.Context, r request) (p page[T], err error) {
	p.TotalCount = -1
	p.answer, err = c.client.call(ctx, r, &p)
	if err == nil && (p.TotalCount < 0 || slices.ContainsFunc(p.Results, func(object T) bool { return c.key(object) == "" })) {
		err = r.unreadable(p.answer, quote(&p.answer))
	}
	return p, err
}

func (c *collection[T]) pageRequest(pattern string) request {
	query := url.Values{"Sort": {"nameAsc"}}
	if pattern != "" {
		query.Set("SearchPattern", pattern)
	}
	return request{operation: "read the list of " + c.kind + "s", method: http.MethodGet, path: c.path, query: query}
}
