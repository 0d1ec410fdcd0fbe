terraform {
  required_version = ">= 1.11"

  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

# The variables VEEAM_HOST, VEEAM_USERNAME, VEEAM_PASSWORD and VEEAM_CA_CERTIFICATE configure the provider.
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

# The previous password. Needed only in the run that changes the password.
variable "operator_old_password" {
  type      = string
  ephemeral = true
  sensitive = true
  default   = null
}

resource "veeam_standard_account" "smtp" {
  name     = "smtp-relay"
  username = "backup@example.com"
  password = var.smtp_password
}

resource "veeam_user" "operator" {
  name         = "backup-operator"
  password     = var.operator_password
  old_password = var.operator_old_password
}
