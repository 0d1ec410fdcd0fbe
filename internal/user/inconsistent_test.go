package user_test

import (
	"fmt"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const config3 = `
terraform {
  required_providers {
    veeam = { source = "terraform-provider-veeam/veeam" }
  }
}
variable "password" {
  type    = string
  ephemeral = true
}
variable "old_password" {
  type    = string
  ephemeral = true
  default = null
}
variable "password_version" {
  type    = string
  default = null
}
resource "veeam_user" "operator" {
  name             = "operator"
  password         = var.password
  old_password = var.old_password
  password_version = var.password_version
}
resource "veeam_standard_account" "relay" {
  name             = "relay"
  username = "u"
  password         = var.password
  password_version = var.password_version
}
`

func TestX(t *testing.T) {
	for _, version := range []string{"", "1"} {
		t.Run(version, func(t *testing.T) {
			a := acctest.NewSimulated(t, simulator.Config{})
			w := acctest.NewWorkspace(t, a, config3)
			run := func(what, password, old, v string, args ...string) {
				for k, val := range map[string]string{"password": password, "old_password": old, "password_version": v} {
					delete(w.Environment, "TF_VAR_"+k)
					if val != "" {
						w.Environment["TF_VAR_"+k] = val
					}
				}
				a.Simulated.ResetRequests()
				out, err := w.Run(t.Context(), args...)
				fmt.Printf("=== version %q: %s: %v err=%v writes %v\n%s\n", version, what, args, err, acctest.Writes(a.Simulated.Requests()), out)
			}
			A, B, C := "Secret-pw-A7", "Secret-pw-B5", "Secret-pw-C3"
			run("create plan A", A, "", version, "plan", "-out=plan")
			run("create apply B", B, "", version, "apply", "plan")
			run("after: plan B", B, "", version, "plan")
			run("plan with B (no change), apply C", B, "", version, "plan", "-out=plan")
			run("apply C", C, B, version, "apply", "plan")
			v2 := version
			if v2 != "" {
				v2 = "2"
			}
			run("rotation: plan C", C, B, v2, "plan", "-out=plan")
			run("apply A", A, B, v2, "apply", "plan")
			run("plan A ", A, B, v2, "plan", "-out=plan")
			run("apply B", B, B, v2, "apply", "plan")
		})
	}
}
