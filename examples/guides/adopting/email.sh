terraform init
terraform plan -generate-config-out=email.tf
