package histories

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// A run is terraform plan, apply, destroy or refresh: walks over configuration and state in a process each.

// planning is what a plan found.
type planning struct {
	refreshed state
	changes   []*change
	answers   []answer
}

// answer is what the provider said about one resource.
type answer struct {
	about       string
	diagnostics []*tfprotov6.Diagnostic
}

func (p *planning) failed() bool {
	return slices.ContainsFunc(p.answers, func(a answer) bool { return len(failures(a.diagnostics)) > 0 })
}

func (p *planning) changesAnything() bool {
	return slices.ContainsFunc(p.changes, func(c *change) bool { return c.action != noOp })
}

// warns reports whether the plan has a warning about a resource with some words in its title.
func (p *planning) warns(address, words string) bool {
	return slices.ContainsFunc(p.answers, func(a answer) bool {
		return a.about == address && slices.ContainsFunc(a.diagnostics, func(d *tfprotov6.Diagnostic) bool {
			return d.Severity == tfprotov6.DiagnosticSeverityWarning && strings.Contains(d.Summary, words)
		})
	})
}

func (p *planning) String() string {
	var lines []string
	for _, c := range p.changes {
		if c.action != noOp {
			lines = append(lines, c.address+" "+string(c.action))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, "no changes")
	}
	for _, a := range p.answers {
		if len(a.diagnostics) > 0 {
			lines = append(lines, a.about+" "+said(a.diagnostics))
		}
	}
	return strings.Join(lines, "\n      ")
}

// options are those of a command.
type options struct {
	replace   string // an address
	noRefresh bool
	destroy   bool
	delays    []time.Duration // of the operations of the apply
}

// plan walks over configuration and state in a separate process, and changes neither.
func (w *world) plan(o options) *planning {
	p := w.start()
	defer p.end()
	var (
		mu     sync.Mutex
		result = &planning{refreshed: state{}}
	)
	note := func(about string, diagnostics []*tfprotov6.Diagnostic, changes ...*change) {
		mu.Lock()
		defer mu.Unlock()
		if len(diagnostics) > 0 {
			result.answers = append(result.answers, answer{about, diagnostics})
		}
		for _, c := range changes {
			if c != nil {
				result.changes = append(result.changes, c)
			}
		}
	}
	addresses := map[string]bool{}
	for address := range w.configuration {
		addresses[address] = true
	}
	for address := range w.state {
		addresses[address] = true
	}
	var operations []func()
	for _, address := range slices.Sorted(maps.Keys(addresses)) {
		b, there := w.configuration[address], w.state[address]
		refreshed := &instance{}
		if there != nil {
			refreshed.typeName = there.typeName
			result.refreshed[address] = refreshed
			for _, deposed := range there.deposed {
				operations = append(operations, func() {
					if !o.noRefresh {
						read, diagnostics := p.refresh(there.typeName, deposed)
						note(address+" (deposed)", diagnostics)
						if len(failures(diagnostics)) > 0 || read == nil {
							return
						}
						deposed = read
					}
					mu.Lock()
					refreshed.deposed = append(refreshed.deposed, deposed)
					mu.Unlock()
					removal, diagnostics := p.planRemoval(address, there.typeName, deposed, true)
					note(address+" (deposed)", diagnostics, removal)
				})
			}
		}
		operations = append(operations, func() {
			var current *object
			if there != nil && there.current != nil {
				current = there.current
				if !o.noRefresh {
					read, diagnostics := p.refresh(there.typeName, current)
					note(address, diagnostics)
					if len(failures(diagnostics)) > 0 {
						return
					}
					current = read
				}
				refreshed.current = current
			}
			if b != nil {
				planned, diagnostics := p.plan(address, b, current, o.replace == address, nil)
				note(address, diagnostics, planned)
			} else if current != nil {
				removal, diagnostics := p.planRemoval(address, there.typeName, current, false)
				note(address, diagnostics, removal)
			}
		})
	}
	w.each(operations)
	slices.SortFunc(result.changes, func(a, b *change) int { return strings.Compare(a.address, b.address) })
	slices.SortFunc(result.answers, func(a, b answer) int { return strings.Compare(a.about, b.about) })
	result.refreshed.tidy()
	return result
}

// planDestroy plans the removal of all that a plan has found, as the second half of terraform destroy.
func (w *world) planDestroy(before *planning) *planning {
	p := w.start()
	defer p.end()
	result := &planning{refreshed: before.refreshed}
	var operations []func()
	var mu sync.Mutex
	for _, address := range slices.Sorted(maps.Keys(before.refreshed)) {
		there := before.refreshed[address]
		for _, o := range append([]*object{there.current}, there.deposed...) {
			if o == nil {
				continue
			}
			operations = append(operations, func() {
				removal, diagnostics := p.planRemoval(address, there.typeName, o, o != there.current)
				mu.Lock()
				defer mu.Unlock()
				result.answers = append(result.answers, answer{address, diagnostics})
				if removal != nil {
					result.changes = append(result.changes, removal)
				}
			})
		}
	}
	w.each(operations)
	return result
}

// operation is one call of ApplyResourceChange, or what kept Terraform from it.
type operation struct {
	address     string
	change      *change
	action      action // create, update or remove
	prior       *object
	after       *object
	called      bool
	diagnostics []*tfprotov6.Diagnostic
}

func (o *operation) failed() bool { return len(failures(o.diagnostics)) > 0 }

func (o *operation) String() string {
	outcome := "done"
	if o.failed() {
		outcome = "failed"
	}
	if !o.called {
		outcome = "not tried"
	}
	text := fmt.Sprintf("%s %s: %s", o.address, o.action, outcome)
	if len(o.diagnostics) > 0 {
		text += ": " + said(o.diagnostics)
	}
	return text
}

// apply makes a plan true, in a separate process, and changes the state.
func (w *world) apply(plan *planning, o options) []*operation {
	p := w.start()
	defer p.end()
	w.setState(plan.refreshed)
	var (
		operations []*operation
		mu         sync.Mutex
	)
	note := func(o *operation) *operation {
		mu.Lock()
		defer mu.Unlock()
		operations = append(operations, o)
		return o
	}
	var walk []func()
	for _, c := range plan.changes {
		walk = append(walk, func() {
			switch c.action {
			case noOp:
			case remove:
				note(p.applyRemoval(c))
			case deleteThenCreate:
				removal := &change{address: c.address, typeName: c.typeName, action: remove, before: c.before, private: c.private}
				if done := note(p.applyRemoval(removal)); done.failed() {
					return
				}
				note(p.applyBlock(c))
			case createThenDelete:
				w.depose(c.address, c.before)
				created := note(p.applyBlock(c))
				if created.failed() {
					w.restore(c.address, c.before)
					return
				}
				removal, diagnostics := p.planRemoval(c.address, c.typeName, c.before, true)
				if removal == nil {
					note(&operation{address: c.address, change: c, action: remove, prior: c.before, diagnostics: diagnostics})
					return
				}
				note(p.applyRemoval(removal))
			default:
				note(p.applyBlock(c))
			}
		})
	}
	w.each(walk, o.delays...)
	w.state.tidy()
	return operations
}

// applyBlock plans a block again with what the state has now, and creates or updates its object.
func (p *process) applyBlock(c *change) *operation {
	current := p.w.current(c.address)
	done := &operation{address: c.address, change: c, action: create, prior: current}
	if current != nil && c.action == update {
		done.action = update
	}
	again, diagnostics := p.plan(c.address, c.block, current, false, c)
	done.diagnostics = diagnostics
	if done.failed() {
		p.w.counts.add("plans that failed in the apply")
		return done
	}
	p.assertSamePlan(c, again)
	done.change, done.called = again, true
	done.diagnostics = nil // Terraform does not repeat the warnings of the plan
	if again.action == noOp {
		done.called = false
		return done
	}
	done.after, done.diagnostics = p.apply(again, current)
	if !done.failed() && done.after != nil && sends(again) {
		done.after.sent, _ = c.block.values()["password"].(string)
		done.after.counted = c.block.version == nil
	}
	p.w.setCurrent(c, done.after)
	p.w.counts.addOutcome(done)
	return done
}

// applyRemoval removes an object.
func (p *process) applyRemoval(c *change) *operation {
	done := &operation{address: c.address, change: c, action: remove, prior: c.before, called: true}
	done.after, done.diagnostics = p.apply(c, c.before)
	if done.after == nil {
		p.w.drop(c.address, c.before)
	}
	p.w.counts.addOutcome(done)
	return done
}

func (c *tally) addOutcome(o *operation) {
	outcome := " done"
	if o.failed() {
		outcome = " failed"
	}
	c.add(strings.TrimPrefix(o.change.typeName, "veeam_") + " " + string(o.action) + outcome)
}

// sends reports whether a change sends the password: its version moves.
func sends(c *change) bool {
	return c.before == nil || c.action == create || c.action.isReplace() || c.after["password_version"] != c.before.values["password_version"]
}

func (s state) tidy() {
	maps.DeleteFunc(s, func(_ string, i *instance) bool { return i.current == nil && len(i.deposed) == 0 })
}

func (w *world) setState(s state) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = s
}

func (w *world) current(address string) *object {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := w.state[address]; i != nil {
		return i.current
	}
	return nil
}

func (w *world) setCurrent(c *change, o *object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state[c.address] == nil {
		w.state[c.address] = &instance{typeName: c.typeName}
	}
	w.state[c.address].current = o
}

func (w *world) depose(address string, o *object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state[address].current = nil
	w.state[address].deposed = append(w.state[address].deposed, o)
}

// restore makes a deposed object the current one again, where nothing new came into its place.
func (w *world) restore(address string, o *object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := w.state[address]; i.current == nil {
		i.current = o
		i.deposed = slices.DeleteFunc(i.deposed, func(x *object) bool { return x == o })
	}
}

func (w *world) drop(address string, o *object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.state[address]
	if i.current == o {
		i.current = nil
	}
	i.deposed = slices.DeleteFunc(i.deposed, func(x *object) bool { return x == o })
}
