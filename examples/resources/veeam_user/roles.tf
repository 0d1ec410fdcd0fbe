variable "helpdesk_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

resource "veeam_user" "helpdesk" {
  name     = "helpdesk"
  password = var.helpdesk_password

  additional_fields = jsonencode({
    role = "Restore Operator" # assumed: use the name and value that your appliance shows
  })
}

# An identity-provider user, who has no password here.
resource "veeam_user" "jane" {
  name = "jane-doe"

  additional_fields = jsonencode({
    accountType = "External"
    role        = "Portal Operator"
  })
}
