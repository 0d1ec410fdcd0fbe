# Sends a test message after each change of the credentials or the settings. If the mail server refuses it, the apply
# fails. Actions need Terraform 1.14.

action "veeam_send_test_email" "proof" {}

resource "terraform_data" "mail" {
  input = [veeam_standard_account.mail, veeam_email_notifications.this]

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.veeam_send_test_email.proof]
    }
  }
}
