# A session of the provider's user. Terraform signs out at the end of the run.
ephemeral "veeam_access_token" "run" {}

# Another provider block can use the token ...
provider "veeam" {
  alias = "session"
  token = ephemeral.veeam_access_token.run.access_token
}

resource "veeam_standard_account" "smtp" {
  provider = veeam.session

  name     = "smtp-relay"
  username = "backup@example.com"
  password = var.smtp_password
}

variable "smtp_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# ... and so can a command. Terraform hides the output of a command that receives a secret.
resource "terraform_data" "version" {
  provisioner "local-exec" {
    command = <<-EOT
      printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
        curl --silent --show-error --fail --config - --cacert appliance.pem --header 'x-api-version: 1.0-rev0' \
          "https://$VEEAM_HOST/api/v1/system/version" > version.json
    EOT

    environment = {
      TOKEN = ephemeral.veeam_access_token.run.access_token
    }
  }
}
