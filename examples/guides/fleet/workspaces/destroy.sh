TF_WORKSPACE=tokyo terraform destroy
