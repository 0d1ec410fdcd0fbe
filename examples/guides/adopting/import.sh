terraform init
terraform plan -out=adopt.tfplan # Plan: 12 to import, 0 to add, 0 to change, 0 to destroy.
terraform apply adopt.tfplan
terraform plan -detailed-exitcode # No changes.
