locals {
  objects = yamldecode(file("objects.yaml"))
}
