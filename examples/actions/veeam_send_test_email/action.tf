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

resource "veeam_email_notifications" "this" {
  enabled        = true
  server         = "mail.example.com"
  credentials_id = veeam_standard_account.smtp.id
  from           = "backup@example.com"
  to             = "night-shift@example.com"
}

# Sends a test message after each change of the record or the settings, such as a rotated password.
# To test the first settings too, add after_create to the events.
resource "terraform_data" "mail" {
  input = [veeam_standard_account.smtp, veeam_email_notifications.this]

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.veeam_send_test_email.proof]
    }
  }
}

action "veeam_send_test_email" "proof" {
  config {
    to = "backup-team@example.com" # defaults to the saved recipients
  }
}
