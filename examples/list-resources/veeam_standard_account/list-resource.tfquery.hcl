list "veeam_standard_account" "smtp" {
  provider = veeam

  # The maximum number of results. Defaults to 100.
  limit = 1000

  config {
    search_pattern = "smtp"
  }
}
