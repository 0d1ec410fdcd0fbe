data "veeam_standard_accounts" "all" {}

data "veeam_users" "all" {}

output "import_blocks" {
  value = join("\n", concat(
    [for i, account in data.veeam_standard_accounts.all.accounts : <<-EOT
      # ${jsonencode(account.name)}
      import {
        to = veeam_standard_account.account_${i}
        id = "${account.id}"
      }
    EOT
    ],
    [for i, user in data.veeam_users.all.users : <<-EOT
      import {
        to = veeam_user.user_${i}
        id = "${user.name}"
      }
    EOT
    ],
  ))
}
