data "veeam_appliance" "this" {}

check "product_version" {
  assert {
    condition     = tonumber(split(".", data.veeam_appliance.this.product_version)[0]) >= 2
    error_message = "This configuration is for version 2 and later, and the appliance runs ${data.veeam_appliance.this.product_version}."
  }
}
