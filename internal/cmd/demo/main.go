// Command demo runs examples/demo with a real Terraform or OpenTofu against the simulated appliance, checks the result
// on the appliance, and prints a summary. Run it from the root of the repository.
//
// TF names the Terraform or OpenTofu to use, by default the one on PATH. DEMO_VERBOSE=1 shows their output, which is
// otherwise shown only if a step fails. DEMO_STARTED is the Unix time at which make started, so that the summary counts
// downloads and builds too.
package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

// The objects of examples/demo.
const (
	accountName = "smtp-relay"
	userName    = "backup-operator"
)

// The passwords of the two objects, before and after the rotation.
var (
	before = passwords{smtp: "Quiet-harbour-71", operator: "Brown-lantern-58"}
	after  = passwords{smtp: "Early-thunder-26", operator: "Green-compass-93"}
)

type passwords struct{ smtp, operator string }

// row is a line of the table that the demo prints.
const row = "  %-10s %7v %19v %9v %5v %6v   %s\n"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo failed: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	started := started()
	appliance, err := simulator.Start(simulator.Config{})
	if err != nil {
		return err
	}
	defer appliance.Close()

	dir, err := os.MkdirTemp("", "veeam-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	d := demo{appliance: appliance}
	if d.tf, err = prepare(ctx, dir, appliance); err != nil {
		return err
	}
	version, err := d.tf.Run(ctx, "version")
	if err != nil {
		return err
	}
	version, _, _ = strings.Cut(version, "\n")
	prepared := time.Since(started)
	fmt.Printf("%s, the provider built from this tree, and a simulated appliance at %s.\n\n", version, appliance.Host())
	fmt.Printf(row, "", "seconds", "requests: sign-in", "validate", "read", "write", "")
	if err := d.story(ctx); err != nil {
		return err
	}

	fmt.Printf("\nThe demo created a credentials record and a user, planned no changes, rotated both passwords and destroyed both.\n"+
		"It sent %d requests and took %.0f seconds, %.0f of them for downloads and builds.\n"+
		"The appliance had the expected passwords after each step, and nothing was left on it at the end.\n"+
		"After each step, the demo searched the output, plan, state and backup for the 4 passwords: %d files, no match.\n",
		d.requests, time.Since(started).Seconds(), prepared.Seconds(), d.filesSearched)
	return nil
}

// started returns the time that DEMO_STARTED gives, or the current time.
func started() time.Time {
	seconds, err := strconv.ParseInt(os.Getenv("DEMO_STARTED"), 10, 64)
	if err != nil {
		return time.Now()
	}
	return time.Unix(seconds, 0)
}

// prepare builds the provider and lays out examples/demo.
func prepare(ctx context.Context, dir string, appliance *simulator.Server) (*workspace.Workspace, error) {
	mirror := filepath.Join(dir, "mirror")
	// Built as "make install" builds, which then finds every package compiled.
	if err := workspace.Mirror(ctx, mirror, "-trimpath"); err != nil {
		return nil, err
	}
	tf, err := workspace.New(dir, mirror)
	if err != nil {
		return nil, err
	}
	tf.Environment["VEEAM_HOST"] = appliance.Host()
	tf.Environment["VEEAM_USERNAME"] = simulator.DefaultUsername
	tf.Environment["VEEAM_PASSWORD"] = simulator.DefaultPassword
	tf.Environment["VEEAM_CA_CERTIFICATE"] = appliance.CACertificate()
	return tf, os.CopyFS(tf.Dir, os.DirFS(filepath.Join("examples", "demo")))
}

type demo struct {
	appliance *simulator.Server
	tf        *workspace.Workspace

	requests, filesSearched int
}

// story is the lifecycle of the two objects.
func (d *demo) story(ctx context.Context) error {
	d.setVariables(map[string]string{"smtp_password": before.smtp, "operator_password": before.operator})
	if err := d.step(ctx, "init", nil, "init"); err != nil {
		return err
	}
	if err := d.step(ctx, "plan", nil, "plan", "-out=create.tfplan"); err != nil {
		return err
	}
	if err := d.step(ctx, "apply", d.has(before), "apply", "create.tfplan"); err != nil {
		return err
	}
	if err := d.step(ctx, "plan again", nil, "plan", "-detailed-exitcode"); err != nil {
		return err
	}

	// No password_version is set: the provider detects the new passwords.
	d.setVariables(map[string]string{
		"smtp_password": after.smtp, "operator_password": after.operator, "operator_old_password": before.operator,
	})
	if err := d.step(ctx, "rotate", d.has(after), "apply", "-auto-approve"); err != nil {
		return err
	}

	d.setVariables(map[string]string{"smtp_password": after.smtp, "operator_password": after.operator})
	return d.step(ctx, "destroy", d.isEmpty, "destroy", "-auto-approve")
}

// step runs one Terraform command, checks the appliance, searches for passwords and prints a line.
func (d *demo) step(ctx context.Context, name string, check func() error, args ...string) error {
	started := time.Now()
	d.appliance.ResetRequests()
	output, err := d.terraform(ctx, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	took := time.Since(started)
	requests := d.appliance.Requests()
	d.requests += len(requests)

	if check != nil {
		if err := check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	secrets := []string{before.smtp, before.operator, after.smtp, after.operator}
	searched, hits, err := d.tf.SearchSecrets(secrets...)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case workspace.ContainsSecret([]byte(output), secrets...):
		return fmt.Errorf("%s: the output contains a password", name)
	case len(hits) > 0:
		return fmt.Errorf("%s: %s contains a password", name, strings.Join(hits, ", "))
	}
	d.filesSearched += searched

	of := count(requests)
	seconds := fmt.Sprintf("%.1f", took.Seconds())
	fmt.Printf(row, name, seconds, of.signIns, of.validations, of.reads, of.writes, conclusion(output))
	return nil
}

// setVariables sets the values of the configuration's variables, and unsets the others.
func (d *demo) setVariables(values map[string]string) {
	maps.DeleteFunc(d.tf.Environment, func(name, _ string) bool { return strings.HasPrefix(name, "TF_VAR_") })
	for name, value := range values {
		d.tf.Environment["TF_VAR_"+name] = value
	}
}

// terraform runs one command and waits until it ends: the terminal interrupts Terraform too, and a second interrupt
// would make it leave its plugins running.
func (d *demo) terraform(ctx context.Context, args ...string) (string, error) {
	output, err := d.tf.Run(context.WithoutCancel(ctx), args...)
	if err == nil {
		err = ctx.Err()
	}
	if os.Getenv("DEMO_VERBOSE") != "" {
		fmt.Printf("$ terraform %s\n%s\n", strings.Join(args, " "), output)
	}
	return output, err
}

// has returns a check that the appliance has both objects with these passwords.
func (d *demo) has(want passwords) func() error {
	return func() error {
		account, ok := d.appliance.AccountByName(accountName)
		if !ok || account.Password != want.smtp {
			return fmt.Errorf("the appliance has no credentials record %q with the expected password", accountName)
		}
		user, ok := d.appliance.User(userName)
		if !ok || user.Password != want.operator {
			return fmt.Errorf("the appliance has no user %q with the expected password", userName)
		}
		return nil
	}
}

// isEmpty checks that the appliance has only its administrator.
func (d *demo) isEmpty() error {
	if len(d.appliance.Accounts()) != 0 || len(d.appliance.Users()) != 1 {
		return errors.New("the appliance still has objects of the demo")
	}
	return nil
}

// tally counts requests by what they are for.
type tally struct{ signIns, validations, reads, writes int }

func count(requests []simulator.Request) tally {
	var t tally
	for _, r := range requests {
		switch {
		case r.Path == "/token":
			t.signIns++
		case strings.Contains(r.Path, "/validate"):
			t.validations++
		case r.Method == http.MethodGet:
			t.reads++
		default:
			t.writes++
		}
	}
	return t
}

// endings match the lines in which Terraform and OpenTofu report the result of a command.
var endings = regexp.MustCompile(`(?m)^(?:(?:Apply|Destroy) complete! Resources: )?(\w+ has been successfully initialized|Plan: .+|No changes|\d+ (?:added|destroyed).*)[.!]`)

// conclusion is the last of the endings in an output.
func conclusion(output string) string {
	matches := endings.FindAllStringSubmatch(output, -1)
	if len(matches) == 0 {
		return ""
	}
	return matches[len(matches)-1][1]
}
