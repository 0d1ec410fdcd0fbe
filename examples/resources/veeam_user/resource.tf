variable "operator_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# The current password. Needed only in the run that changes the password.
variable "operator_old_password" {
  type      = string
  ephemeral = true
  sensitive = true
  default   = null
}

resource "veeam_user" "operator" {
  name        = "backup-operator"
  description = "Night shift"

  # Write-only: not stored in the plan or state.
  password     = var.operator_password
  old_password = var.operator_old_password
}
