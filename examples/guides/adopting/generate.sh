terraform init
terraform apply                                        # reads the appliance, writes to the state alone
terraform output -raw import_blocks > imports.tf
rm discover.tf

terraform plan -generate-config-out=adopted.tf
