terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

variable "smtp_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

resource "veeam_standard_account" "smtp" {
  name     = "smtp-relay"
  username = "backup@example.com"
  password = var.smtp_password
}
