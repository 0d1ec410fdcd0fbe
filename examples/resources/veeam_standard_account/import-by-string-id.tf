import {
  to = veeam_standard_account.smtp
  id = "smtp-relay" # the exact name, or the id
}
