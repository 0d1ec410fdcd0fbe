terraform init
terraform query                                 # look
terraform query -generate-config-out=adopted.tf # write
