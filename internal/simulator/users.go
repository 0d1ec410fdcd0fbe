package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// User is a user as the appliance keeps it, password included. Its name is its id.
type User struct {
	Name, Description, Password string
	MFAEnabled, IsDefault       bool
	MFASecret                   string // base32; without one no code is right
	AccountType, Role           string // "" is Internal, and the first of [Config.RoleValues]
}

// External is the account type of users that an identity provider knows. Not documented: that of all others.
const (
	internal = "Internal"
	external = "External"
)

func (a *Appliance) role(user *User) string { return cmp.Or(user.Role, a.config.RoleValues[0]) }

// Users returns the users, sorted by name.
func (a *Appliance) Users() []User {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.users.all()
}

// User returns the user with exactly this name.
func (a *Appliance) User(name string) (User, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return copyOf(a.users.get(name))
}

// PutUser creates a user or replaces the one with its name, without any request. It checks no rule.
func (a *Appliance) PutUser(user User) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.putUser(user)
}

// putUser keeps a user, and ends sessions where a changed password does. The lock is held.
func (a *Appliance) putUser(user User) {
	if existing := a.users.get(user.Name); existing != nil && existing.Password != user.Password {
		a.former[user.Name] = append(a.former[user.Name], existing.Password)
		if a.config.Habits[SessionsEndWithPassword] {
			a.tokens.end(user.Name)
		}
	}
	a.users.put(user)
}

// DeleteUser deletes a user, if it is there, without any request. Even the default administrator.
func (a *Appliance) DeleteUser(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.removeUser(name)
}

// removeUser forgets a user, and ends sessions where a deletion does. The lock is held.
func (a *Appliance) removeUser(name string) {
	a.users.delete(name)
	delete(a.former, name)
	if a.config.Habits[SessionsEndWithUser] {
		a.tokens.end(name)
	}
}

// userAnswer is a user as the revision of the call answers it.
func (a *Appliance) userAnswer(c *call, x User) object {
	answer := object{{"name", x.Name}, {"description", c.description(&x.Description)}, {"mfaEnabled", x.MFAEnabled}, {"isDefault", x.IsDefault}}
	if c.hasAccountType() {
		answer = append(answer, property{"accountType", cmp.Or(x.AccountType, internal)})
	}
	if c.hasRole() {
		answer = append(answer, property{c.config.RoleField, a.role(&x)})
	}
	return append(answer, property{"_links", links("/users/" + url.PathEscape(x.Name))})
}

var userOrders = map[string]order[User]{
	"name":        func(x, y *User) int { return cmp.Compare(x.Name, y.Name) },
	"description": func(x, y *User) int { return cmp.Compare(x.Description, y.Description) },
	"isDefault":   func(x, y *User) int { return compareBool(x.IsDefault, y.IsDefault) },
	"mfaEnabled":  func(x, y *User) int { return compareBool(x.MFAEnabled, y.MFAEnabled) },
}

// compareBool puts false first.
func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

func (a *Appliance) listUsers(c *call) *answer {
	return list(a, c, &a.users, userOrders, -1, func(user User) object { return a.userAnswer(c, user) })
}

func (a *Appliance) getUser(c *call) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	user, refusal := a.findUser(c)
	if refusal != nil {
		return refusal
	}
	return reply(http.StatusOK, a.userAnswer(c, *user))
}

func (a *Appliance) createUser(c *call) *answer {
	var body struct {
		Name        string  `json:"name" required:"true"`
		Description string  `json:"description" required:"true"`
		Password    string  `json:"password" required:"true"`
		AccountType *string `json:"accountType"`
		Role        *string `json:"role"`
	}
	var optional []string
	if c.asksForExternal() {
		optional = []string{"password"}
	}
	if refusal := c.decode(&body, optional...); refusal != nil {
		return refusal
	}
	if c.config.Habits[RoleRequired] && c.hasRole() && body.Role == nil {
		field := capital(c.config.RoleField)
		return c.invalidModel(modelErrors{field: {fmt.Sprintf("The %s field is required.", field)}})
	}
	user := User{Name: body.Name, Description: body.Description, Password: body.Password}
	var findings findings
	if body.AccountType != nil {
		user.AccountType = *body.AccountType
		findings = append(findings, accountTypeFindings(user.AccountType)...)
	}
	if body.Role != nil {
		user.Role = *body.Role
		findings = append(findings, a.roleFindings(user.Role)...)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	longest, password := longestName, passwordFindings(user.Password)
	if user.AccountType == external {
		longest, password = longestExternalName, noPassword("password", &user.Password)
	}
	findings = slices.Concat(a.userNameFindings(user.Name, longest), userDescriptionFindings(user.Description), password, findings)
	if refusal := c.refuse(findings); refusal != nil {
		return refusal
	}
	a.users.put(user)
	return reply(http.StatusCreated, a.userAnswer(c, user))
}

// asksForExternal reports whether a body asks for a user of an identity provider.
func (c *call) asksForExternal() bool {
	var body struct {
		AccountType string `json:"accountType"`
	}
	return c.hasAccountType() && json.Unmarshal(c.body, &body) == nil && body.AccountType == external
}

// updateUser changes what is given. Not documented: what a PUT does without a description or a role; it keeps them here, unless
// the role is reset as configured.
func (a *Appliance) updateUser(c *call) *answer {
	var body struct {
		OldPassword string  `json:"oldPassword" required:"true"`
		Description *string `json:"description"`
		Password    *string `json:"password"`
		AccountType *string `json:"accountType"`
		Role        *string `json:"role"`
	}
	var optional []string
	if user, _ := a.User(c.id); c.hasAccountType() && user.AccountType == external {
		optional = []string{"oldPassword"}
	}
	if refusal := c.decode(&body, optional...); refusal != nil {
		return refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	existing, refusal := a.findUser(c)
	if refusal != nil {
		return refusal
	}
	user := *existing
	if user.AccountType != external && body.OldPassword != existing.Password {
		return c.wrongPassword()
	}
	findings := a.changePassword(&user, body.OldPassword, body.Password)
	if body.Description != nil {
		user.Description = *body.Description
		findings = append(findings, userDescriptionFindings(user.Description)...)
	}
	if body.AccountType != nil && *body.AccountType != cmp.Or(user.AccountType, internal) {
		findings = append(findings, finding{"accountType", "The account type of a user cannot be changed."})
	}
	switch {
	case body.Role == nil && a.config.Habits[ResetsRole]:
		user.Role = ""
	case body.Role != nil && *body.Role != a.role(&user):
		user.Role = *body.Role
		findings = append(findings, a.roleFindings(user.Role)...)
	}
	if refusal := c.refuse(findings); refusal != nil {
		return refusal
	}
	a.putUser(user)
	return reply(http.StatusOK, a.userAnswer(c, user))
}

// changePassword gives a user another password, nil to keep the one there. One of an identity provider has none.
func (a *Appliance) changePassword(user *User, old string, changed *string) findings {
	switch {
	case user.AccountType == external:
		return append(noPassword("oldPassword", &old), noPassword("password", changed)...)
	case changed == nil:
		return nil
	}
	findings := passwordFindings(*changed)
	if a.config.Habits[RefusesOldPasswords] && (*changed == user.Password || slices.Contains(a.former[user.Name], *changed)) {
		findings = append(findings, finding{"password", "The password has been used before."})
	}
	user.Password = *changed
	return findings
}

func (c *call) wrongPassword() *answer {
	const details = "The old password is wrong."
	shape, status, kind := c.shape(), c.config.WrongPasswordStatus, validationError
	switch problem := c.config.WrongPasswordProblem; problem {
	case "":
		if status > http.StatusBadRequest && status < http.StatusInternalServerError {
			kind = accessDenied
		}
	case "framework":
		shape = frameworkDocument
	case "none":
		shape = emptyDocument
	default:
		kind = problemsByName[problem]
	}
	if status == 0 {
		kind = c.inDocumentedStatus(kind, shape)
	} else {
		kind.status = status
		c.deviate("wrong-password-status")
	}
	return c.document(shape, kind, details, modelErrors{"OldPassword": {details}})
}

func (a *Appliance) deleteUser(c *call) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	user, refusal := a.findUser(c)
	if refusal != nil {
		return refusal
	}
	if user.IsDefault {
		return c.problem(validationError, "The default administrator cannot be deleted.")
	}
	a.removeUser(user.Name)
	return reply(http.StatusNoContent, nil)
}

func (a *Appliance) validateUserName(c *call) *answer {
	var body struct {
		Name string `json:"name" required:"true"`
	}
	return a.validate(c, &body, func() findings { return a.userNameFindings(body.Name, longestName) })
}

func (a *Appliance) validateUserDescription(c *call) *answer {
	var body struct {
		Description string `json:"description" required:"true"`
	}
	return a.validate(c, &body, func() findings { return userDescriptionFindings(body.Description) })
}

func (a *Appliance) validateUserPassword(c *call) *answer {
	var body struct {
		Password string `json:"password" required:"true"`
	}
	return a.validate(c, &body, func() findings { return passwordFindings(body.Password) })
}

func (a *Appliance) findUser(c *call) (*User, *answer) {
	user := a.users.get(c.id)
	if user == nil {
		return nil, c.problem(resourceNotFound, fmt.Sprintf("There is no user named %q.", c.id))
	}
	return user, nil
}
