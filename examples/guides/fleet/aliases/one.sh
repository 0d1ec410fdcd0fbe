terraform apply -target=module.berlin
