data "veeam_standard_account" "smtp" {
  name = "smtp-relay"
}

# For whatever wants the id of the record, such as the credentials of the email notifications.
output "smtp_credentials_id" {
  value = data.veeam_standard_account.smtp.id
}
