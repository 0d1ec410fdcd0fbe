export TF_VAR_operator_old_password="$TF_VAR_operator_password"
export TF_VAR_operator_password="$NEW_OPERATOR_PASSWORD"

terraform apply
