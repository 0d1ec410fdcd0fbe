locals {
  appliance = local.appliances[terraform.workspace]
}

provider "veeam" {
  host           = local.appliance.host
  ca_certificate = local.appliance.certificate
  api_version    = local.appliance.api_version
  username       = "terraform"
  password       = var.secrets[local.appliance.secrets.terraform]
}

module "appliance" {
  source = "./appliance"

  smtp_password = var.secrets[local.appliance.secrets.smtp]
}
