package histories

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"pgregory.net/rapid"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/contract"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// The rules that hold in every history.
const (
	othersAreSafe      = "another client's object is never written, removed or adopted"
	nothingIsForgotten = "nothing that exists leaves the state, and nothing that was made is missing from it without an error"
	successIsTrue      = "a success means that the appliance is as planned"
	errorIsClean       = "an error means that the appliance is as before or as planned"
	noRotationIsLost   = "no rotation is lost without an error or a warning"
	consistent         = "the result is what was planned, wherever the plan knew"
	tidyingIsNoChange  = "what the appliance tidies is the same value"
	validPlan          = "a plan is what is configured, or what there was"
	settled            = "right after an apply there is nothing to do"
	truthful           = "a refresh shows what the appliance has"
	plansWriteNothing  = "a plan writes nothing"
	oneObjectEach      = "no two resources have one object"
	noSecrets          = "no password is in a state, a private state or a diagnostic"
	neverCrashes       = "the provider never fails without a diagnostic"
	nothingInTheWay    = "what this run lacks for an existing object is no error of the plan"
	ownNameIsFree      = "a tainted object is not warned of its own name"
	noGuessing         = "no more wrong passwords are sent than it takes"
	asDocumented       = "every exchange is one that the vendor documents"
)

type violation struct{ rule, details string }

// violated records that a rule is broken. [world.judge] ends the history when its step is over.
func (w *world) violated(rule, format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, violation{rule, fmt.Sprintf(format, arguments...)})
}

// checkContract holds an exchange against the vendor's document.
func (w *world) checkContract(x simulator.Exchange) {
	w.counts.add("exchanges validated")
	if err := contract.Check(x); err != nil {
		w.violated(asDocumented, "%s %s, answered %d: %v", x.Method, x.Path, x.Status, err)
	}
}

// judge is called after every step. Messages that differ from run to run, by an id, would keep a history from being shrunk: they
// are logged.
func (w *world) judge(t *rapid.T) {
	if w.schemas == nil {
		return
	}
	w.checkOthers()
	ids := map[key]bool{}
	w.state.objects(func(address, typeName string, o *object) {
		k := key{typeName, o.id()}
		if ids[k] && typeName == accountType {
			w.violated(oneObjectEach, "%s", k)
		}
		ids[k] = true
	})
	if len(w.violations) == 0 {
		return
	}
	w.log("requests of this step:")
	for _, r := range w.appliance.Requests() {
		w.log("    %s %s %s → %d %s", r.Method, r.Path, r.Body, r.Status, r.Fault)
	}
	for _, v := range w.violations {
		w.log("VIOLATED: %s: %s", v.rule, v.details)
	}
	w.counts.broken = w.story
	t.Fatalf("violated: %s", w.violations[0].rule)
}

// checkOthers compares what other clients left with what is there.
func (w *world) checkOthers() {
	now := w.snapshot()
	for _, k := range sortedKeys(w.foreign) {
		if there, found := now[k]; !found || there != w.foreign[k] {
			w.violated(othersAreSafe, "%s was %s and is %s", k, w.foreign[k], describe(there, found))
			delete(w.foreign, k)
		} else if w.state.manages(k) {
			w.violated(othersAreSafe, "%s %s is in the state", k, there)
			delete(w.foreign, k)
		}
	}
}

func (k key) String() string { return strings.TrimPrefix(k.typeName, "veeam_") + " " + k.id }

func describe(there remote, found bool) string {
	if !found {
		return "gone"
	}
	return there.String()
}

func sortedKeys(objects map[key]remote) []key {
	return slices.SortedFunc(maps.Keys(objects), func(a, b key) int {
		return strings.Compare(a.typeName+a.id, b.typeName+b.id)
	})
}

// same compares a value as configured with one that the appliance has. Whitespace around it makes no difference.
func same(configured, there any) bool { return tidied(configured) == tidied(there) }

// tidied is a value as an appliance may keep it. None is the same as a blank one.
func tidied(value any) string {
	text, _ := value.(string)
	return strings.TrimSpace(text)
}

// looksLike compares what the API shows of an object with values.
func looksLike(there remote, v values) bool {
	return same(v["name"], there.name) && same(v["username"], there.username) && same(v["description"], there.description)
}

// checkPlan checks what a plan, or a refresh, has found.
func (w *world) checkPlan(planned *planning, o options, before map[key]remote, troubles []trouble) {
	for _, r := range w.appliance.Requests() {
		if r.Method != http.MethodGet && r.Path != "/token" && !strings.Contains(r.Path, "/validate") {
			w.violated(plansWriteNothing, "%s %s", r.Method, r.Path)
		}
	}
	if len(troubles) == 0 {
		w.checkDiagnostics(planned, o)
	}
	if planned.failed() || o.noRefresh {
		return
	}
	w.state.objects(func(address, typeName string, o *object) {
		k := key{typeName, o.id()}
		if _, existed := before[k]; existed && !w.absent[k] && !planned.refreshed.manages(k) {
			w.violated(nothingIsForgotten, "%s left the state at a refresh", address)
		}
	})
	planned.refreshed.objects(func(address, typeName string, o *object) {
		k := key{typeName, o.id()}
		there, exists := before[k]
		switch {
		case w.touched[k]:
		case !exists:
			w.violated(truthful, "%s is still in the state", address)
		case !looksLike(there, o.values):
			w.violated(truthful, "%s is %s, and the state has %v", address, there, o.values)
		}
	})
}

// checkDiagnostics checks what a plan says when nothing goes wrong.
func (w *world) checkDiagnostics(planned *planning, o options) {
	for _, a := range planned.answers {
		for _, d := range a.diagnostics {
			if d.Severity == tfprotov6.DiagnosticSeverityError && d.Attribute != nil && d.Attribute.String() == `AttributeName("old_password")` {
				w.violated(nothingInTheWay, "%s: %s", a.about, d.Summary)
			}
		}
		i, b := planned.refreshed[a.about], w.configuration[a.about]
		if o.noRefresh || i == nil || b == nil || i.current == nil || !i.current.tainted || !w.isNameOf(b.name, i.current) {
			continue
		}
		owners := 0 // another resource of the state may have the user as well: the name is then taken indeed
		planned.refreshed.objects(func(_, typeName string, o *object) {
			if typeName == b.typeName && o.id() == i.current.id() {
				owners++
			}
		})
		if owners > 1 {
			continue
		}
		for _, d := range a.diagnostics {
			if strings.Contains(d.Summary, "would refuse the name") {
				w.violated(ownNameIsFree, "%s: %s", a.about, d.Summary)
			}
		}
	}
}

// isNameOf reports whether an object on the appliance has a name.
func (w *world) isNameOf(name string, o *object) bool {
	has, _ := o.values["name"].(string)
	return has == name || w.habits.appliance.Habits[simulator.TrimsSpace] && same(name, has)
}

// checkApply checks the appliance and the state after an apply.
func (w *world) checkApply(planned *planning, done []*operation, before map[key]remote, undecidable map[key]bool) {
	now := w.snapshot()
	orphans, created := map[key]bool{}, map[key]bool{}
	for _, op := range done {
		if op.called && !op.failed() && op.action == create {
			k := key{op.change.typeName, op.after.id()}
			if created[k] && !w.touched[k] {
				w.violated(oneObjectEach, "%s was created twice", k)
			}
			created[k] = true
		}
		switch {
		case !op.called || op.action == remove:
		case op.action == update:
			w.checkUpdate(op, before, now, undecidable)
		default:
			w.checkCreation(op, done, before, now, undecidable, orphans)
		}
	}
	for _, op := range done {
		if op.called && op.action == remove && !orphans[key{op.change.typeName, op.prior.id()}] { // by which a user is there again
			w.checkRemoval(op, done, before, now, undecidable)
		}
	}
	for _, op := range done {
		for _, d := range op.diagnostics {
			if strings.Contains(d.Summary, "did not save") { // nothing but whitespace is ever tidied here
				w.violated(tidyingIsNoChange, "%s: %s", op.address, d.Summary)
			}
		}
	}
	w.checkRotations(planned, done, now)
	w.checkGuesses(done)
	w.checkOthers()

	// Whatever exists is in the state, or another client's, or was reported.
	for _, k := range sortedKeys(now) {
		_, isForeign := w.foreign[k]
		switch {
		case isForeign, w.state.manages(k):
		case orphans[k], w.touched[k]:
			w.foreign[k] = now[k]
		default:
			w.violated(nothingIsForgotten, "%s %s exists and is not in the state", k, now[k])
		}
	}
}

// undecidableUsers are the names of users whose owner cannot be determined: two objects of the state have one, or a change
// keeps an object that is gone already while another change creates one of its name. Where one change removes a user and another
// creates it, in whatever order, there is nothing undecidable: a creation succeeds only if the name was free, so that what it
// has made stays.
func undecidableUsers(planned *planning, before map[key]remote) map[key]bool {
	holders, creations := map[key]int{}, map[key]int{}
	planned.refreshed.objects(func(_, typeName string, o *object) { holders[key{typeName, o.id()}]++ })
	for _, c := range planned.changes {
		if c.action != noOp && c.action != update && c.action != remove {
			creations[key{c.typeName, fmt.Sprint(c.after["name"])}]++
		}
	}
	undecidable := map[key]bool{}
	for _, c := range planned.changes {
		if c.typeName != userType || c.before == nil {
			continue
		}
		k := key{userType, c.before.id()}
		_, exists := before[k]
		kept := c.action == noOp || c.action == update
		undecidable[k] = undecidable[k] || holders[k] > 1 || kept && !exists && creations[k] > 0
	}
	return undecidable
}

// has reports whether the provider was asked for an action on an object.
func has(done []*operation, a action, k key, succeeded bool) bool {
	return slices.ContainsFunc(done, func(op *operation) bool {
		o := op.prior
		if a == create {
			o = op.after
		}
		return op.called && op.action == a && o != nil && k == key{op.change.typeName, o.id()} && (!succeeded || !op.failed())
	})
}

func (w *world) checkRemoval(op *operation, done []*operation, before, now map[key]remote, undecidable map[key]bool) {
	k := key{op.change.typeName, op.prior.id()}
	there, exists := now[k]
	if !exists || w.touched[k] || undecidable[k] || has(done, create, k, true) {
		return
	}
	if !op.failed() && w.foreign[k] == (remote{}) {
		w.violated(successIsTrue, "%s was removed, and is there", op.address)
	}
	if op.failed() && there != before[k] {
		w.violated(errorIsClean, "%s was %s and is %s", op.address, before[k], there)
	}
}

func (w *world) checkUpdate(op *operation, before, now map[key]remote, undecidable map[key]bool) {
	k := key{op.change.typeName, op.prior.id()}
	there, exists := now[k]
	if w.touched[k] || undecidable[k] {
		return
	}
	if !w.wasSent(http.MethodPut, k) && !sends(op.change) && sameValues(op.prior.values, op.change.after) {
		return // nothing differs from the state, which may be stale in an apply without refresh: nothing has to be sent
	}
	want := before[k].password
	if sends(op.change) {
		want = op.change.block.password
	}
	asPlanned := exists && looksLike(there, op.change.after) && there.password == want
	switch {
	case !op.failed() && !asPlanned:
		w.violated(successIsTrue, "%s is %s, planned %v with password %q", op.address, describe(there, exists), op.change.after, want)
	case op.failed() && !asPlanned && exists && there != before[k]:
		w.violated(errorIsClean, "%s was %s and is %s, planned %v", op.address, before[k], there, op.change.after)
	case op.failed() && !exists && before[k] != remote{}:
		w.violated(errorIsClean, "%s is gone", op.address)
	}
}

// sameValues reports whether two objects are the same to an appliance.
func sameValues(a, b values) bool {
	return same(a["name"], b["name"]) && same(a["username"], b["username"]) && same(a["description"], b["description"])
}

// wasSent reports whether a request for an object reached the appliance in this step.
func (w *world) wasSent(method string, k key) bool {
	return slices.ContainsFunc(w.appliance.Requests(), func(r simulator.Request) bool {
		return r.Method == method && strings.HasSuffix(r.Path, "/"+k.id)
	})
}

func (w *world) checkCreation(op *operation, done []*operation, before, now map[key]remote, undecidable, orphans map[key]bool) {
	asPlanned := func(there remote) bool {
		return looksLike(there, op.change.after) && there.password == op.change.block.password
	}
	if !op.failed() {
		k := key{op.change.typeName, op.after.id()}
		there, exists := now[k]
		if w.touched[k] || undecidable[k] {
			return
		}
		if _, existed := before[k]; existed && (k.typeName == accountType || !has(done, remove, k, false)) {
			w.violated(oneObjectEach, "%s was created as %s, which existed", op.address, k)
		}
		if !exists || !asPlanned(there) {
			w.violated(successIsTrue, "%s is %s, planned %v with password %q", op.address, describe(there, exists), op.change.after, op.change.block.password)
		}
		return
	}
	for k, there := range now {
		if _, existed := before[k]; k.typeName == op.change.typeName && (!existed || k.typeName == userType) && asPlanned(there) {
			orphans[k] = true
		}
	}
}

// checkRotations checks that every password that had to be sent was sent. The provider knows a password by what it has sent, and
// not what another client has made of it.
func (w *world) checkRotations(planned *planning, done []*operation, now map[key]remote) {
	for _, c := range planned.changes {
		if c.block == nil || c.block.password == "" || c.before == nil || c.action != noOp && c.action != update {
			continue
		}
		if slices.ContainsFunc(done, func(op *operation) bool { return op.address == c.address && (op.failed() || !op.called) }) {
			continue
		}
		b, prior, k := c.block, c.before, key{c.typeName, c.before.id()}
		version := prior.values["password_version"]
		had := prior.sent == b.password
		var due bool
		switch {
		case b.version == nil:
			due = !had
		case version == nil || version != *b.version:
			due = true
		case prior.counted:
			due = !had
		}
		if due {
			w.counts.add("rotations due")
		}
		if due && planned.warns(c.address, "might not be sent") {
			continue // an answer was lost, and it is unknown what was sent last: the plan says so, and how to send it
		}
		if there, exists := now[k]; due && exists && !w.touched[k] && there.password != b.password {
			w.violated(noRotationIsLost, "%s: the password %q was due, version %v, sent before %q (counted %v), and the appliance has %q", c.address, b.password, version, prior.sent, prior.counted, there.password)
		}
	}
}

// checkGuesses checks how many wrong old passwords the appliance refused: two at most for a user, the old one and the new one
// in its place. One more is sent where a token ends between a refusal and the question whether it was about the token.
func (w *world) checkGuesses(done []*operation) {
	writers := map[string]int{} // several resources may have one user, and each knows passwords of its own
	for _, op := range done {
		if op.called && op.change.typeName == userType && op.prior != nil {
			writers[op.prior.id()]++
		}
	}
	for _, path := range slices.Sorted(maps.Keys(w.guesses)) {
		most := 2 * max(1, writers[path[strings.LastIndex(path, "/")+1:]])
		if w.habits.appliance.AccessTokenLifetime < time.Second {
			most++
		}
		if w.guesses[path] > most {
			w.violated(noGuessing, "%d were refused at %s", w.guesses[path], path)
		}
	}
}

// checkSettled checks that a plan right after an apply finds nothing to do.
func (w *world) checkSettled() {
	w.counts.add("settled")
	again := w.plan(options{})
	if again.failed() || again.changesAnything() {
		w.violated(settled, "%s", again)
	}
}

// assertConsistent is Terraform's check of a result: what the plan knew stays as it is.
func (p *process) assertConsistent(address string, planned, actual values) {
	if (planned == nil) != (actual == nil) {
		p.w.violated(consistent, "%s: planned %v, and the result is %v", address, planned, actual)
		return
	}
	for name, value := range actual {
		if value == unknown || planned[name] != unknown && planned[name] != value {
			p.w.violated(consistent, "%s: %s was planned as %#v, and is %#v", address, name, planned[name], value)
		}
	}
}

// assertSamePlan is Terraform's check of the plan that it makes again in the apply.
func (p *process) assertSamePlan(planned, again *change) {
	if planned.action != again.action && (planned.action != update || again.action != noOp) {
		p.w.violated(consistent, "%s: the action was planned as %s, and is %s", planned.address, planned.action, again.action)
	}
	for name, value := range again.after {
		if planned.after[name] != unknown && planned.after[name] != value {
			p.w.violated(consistent, "%s: %s was planned as %#v, and in the apply as %#v", planned.address, name, planned.after[name], value)
		}
	}
}

// assertPlanValid is Terraform's check of a plan: what is configured is planned as it is, or stays as it was.
func (p *process) assertPlanValid(schema *tfprotov6.Schema, prior, config, planned values) {
	for _, attribute := range schema.Block.Attributes {
		was, given, plan := prior[attribute.Name], config[attribute.Name], planned[attribute.Name]
		if was != nil && given != nil && same(was, given) && plan != was && isText(was) {
			p.w.violated(tidyingIsNoChange, "%s is %#v, configured %#v, planned %#v", attribute.Name, was, given, plan)
		}
		valid := false
		switch {
		case attribute.WriteOnly:
			valid = plan == nil
		case plan == given, plan == was && was != nil && given != nil:
			valid = true
		case attribute.Computed:
			valid = given == nil
		}
		if !valid {
			p.w.violated(validPlan, "%s is %#v, configured %#v, planned %#v", attribute.Name, was, given, plan)
		}
	}
}

func isText(value any) bool {
	_, ok := value.(string)
	return ok
}

// assertKept checks what a refresh made of an object: what is the same but for whitespace stays as it is.
func (p *process) assertKept(before, after values) {
	for _, name := range []string{"name", "username", "description"} {
		if was, is := before[name], after[name]; was != is && same(was, is) {
			p.w.violated(tidyingIsNoChange, "%s was %#v, and is read as %#v", name, was, is)
		}
	}
}
