terraform state list | grep veeam_ | tr '\n' '\0' | xargs -0 terraform state rm
