tofu init
tofu apply
