package simulator

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Account is an SMTP server credentials record as the appliance keeps it, password included.
type Account struct {
	ID             string // a UUID in lower case
	Name, Username string
	Description    *string // nil is null
	Password       string
}

// Accounts returns the credentials records, sorted by name.
func (a *Appliance) Accounts() []Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.accounts.all()
}

// AccountByName returns the credentials record with exactly this name.
func (a *Appliance) AccountByName(name string) (Account, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return copyOf(a.accounts.named(name))
}

// PutAccount creates a credentials record or replaces the one with its ID, without any request, and returns it. An empty
// ID makes a new one. It checks no rule, but panics when another record has the name.
func (a *Appliance) PutAccount(account Account) Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	if account.ID == "" {
		account.ID = newUUID()
	}
	a.accounts.put(account)
	return account
}

// DeleteAccount deletes a credentials record, if it is there, without any request.
func (a *Appliance) DeleteAccount(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accounts.delete(id)
}

type accountAnswer struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Username    string  `json:"username"`
	Description *string `json:"description"`
	Links       []link  `json:"_links"`
}

func (c *call) accountAnswer(x Account) accountAnswer {
	return accountAnswer{x.ID, x.Name, x.Username, c.description(x.Description), links("/accounts/standard/" + x.ID)}
}

// description is how a description is answered: a missing or empty one as "" or null, as configured.
func (c *call) description(description *string) *string {
	switch {
	case description != nil && *description != "":
		return description
	case c.config.Habits[NullForMissing]:
		c.deviate(NullForMissing.Flag)
		return nil
	}
	return new(string)
}

// tidied is what is kept of a description.
func (a *Appliance) tidied(description *string) *string {
	if a.config.Habits[TrimsSpace] && description != nil && *description == "" {
		return nil
	}
	return description
}

var accountOrders = map[string]order[Account]{
	"name": func(x, y *Account) int { return cmp.Compare(x.Name, y.Name) },
}

func (a *Appliance) listAccounts(c *call) *answer {
	return list(a, c, &a.accounts, accountOrders, 0, c.accountAnswer)
}

func (a *Appliance) getAccount(c *call) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	account, refusal := a.findAccount(c)
	if refusal != nil {
		return refusal
	}
	return reply(http.StatusOK, c.accountAnswer(*account))
}

func (a *Appliance) createAccount(c *call) *answer {
	var body struct {
		Name        string  `json:"name" required:"true"`
		Username    string  `json:"username" required:"true"`
		Password    string  `json:"password" required:"true"`
		Description *string `json:"description"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	account := Account{newUUID(), body.Name, body.Username, a.tidied(body.Description), body.Password}
	if refusal := a.checkAccount(c, account); refusal != nil {
		return refusal
	}
	a.accounts.put(account)
	return reply(http.StatusCreated, c.accountAnswer(account))
}

// updateAccount sets everything but the password, which stays when it is not given.
func (a *Appliance) updateAccount(c *call) *answer {
	var body struct {
		Name        string  `json:"name" required:"true"`
		Username    string  `json:"username" required:"true"`
		Password    *string `json:"password"`
		Description *string `json:"description"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	existing, refusal := a.findAccount(c)
	if refusal != nil {
		return refusal
	}
	account := Account{existing.ID, body.Name, body.Username, a.tidied(body.Description), existing.Password}
	if body.Password != nil {
		account.Password = *body.Password
	}
	if refusal := a.checkAccount(c, account); refusal != nil {
		return refusal
	}
	a.accounts.put(account)
	return reply(http.StatusOK, c.accountAnswer(account))
}

// deleteAccount also deletes a record that the email settings name, unless it is configured otherwise. Not documented:
// whether that is refused, and with what: a conflict here.
func (a *Appliance) deleteAccount(c *call) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	account, refusal := a.findAccount(c)
	if refusal != nil {
		return refusal
	}
	if used := a.email.CredentialsID; a.config.Habits[RefusesDeletionInUse] && used != nil && strings.EqualFold(*used, account.ID) {
		kind := validationError
		kind.status = http.StatusConflict
		c.deviate(RefusesDeletionInUse.Flag)
		return c.problem(kind, fmt.Sprintf("The credentials record %q is used by the email notifications.", account.Name))
	}
	a.accounts.delete(account.ID)
	return reply(http.StatusOK, nil)
}

func (a *Appliance) validateAccountName(c *call) *answer {
	var body struct {
		Name string `json:"name" required:"true"`
	}
	return a.validate(c, &body, func() findings { return a.accountNameFindings(body.Name, "") })
}

// accountNameFindings are what is wrong with a name for the record with the given ID ("" for a new one).
func (a *Appliance) accountNameFindings(name, id string) findings {
	findings := lengthFindings("name", name, 1, 255)
	if other := a.accounts.named(name); other != nil && other.ID != id {
		findings = append(findings, finding{"name", fmt.Sprintf("A credentials record named %q already exists.", name)})
	}
	return findings
}

func (a *Appliance) checkAccount(c *call, account Account) *answer {
	findings := a.accountNameFindings(account.Name, account.ID)
	findings = append(findings, lengthFindings("username", account.Username, 1, 255)...)
	findings = append(findings, lengthFindings("password", account.Password, 1, 255)...)
	if account.Description != nil {
		findings = append(findings, lengthFindings("description", *account.Description, 0, 512)...)
	}
	return c.refuse(findings)
}

// lengthFindings counts characters.
func lengthFindings(property, value string, lowest, highest int) findings {
	if n := utf8.RuneCountInString(value); n < lowest || n > highest {
		return findings{{property, fmt.Sprintf("The %s must have %d to %d characters, not %d.", property, lowest, highest, n)}}
	}
	return nil
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// findAccount returns the record of the path, or the refusal.
func (a *Appliance) findAccount(c *call) (*Account, *answer) {
	id := strings.ToLower(c.id)
	if !uuid.MatchString(id) {
		return nil, c.invalidModel(modelErrors{"id": {fmt.Sprintf("The value '%s' is not valid.", c.id)}})
	}
	account := a.accounts.get(id)
	if account == nil {
		return nil, c.problem(resourceNotFound, fmt.Sprintf("There is no credentials record with the id %q.", c.id))
	}
	return account, nil
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
