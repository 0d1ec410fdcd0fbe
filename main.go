// Command terraform-provider-veeam is a Terraform provider for Veeam Backup for AWS appliances.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/provider"
)

// version is set by the release.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger and print how Terraform reaches this process")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/terraform-provider-veeam/veeam",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
