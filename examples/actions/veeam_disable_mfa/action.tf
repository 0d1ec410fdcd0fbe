# Nothing triggers it: terraform apply -invoke=action.veeam_disable_mfa.jane runs it once.
action "veeam_disable_mfa" "jane" {
  config {
    name = "jane"
  }
}
