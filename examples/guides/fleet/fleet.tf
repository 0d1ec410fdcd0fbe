terraform {
  required_version = ">= 1.11"

  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

# All that is known of each appliance, and the names of its secrets.
locals {
  appliances = {
    berlin = {
      host        = "backup-berlin.example.com"
      certificate = file("appliance-berlin.pem")
      api_version = null # found out
      secrets     = { terraform = "backup/berlin/terraform", smtp = "backup/berlin/smtp" }
    }
    tokyo = {
      host        = "backup-tokyo.example.com"
      certificate = file("appliance-tokyo.pem")
      api_version = "1.3-rev0"
      secrets     = { terraform = "backup/tokyo/terraform", smtp = "backup/tokyo/smtp" }
    }
  }
}

# By name. It stands for a secret manager, which is asked for the same names.
variable "secrets" {
  type      = map(string)
  ephemeral = true
  sensitive = true
}
