package histories

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"pgregory.net/rapid"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// What there is to choose from. There is little of it, so that things meet.
var (
	recordAddresses = []string{"record.a", "record.b"}
	userAddresses   = []string{"user.a", "user.b"}
	recordNames     = []string{"relay", "alerts", "reports", "bills", "logs", "invoices", "relay\n", "bills\n"}
	userNames       = []string{"jane", "john", "joan", "jack", "jill", "jude"}
	usernames       = []string{"one@example.com", "two@example.com", "two@example.com\n"}
	descriptions    = []any{nil, "Nightly", "Weekly", "Weekly\n", "", "\n"}
	passwords       = []string{"Quiet-harbour-71", "Brown-lantern-82", "Green-meadow-93"}
	versions        = []string{"", "1", "2", "2026-11"}
)

const othersPassword = "Strange-visitor-64"

// block is a resource block of the configuration. It omits an empty text, and a description of nil.
type block struct {
	typeName            string
	name, username      string
	description         any
	password            string
	oldPassword         string
	version             *string
	createBeforeDestroy bool
}

func (b *block) values() values {
	v := values{"name": b.name, "description": b.description, "password": nullable(b.password)}
	if b.version != nil {
		v["password_version"] = *b.version
	}
	if b.typeName == accountType {
		v["username"] = b.username
	} else {
		v["old_password"] = nullable(b.oldPassword)
	}
	return v
}

func (b *block) String() string {
	text := fmt.Sprintf("name %q", b.name)
	if b.username != "" {
		text += fmt.Sprintf(", username %q", b.username)
	}
	if b.description != nil {
		text += fmt.Sprintf(", description %q", b.description)
	}
	for _, attribute := range []struct{ name, value string }{{"password", b.password}, {"old_password", b.oldPassword}} {
		if attribute.value != "" {
			text += fmt.Sprintf(", %s %q", attribute.name, attribute.value)
		}
	}
	if b.version != nil {
		text += fmt.Sprintf(", password_version %q", *b.version)
	}
	if b.createBeforeDestroy {
		text += ", create_before_destroy"
	}
	return text
}

func (b *block) copyValues(from *block) {
	b.name, b.username, b.description = from.name, from.username, from.description
}

func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func drawBlock(t *rapid.T, address string) *block {
	b := &block{
		typeName:            accountType,
		description:         rapid.SampledFrom(descriptions).Draw(t, "description"),
		password:            rapid.SampledFrom(passwords).Draw(t, "password"),
		createBeforeDestroy: rapid.Bool().Draw(t, "create_before_destroy"),
	}
	if strings.HasPrefix(address, "user.") {
		b.typeName, b.name = userType, rapid.SampledFrom(userNames).Draw(t, "name")
	} else {
		b.name, b.username = rapid.SampledFrom(recordNames).Draw(t, "name"), rapid.SampledFrom(usernames).Draw(t, "username")
	}
	return b
}

// begin writes a configuration.
func (w *world) begin(t *rapid.T) {
	for _, address := range slices.Concat(recordAddresses, userAddresses) {
		if rapid.Bool().Draw(t, "with "+address) {
			w.configuration[address] = drawBlock(t, address)
			w.log("BEGIN with %s: %s", address, w.configuration[address])
		}
	}
}

// edit changes the configuration.
func (w *world) edit(t *rapid.T) {
	address := rapid.SampledFrom(slices.Concat(recordAddresses, userAddresses)).Draw(t, "address")
	b := w.configuration[address]
	if b == nil {
		b = drawBlock(t, address)
		if others := w.blocks(b.typeName); len(others) > 0 && rapid.SampledFrom([]bool{false, false, true}).Draw(t, "as a copy") {
			b.copyValues(others[0])
		}
		w.configuration[address] = b
		w.step("WRITE %s: %s", address, b)
		return
	}
	edited := *b
	changes := []string{"rename", "describe", "rotate", "rotate", "version", "version and password", "version and password", "copy", "move", "move", "rename and copy", "remove", "order", "no password"}
	change := rapid.SampledFrom(changes).Draw(t, "change")
	switch change {
	case "rename":
		fresh := drawBlock(t, address)
		edited.name, edited.username = fresh.name, fresh.username
	case "describe":
		edited.description = rapid.SampledFrom(descriptions).Draw(t, "description")
	case "rotate":
		edited.password = rapid.SampledFrom(passwords).Draw(t, "password")
		edited.oldPassword = ""
		if old := w.sentFor(address); b.typeName == userType && old != edited.password && rapid.SampledFrom([]bool{true, true, false}).Draw(t, "with old_password") {
			edited.oldPassword = old
		}
	case "version", "version and password":
		edited.version = nil
		if version := rapid.SampledFrom(w.versionsFor(address)).Draw(t, "version"); version != "" {
			edited.version = &version
		}
		if change == "version and password" {
			edited.password = rapid.SampledFrom(passwords).Draw(t, "password")
		}
	case "copy":
		source := w.configuration[rapid.SampledFrom(slices.Sorted(maps.Keys(w.configuration))).Draw(t, "source")]
		if source.typeName == b.typeName {
			edited.copyValues(source)
		}
	case "move":
		w.move(address)
		return
	case "rename and copy":
		w.renameAndCopy(t, address)
		return
	case "remove":
		delete(w.configuration, address)
		w.step("REMOVE %s from the configuration", address)
		return
	case "order":
		edited.createBeforeDestroy = !b.createBeforeDestroy
	case "no password":
		edited.password, edited.oldPassword = "", ""
	}
	if edited == *b {
		t.Skip("nothing changes")
	}
	w.configuration[address] = &edited
	w.step("WRITE %s: %s", address, &edited)
}

// move gives a block another address without a moved block, which is to remove its object and create another one. Where the
// other address has a block, the two are exchanged.
func (w *world) move(address string) {
	to := otherAddress(address)
	w.step("MOVE %s to %s", address, to)
	moved, exchanged := w.configuration[address], w.configuration[to]
	w.configuration[to] = moved
	if exchanged != nil {
		w.configuration[address] = exchanged
	} else {
		delete(w.configuration, address)
	}
}

// renameAndCopy gives a block another name, and the other address a block of the same name.
func (w *world) renameAndCopy(t *rapid.T, address string) {
	to := otherAddress(address)
	edited, fresh, other := *w.configuration[address], drawBlock(t, address), drawBlock(t, to)
	edited.name, edited.username = fresh.name, fresh.username
	other.copyValues(&edited)
	w.configuration[address], w.configuration[to] = &edited, other
	w.step("WRITE %s: %s; %s: %s", address, &edited, to, other)
}

func otherAddress(address string) string {
	for _, addresses := range [][]string{recordAddresses, userAddresses} {
		if i := slices.Index(addresses, address); i >= 0 {
			return addresses[1-i]
		}
	}
	panic(address)
}

// versionsFor are what a block may have for its password_version, the one in the state among them.
func (w *world) versionsFor(address string) []string {
	if i := w.state[address]; i != nil && i.current != nil {
		if version, ok := i.current.values["password_version"].(string); ok {
			return append([]string{version}, versions...)
		}
	}
	return versions
}

// sentFor is the password that was sent last for a block, as far as anybody knows.
func (w *world) sentFor(address string) string {
	if i := w.state[address]; i != nil && i.current != nil && i.current.sent != "" {
		return i.current.sent
	}
	return w.configuration[address].password
}

// trouble is what happens at some request of a run: a fault, or another client's visit, or both.
type trouble struct {
	fault   simulator.Fault
	refusal int // status with which the request after it is refused; 0 for none
	visit   visit
	about   string
}

func (x trouble) String() string { return x.about }

// place is where trouble comes: at the requests that match. A visit there is about an object of the same type.
type place struct{ method, path, in, typeName string }

var (
	planPlaces = []place{
		{"POST", "/token", "the sign-in", ""},
		{"GET", "/accounts/standard", "the list of records", accountType},
		{"GET", "/accounts/standard/*", "reading a record", accountType},
		{"GET", "/users", "the list of users", userType},
		{"GET", "/users/*", "reading a user", userType},
		{"POST", "/users/validateName", "asking about a user's name", userType},
		{"POST", "/accounts/standard/validateName", "asking about a record's name", accountType},
	}
	applyPlaces = []place{
		{"POST", "/accounts/standard", "creating a record", accountType},
		{"POST", "/accounts/standard", "creating a record", accountType}, // where most can be lost
		{"POST", "/users", "creating a user", userType},
		{"POST", "/users", "creating a user", userType},
		{"PUT", "/accounts/standard/*", "updating a record", accountType},
		{"PUT", "/users/*", "updating a user", userType},
		{"DELETE", "/accounts/standard/*", "deleting a record", accountType},
		{"DELETE", "/users/*", "deleting a user", userType},
		{"GET", "/accounts/standard", "the list of records", accountType},
		{"GET", "/accounts/standard/*", "reading a record", accountType},
		{"GET", "/users", "the list of users", userType},
		{"GET", "/users/*", "reading a user", userType},
		{"POST", "/token", "the sign-in", ""},
	}
)

// foreign404s are documents of a 404 that is not the product's own document about an object.
var foreign404s = map[string]string{
	"about:blank":   `{"type": "about:blank", "title": "Not Found", "status": 404}`,
	"the framework": `{"type": "https://tools.ietf.org/html/rfc9110#section-15.5.5", "title": "Not Found", "status": 404, "traceId": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}`,
	"a proxy":       `<html><body><h1>404 Not Found</h1></body></html>`,
	"nobody":        " ",
}

func (w *world) drawTrouble(t *rapid.T, places []place) trouble {
	place := rapid.SampledFrom(places).Draw(t, "place")
	skip := rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(t, "skip")
	x := trouble{fault: simulator.Fault{Method: place.method, Path: place.path, Skip: skip, Count: 1}}
	at := place.in
	if skip > 0 {
		at += fmt.Sprintf(" (after %d)", skip)
	}
	kinds := []string{
		"lost answer", "cut", "503", "visit", "404", "404", "429", "500", "half an answer", "stall", "504 after the work", "403",
		"slow answer", "late 504", "late cut",
	}
	if place.typeName != "" && place.method != http.MethodGet { // what becomes of a write is hardest to tell when its end is late or lost
		kinds = append(kinds, "lost answer", "late 504", "cut", "late cut", "late cut", "lost answer, then a refusal")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "trouble") {
	case "lost answer":
		x.fault.Kind, x.about = simulator.CutAfter, "the answer is lost at "+at
	case "lost answer, then a refusal":
		x.fault.Kind, x.refusal = simulator.CutAfter, rapid.SampledFrom([]int{http.StatusForbidden, http.StatusConflict}).Draw(t, "refusal")
		x.about = fmt.Sprintf("the answer is lost, and the repetition is refused with %d, at %s", x.refusal, at)
	case "cut":
		x.fault.Kind, x.about = simulator.CutBefore, "the connection is cut at "+at
	case "503":
		x.fault.Kind, x.fault.Status, x.about = simulator.Status, http.StatusServiceUnavailable, "503 at "+at
		x.fault.Count = rapid.IntRange(1, 6).Draw(t, "times")
	case "429":
		x.fault.Kind, x.fault.Status, x.about = simulator.Status, http.StatusTooManyRequests, "429 at "+at
		x.fault.Header = http.Header{"Retry-After": {rapid.SampledFrom([]string{"0", "2", "3600"}).Draw(t, "Retry-After")}}
	case "500":
		x.fault.Kind, x.fault.Status, x.about = simulator.Status, http.StatusInternalServerError, "500 at "+at
	case "403":
		x.fault.Kind, x.fault.Status, x.about = simulator.Status, http.StatusForbidden, "403 at "+at
	case "half an answer":
		x.fault.Kind, x.about = simulator.CutBody, "half an answer at "+at
	case "stall":
		x.fault.Kind, x.about = simulator.Stall, "no answer comes at "+at
	case "504 after the work":
		x.fault.Kind, x.fault.Status, x.fault.Body, x.about = simulator.Body, http.StatusGatewayTimeout, "<html>504</html>", "a proxy gives up after the work at "+at
	case "slow answer":
		x.fault.Kind, x.fault.Delay = simulator.Delay, drawDelay(t)
		x.about = fmt.Sprintf("the answer takes %s at %s", x.fault.Delay, at)
	case "late 504":
		x.fault.Kind, x.fault.Status, x.fault.Body, x.fault.Delay = simulator.Body, http.StatusGatewayTimeout, "<html>504</html>", drawDelay(t)
		x.about = fmt.Sprintf("a proxy gives up %s after the work at %s", x.fault.Delay, at)
	case "late cut":
		x.fault.Kind, x.fault.Delay = simulator.CutBefore, drawDelay(t)
		x.about = fmt.Sprintf("the connection hangs for %s and is cut at %s", x.fault.Delay, at)
	case "404":
		from := rapid.SampledFrom(slices.Sorted(maps.Keys(foreign404s))).Draw(t, "404 from")
		x.fault.Kind, x.fault.Status, x.fault.Body, x.about = simulator.Status, http.StatusNotFound, foreign404s[from], "a 404 of "+from+" at "+at
		if !strings.HasSuffix(place.path, "*") && rapid.Bool().Draw(t, "the product's own") {
			x.fault.Body, x.about = "", "the product's own 404 at "+at // which is about no object here
		}
	case "visit":
		x.visit = w.drawVisit(t, place.typeName)
		x.about = "at " + at + " " + x.visit.String()
		return x
	}
	if rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "and a visit") {
		x.visit = w.drawVisit(t, place.typeName)
		x.about = x.visit.String() + ", and " + x.about
	}
	return x
}

func drawDelay(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{100 * time.Millisecond, time.Second, 20 * time.Second}).Draw(t, "delay")
}

// drawDelays draws when the operations of an apply begin.
func drawDelays(t *rapid.T) []time.Duration {
	delay := rapid.SampledFrom([]time.Duration{0, 15 * time.Millisecond, 40 * time.Millisecond, 200 * time.Millisecond, time.Second, 20 * time.Second})
	return rapid.SliceOfN(delay, 0, 4).Draw(t, "delays")
}

// addTroubles makes the next run meet troubles.
func (w *world) addTroubles(troubles []trouble) {
	for _, x := range troubles {
		if x.fault.Kind != "" {
			w.appliance.AddFault(x.fault)
		}
		if x.refusal != 0 { // with the same Skip: it does not see the request that the fault hits
			w.appliance.AddFault(simulator.Fault{Kind: simulator.Status, Status: x.refusal, Method: x.fault.Method, Path: x.fault.Path, Skip: x.fault.Skip, Count: 1})
		}
		if x.visit.kind == "" {
			continue
		}
		w.appointments = append(w.appointments, &appointment{
			method: x.fault.Method, path: strings.TrimSuffix(x.fault.Path, "*"), skip: x.fault.Skip,
			act: func(w *world) { w.receive(x.visit) },
		})
	}
}

// visit is what another client does to the object that has a name, or to the name.
type visit struct {
	kind           string
	typeName, name string
	username       string
	description    *string // nil for one that no configuration has
}

func (v visit) String() string {
	return fmt.Sprintf("another client %s the %s %q", v.kind, strings.TrimPrefix(v.typeName, "veeam_"), v.name)
}

func (w *world) drawVisit(t *rapid.T, typeName string) visit {
	v := visit{
		kind:     rapid.SampledFrom([]string{"creates", "describes", "changes the password of", "deletes", "replaces"}).Draw(t, "visit"),
		typeName: typeName,
	}
	if typeName == "" {
		v.typeName = rapid.SampledFrom([]string{accountType, userType}).Draw(t, "type")
	}
	names := recordNames
	if v.typeName == userType {
		names = userNames
	} else {
		v.username = strings.TrimSpace(rapid.SampledFrom(usernames).Draw(t, "username"))
	}
	for _, b := range w.blocks(v.typeName) { // more often one that is configured
		names = append([]string{b.name}, names...)
	}
	v.name = strings.TrimSpace(rapid.SampledFrom(names).Draw(t, "name"))
	return v
}

// blocks are those of a type in the configuration.
func (w *world) blocks(typeName string) (blocks []*block) {
	for _, address := range slices.Sorted(maps.Keys(w.configuration)) {
		if b := w.configuration[address]; b.typeName == typeName {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// receive makes another client's visit. Within a run, what another client makes differs from all that a configuration
// may ask for: one that is made between the provider's look and its creation, and equal to that, cannot be told from what
// a lost answer was about.
func (w *world) receive(v visit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.visits++
	if v.description == nil {
		v.description = new(fmt.Sprintf("Visit %d", w.visits))
	}
	if v.typeName == userType {
		w.receiveForUser(v)
	} else {
		w.receiveForRecord(v)
	}
}

func (w *world) receiveForRecord(v visit) {
	record, found := w.appliance.AccountByName(v.name)
	k := key{accountType, record.ID}
	if found && (v.kind == "deletes" || v.kind == "replaces") {
		w.appliance.DeleteAccount(record.ID)
		w.gone(k)
	}
	switch {
	case v.kind == "creates" && !found, v.kind == "replaces":
		record = w.appliance.PutAccount(simulator.Account{Name: v.name, Username: v.username, Description: v.description, Password: othersPassword})
	case !found || v.kind == "creates" || v.kind == "deletes":
		return
	case v.kind == "describes":
		record.Description = v.description
		w.appliance.PutAccount(record)
	default:
		record.Password = othersPassword
		w.appliance.PutAccount(record)
	}
	w.left(v, key{accountType, record.ID}, remoteRecord(record))
}

func (w *world) receiveForUser(v visit) {
	user, found := w.appliance.User(v.name)
	if found && (v.kind == "deletes" || v.kind == "replaces") {
		w.appliance.DeleteUser(v.name)
		w.gone(key{userType, v.name})
	}
	switch {
	case v.kind == "creates" && !found, v.kind == "replaces":
		user = simulator.User{Name: v.name, Description: *v.description, Password: othersPassword}
	case !found || v.kind == "creates" || v.kind == "deletes":
		return
	case v.kind == "describes":
		user.Description = *v.description
	default:
		user.Password = othersPassword
	}
	w.appliance.PutUser(user)
	w.left(v, key{userType, v.name}, remoteUser(user))
}

// gone and left record what another client did. A user that it makes while the state has one of that name is, by all
// that can be known, the one that the state has. A client that changes the description or the password of an object does
// not own it: an object that this run has created stays the run's own, also while its creation is still looked into. The
// values that are configured then replace what the other client wrote, as they would in the next run: the API has no way
// to write only what nobody has changed since.
func (w *world) gone(k key) {
	w.touched[k], w.absent[k] = true, true
	delete(w.foreign, k)
}

func (w *world) left(v visit, k key, object remote) {
	w.touched[k] = true
	_, isForeign := w.foreign[k]
	if makes := v.kind == "creates" || v.kind == "replaces"; isForeign || makes && !w.state.manages(k) {
		w.foreign[k] = object
	}
}

// interfere lets another client visit between two runs.
func (w *world) interfere(t *rapid.T) {
	v := w.drawVisit(t, "")
	if blocks := w.blocks(v.typeName); len(blocks) > 0 && rapid.Bool().Draw(t, "equal to what is asked for") {
		b := rapid.SampledFrom(blocks).Draw(t, "block")
		v.name, v.username, v.description = tidied(b.name), tidied(b.username), new(tidied(b.description))
	}
	w.step("MEANWHILE %s", v)
	w.receive(v)
}

// clear lets another client remove all that is not Terraform's, so that names are free again.
func (w *world) clear(t *rapid.T) {
	w.step("MEANWHILE another client removes what is not Terraform's")
	for _, k := range sortedKeys(w.foreign) {
		switch {
		case w.foreign[k].isDefault:
			continue
		case k.typeName == userType:
			w.appliance.DeleteUser(k.id)
		default:
			w.appliance.DeleteAccount(k.id)
		}
		w.gone(k)
	}
}

func (w *world) wait(t *rapid.T) {
	kind := rapid.SampledFrom([]string{"two hours pass", "all tokens expire", "all tokens are revoked"}).Draw(t, "time")
	w.step("MEANWHILE %s", kind)
	switch kind {
	case "two hours pass":
		time.Sleep(2 * time.Hour)
	case "all tokens expire":
		w.appliance.ExpireTokens()
	default:
		w.appliance.RevokeTokens()
	}
}

func (w *world) applyUndisturbed(t *rapid.T) {
	w.step("APPLY")
	w.run(options{}, nil, nil)
}

func (w *world) applyWithTroubles(t *rapid.T) { w.disturb(t, w.drawTroubles(t, applyPlaces, 3)) }

// disturb applies with troubles in the plan and in the apply.
func (w *world) disturb(t *rapid.T, applyTroubles []trouble) {
	planTroubles := w.drawTroubles(t, planPlaces, 1)
	o := options{noRefresh: rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "without refresh"), delays: drawDelays(t)}
	w.step("APPLY (refresh %v, delays %v), plan: %v, apply: %v", !o.noRefresh, o.delays, planTroubles, applyTroubles)
	w.run(o, planTroubles, applyTroubles)
}

// reuseName changes the address of a name, or gives it to two, and applies that with troubles at the writes.
func (w *world) reuseName(t *rapid.T) {
	address := w.drawFromState(t)
	b := w.configuration[address]
	if b == nil || w.state[address].current == nil {
		t.Skip("there is nothing to take over")
	}
	if rapid.Bool().Draw(t, "move") {
		w.move(address)
	} else {
		w.renameAndCopy(t, address)
	}
	var places []place
	for _, p := range applyPlaces {
		if p.typeName == b.typeName && p.method != http.MethodGet {
			places = append(places, p)
		}
	}
	w.disturb(t, append(w.drawTroubles(t, applyPlaces, 1), w.drawTrouble(t, places), w.drawTrouble(t, places)))
}

func (w *world) drawTroubles(t *rapid.T, places []place, most int) []trouble {
	draw := func(t *rapid.T) trouble { return w.drawTrouble(t, places) }
	return rapid.SliceOfN(rapid.Custom(draw), 0, most).Draw(t, "troubles")
}

func (w *world) replace(t *rapid.T) {
	o := options{replace: w.drawFromState(t)}
	if w.configuration[o.replace] == nil {
		t.Skip("it is not in the configuration")
	}
	o.delays = drawDelays(t)
	applyTroubles := w.drawTroubles(t, applyPlaces, 2)
	w.step("APPLY -replace=%s (delays %v), apply: %v", o.replace, o.delays, applyTroubles)
	w.run(o, nil, applyTroubles)
}

func (w *world) destroy(t *rapid.T) {
	if len(w.state) == 0 {
		t.Skip("there is nothing")
	}
	planTroubles, applyTroubles := w.drawTroubles(t, planPlaces, 1), w.drawTroubles(t, applyPlaces, 2)
	w.step("DESTROY, plan: %v, apply: %v", planTroubles, applyTroubles)
	w.run(options{destroy: true}, planTroubles, applyTroubles)
}

func (w *world) taint(t *rapid.T) {
	address := w.drawFromState(t)
	if w.state[address].current == nil {
		t.Skip("there is nothing")
	}
	w.step("TAINT %s", address)
	tainted := *w.state[address].current
	tainted.tainted = true
	w.state[address].current = &tainted
}

func (w *world) drawFromState(t *rapid.T) string {
	if len(w.state) == 0 {
		t.Skip("there is nothing")
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(w.state))).Draw(t, "address")
}

// forget is terraform state rm.
func (w *world) forget(t *rapid.T) {
	address := w.drawFromState(t)
	w.step("STATE RM %s", address)
	objects := w.snapshot()
	forgotten := w.state[address]
	delete(w.state, address)
	state{address: forgotten}.objects(func(_, typeName string, o *object) {
		k := key{typeName, o.id()}
		if there, found := objects[k]; found && !w.state.manages(k) {
			w.foreign[k] = there
		}
	})
}

// refreshState is terraform apply -refresh-only.
func (w *world) refreshState(t *rapid.T) {
	troubles := w.drawTroubles(t, planPlaces, 2)
	w.step("REFRESH, %v", troubles)
	before := w.snapshot()
	w.addTroubles(troubles)
	planned := w.plan(options{})
	w.clearTroubles()
	w.log("    → %s", planned)
	w.checkPlan(planned, options{}, before, troubles)
	if planned.failed() {
		return
	}
	w.state = planned.refreshed
	for k, there := range w.snapshot() { // created by another client after the refresh had found it missing
		if w.touched[k] && !w.state.manages(k) {
			w.foreign[k] = there
		}
	}
}

// importObject is terraform import of what has the name of a block.
func (w *world) importObject(t *rapid.T) {
	names := map[string]bool{}
	for k, there := range w.snapshot() {
		names[k.typeName+there.name] = true
	}
	var candidates []string
	for _, address := range slices.Sorted(maps.Keys(w.configuration)) {
		if i := w.state[address]; i != nil && i.current != nil {
			continue
		}
		candidates = append(candidates, address)
		if b := w.configuration[address]; names[b.typeName+strings.TrimSpace(b.name)] {
			candidates = append(candidates, address, address, address) // rather than what is not there
		}
	}
	if len(candidates) == 0 {
		t.Skip("there is no block to import to")
	}
	address := rapid.SampledFrom(candidates).Draw(t, "address")
	b := w.configuration[address]
	id := strings.TrimSpace(b.name)
	if rapid.Bool().Draw(t, "by id") {
		if there, found := w.appliance.AccountByName(id); found && b.typeName == accountType {
			id = there.ID
		}
	}
	w.step("IMPORT %s by %q", address, id)
	p := w.start()
	defer p.end()
	response, err := p.server.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: b.typeName, ID: id})
	diagnostics := p.answered(err, func() ([]*tfprotov6.Diagnostic, [][]byte) { return response.Diagnostics, nil })
	if len(failures(diagnostics)) > 0 {
		w.counts.add("imports failed")
		w.log("    → %s", said(diagnostics))
		return
	}
	found := response.ImportedResources[0]
	imported := &object{values: decode(p.schema(b.typeName).ValueType(), found.State), private: found.Private, identity: found.Identity}
	read, diagnostics := p.refresh(b.typeName, imported)
	w.log("    → %s", said(diagnostics))
	if len(failures(diagnostics)) > 0 || read == nil {
		w.counts.add("imports failed")
		return
	}
	k := key{b.typeName, read.id()}
	if w.state.manages(k) {
		return // Terraform takes one object for two resources, and the user is to blame
	}
	w.counts.add("imports done")
	delete(w.foreign, k)
	if w.state[address] == nil {
		w.state[address] = &instance{typeName: b.typeName}
	}
	w.state[address].current = read
}

// run is terraform apply, or destroy.
func (w *world) run(o options, planTroubles, applyTroubles []trouble) {
	before := w.snapshot()
	w.addTroubles(planTroubles)
	planned := w.plan(o)
	if o.destroy && !planned.failed() {
		normal := planned
		planned = w.planDestroy(normal)
	}
	w.clearTroubles()
	w.log("    plan → %s", planned)
	w.checkPlan(planned, o, before, planTroubles)
	if planned.failed() || len(w.violations) > 0 {
		w.counts.add("plans failed")
		return
	}
	w.counts.add("plans done")
	w.addTroubles(applyTroubles)
	before = w.snapshot()
	shared, undecidable := planned.refreshed.sharesUsers(), undecidableUsers(planned, before)
	done := w.apply(planned, o)
	visited := len(w.touched) > 0
	w.clearTroubles()
	for _, op := range done {
		w.log("    %s", op)
	}
	w.checkApply(planned, done, before, undecidable)
	if !visited && !shared && !o.destroy && !o.noRefresh && len(w.violations) == 0 && !slices.ContainsFunc(done, (*operation).failed) {
		w.checkSettled()
	}
}
