data "veeam_standard_accounts" "all" {}

data "veeam_standard_accounts" "smtp" {
  search_pattern = "smtp"
}

# Records that nobody has described.
output "undescribed" {
  value = [for account in data.veeam_standard_accounts.all.accounts : account.name if account.description == null]
}
