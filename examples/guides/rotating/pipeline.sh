# Plan. Exit code 2 means that there are changes.
terraform plan -out=rotate.tfplan -detailed-exitcode || [ $? -eq 2 ]

# Apply the saved plan, perhaps after a review.
terraform apply rotate.tfplan

# Check that nothing is left to do.
terraform plan -detailed-exitcode
