# The appliances to remove with the next apply. They must still be in the map.
variable "retired" {
  type    = set(string)
  default = []
}

provider "veeam" {
  alias    = "by_name"
  for_each = local.appliances

  host           = each.value.host
  ca_certificate = each.value.certificate
  api_version    = each.value.api_version
  username       = "terraform"
  password       = var.secrets[each.value.secrets.terraform]
}

module "appliance" {
  source    = "./appliance"
  for_each  = { for name, appliance in local.appliances : name => appliance if !contains(var.retired, name) }
  providers = { veeam = veeam.by_name[each.key] }

  smtp_password = var.secrets[each.value.secrets.smtp]
}
