# Sends a test message whenever the credentials or the settings have changed, after both have. If the mail server does not
# take it, the apply fails. Actions need Terraform 1.14, and an older one cannot even read this file: see ../main.tf.

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
