data "veeam_standard_account" "smtp" {
  name = "smtp-relay"
}

# The id, for example for credentials_id of veeam_email_notifications.
output "smtp_credentials_id" {
  value = data.veeam_standard_account.smtp.id
}
