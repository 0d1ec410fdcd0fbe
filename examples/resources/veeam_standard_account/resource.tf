variable "smtp_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

resource "veeam_standard_account" "smtp" {
  name        = "smtp-relay"
  username    = "backup@example.com"
  description = "Sends the backup reports"

  # Write-only: not stored in the plan or state. A new value is detected and sent.
  password = var.smtp_password
}
