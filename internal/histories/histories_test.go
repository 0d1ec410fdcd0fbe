// Package histories drives the provider through random histories: a Terraform that is a model of the real one creates,
// changes, rotates, replaces, imports, taints, refreshes and destroys records and users on a simulated appliance, while
// requests fail, answers are late or lost, and other clients make, change and remove objects of the same names. After every
// step it checks what must hold whatever happens, the rules in invariants_test.go.
//
// Everything runs in a bubble of [testing/synctest], with connections in memory: waiting costs no time, so that thousands of steps
// fit into a minute. A history that breaks a rule is printed as a seed and the fewest steps that break it.
package histories

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Without HISTORIES_TIME or flags for rapid, the histories are always the same few.
const (
	usualSeed   = "1"
	usualChecks = "50"
)

func TestHistories(t *testing.T) {
	until := time.Now()
	if given := os.Getenv("HISTORIES_TIME"); given != "" {
		duration, err := time.ParseDuration(given)
		if err != nil {
			t.Fatalf("HISTORIES_TIME: %v", err)
		}
		until = until.Add(duration)
	} else {
		setUnlessGiven(t, "rapid.seed", usualSeed)
		setUnlessGiven(t, "rapid.checks", usualChecks)
	}
	setUnlessGiven(t, "rapid.nofailfile", "true")

	var counts tally
	t.Cleanup(func() {
		if t.Failed() && counts.broken != nil {
			t.Logf("A history that broke a rule, in its own words:\n%s", strings.Join(counts.broken, "\n"))
		}
	})
	started := time.Now()
	for first := true; first || time.Now().Before(until); first = false {
		rapid.Check(t, func(t *rapid.T) { rapid.SyncTest(t, func(t *rapid.T) { run(t, &counts) }) })
	}
	counts.report(t, time.Since(started))
}

// run runs one history.
func run(t *rapid.T, counts *tally) {
	counts.add("histories")
	w := newWorld(t, counts)
	defer w.end()
	w.begin(t)
	steps := map[string]func(*rapid.T){"": w.judge}
	for _, step := range []struct {
		name   string
		weight int
		take   func(*rapid.T)
	}{
		{"edit", 7, w.edit},
		{"apply", 2, w.applyUndisturbed},
		{"apply with troubles", 5, w.applyWithTroubles},
		{"reuse a name", 2, w.reuseName},
		{"replace", 1, w.replace},
		{"taint", 1, w.taint},
		{"import", 2, w.importObject},
		{"refresh", 2, w.refreshState},
		{"destroy", 1, w.destroy},
		{"forget", 1, w.forget},
		{"another client interferes", 2, w.interfere},
		{"another client clears", 2, w.clear},
		{"time passes", 1, w.wait},
	} {
		for i := range step.weight {
			steps[fmt.Sprint(step.name, " ", i)] = step.take
		}
	}
	t.Repeat(steps)
}

func setUnlessGiven(t *testing.T, name, value string) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if given {
		return
	}
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}
