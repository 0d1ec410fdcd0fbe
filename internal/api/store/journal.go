package store

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// journal records in order what this process has seen of the objects of one kind and done to them. Its positions are the only clock.
type journal struct {
	mu        sync.Mutex
	position  int
	objects   map[string]objectState // by key
	refreshed map[string]bool        // names with which a refresh has found an object
	writes    []write
}

func newJournal() *journal {
	return &journal{objects: make(map[string]objectState, 500), refreshed: make(map[string]bool, 500)} // enough for most appliances
}

// event is what has happened to an object.
type event int

const (
	unwritten event = iota // it was only read
	attempted              // a write under way, or one whose outcome is unknown, may give it a name
	updated                // it has a name, perhaps a new one, and no other
	creating               // a creation with a name has begun
	created                // it exists, with a name and no other
	deleting               // a deletion waits for its turn, or is under way
	removed                // it no longer exists
)

type write struct {
	event     event
	at        int
	key, name string // the key is empty while it is not known
}

// objectState is what has happened to an object until it was removed: the next object with the same key, a name, is another one.
type objectState struct {
	seen    int   // position at which it was first read, created or written; 0 for never
	created int   // position at which this process has created it; 0 for never
	last    event // of the writes
}

// isNew reports whether an object was neither seen before a position, at which a creation was asked for, nor written at any time.
func (o objectState) isNew(asked int) bool {
	return o.last == unwritten && (o.seen == 0 || o.seen >= asked)
}

// state returns what has happened to the object with a key.
func (j *journal) state(key string) objectState {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.objects[key]
}

// now returns a position that is later than everything so far.
func (j *journal) now() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.position++
	return j.position
}

// noteSeen records objects that exist.
func (j *journal) noteSeen(keys ...string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.position++
	for _, key := range keys {
		if j.objects[key].seen == 0 {
			j.objects[key] = objectState{seen: j.position}
		}
	}
}

// note records what has happened to an object, and returns the position of that. The key is empty while it is not known.
func (j *journal) note(what event, key, name string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.position++
	j.writes = append(j.writes, write{what, j.position, key, strings.TrimSpace(name)})
	if key == "" {
		return j.position
	}
	state := j.objects[key]
	state.seen, state.last = cmp.Or(state.seen, j.position), what
	switch what {
	case created:
		state.created = j.position
	case removed:
		state = objectState{}
	}
	j.objects[key] = state
	return j.position
}

// isWanted reports whether this process has begun to create another object with a name, ignoring case and spaces.
func (j *journal) isWanted(name, except string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return folded(name) != folded(except) && slices.ContainsFunc(j.writes, func(w write) bool {
		return w.event == creating && folded(w.name) == folded(name)
	})
}

// ownSpelling returns the key, different in case only, of an object that this process has created and not deleted since.
func (j *journal) ownSpelling(key string) (own string, found bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for other, state := range j.objects {
		if state.created > 0 && other != key && strings.EqualFold(other, key) {
			return other, true
		}
	}
	return "", false
}

// noteRefreshed records that a refresh has found an object with a name.
func (j *journal) noteRefreshed(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.refreshed[norm.NFC.String(strings.TrimSpace(name))] = true
}

// hasRefreshed reports whether a refresh has found an object with a name.
func (j *journal) hasRefreshed(name string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.refreshed[norm.NFC.String(strings.TrimSpace(name))]
}

// holder reports whether an object has a name, and returns its key, which is empty while it is not known. The key that a list has
// for the name, empty for none, is corrected by all writes since the position at which the reading of the list began.
func (j *journal) holder(name, key string, since int) (_ string, taken bool) {
	name, isAttempted := strings.TrimSpace(name), false
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range j.writes {
		switch {
		case w.at <= since, w.event == deleting, w.event == creating:
		case w.event != removed && w.name == name:
			key, isAttempted = cmp.Or(w.key, key), w.key == "" // by a creation whose outcome is unknown
		case w.event != attempted && w.key == key: // it has another name now, or none
			key = ""
		}
	}
	return key, key != "" || isAttempted
}
