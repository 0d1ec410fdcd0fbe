export TF_VAR_smtp_password="$NEW_SMTP_PASSWORD"
export TF_VAR_smtp_password_version=2026-12

terraform apply # ~ password_version = "2026-11" -> "2026-12"
