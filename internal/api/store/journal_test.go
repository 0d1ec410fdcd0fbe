package store

import "testing"

// step is something that happens to an object.
type step struct {
	event     event
	key, name string
}

// Who has a name: the list says so, and the writes since its reading began lie over it.
func TestHolder(t *testing.T) {
	t.Parallel()
	const name = "smtp"
	for title, test := range map[string]struct {
		before []step            // until the reading of the list begins
		listed map[string]string // keys by name
		since  []step
		key    string
		taken  bool
	}{
		"nobody":                                {},
		"as listed":                             {listed: map[string]string{name: "1"}, key: "1", taken: true},
		"another name is listed":                {listed: map[string]string{"relay": "1"}},
		"created since":                         {since: []step{{created, "1", name}}, key: "1", taken: true},
		"created since, with whitespace":        {since: []step{{created, "1", " smtp\n"}}, key: "1", taken: true},
		"created before, and not listed":        {before: []step{{created, "1", name}}},
		"removed since":                         {listed: map[string]string{name: "1"}, since: []step{{removed, "1", name}}},
		"removed before, and listed again":      {before: []step{{removed, "1", name}}, listed: map[string]string{name: "2"}, key: "2", taken: true},
		"created and removed since":             {since: []step{{created, "1", name}, {removed, "1", name}}},
		"removed and created since":             {listed: map[string]string{name: "1"}, since: []step{{removed, "1", name}, {created, "2", name}}, key: "2", taken: true},
		"renamed to it since":                   {listed: map[string]string{"relay": "1"}, since: []step{{updated, "1", name}}, key: "1", taken: true},
		"renamed to another since":              {listed: map[string]string{name: "1"}, since: []step{{updated, "1", "relay"}}},
		"renamed to another before, and taken":  {before: []step{{updated, "1", "relay"}}, listed: map[string]string{name: "2"}, key: "2", taken: true},
		"renamed there and back":                {listed: map[string]string{name: "1"}, since: []step{{updated, "1", "relay"}, {updated, "1", name}}, key: "1", taken: true},
		"passed on":                             {listed: map[string]string{name: "1"}, since: []step{{updated, "1", "relay"}, {updated, "2", name}}, key: "2", taken: true},
		"passed on, in the other order":         {listed: map[string]string{name: "1"}, since: []step{{updated, "2", name}, {updated, "1", "relay"}}, key: "2", taken: true},
		"another one is renamed since":          {listed: map[string]string{name: "1"}, since: []step{{updated, "2", "relay"}}, key: "1", taken: true},
		"another one is removed since":          {listed: map[string]string{name: "1"}, since: []step{{removed, "2", "relay"}}, key: "1", taken: true},
		"a write without an answer names it":    {since: []step{{attempted, "1", name}}, key: "1", taken: true},
		"a creation without an answer":          {since: []step{{attempted, "", name}}, taken: true},
		"a creation that nobody answers":        {listed: map[string]string{name: "1"}, since: []step{{attempted, "", name}}, key: "1", taken: true},
		"a creation beside one that is removed": {listed: map[string]string{name: "1"}, since: []step{{attempted, "", name}, {removed, "1", name}}, taken: true},
		"a creation, and then its answer":       {since: []step{{attempted, "", name}, {created, "1", name}}, key: "1", taken: true},
		"its deletion waits or is under way":    {listed: map[string]string{name: "1"}, since: []step{{deleting, "1", name}}, key: "1", taken: true},
		"a deletion of one that is not listed":  {since: []step{{deleting, "1", name}}},
		"a deletion, and then its answer":       {listed: map[string]string{name: "1"}, since: []step{{deleting, "1", name}, {removed, "1", name}}},
		"created while it was being deleted":    {listed: map[string]string{name: "1"}, since: []step{{deleting, "1", name}, {created, "2", name}, {removed, "1", name}}, key: "2", taken: true},
		"a write without an answer unnames it":  {listed: map[string]string{name: "1"}, since: []step{{attempted, "1", "relay"}}, key: "1", taken: true},
	} {
		j := newJournal()
		for _, s := range test.before {
			j.note(s.event, s.key, s.name)
		}
		since := j.now()
		for _, s := range test.since {
			j.note(s.event, s.key, s.name)
		}
		if key, taken := j.holder(name, test.listed[name], since); key != test.key || taken != test.taken {
			t.Errorf("%s: key %q, taken %v; want %q, %v", title, key, taken, test.key, test.taken)
		}
	}
}

// What this process has written, seen and made of an object ends with the object.
func TestJournal_forgetsWhatIsRemoved(t *testing.T) {
	t.Parallel()
	j := newJournal()
	made := j.note(created, "jane", "jane")
	after := j.now()
	if got := j.state("jane"); got.created != made || got.isNew(made) || got.isNew(after) || got.seen != made {
		t.Error("a creation is not recorded")
	}
	j.note(removed, "jane", "jane")
	after = j.now()
	if got := j.state("jane"); got.created != 0 || !got.isNew(after) {
		t.Error("the next object with this key is taken for the one that was removed")
	}
	j.note(attempted, "jane", "jane")
	if got := j.state("jane"); got.created != 0 || got.isNew(after) {
		t.Error("an update is not recorded, or taken for a creation")
	}
	asked := j.note(deleting, "jane", "jane")
	if got := j.state("jane"); got.last != deleting || got.created > asked {
		t.Error("a deletion is not recorded")
	}
	j.note(created, "jane", "jane")
	if got := j.state("jane"); got.last == deleting || got.created <= asked {
		t.Error("a creation since the deletion is not recorded")
	}
	before := j.now()
	j.noteSeen("jim")
	if got := j.state("jim"); !got.isNew(before) || got.isNew(j.now()) {
		t.Error("when an object was first seen is wrong")
	}
	j.note(removed, "jim", "jim")
	j.noteSeen("jim")
	if j.state("jim").isNew(j.now()) {
		t.Error("an object that appears again was not seen")
	}
}

// Names that an appliance might treat as equal have one turn.
func TestFolded(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"José  Ángel", " josé ángel\t", "Jose\u0301 A\u0301ngel", "JOSÉ ÁNGEL"} {
		if folded(name) != folded("José Ángel") {
			t.Errorf("%q has a separate turn: %q", name, folded(name))
		}
	}
	if folded("josé ángel") == folded("jose angel") {
		t.Error("letters that differ share a turn")
	}
}
