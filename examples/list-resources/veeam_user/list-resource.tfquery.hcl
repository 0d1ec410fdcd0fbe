list "veeam_user" "all" {
  provider = veeam

  # The maximum number of results. Defaults to 100.
  limit = 1000
}
