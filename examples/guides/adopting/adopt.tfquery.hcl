list "veeam_standard_account" "account" {
  provider = veeam
  limit    = 1000 # 100 unless given
}

list "veeam_user" "user" {
  provider = veeam
  limit    = 1000
}
