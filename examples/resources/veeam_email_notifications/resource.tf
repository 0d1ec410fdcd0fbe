variable "smtp_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# The appliance uses it to sign in to the mail server.
resource "veeam_standard_account" "smtp" {
  name     = "smtp-relay"
  username = "backup@example.com"
  password = var.smtp_password
}

resource "veeam_email_notifications" "this" {
  enabled        = true
  server         = "mail.example.com"
  port           = 587
  use_ssl        = true
  credentials_id = veeam_standard_account.smtp.id

  from       = "backup@example.com"
  to         = "night-shift@example.com; backup-team@example.com"
  on_success = false

  daily_report_time = "06:30" # UTC
}
