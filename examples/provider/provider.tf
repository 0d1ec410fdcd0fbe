terraform {
  required_version = ">= 1.11"

  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

variable "veeam_host" {
  type        = string
  description = "The appliance, for example backup.example.com; port 11005 unless another is given."
}

variable "veeam_username" {
  type        = string
  description = "A Portal Administrator of the appliance."
}

variable "veeam_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "veeam_ca_certificate" {
  type        = string
  default     = null
  description = "PEM certificate to trust: a fresh appliance signs its own."
}

provider "veeam" {
  host           = var.veeam_host
  username       = var.veeam_username
  password       = var.veeam_password
  ca_certificate = var.veeam_ca_certificate
}
