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

# Not ephemeral, as it is kept in the state: what names a version of a secret must be no secret itself.
variable "smtp_password_version" {
  type = string
}

resource "veeam_standard_account" "smtp" {
  name             = "smtp-relay"
  username         = "backup@example.com"
  password         = var.smtp_password
  password_version = var.smtp_password_version
}
