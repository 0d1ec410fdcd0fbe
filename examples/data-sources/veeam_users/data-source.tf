data "veeam_users" "all" {}

# Users other than the default administrator who sign in without a second factor.
output "without_mfa" {
  value = [for user in data.veeam_users.all.users : user.name if !user.mfa_enabled && !user.is_default]
}
