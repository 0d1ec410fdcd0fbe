data "veeam_standard_accounts" "all" {}

data "veeam_users" "all" {}

locals {
  # What is found, under names that Terraform takes: "Mail 1" becomes mail_1, and what would be called alike is numbered.
  names = {
    for type, objects in {
      veeam_standard_account = { for account in data.veeam_standard_accounts.all.accounts : account.id => account.name }
      veeam_user             = { for user in data.veeam_users.all.users : user.name => user.name }
      } : type => {
      for id, name in objects : trim(replace("_${lower(name)}", "/[^0-9a-z]+/", "_"), "_") => id...
    }
  }
}

output "import_blocks" {
  value = join("\n", flatten([
    for type, names in local.names : [
      for name, ids in names : [
        for i, id in ids : <<-EOT
          import {
            to = ${type}.${can(regex("^[a-z]", name)) ? name : "n_${name}"}${length(ids) > 1 ? "__${i + 1}" : ""}
            id = "${id}"
          }
        EOT
      ]
    ]
  ]))
}
