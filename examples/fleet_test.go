package examples_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// fleet is a variant of the guide, and the appliances it speaks of.
type fleet struct {
	guide
	appliances map[string]*simulator.Server
}

// The appliances differ in every value of the map, so that the values of one do not work for another.
var fleetRevisions = map[string]string{"berlin": "1.0-rev0", "tokyo": "1.3-rev0"}

func fleetPassword(appliance, of string) string { return "Quiet-" + appliance + "-" + of + "-71" }

func newFleet(t *testing.T, variant string) fleet {
	t.Helper()
	a := acctest.NewSimulated(t, simulator.Config{}) // named by the environment, and to be left alone
	f := fleet{
		guide:      guide{appliance: a.Simulated, folder: filepath.Join("guides", "fleet")},
		appliances: map[string]*simulator.Server{},
	}
	f.Workspace = acctest.NewWorkspace(t, a, "")
	for _, name := range []string{"VEEAM_USERNAME", "VEEAM_PASSWORD", "VEEAM_CA_CERTIFICATE"} {
		delete(f.Environment, name)
	}
	var secrets []string
	hosts := []string{}
	for _, name := range slices.Sorted(maps.Keys(fleetRevisions)) {
		appliance := acctest.NewSimulated(t, simulator.Config{APIVersions: []string{fleetRevisions[name]}}).Simulated
		appliance.PutUser(simulator.User{Name: "terraform", Password: fleetPassword(name, "terraform")})
		f.appliances[name] = appliance
		hosts = append(hosts, "backup-"+name+".example.com", appliance.Host())
		if err := f.Write("appliance-"+name+".pem", appliance.CACertificate()); err != nil {
			t.Fatal(err)
		}
		for _, of := range []string{"terraform", "smtp"} {
			secrets = append(secrets, `"backup/`+name+"/"+of+`" = "`+fleetPassword(name, of)+`"`)
		}
	}
	f.Environment["TF_VAR_secrets"] = "{" + strings.Join(secrets, ", ") + "}"

	if err := os.Mkdir(filepath.Join(f.Dir, "appliance"), 0o700); err != nil {
		t.Fatal(err)
	}
	terraform, _, _ := strings.Cut(f.read(t, "appliance/main.tf"), "variable ")
	if err := f.Write("terraform.tf", terraform); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"fleet.tf": "fleet.tf", "appliance/main.tf": "appliance/main.tf", variant + "/main.tf": "main.tf"} {
		if err := f.Write(to, strings.NewReplacer(hosts...).Replace(f.read(t, from))); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// expectRecords checks that these appliances, and no others, have a record, each with its own password.
func (f fleet) expectRecords(t *testing.T, names ...string) {
	t.Helper()
	for name, appliance := range f.appliances {
		account, found := appliance.AccountByName("smtp-relay")
		if found != slices.Contains(names, name) {
			t.Errorf("%s has a record: %t", name, found)
		}
		if found && account.Password != fleetPassword(name, "smtp") {
			t.Errorf("%s was given another password than its own", name)
		}
	}
	if sent := f.appliance.Requests(); len(sent) != 0 {
		t.Errorf("the appliance of the environment was sent %d requests", len(sent))
	}
}

func (f fleet) expectSaid(t *testing.T, output, want string) {
	t.Helper()
	if !strings.Contains(output, want) {
		t.Errorf("it was not said %q:\n%s", want, output)
	}
}

func TestFleet_workspaces(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "workspaces")
	f.run(t, "workspaces/apply.sh")
	f.expectRecords(t, "berlin", "tokyo")
	f.Environment["TF_WORKSPACE"] = "tokyo"
	f.expectNothingToDo(t)
	delete(f.Environment, "TF_WORKSPACE")
	f.expectSaid(t, f.run(t, "workspaces/destroy.sh"), "Destroy complete! Resources: 1 destroyed.")
	f.expectRecords(t, "berlin")
}

func TestFleet_aliases(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "aliases")
	if output, err := f.Run(t.Context(), "init"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	f.run(t, "aliases/one.sh")
	f.expectRecords(t, "berlin")
	f.expectSaid(t, f.apply(t), "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.")
	f.expectRecords(t, "berlin", "tokyo")
	f.expectNothingToDo(t)
}

func TestFleet_opentofu(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "opentofu")
	if output, err := f.Run(t.Context(), "version"); err != nil || !strings.HasPrefix(output, "OpenTofu") {
		t.Skip("for_each in a provider block is OpenTofu's")
	}
	f.expectSaid(t, f.run(t, "opentofu/apply.sh"), "Apply complete! Resources: 2 added, 0 changed, 0 destroyed.")
	f.expectRecords(t, "berlin", "tokyo")
	f.expectNothingToDo(t)
	f.expectSaid(t, f.run(t, "opentofu/retire.sh"), "Apply complete! Resources: 0 added, 0 changed, 1 destroyed.")
	f.expectRecords(t, "berlin")
}
