terraform init
terraform query                                 # lists the objects
terraform query -generate-config-out=adopted.tf # writes adopted.tf
