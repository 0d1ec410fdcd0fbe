terraform import veeam_user.operator backup-operator
