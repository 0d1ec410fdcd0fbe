import {
  to = veeam_user.operator
  identity = {
    name = "backup-operator"
  }
}
