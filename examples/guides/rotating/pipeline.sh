# One job plans. Exit code 2 says that there is something to apply.
terraform plan -out=rotate.tfplan -detailed-exitcode || [ $? -eq 2 ]

# Another applies, perhaps after somebody has read the plan. It is given the same secrets: the plan holds none.
terraform apply rotate.tfplan

# Nothing is left to do.
terraform plan -detailed-exitcode
