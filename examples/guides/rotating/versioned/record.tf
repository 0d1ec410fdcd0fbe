variable "smtp_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# Not ephemeral, because the state has it. It must not be a secret.
variable "smtp_password_version" {
  type = string
}

resource "veeam_standard_account" "smtp" {
  name             = "smtp-relay"
  username         = "backup@example.com"
  password         = var.smtp_password
  password_version = var.smtp_password_version
}
