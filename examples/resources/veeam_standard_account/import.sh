# By id ...
terraform import veeam_standard_account.smtp 7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61

# ... or by exact name.
terraform import veeam_standard_account.smtp smtp-relay
