import {
  to = veeam_standard_account.smtp
  identity = {
    id = "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61"
  }
}
