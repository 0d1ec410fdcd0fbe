export TF_VAR_operator_password="$NEW_OPERATOR_PASSWORD"

terraform apply -replace=veeam_user.operator
