package session

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
)

// openSession holds what is needed to renew a session and to end it.
type openSession struct {
	client *api.Client
	token  session.Token
}

// open holds the open sessions, by the id in their private data. They are kept here because Terraform passes Close the
// private data of Open (OpenTofu that of the last Renew), and because Terraform closes none after an error.
var open sync.Map

const privateKey = "session"

// keep remembers a session under a new id.
func keep(ctx context.Context, private interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}, opened openSession) diag.Diagnostics {
	id := rand.Text()
	open.Store(id, opened)
	return private.SetKey(ctx, privateKey, []byte(`"`+id+`"`)) // as JSON
}

func idOf(ctx context.Context, private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}) (id string, diags diag.Diagnostics) {
	value, diags := private.GetKey(ctx, privateKey)
	_ = json.Unmarshal(value, &id)
	return id, diags
}

// signOut ends a session. It is not an error if the session has already ended.
func signOut(ctx context.Context, id string) error {
	kept, found := open.LoadAndDelete(id)
	if !found {
		return nil
	}
	last := kept.(openSession)
	return last.client.SignOut(ctx, last.token.Access)
}

// SignOutAll ends the sessions that Terraform has not closed, as far as possible.
func SignOutAll(ctx context.Context) {
	var group sync.WaitGroup
	for id := range open.Range {
		group.Go(func() { _ = signOut(ctx, id.(string)) })
	}
	group.Wait()
}
