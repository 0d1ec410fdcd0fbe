terraform apply                   # removes the output from the state
terraform plan -detailed-exitcode # No changes.
