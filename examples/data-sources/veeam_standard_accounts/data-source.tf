data "veeam_standard_accounts" "all" {}

data "veeam_standard_accounts" "smtp" {
  search_pattern = "smtp"
}

# Records without a description.
output "undescribed" {
  value = [for account in data.veeam_standard_accounts.all.accounts : account.name if account.description == null]
}
