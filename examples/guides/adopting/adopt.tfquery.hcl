list "veeam_standard_account" "account" {
  provider = veeam
  limit    = 1000 # defaults to 100
}

list "veeam_user" "user" {
  provider = veeam
  limit    = 1000
}
