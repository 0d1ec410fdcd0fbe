data "veeam_appliance" "this" {}

check "product_version" {
  assert {
    condition     = tonumber(split(".", data.veeam_appliance.this.product_version)[0]) >= 2
    error_message = "This configuration needs version 2 or later, but the appliance has ${data.veeam_appliance.this.product_version}."
  }
}
