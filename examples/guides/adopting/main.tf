terraform {
  required_version = ">= 1.11"

  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

# The variables VEEAM_HOST, VEEAM_USERNAME, VEEAM_PASSWORD and VEEAM_CA_CERTIFICATE configure the provider.
provider "veeam" {}
