// Package histories drives the provider through random histories: a Terraform that is a model of the real one creates,
// changes, rotates, replaces, imports, taints, refreshes and destroys records and users on a simulated appliance, while
// requests fail, answers are lost and strangers make, change and remove objects of the same names in between. After every
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

	var told tally
	t.Cleanup(func() {
		if t.Failed() && told.broken != nil {
			t.Logf("A history that broke a rule, in its own words:\n%s", strings.Join(told.broken, "\n"))
		}
	})
	started := time.Now()
	for first := true; first || time.Now().Before(until); first = false {
		rapid.Check(t, func(t *rapid.T) { rapid.SyncTest(t, func(t *rapid.T) { tell(t, &told) }) })
	}
	told.report(t, time.Since(started))
}

// tell tells one history.
func tell(t *rapid.T, told *tally) {
	told.add("histories")
	w := newWorld(t, told)
	defer w.end()
	w.begin(t)
	steps := map[string]func(*rapid.T){"": w.judge}
	for _, step := range []struct {
		name   string
		weight int
		take   func(*rapid.T)
	}{
		{"edit", 7, w.edit},
		{"apply", 2, w.applyInPeace},
		{"apply in a storm", 5, w.applyInStorm},
		{"replace", 1, w.replace},
		{"taint", 1, w.taint},
		{"import", 2, w.importObject},
		{"refresh", 2, w.refreshState},
		{"destroy", 1, w.destroy},
		{"forget", 1, w.forget},
		{"somebody interferes", 2, w.interfere},
		{"somebody clears away", 2, w.clear},
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
