# The users and email notifications of one appliance. The VEEAM_* variables configure the provider.
#
# With Terraform 1.14 or later, copy terraform-1.14/test_message.tf into this folder to send a test message after each
# change. It is in a separate folder because earlier versions refuse a configuration with an action.

terraform {
  required_version = ">= 1.11"

  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

provider "veeam" {}

variable "user_passwords" {
  type        = map(string)
  ephemeral   = true
  sensitive   = true
  description = "The password of each user, by name."
}

variable "old_user_passwords" {
  type        = map(string)
  ephemeral   = true
  sensitive   = true
  default     = {}
  description = "The current password of each user whose password changes in this run, by name."
}

variable "mail" {
  type = object({
    server   = string
    port     = number
    starttls = bool
    username = string
    from     = string
    to       = list(string)
  })
  description = "The mail server, the sender and the recipients."
}

variable "mail_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

locals {
  users = {
    backup-operator = "Night shift"
    backup-auditor  = "Reads the reports"
  }
}

resource "veeam_user" "this" {
  for_each = local.users

  name         = each.key
  description  = each.value
  password     = var.user_passwords[each.key]
  old_password = lookup(var.old_user_passwords, each.key, null)
}

resource "veeam_standard_account" "mail" {
  name        = "mail-relay"
  username    = var.mail.username
  description = "Sends the notifications"
  password    = var.mail_password
}

resource "veeam_email_notifications" "this" {
  enabled        = true
  server         = var.mail.server
  port           = var.mail.port
  use_ssl        = var.mail.starttls
  credentials_id = veeam_standard_account.mail.id

  from       = var.mail.from
  to         = join("; ", var.mail.to)
  on_success = false

  daily_report_time = "06:30" # UTC
}
