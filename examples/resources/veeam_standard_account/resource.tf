variable "smtp_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

resource "veeam_standard_account" "smtp" {
  name        = "smtp-relay"
  username    = "backup@example.com"
  description = "Sends the backup reports"

  # Write-only: sent to the appliance, kept in no plan or state. A new value is noticed and sent.
  password = var.smtp_password
}
