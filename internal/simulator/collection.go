package simulator

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// collection keeps records by id, in the order of creation and in the order of their names, which are unique.
type collection[T any] struct {
	identify func(*T) (id, name string)
	byID     map[string]*T
	created  []*T
	byName   []*T
}

func newCollection[T any](identify func(*T) (id, name string)) collection[T] {
	return collection[T]{identify: identify, byID: map[string]*T{}}
}

func (k *collection[T]) name(record *T) string {
	_, name := k.identify(record)
	return name
}

func (k *collection[T]) search(name string) (int, bool) {
	return slices.BinarySearchFunc(k.byName, name, func(x *T, name string) int { return cmp.Compare(k.name(x), name) })
}

func (k *collection[T]) get(id string) *T { return k.byID[id] }

func (k *collection[T]) named(name string) *T {
	if i, found := k.search(name); found {
		return k.byName[i]
	}
	return nil
}

// put adds a record or replaces the one with its id.
func (k *collection[T]) put(record T) {
	id, name := k.identify(&record)
	kept := k.byID[id]
	if kept == nil {
		kept = new(T)
		k.byID[id] = kept
		k.created = append(k.created, kept)
	} else if i, found := k.search(k.name(kept)); found {
		k.byName = slices.Delete(k.byName, i, i+1)
	}
	*kept = record
	i, taken := k.search(name)
	if taken {
		panic(fmt.Sprintf("simulator: two records are named %q", name))
	}
	k.byName = slices.Insert(k.byName, i, kept)
}

func (k *collection[T]) delete(id string) {
	record := k.byID[id]
	if record == nil {
		return
	}
	delete(k.byID, id)
	if i, found := k.search(k.name(record)); found {
		k.byName = slices.Delete(k.byName, i, i+1)
	}
	i := slices.Index(k.created, record)
	k.created = slices.Delete(k.created, i, i+1)
}

// all returns copies, sorted by name.
func (k *collection[T]) all() []T { return values(k.byName) }

func values[T any](records []*T) []T {
	copies := make([]T, len(records))
	for i, record := range records {
		copies[i] = *record
	}
	return copies
}

// copyOf returns a copy of a record that may not be there.
func copyOf[T any](record *T) (copied T, found bool) {
	if record == nil {
		return copied, false
	}
	return *record, true
}

// order compares two records by one property, ascending.
type order[T any] func(x, y *T) int

// selection is what the query of a collection asks for.
type selection[T any] struct {
	offset, limit int // a limit below 0 asks for all
	pattern       string
	sort          []order[T]
	byNameAlone   bool
}

// parseSelection reads the query. Properties are those it can be sorted by; lowestLimit is 0, or -1 where that asks
// for all. Not documented: a page's size without Limit and the largest one served (both [Config.PageLimit] here), what
// SearchPattern compares (here: part of the name, in any case), and the order without Sort (here: of creation).
func parseSelection[T any](c *call, properties map[string]order[T], lowestLimit int) (selection[T], *answer) {
	query := c.URL.Query()
	errors := modelErrors{}
	integer := func(parameter string, byDefault, lowest int) int {
		if !query.Has(parameter) {
			return byDefault
		}
		value, err := strconv.Atoi(query.Get(parameter))
		if err != nil || value < lowest {
			errors.add(parameter, fmt.Sprintf("The value '%s' is not valid for %s.", query.Get(parameter), parameter))
		}
		return value
	}
	s := selection[T]{
		offset:      integer("Offset", 0, 0),
		limit:       integer("Limit", c.config.PageLimit, lowestLimit),
		pattern:     strings.ToLower(query.Get("SearchPattern")),
		byNameAlone: slices.Equal(query["Sort"], []string{"nameAsc"}),
	}
	if highest := c.config.MaxLimit; highest > 0 && s.limit > highest && query.Has("Limit") {
		errors.add("Limit", fmt.Sprintf("The field Limit must be between %d and %d.", lowestLimit, highest))
	}
	s.limit = min(s.limit, c.config.PageLimit)
	for _, value := range query["Sort"] {
		property, ascending := strings.CutSuffix(value, "Asc")
		property, descending := strings.CutSuffix(property, "Desc")
		compare, known := properties[property]
		switch {
		case !known || ascending == descending:
			errors.add("Sort", fmt.Sprintf("The value '%s' is not valid for Sort.", value))
		case descending:
			s.sort = append(s.sort, func(x, y *T) int { return compare(y, x) })
		default:
			s.sort = append(s.sort, compare)
		}
	}
	if len(errors) > 0 {
		return s, c.invalidModel(errors)
	}
	return s, nil
}

// page returns copies of the records selected, and how many there are on all pages.
func (k *collection[T]) page(s selection[T]) (records []T, total int) {
	selected := k.created
	if s.byNameAlone {
		selected = k.byName
	}
	if s.pattern != "" {
		matching := []*T{}
		for _, record := range selected {
			if strings.Contains(strings.ToLower(k.name(record)), s.pattern) {
				matching = append(matching, record)
			}
		}
		selected = matching
	}
	if len(s.sort) > 0 && !s.byNameAlone {
		selected = slices.Clone(selected)
		slices.SortStableFunc(selected, func(x, y *T) int {
			for _, compare := range s.sort {
				if order := compare(x, y); order != 0 {
					return order
				}
			}
			return 0
		})
	}
	total = len(selected)
	selected = selected[min(s.offset, total):]
	if s.limit >= 0 {
		selected = selected[:min(s.limit, len(selected))]
	}
	return values(selected), total
}

// list answers with the page of a collection that a call asks for, each record as it is shown.
func list[T, S any](a *Appliance, c *call, records *collection[T], properties map[string]order[T], lowestLimit int, shown func(T) S) *answer {
	selected, refusal := parseSelection(c, properties, lowestLimit)
	if refusal != nil {
		return refusal
	}
	a.mu.Lock()
	page, total := records.page(selected)
	a.mu.Unlock()
	results := make([]S, len(page))
	for i, record := range page {
		results[i] = shown(record)
	}
	return reply(http.StatusOK, struct {
		TotalCount int    `json:"totalCount"`
		Results    []S    `json:"results"`
		Links      []link `json:"_links"`
	}{total, results, links(c.path)})
}

// message is one finding of a validate endpoint.
type message struct {
	Severity  string `json:"severity"`
	Message   string `json:"message"`
	ContextID string `json:"contextId"`
}

// validate answers a validate endpoint, which decodes its body and says what is wrong with it. Not documented: what contextId
// identifies; it is a UUID.
func (a *Appliance) validate(c *call, body any, wrong func() findings) *answer {
	if refusal := c.decode(body); refusal != nil {
		return refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	found := wrong()
	if len(found) == 0 && a.config.Habits[VariesEmptyLists] {
		c.deviate(VariesEmptyLists.Flag)
		a.validations++
		switch a.validations % 3 {
		case 1:
			return reply(http.StatusOK, nil)
		case 2:
			return reply(http.StatusOK, []message(nil))
		}
	}
	messages := []message{}
	for _, finding := range found {
		messages = append(messages, message{"Error", finding.message, newUUID()})
	}
	return reply(http.StatusOK, messages)
}
