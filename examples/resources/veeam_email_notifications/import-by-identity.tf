import {
  to = veeam_email_notifications.this
  identity = {
    id = "email_notifications"
  }
}
