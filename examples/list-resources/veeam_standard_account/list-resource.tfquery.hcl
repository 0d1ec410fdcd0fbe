list "veeam_standard_account" "smtp" {
  provider = veeam

  # What Terraform reads at most; 100 unless given.
  limit = 1000

  config {
    search_pattern = "smtp"
  }
}
