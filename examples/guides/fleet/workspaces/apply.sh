terraform init
for appliance in berlin tokyo; do
  terraform workspace select -or-create "$appliance"
  terraform apply
done
