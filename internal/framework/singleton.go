package framework

import (
	"context"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Singleton records what this run does to an object of which each appliance has exactly one, such as a user of one name.
// A writer of the settings holds the lock from its first read to the end of its write.
//
// Two resources in one state can manage the same object, for example after an import to a new address. If one of them is
// destroyed, it must not take the object from the other one. Terraform plans the two in any order, and the process that
// applies a plan is told only about those that change.
type Singleton struct {
	sync.Mutex
	Saved      bool // for a resource that stays
	Unanswered bool // a write for a resource that is destroyed may still take effect
	Resources  struct {
		Stay, Go  bool
		Recreated bool // planned as a creation, although a resource has it
		Reads     int  // by resources
	}
}

// TwoResources is the title of the warning about two resources in one state that manage the same object.
const TwoResources = "Two resources for one object"

// leftToAnother marks, in its private state, a planned destruction that does nothing on the appliance.
const leftToAnother = "left_to_another"

// PlanDestruction records that a resource is to be destroyed, marks its plan if another resource that stays was planned
// before, and reports whether it does.
func (s *Singleton) PlanDestruction(ctx context.Context, resp *resource.ModifyPlanResponse) (isLeft bool) {
	s.Lock()
	defer s.Unlock()
	s.Resources.Go = true
	var mark []byte
	if s.Resources.Stay {
		mark = []byte("true")
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, leftToAnother, mark)...)
	return s.Resources.Stay
}

// PlanToStay records that a resource stays, and reports whether another one was planned to be destroyed before.
func (s *Singleton) PlanToStay() (otherGoes bool) {
	s.Lock()
	defer s.Unlock()
	s.Resources.Stay = true
	return s.Resources.Go || s.Resources.Recreated && s.Resources.Reads > 1
}

// PlannedAction is what a plan does with a resource that is in the state.
type PlannedAction int

// The planned actions.
const (
	Stays PlannedAction = iota
	Replaced
	Destroyed
)

const deletesForBoth = " would delete it for both. Remove one of the two resources from the state with terraform state rm, then run terraform plan again."

// PlanTwoResources reports that another resource in the state manages the same object, if one of the two is to be destroyed or
// replaced. The destruction does nothing on the appliance if the resource that stays is planned first. Otherwise the plan
// fails: it would delete what another resource manages. kind is "user", and object is `user "operator"`.
func (p *Provider) PlanTwoResources(ctx context.Context, resp *resource.ModifyPlanResponse, kind, object, key string, planned PlannedAction) {
	if p == nil || key == "" {
		return
	}
	singleton := p.singletonOf(kind, key)
	switch planned {
	case Destroyed:
		if singleton.PlanDestruction(ctx, resp) {
			resp.Diagnostics.AddWarning(TwoResources, "Another resource in this state also manages the "+object+". Destroying this resource does not delete the "+kind+".")
		}
	case Replaced:
		if singleton.PlanDestruction(ctx, resp) {
			resp.Diagnostics.AddError(TwoResources, "Another resource in this state also manages the "+object+". Replacing this resource"+deletesForBoth)
		}
	case Stays:
		if singleton.PlanToStay() {
			resp.Diagnostics.AddError(TwoResources, "Another resource in this state also manages the "+object+". Destroying or replacing the other resource"+deletesForBoth)
		}
	}
}

// NoteRead records that a resource in the state has read its object. kind is "user".
func (p *Provider) NoteRead(kind, key, name string) {
	p.keys.Store(kind+" "+name, key)
	singleton := p.singletonOf(kind, key)
	singleton.Lock()
	defer singleton.Unlock()
	singleton.Resources.Reads++
}

// PlanCreation reports that two resources in the state manage the object that has the name of a new one. One of them is then
// replaced: Terraform plans a tainted resource as a creation, and one with -replace as an update and then as a creation. If the
// other resource has yet to be read, [Provider.PlanTwoResources] reports it. object is `user "operator"`.
func (p *Provider) PlanCreation(resp *resource.ModifyPlanResponse, kind, object, name string) {
	if p == nil {
		return
	}
	key, isRead := p.keys.Load(kind + " " + name)
	if !isRead {
		return
	}
	singleton := p.singletonOf(kind, key.(string))
	singleton.Lock()
	defer singleton.Unlock()
	if singleton.Resources.Reads > 1 {
		resp.Diagnostics.AddError(TwoResources, "Another resource in this state also manages the "+object+". Replacing this resource"+deletesForBoth)
		return
	}
	singleton.Resources.Recreated = true
}

// StaysPlanned reports whether this process has planned a resource that has an object and keeps it. kind is "user".
func (p *Provider) StaysPlanned(kind, key string) bool {
	singleton := p.singletonOf(kind, key)
	singleton.Lock()
	defer singleton.Unlock()
	return singleton.Resources.Stay
}

// IsLeftToAnother reports whether a destruction is marked to do nothing on the appliance.
func IsLeftToAnother(ctx context.Context, req resource.DeleteRequest, diags *diag.Diagnostics) bool {
	mark, markDiags := req.Private.GetKey(ctx, leftToAnother)
	diags.Append(markDiags...)
	return mark != nil
}

// singletonOf returns what this run knows of the object with a key. Appliances may not distinguish the case of a key.
func (p *Provider) singletonOf(kind, key string) *Singleton {
	return p.Singleton(kind + " " + strings.ToLower(key))
}

// Singleton returns what this run knows of the one object of a kind.
func (p *Provider) Singleton(kind string) *Singleton {
	singleton, _ := p.singletons.LoadOrStore(kind, &Singleton{})
	return singleton.(*Singleton)
}
