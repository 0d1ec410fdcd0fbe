import {
  to = veeam_user.operator
  id = "backup-operator"
}
