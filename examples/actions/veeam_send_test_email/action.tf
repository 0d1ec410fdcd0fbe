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

# Whatever changes, a rotated password above all, is proven to work in the same apply, after both have changed.
# Add after_create to the events to prove the first settings too.
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
    to = "backup-team@example.com" # the saved recipients unless given
  }
}
