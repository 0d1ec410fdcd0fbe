package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// What tests and tools are made of is no part of the provider.
func TestBinary_hasNothingOfTheTests(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
	list.Stderr = os.Stderr
	packages, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(packages), "/internal/provider\n") {
		t.Fatal("the provider itself is missing")
	}
	foreign := regexp.MustCompile(`/internal/(acctest|cmd|contract|docs|histories|simulator|workspace)\b|kin-openapi|terraform-plugin-testing`)
	for name := range strings.Lines(string(packages)) {
		if foreign.MatchString(name) {
			t.Errorf("the provider contains %s", strings.TrimSpace(name))
		}
	}
}

// The linker says nothing about a version that is stamped on a variable which does not exist.
func TestRelease_showsItsVersionInTheUserAgent(t *testing.T) {
	release, err := os.ReadFile(".goreleaser.yml")
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`(?m)^ +ldflags: (.+)$`).FindSubmatch(release)
	if flags == nil {
		t.Fatal("the release has no ldflags")
	}
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, `
		terraform {
			required_providers {
				veeam = {
					source = "terraform-provider-veeam/veeam"
				}
			}
		}
		data "veeam_appliance" "this" {}`,
		"-ldflags="+strings.ReplaceAll(string(flags[1]), "{{ .Version }}", "1.2.3"))
	if _, err := w.Run(t.Context(), "plan"); err != nil {
		t.Fatal(err)
	}
	requests := a.Simulated.Requests()
	if len(requests) == 0 {
		t.Fatal("the appliance was sent nothing")
	}
	want := regexp.MustCompile(`^terraform-provider-veeam/1\.2\.3 \(\+https://github\.com/terraform-provider-veeam/terraform-provider-veeam\) Terraform/1\.\d+\.\d+`)
	for _, request := range requests {
		if agent := request.Header.Get("User-Agent"); !want.MatchString(agent) {
			t.Errorf("%s %s came from %q", request.Method, request.Path, agent)
		}
	}
}
