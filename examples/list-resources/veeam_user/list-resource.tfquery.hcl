list "veeam_user" "all" {
  provider = veeam

  # What Terraform reads at most; 100 unless given.
  limit = 1000
}
