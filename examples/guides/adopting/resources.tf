resource "veeam_standard_account" "this" {
  for_each = local.objects.accounts

  name        = each.key
  username    = each.value.username
  description = each.value.description
}

resource "veeam_user" "this" {
  for_each = local.objects.users

  name        = each.key
  description = each.value.description
}
