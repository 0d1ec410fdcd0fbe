package api

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
)

// User is a user of the appliance. Its name is its id; its password can be written but never read.
type User struct {
	Name        string `json:"name"`
	Description string `json:"description"` // empty for none
	MFAEnabled  bool   `json:"mfaEnabled"`
	IsDefault   bool   `json:"isDefault"` // the default administrator

	// AdditionalFields are the fields of the answer that this type does not have, without links.
	AdditionalFields fields.Object `json:"-"`
}

// UnmarshalJSON reads a user, unknown fields included.
func (u *User) UnmarshalJSON(data []byte) error {
	type plain User
	unknown, err := unmarshal(data, (*plain)(u), "name", "description", "mfaEnabled", "isDefault", "_links")
	u.AdditionalFields = fields.Of(unknown)
	return err
}

// UserValues holds the values of a write. Those of a user of an identity provider have no password.
type UserValues struct {
	Name        string `json:"name,omitempty"`        // unique on the appliance; empty on an update, which cannot change it
	OldPassword string `json:"oldPassword,omitempty"` // the current one, which the API requires with every update
	Description string `json:"description"`           // at most 255 characters; required by the API, empty for none
	Password    string `json:"password,omitempty"`    // 8 to 255 characters; empty on an update to keep the current one

	// AdditionalFields are sent beside these. Their names must differ from those above, ignoring case.
	AdditionalFields fields.Object `json:"-"`
}

// MarshalJSON writes the additional fields beside the others.
func (v UserValues) MarshalJSON() ([]byte, error) {
	type plain UserValues
	return marshal(plain(v), v.AdditionalFields)
}

// Users are the appliance's users, /users. Their keys are their names.
type Users struct {
	*store.Store[User]
	client *Client
}

func newUsers(c *Client) *Users {
	name := func(u User) string { return u.Name }
	return &Users{store.New(store.Config[User]{
		Host: c.Host(), Kind: "user", Path: "/users", Grace: c.config.RequestTimeout,
		Key: name, Name: name, NamesAreKeys: true, HoldsPasswords: true,
	}, c), c}
}

// MayHaveRoles reports whether users may have roles in the API revision of the last answer.
func (u *Users) MayHaveRoles() bool { return !slices.Contains(earlyRevisions, u.client.APIVersion()) }

// Get reads the user with a name as it is now. If the user is missing, the error is a [*store.NotFoundError].
func (u *Users) Get(ctx context.Context, name string) (User, error) {
	name, err := u.spelling(ctx, name)
	if err != nil {
		return User{}, err
	}
	return u.Store.Get(ctx, name)
}

// Refresh reads the user with a name for a resource that manages it, from a snapshot that many share if there is
// one. If the user is missing, the error is a [*store.NotFoundError].
func (u *Users) Refresh(ctx context.Context, name string) (User, error) {
	user, err := u.Store.Refresh(ctx, name, name)
	if isASCII(name) || !store.IsNotFound(err) {
		return user, err
	}
	// The appliance may have another form of the name, as in spelling. A refresh finds it in the snapshot.
	switch other, found, otherErr := u.FindCached(ctx, name); {
	case otherErr != nil:
		return User{}, otherErr
	case found:
		return u.Store.Refresh(ctx, other.Name, name)
	}
	return User{}, err
}

// Create makes a user. If another one has the name already, the error is a [*store.ConflictError].
func (u *Users) Create(ctx context.Context, values UserValues) (User, error) {
	u.client.Hide(values.Password)
	creation := store.Creation[User]{
		Name: values.Name, Body: values,
		Same: func(existing User) bool {
			return !existing.MFAEnabled && !existing.IsDefault && store.SameText(existing.Description, values.Description) &&
				len(values.AdditionalFields.Compare(existing.AdditionalFields).Different) == 0
		},
	}
	if values.Password != "" { // a user of an identity provider has no password that could confirm it
		creation.Claim = UserValues{OldPassword: values.Password, Description: values.Description, AdditionalFields: values.AdditionalFields}
	}
	return u.Store.Create(ctx, creation)
}

// Update replaces a user's description, and its password unless that is empty. If the appliance refuses the old
// password, the new one is tried in its place, once: an earlier change may have been applied although its answer, or the
// state after it, was lost. A refusal for another reason is returned.
func (u *Users) Update(ctx context.Context, name string, values UserValues) (User, error) {
	u.client.Hide(values.OldPassword, values.Password)
	name, err := u.spelling(ctx, name)
	if err != nil {
		return User{}, err
	}
	return u.Store.Update(ctx, name, name, name, func() (User, error) {
		end := u.client.BeginPasswordChange(name, values.Password)
		user, err := u.Put(ctx, name, name, values)
		if values.Password != "" && MayRefuseOldPassword(err) {
			again := values
			again.OldPassword, again.Password = values.Password, ""
			applied, appliedErr := u.Put(ctx, name, name, again)
			switch {
			case appliedErr == nil:
				user, err = applied, nil
			case !wire.IsRefused(appliedErr) && !wire.IsOutcomeUnknown(err):
				return applied, appliedErr // either password may be the one
			}
		}
		end(err)
		return user, err
	})
}

// namesOldPassword matches what a refusal calls the password that a user has before an update.
var namesOldPassword = regexp.MustCompile(`(?i)\b(old|current)[ -]?password`)

// MayRefuseOldPassword reports whether a refused update can be about the old password: it names the old password, or it
// is neither about a missing permission nor about another field.
func MayRefuseOldPassword(err error) bool {
	failure := wire.AsError(err)
	switch {
	case !wire.IsRefused(err):
		return false
	case strings.Contains(failure.Fields, "oldpassword") || namesOldPassword.MatchString(failure.Message):
		return true
	case failure.Status == http.StatusForbidden, strings.Trim(failure.Fields, "$.,") != "":
		return false
	}
	text := strings.ToLower(failure.Message)
	return strings.Contains(text, "password") || !strings.Contains(text, "description")
}

// DisableMFA switches multi-factor authentication off for a user. name is the one in an answer. A request whose answer was lost is
// retried. If the appliance then refuses it because MFA is off, the first request succeeded.
func (u *Users) DisableMFA(ctx context.Context, name string) error {
	_, err := u.Store.Update(ctx, name, name, name, func() (User, error) {
		got, err := u.client.Do(ctx, wire.Request{
			Kind: wire.Write, Operation: u.client.on("switch off multi-factor authentication of user " + strconv.Quote(name)),
			Method: http.MethodPost, Path: u.PathOf(name) + "/disableMfa",
		})
		if got.Lost && wire.IsRefused(err) {
			if user, readErr := u.Store.Get(ctx, name); readErr == nil && !user.MFAEnabled {
				return user, nil
			}
		}
		return User{}, err
	})
	return err
}

// Delete removes a user. It is not an error if the user no longer exists.
func (u *Users) Delete(ctx context.Context, name string) error {
	key, err := u.spelling(ctx, name)
	if err != nil {
		return err
	}
	return u.Store.Delete(ctx, key, name)
}

// spelling returns the name of a user as the appliance has it, for the path of a request: Terraform composes every
// string (Unicode NFC), and the appliance may have a name in another form. Only the list shows that, and it is read only for a
// non-ASCII name that a direct read does not find.
func (u *Users) spelling(ctx context.Context, name string) (string, error) {
	if isASCII(name) {
		return name, nil
	}
	user, found, err := u.Find(ctx, name)
	if err != nil || !found {
		return name, err
	}
	return user.Name, nil
}

func isASCII(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII })
}
