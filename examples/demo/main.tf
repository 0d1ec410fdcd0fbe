# "make demo" applies this to the simulated appliance. The VEEAM_* variables configure the provider.

terraform {
  required_version = ">= 1.11"

  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

provider "veeam" {}

variable "smtp_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "operator_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# The current password. Needed only in the run that changes the password.
variable "operator_old_password" {
  type      = string
  ephemeral = true
  sensitive = true
  default   = null
}

resource "veeam_standard_account" "smtp" {
  name        = "smtp-relay"
  username    = "backup@example.com"
  description = "Sends the backup reports"
  password    = var.smtp_password
}

resource "veeam_user" "operator" {
  name         = "backup-operator"
  description  = "Night shift"
  password     = var.operator_password
  old_password = var.operator_old_password
}
