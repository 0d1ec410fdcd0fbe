package api

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Get reads the user with a name as it is now. If the user is missing, the error is a [*store.NotFoundError].
func (u *Users) Get(ctx context.Context, name string) (User, error) {
	name, err := u.spelling(ctx, name)
	if err != nil {
		return User{}, err
	}
	return u.Store.Get(ctx, name)
}

// spelling returns the name of a user as the appliance has it, for the path of a request: Terraform composes every
// string (Unicode NFC), and the appliance may have a name in another form. Only a name with non-ASCII characters needs
// the list.
func (u *Users) spelling(ctx context.Context, name string) (string, error) {
	if !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		return name, nil
	}
	users, err := u.List(ctx, "")
	if err != nil {
		return "", err
	}
	found := name
	for _, user := range users {
		switch {
		case user.Name == name:
			return name, nil
		case norm.NFC.String(user.Name) == norm.NFC.String(name):
			found = user.Name
		}
	}
	return found, nil
}
