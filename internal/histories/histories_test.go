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
	t.Repeat(map[string]func(*rapid.T){
		"":                       w.judge,
		"edit":                   w.edit,
		"edit again":             w.edit,
		"edit once more":         w.edit,
		"apply":                  w.applyInPeace,
		"apply again":            w.applyInPeace,
		"apply in a storm":       w.applyInStorm,
		"apply in another storm": w.applyInStorm,
		"replace":                w.replace,
		"taint":                  w.taint,
		"import":                 w.importObject,
		"refresh":                w.refreshState,
		"destroy":                w.destroy,
		"forget":                 w.forget,
		"somebody interferes":    w.interfere,
		"time passes":            w.wait,
	})
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
