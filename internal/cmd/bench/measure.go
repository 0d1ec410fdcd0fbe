package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

// Both configurations hold the same values, of which the variable changes one.
const (
	recordsConfiguration = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

variable "changed" {
  type    = number
  default = -1
}

resource "veeam_standard_account" "record" {
  count       = %d
  name        = "record-${count.index}"
  username    = "user-${count.index}@example.com"
  description = count.index == var.changed ? "changed" : "Record ${count.index}"
  password    = "Quiet-harbour-71"
}
`
	floorConfiguration = `
variable "changed" {
  type    = number
  default = -1
}

resource "terraform_data" "record" {
  count = %d
  input = {
    name        = "record-${count.index}"
    username    = "user-${count.index}@example.com"
    description = count.index == var.changed ? "changed" : "Record ${count.index}"
  }
}
`
)

// workspace lays out a configuration of so many resources, and initializes Terraform there.
func (b *bench) workspace(ctx context.Context, name, configuration string) (*workspace.Workspace, error) {
	tf, err := workspace.New(filepath.Join(b.dir, name), filepath.Join(b.dir, "mirror"))
	if err != nil {
		return nil, err
	}
	tf.Environment["VEEAM_HOST"] = b.appliance.Host()
	tf.Environment["VEEAM_USERNAME"] = simulator.DefaultUsername
	tf.Environment["VEEAM_PASSWORD"] = simulator.DefaultPassword
	tf.Environment["VEEAM_CA_CERTIFICATE"] = b.appliance.CACertificate()
	if err := tf.Write("main.tf", fmt.Sprintf(configuration, b.records)); err != nil {
		return nil, err
	}
	if _, err := tf.Run(ctx, "init"); err != nil {
		return nil, err
	}
	version, err := tf.Run(ctx, "version")
	b.version, _, _ = strings.Cut(version, "\n")
	return tf, err
}

// measurement is what one command of Terraform took.
type measurement struct {
	wall     time.Duration
	cpu      time.Duration // of Terraform and its providers together
	memory   int           // the provider's peak, in KiB; 0 where there is none or it is not measured
	requests []simulator.Request
}

func (b *bench) measure(ctx context.Context, tf *workspace.Workspace, args []string) (measurement, error) {
	b.appliance.ResetRequests()
	command := tf.Command(ctx, args...)
	// The terminal interrupts Terraform too, and a killed one would leave its plugins running.
	command.Cancel = func() error { return nil }

	peak := watchMemory(b.dir)
	started := time.Now()
	output, err := command.CombinedOutput()
	m := measurement{wall: time.Since(started), memory: peak(), requests: b.appliance.Requests()}
	if err != nil {
		return m, fmt.Errorf("terraform %s: %w\n%s", strings.Join(args, " "), err, output)
	}
	m.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	return m, nil
}

// kinds counts the requests by method and path.
func (m measurement) kinds() map[string]int {
	kinds := map[string]int{}
	for _, r := range m.requests {
		path := r.Path
		if id, ok := strings.CutPrefix(path, "/accounts/standard/"); ok && id != "validateName" {
			path = "/accounts/standard/{id}"
		}
		kinds[r.Method+" "+path]++
	}
	return kinds
}

// writes counts the requests that change a record.
func (m measurement) writes() int {
	writes := 0
	for kind, count := range m.kinds() {
		switch kind {
		case http.MethodPost + " /accounts/standard", http.MethodPut + " /accounts/standard/{id}", http.MethodDelete + " /accounts/standard/{id}":
			writes += count
		}
	}
	return writes
}
