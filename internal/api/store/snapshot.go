package store

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// snapshot is a whole collection as it was read. It never changes.
type snapshot[T any] struct {
	objects  []T // in the order of their names
	byKey    map[string]T
	names    map[string]string // keys by name, without whitespace around it
	nameOf   func(T) string
	missing  int  // objects that the appliance counts but does not list
	complete bool // the collection did not change, so that an object that is not here did not exist
	since    int  // position in the journal at which the reading began
	ended    time.Time
	life     time.Duration
}

// index sorts the objects and makes them findable, once all have been read.
func (s *snapshot[T]) index(config Config[T]) {
	s.nameOf = config.Name
	slices.SortFunc(s.objects, func(a, b T) int { return strings.Compare(config.Name(a), config.Name(b)) })
	s.byKey, s.names = make(map[string]T, len(s.objects)), make(map[string]string, len(s.objects))
	for _, object := range s.objects {
		key := config.Key(object)
		s.byKey[key], s.names[strings.TrimSpace(config.Name(object))] = object, key
	}
}

func (s *snapshot[T]) isFresh() bool { return s != nil && time.Since(s.ended) < s.life }

// has reports whether an object is in the snapshot. The letters of a UUID may be of either case.
func (s *snapshot[T]) has(key string) bool {
	if _, found := s.byKey[key]; found {
		return true
	}
	for other := range s.byKey {
		if strings.EqualFold(key, other) {
			return true
		}
	}
	return false
}

func (s *snapshot[T]) named(name string) (object T, found bool) {
	i, found := slices.BinarySearchFunc(s.objects, name, func(object T, name string) int { return strings.Compare(s.nameOf(object), name) })
	if found {
		return s.objects[i], true
	}
	// Terraform composes every string, and the appliance may have the name in another form.
	for _, candidate := range s.objects {
		if norm.NFC.String(s.nameOf(candidate)) == norm.NFC.String(name) {
			return candidate, true
		}
	}
	return object, false
}
