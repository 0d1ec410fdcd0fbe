# A session of the provider's own user, signed out when nothing needs it any more.
ephemeral "veeam_access_token" "run" {}

# Whatever speaks the API of the appliance can use its token: another provider block ...
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

# ... or a command. Terraform prints nothing of a command that is given a secret.
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
