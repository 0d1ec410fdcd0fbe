provider "veeam" {
  alias          = "berlin"
  host           = local.appliances.berlin.host
  ca_certificate = local.appliances.berlin.certificate
  api_version    = local.appliances.berlin.api_version
  username       = "terraform"
  password       = var.secrets[local.appliances.berlin.secrets.terraform]
}

module "berlin" {
  source    = "./appliance"
  providers = { veeam = veeam.berlin }

  smtp_password = var.secrets[local.appliances.berlin.secrets.smtp]
}

provider "veeam" {
  alias          = "tokyo"
  host           = local.appliances.tokyo.host
  ca_certificate = local.appliances.tokyo.certificate
  api_version    = local.appliances.tokyo.api_version
  username       = "terraform"
  password       = var.secrets[local.appliances.tokyo.secrets.terraform]
}

module "tokyo" {
  source    = "./appliance"
  providers = { veeam = veeam.tokyo }

  smtp_password = var.secrets[local.appliances.tokyo.secrets.smtp]
}
