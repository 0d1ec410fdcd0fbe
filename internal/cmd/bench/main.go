// Command bench measures the cost of N credentials records, relative to N terraform_data resources, which send no requests.
// Run it from the root of the repository.
//
// A real Terraform or OpenTofu, with the provider built as for a release, creates the records on a simulated appliance,
// plans no changes, changes one and destroys them. The two kinds of resource take turns, so that their ratio is valid on a
// busy machine too.
//
// TF names the Terraform or OpenTofu to use, by default the one on PATH.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

func main() {
	var (
		records  = flag.Int("n", 1000, "number of records")
		rounds   = flag.Int("rounds", 3, "number of measurements; results are medians")
		latency  = flag.Duration("latency", 20*time.Millisecond, "latency of the appliance")
		markdown = flag.Bool("markdown", false, "print the table for the documentation")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *records, *rounds, *latency, *markdown); err != nil {
		fmt.Fprintf(os.Stderr, "The measurement failed: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, records, rounds int, latency time.Duration, markdown bool) error {
	appliance, err := simulator.Start(simulator.Config{Latency: latency})
	if err != nil {
		return err
	}
	defer appliance.Close()

	dir, err := os.MkdirTemp("", "veeam-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	if err := workspace.Mirror(ctx, filepath.Join(dir, "mirror"), "-trimpath", "-ldflags=-s -w"); err != nil {
		return err
	}

	b := bench{appliance: appliance, dir: dir, records: records}
	r := report{records: records, latency: latency}
	for number := 1; number <= rounds; number++ {
		measured, err := b.round(ctx, number)
		if err != nil {
			return err
		}
		r.rounds = append(r.rounds, measured)
	}
	r.version = b.version
	if markdown {
		return r.markdown(os.Stdout)
	}
	return r.text(os.Stdout)
}

// steps are what is measured, in this order.
var steps = []struct {
	name   string
	args   []string
	writes func(records int) int // what it has to change on the appliance
}{
	{"create all", []string{"apply", "-auto-approve"}, func(records int) int { return records }},
	{"plan, nothing to change", []string{"plan", "-detailed-exitcode"}, func(int) int { return 0 }},
	{"change one", []string{"apply", "-auto-approve", "-var=changed=0"}, func(int) int { return 1 }},
	{"destroy all", []string{"destroy", "-auto-approve"}, func(records int) int { return records }},
}

// round is one measurement of each step.
type round struct{ records, floor []measurement }

type bench struct {
	appliance *simulator.Server
	dir       string
	records   int
	version   string // "Terraform v1.11.4"
}

// round measures every step once, with the two kinds of resource taking turns at being first.
func (b *bench) round(ctx context.Context, number int) (round, error) {
	records, err := b.workspace(ctx, fmt.Sprintf("records-%d", number), recordsConfiguration)
	if err != nil {
		return round{}, err
	}
	floor, err := b.workspace(ctx, fmt.Sprintf("floor-%d", number), floorConfiguration)
	if err != nil {
		return round{}, err
	}
	var measured round
	for _, step := range steps {
		fmt.Fprintf(os.Stderr, "round %d: %s\n", number, step.name)
		turns := []func() error{
			func() error {
				m, err := b.measure(ctx, records, step.args)
				if err == nil && m.writes() != step.writes(b.records) {
					err = fmt.Errorf("%s: %d writes were sent instead of %d", step.name, m.writes(), step.writes(b.records))
				}
				measured.records = append(measured.records, m)
				return err
			},
			func() error {
				m, err := b.measure(ctx, floor, step.args)
				measured.floor = append(measured.floor, m)
				return err
			},
		}
		if number%2 == 0 {
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(); err != nil {
				return round{}, err
			}
		}
	}
	return measured, nil
}
