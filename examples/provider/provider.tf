terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

variable "veeam_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

provider "veeam" {
  host           = "backup.example.com" # port 11005 by default
  username       = "terraform"
  password       = var.veeam_password
  ca_certificate = file("appliance.pem") # a new appliance has a self-signed certificate
}
