export TF_VAR_smtp_password="$NEW_SMTP_PASSWORD"

terraform plan # ~ password_version = "1" -> "2"
terraform apply
