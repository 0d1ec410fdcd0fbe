tofu apply -var='retired=["tokyo"]'
