variable "operator_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# Set only in the run that changes the password: the appliance asks for the current one.
variable "operator_old_password" {
  type      = string
  ephemeral = true
  sensitive = true
  default   = null
}

resource "veeam_user" "operator" {
  name        = "backup-operator"
  description = "Night shift"

  # Write-only: sent to the appliance, kept in no plan or state.
  password     = var.operator_password
  old_password = var.operator_old_password
}
