data "veeam_users" "all" {}

# Users without MFA, except the default administrator.
output "without_mfa" {
  value = [for user in data.veeam_users.all.users : user.name if !user.mfa_enabled && !user.is_default]
}
