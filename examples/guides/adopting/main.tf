terraform {
  required_version = ">= 1.11"

  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

# Configured by VEEAM_HOST, VEEAM_USERNAME, VEEAM_PASSWORD and VEEAM_CA_CERTIFICATE.
provider "veeam" {}
