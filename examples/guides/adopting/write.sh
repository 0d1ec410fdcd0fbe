terraform output -raw objects > objects.yaml
rm discover.tf
