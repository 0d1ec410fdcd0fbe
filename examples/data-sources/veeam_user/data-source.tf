data "veeam_user" "operator" {
  name = "backup-operator"
}

check "operator_has_mfa" {
  assert {
    condition     = data.veeam_user.operator.mfa_enabled
    error_message = "backup-operator has no MFA."
  }
}
