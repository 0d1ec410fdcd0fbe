# Run it once: terraform apply -invoke=action.veeam_disable_mfa.jane
action "veeam_disable_mfa" "jane" {
  config {
    name = "jane"
  }
}
