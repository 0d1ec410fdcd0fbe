//go:build unix

package provider_test

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Every session is signed out after every command, also after a failed or interrupted one.
func TestStory_signsOut(t *testing.T) {
	t.Parallel()
	var onRequest atomic.Pointer[func(simulator.Request)]
	a := acctest.NewSimulated(t, simulator.Config{BeforeRequest: func(_ *simulator.Appliance, request simulator.Request) {
		if act := onRequest.Load(); act != nil {
			(*act)(request)
		}
	}})
	w := acctest.NewWorkspace(t, a, manyRecords)
	expectNone := func(after string) {
		t.Helper()
		signedIn := a.Simulated.Count("POST", "/token")
		if left := a.Simulated.Sessions(); left != 0 || signedIn == 0 {
			t.Errorf("after %s %d sessions are left of %d", after, left, signedIn)
		}
		a.Simulated.ResetRequests()
	}
	run := func(fails bool, args ...string) {
		t.Helper()
		if output, err := w.Run(t.Context(), args...); (err != nil) != fails {
			t.Fatalf("%v\n%s", err, output)
		}
		expectNone(strings.Join(args, " "))
	}
	run(false, "plan")
	run(false, "apply", "-auto-approve")
	run(false, "plan")
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Status: 400, Method: "PUT"})
	run(true, "apply", "-auto-approve", "-var=suffix=-a")
	a.Simulated.ClearFaults()

	// An interrupt reaches Terraform and the provider, as from a terminal; a termination likewise, as from a pipeline. What is
	// under way then is finished first.
	for signal, suffix := range map[syscall.Signal]string{syscall.SIGINT: "-b", syscall.SIGTERM: "-c"} {
		a.Simulated.AddFault(simulator.Fault{Kind: simulator.Delay, Method: "PUT", Delay: 300 * time.Millisecond})
		command := w.Command(t.Context(), "apply", "-auto-approve", "-var=suffix="+suffix)
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		send := sync.OnceFunc(func() { _ = syscall.Kill(-command.Process.Pid, signal) })
		act := func(request simulator.Request) {
			if request.Method == "PUT" {
				send()
			}
		}
		var output bytes.Buffer
		command.Stdout, command.Stderr = &output, &output
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		onRequest.Store(&act) // there is a process to send it to now
		if err := command.Wait(); err == nil {
			t.Errorf("the apply was not interrupted:\n%s", output.String())
		}
		onRequest.Store(nil)
		a.Simulated.ClearFaults()
		for _, request := range a.Simulated.Requests() {
			if request.Method == "PUT" && request.Status != 200 {
				t.Errorf("after %s a write was given up: %d", signal, request.Status)
			}
		}
		expectNone(signal.String())
		run(false, "apply", "-auto-approve", "-var=suffix="+suffix)
		run(false, "plan", "-detailed-exitcode", "-var=suffix="+suffix)
	}
	run(false, "destroy", "-auto-approve")

	// A killed Terraform does not tell the provider, which notices it.
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Delay, Method: "POST", Path: "/accounts/standard", Delay: 300 * time.Millisecond})
	command := w.Command(t.Context(), "apply", "-auto-approve")
	kill := sync.OnceFunc(func() { _ = command.Process.Kill() })
	killed, signedOut := false, make(chan struct{})
	act := func(request simulator.Request) {
		switch request.Method + " " + request.Path {
		case "POST /accounts/standard":
			killed = true
			kill()
		case "DELETE /token":
			if killed {
				close(signedOut)
			}
		}
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	serialized := serialize(act)
	onRequest.Store(&serialized)
	if err := command.Wait(); err == nil {
		t.Error("the apply was not killed")
	}
	select {
	case <-signedOut:
	case <-t.Context().Done():
		t.Error("a provider without a Terraform does not sign out")
	}
}

// serialize lets one request after the other act.
func serialize(act func(simulator.Request)) func(simulator.Request) {
	var mu sync.Mutex
	return func(request simulator.Request) {
		mu.Lock()
		defer mu.Unlock()
		act(request)
	}
}
