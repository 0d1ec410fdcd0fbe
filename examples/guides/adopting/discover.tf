data "veeam_standard_accounts" "all" {}

data "veeam_users" "all" {}

locals {
  objects = {
    accounts = {
      for account in data.veeam_standard_accounts.all.accounts : account.name => {
        username    = account.username
        description = account.description
      }
    }
    users = {
      for user in data.veeam_users.all.users : user.name => {
        description = user.description
      }
    }
  }
}

import {
  for_each = local.objects.accounts
  to       = veeam_standard_account.this[each.key]
  id       = each.key
}

import {
  for_each = local.objects.users
  to       = veeam_user.this[each.key]
  id       = each.key
}

output "objects" {
  value = yamlencode(local.objects)
}
