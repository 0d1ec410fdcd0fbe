# The settings of each appliance, and the names of its secrets.
locals {
  appliances = {
    berlin = {
      host        = "backup-berlin.example.com"
      certificate = file("appliance-berlin.pem")
      api_version = null # found automatically
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

# By name. A secret manager can take the place of this variable.
variable "secrets" {
  type      = map(string)
  ephemeral = true
  sensitive = true
}
