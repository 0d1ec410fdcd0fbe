package store

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// journal records what this process has seen of the objects of one kind and done to them, in order. It only grows, and
// positions in it are the only clock.
type journal struct {
	mu        sync.Mutex
	position  int
	sighted   map[string]int  // when an object was first read, created or written, by its key
	refreshed map[string]bool // names with which a refresh has found an object
	writes    []write
}

// event is what has happened to an object.
type event int

const (
	attempted event = iota // a write under way, or one whose outcome is unknown, may give it a name
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
	j.see(keys...)
}

func (j *journal) see(keys ...string) {
	j.position++
	if j.sighted == nil {
		j.sighted = make(map[string]int, len(keys))
	}
	for _, key := range keys {
		if _, known := j.sighted[key]; !known && key != "" {
			j.sighted[key] = j.position
		}
	}
}

// note records what has happened to an object. Where its name is its key, the next object with that key is another one than
// the one that was removed.
func (j *journal) note(event event, key, name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.see(key)
	if event == removed {
		delete(j.sighted, key)
	}
	j.writes = append(j.writes, write{event, j.position, key, strings.TrimSpace(name)})
}

// seenBefore reports whether an object existed before a position.
func (j *journal) seenBefore(position int, key string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	at, known := j.sighted[key]
	return known && at < position
}

// seenSince reports whether an object was first seen at a position or later.
func (j *journal) seenSince(position int, key string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sighted[key] >= position
}

// hasWritten reports whether a write was sent for an object: it is not the product of a later creation.
func (j *journal) hasWritten(key string) bool {
	return j.has(key, attempted, updated, created, deleting)
}

// isOwn reports whether this process has created an object.
func (j *journal) isOwn(key string) bool { return j.has(key, created) }

// has reports whether any of some events has happened to an object since it was removed.
func (j *journal) has(key string, events ...event) bool {
	last := j.latest(key, append(events, removed)...)
	return last >= 0 && last != removed
}

// isBeingDeleted reports whether a deletion of an object has begun and not ended.
func (j *journal) isBeingDeleted(key string) bool { return j.latest(key) == deleting }

// isCreatedSinceDeletion reports whether an object was created after its deletion was asked for.
func (j *journal) isCreatedSinceDeletion(key string) bool {
	return j.latest(key, created, deleting) == created
}

// latest returns the last event, or the last one of some events, that has happened to an object; -1 for none.
func (j *journal) latest(key string, events ...event) event {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range slices.Backward(j.writes) {
		if w.key == key && (len(events) == 0 || slices.Contains(events, w.event)) {
			return w.event
		}
	}
	return -1
}

// isWanted reports whether this process has begun to create another object with a name, ignoring case and spaces.
func (j *journal) isWanted(name, except string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return folded(name) != folded(except) && slices.ContainsFunc(j.writes, func(w write) bool {
		return w.event == creating && folded(w.name) == folded(name)
	})
}

// ownSpelling returns the key of an object that this process has created and not deleted since, and that differs from a key
// in case only.
func (j *journal) ownSpelling(key string) (own string, found bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range slices.Backward(j.writes) {
		if w.key != key && strings.EqualFold(w.key, key) && (w.event == created || w.event == removed) {
			return w.key, w.event == created
		}
	}
	return "", false
}

// noteRefreshed records that a refresh has found an object with a name.
func (j *journal) noteRefreshed(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.refreshed == nil {
		j.refreshed = map[string]bool{}
	}
	j.refreshed[strings.TrimSpace(name)] = true
}

// hasRefreshed reports whether a refresh has found an object with a name.
func (j *journal) hasRefreshed(name string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.refreshed[strings.TrimSpace(name)]
}

// holder returns the key of the object that has a name, by a list and all writes since the position at which its reading
// began. The key is empty while it is not known.
func (j *journal) holder(name string, listed map[string]string, since int) (key string, taken bool) {
	name = strings.TrimSpace(name)
	key, taken = listed[name]
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range j.writes {
		switch {
		case w.at <= since, w.event == deleting, w.event == creating:
		case w.event != removed && w.name == name:
			key, taken = cmp.Or(w.key, key), true
		case w.event != attempted && taken && w.key == key: // it has another name now, or none
			key, taken = "", false
		}
	}
	return key, taken
}
