import {
  to = veeam_email_notifications.this
  id = "email_notifications"
}
