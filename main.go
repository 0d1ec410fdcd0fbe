// Command terraform-provider-veeam is a Terraform provider for Veeam Backup for AWS appliances.
package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/provider"
)

const address = "registry.terraform.io/terraform-provider-veeam/veeam"

// version is set by the release.
var version = "dev"

func main() {
	underDebugger := flag.Bool("debug", false, "wait for a debugger and print how Terraform reaches this process")
	flag.Parse()

	server := provider.NewServer(version)
	var options []tf6server.ServeOpt
	if *underDebugger {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		silenceUnreadLogs()
		followTerraform(server)
	}
	// The provider allocates much and keeps little: 5 MB more memory make a plan nearly a tenth faster.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	err := tf6server.Serve(address, func() tfprotov6.ProviderServer { return server }, options...)
	server.SignOut()
	if err != nil {
		log.Fatal(err)
	}
}

// followTerraform ends the provider when Terraform has ended, and not before. A signal to the process group, which
// Terraform answers by ending its run in good order, must not end the provider in the middle of a write; and a killed
// Terraform does not ask the provider to sign out.
func followTerraform(server provider.Server) {
	signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
	terraform := os.Getppid()
	go func() {
		for range time.Tick(time.Second) {
			if os.Getppid() != terraform {
				server.SignOut()
				os.Exit(1)
			}
		}
	}()
}

// silenceUnreadLogs switches off the logs that Terraform would drop because no log level is set. Otherwise the SDKs
// format several lines for every call and send them to Terraform, which discards them.
func silenceUnreadLogs() {
	if os.Getenv("TF_LOG") != "" || os.Getenv("TF_LOG_PROVIDER") != "" {
		return
	}
	for _, variable := range []string{"TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER_VEEAM"} {
		if os.Getenv(variable) == "" {
			_ = os.Setenv(variable, "off")
		}
	}
}
