package api_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Without api_version, all requests wait for the first one, which finds the revision. If the appliance is dead, that is the only
// wait: the others then find the circuit open.
func TestDeadApplianceCostsOneWait_unknownRevision(t *testing.T) {
	t.Parallel()
	bareToken := func(*api.Config) {}
	for name, test := range map[string]struct {
		as       func(*api.Config)
		fault    simulator.Fault
		most     time.Duration
		requests int
	}{
		"hangs":                            {asAdministrator, simulator.Fault{Kind: simulator.Stall}, 30 * time.Second, 1},
		"hangs, with a bare token":         {bareToken, simulator.Fault{Kind: simulator.Stall}, 30 * time.Second, 1},
		"503 for ever":                     {asAdministrator, simulator.Fault{Kind: simulator.Status, Status: 503}, 10 * time.Second, 5},
		"503 for ever, with a bare token":  {bareToken, simulator.Fault{Kind: simulator.Status, Status: 503}, 10 * time.Second, 5},
		"no connection, with a bare token": {bareToken, simulator.Fault{Kind: simulator.CutBefore}, 10 * time.Second, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{})
				appliance.AddFault(test.fault)
				client := onClock(appliance, func(config *api.Config) { test.as(config); config.APIVersion = "" })
				begun := time.Now()
				for _, err := range runTen(t.Context(), 100, func(ctx context.Context, i int) error {
					_, err := client.Users.Refresh(ctx, userName(i))
					return errors.Join(err, ask(ctx, client))
				}) {
					if got := failure(t, err); got.Cause == nil {
						t.Fatalf("%#v", got)
					}
				}
				if took, n := time.Since(begun), appliance.Count("", ""); took > test.most || n > test.requests {
					t.Errorf("took %s and %d requests, want %s and %d", took, n, test.most, test.requests)
				}
			})
		})
	}
}

// One slow write does not open the circuit, although a gateway blocks /system/version: other writes are still sent.
func TestSlowWriteBehindAGateway(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"refuses the path": {Kind: simulator.Status, Status: 403, Document: "html"},
		"breaks the path":  {Kind: simulator.Status, Status: 502, Document: "html"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{})
				addUsers(appliance, 20)
				fault.Path = "/system/version"
				appliance.AddFault(fault, simulator.Fault{Kind: simulator.Stall, Method: "PUT", Path: "/users/" + userName(0)})
				client := onClock(appliance, asAdministrator)
				update := func(i int) error {
					_, err := client.Users.Update(t.Context(), userName(i), api.UserValues{OldPassword: oldPassword, Description: "new"})
					return err
				}
				if got := failure(t, update(0)); got.Cause != nil || !got.Unknown {
					t.Errorf("%#v", got)
				}
				if err := errors.Join(concurrently(19, func(i int) error { return update(i + 1) })...); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
