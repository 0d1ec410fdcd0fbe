// Command simulator runs a simulated Veeam Backup for AWS appliance, for demonstrations and for trying a
// configuration in a pipeline without an appliance. It keeps everything in memory.
//
// It prints the environment variables that point the provider at it, or writes them to the file of -ready-file, which exists
// from the moment it listens until it ends:
//
//	simulator -listen 127.0.0.1:0 -ready-file ready.env &
//	until [ -f ready.env ]; do sleep 0.1; done; . ./ready.env
//	terraform apply
//
// It ends on an interrupt or a termination signal, with a count of the requests and of the sessions left open.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

type options struct {
	config            simulator.Config
	faults            []simulator.Fault
	accounts, users   int
	caFile, readyFile string
	smtpCAFile        string
	quiet             bool
}

// madeUpPassword is that of every record and user of -accounts and -users.
const madeUpPassword = "Made-up-pw-1"

func parse(args []string, output io.Writer) (options, error) {
	o := options{config: simulator.Config{Habits: simulator.Habits{}}}
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&o.config.Address, "listen", "127.0.0.1:11005", "`address` to listen on; port 0 chooses a free one")
	flags.StringVar(&o.config.Username, "username", simulator.DefaultUsername, "`name` of the default administrator")
	flags.StringVar(&o.config.Password, "password", simulator.DefaultPassword, "`password` of the default administrator")
	flags.StringVar(&o.config.MFASecret, "mfa-secret", "", "TOTP `secret` (base32) that switches MFA on for the default administrator")
	flags.StringVar(&o.config.Product, "product", "", "product `version` to simulate, one of "+strings.Join(simulator.Products(), ", ")+" (sets the API revisions, some of which are assumed)")
	list(flags, &o.config.APIVersions, "api-version", "`revision` of the API to accept, repeatable (default those of the product, or 1.0-rev0)")
	flags.StringVar(&o.config.ProductVersion, "product-version", "", "product `version` to answer (default that of the product, or 2.0.0.0)")
	flags.StringVar(&o.config.RevisionRefusal, "revision-refusal", "", "`way` to refuse a revision: problem (default), nested, sentence or misleading")
	flags.StringVar(&o.config.MissingEndpoint, "missing-endpoint", "", "`way` to answer requests that the revision does not support: problem (default), framework, 405, 501 or unsupported")
	flags.StringVar(&o.config.FrameworkErrorsSince, "framework-errors-since", "", "first `revision` that answers errors with the web framework's own error documents, or none (default 1.8-rev0)")
	flags.StringVar(&o.config.RoleField, "role-field", "", "`property` of a user's role from 1.4-rev0 on, or none (default role)")
	list(flags, &o.config.RoleValues, "role-value", "`role` that a user can have, repeatable, that of administrators first (default the known ones)")
	flags.DurationVar(&o.config.AccessTokenLifetime, "access-token-lifetime", time.Hour, "`lifetime` of an access token")
	flags.DurationVar(&o.config.RefreshTokenLifetime, "refresh-token-lifetime", 2*time.Hour, "`lifetime` of a refresh token")
	flags.IntVar(&o.config.PageLimit, "page-limit", 100, "largest `number` of records on a page")
	flags.DurationVar(&o.config.Latency, "latency", 0, "`delay` of every answer")
	for _, habit := range simulator.AllHabits {
		flags.BoolFunc(habit.Flag, habit.Usage, func(value string) (err error) {
			o.config.Habits[habit], err = strconv.ParseBool(value)
			return err
		})
	}
	flags.BoolFunc("seen-on-the-wire", "differ from the vendor's document in the ways that were observed on appliances: sets\n"+
		"-framework-model-errors, -null-for-missing, -user-refusal-status 400, -vary-empty-lists and -zoneless-dates", func(string) error {
		o.config = simulator.SeenOnTheWire(o.config)
		return nil
	})
	flags.IntVar(&o.config.UserRefusalStatus, "user-refusal-status", 0, "HTTP `status` for invalid values of a user (default 500, or 400 in documents that are not the product's)")
	flags.IntVar(&o.config.MaxLimit, "max-limit", 0, "largest accepted `number` for Limit; no maximum by default")
	flags.IntVar(&o.config.WrongPasswordStatus, "wrong-password-status", 0, "HTTP `status` for a wrong oldPassword (default that of -user-refusal-status, or that of the problem)")
	flags.StringVar(&o.config.WrongPasswordProblem, "wrong-password-problem", "", "`name` of the problem for a wrong oldPassword, framework for the web framework's own, or none")
	list(flags, &o.config.CertificateNames, "certificate-name", "`name` or IP address that the certificate is issued for, repeatable; replaces the default names; empty for none")
	flags.StringVar(&o.config.CertificateCommonName, "certificate-common-name", "", "common `name` of the certificate; by default it names no host")
	flags.Func("certificate-not-after", "`time` (RFC 3339) when the certificate expires (default in a year)", func(value string) (err error) {
		o.config.CertificateNotAfter, err = time.Parse(time.RFC3339, value)
		return err
	})
	flags.BoolVar(&o.config.CertificateIsLeaf, "certificate-leaf", false, "make the certificate a leaf, which cannot sign other certificates")
	flags.StringVar(&o.smtpCAFile, "smtp-ca-file", "", "PEM `file` of certificates to trust, instead of the system's, when sending a test message")
	flags.Uint64Var(&o.config.Seed, "seed", 0, "seed `number`, which makes the choice of requests by share repeatable")
	flags.BoolVar(&o.config.PlainHTTP, "plain-http", false, "serve http instead of https, on a loopback address")
	flags.Func("fault", "`kind[,name=value…]` of a fault, repeatable, for example status,method=POST,path=/users/*,share=0.1,status=503,count=3;\n"+
		"kinds: status, delay, cut-before, cut-after, cut-body, stall, body, endless;\n"+
		"names: method, path, skip, count, share, status, problem, document, delay, header, body;\n"+
		"documents: about:blank, framework, html, empty", func(value string) error {
		fault, err := parseFault(value)
		o.faults = append(o.faults, fault)
		return err
	})
	flags.IntVar(&o.accounts, "accounts", 0, "`number` of made-up credentials records to begin with")
	flags.IntVar(&o.users, "users", 0, "`number` of made-up users to begin with; their password is "+madeUpPassword)
	flags.StringVar(&o.caFile, "ca-file", "", "`file` to write the certificate to")
	flags.StringVar(&o.readyFile, "ready-file", "", "`file` to write the environment to, once listening")
	flags.BoolVar(&o.quiet, "quiet", false, "log no requests")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.smtpCAFile != "" {
		pem, err := os.ReadFile(o.smtpCAFile)
		if err != nil {
			return o, err
		}
		o.config.SMTPRootCAs = x509.NewCertPool()
		if !o.config.SMTPRootCAs.AppendCertsFromPEM(pem) {
			return o, fmt.Errorf("%s has no certificate in PEM", o.smtpCAFile)
		}
	}
	return o, nil
}

// list defines a repeatable flag. An empty value alone is an empty list.
func list(flags *flag.FlagSet, values *[]string, name, usage string) {
	flags.Func(name, usage, func(value string) error {
		if *values == nil {
			*values = []string{}
		}
		if value != "" {
			*values = append(*values, value)
		}
		return nil
	})
}

// run serves until the context ends. The environment goes to stdout, the log and the count of requests to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	count := counter{byMethod: map[string]int{}}
	logger := log.New(stderr, "", log.Ltime)
	o.config.OnRequest = func(r simulator.Request) {
		count.add(r.Method)
		if !o.quiet {
			logger.Println(line(r))
		}
	}
	server, err := simulator.Start(o.config)
	if err != nil {
		return err
	}
	defer server.Close()
	fill(server, o.accounts, o.users)
	server.AddFault(o.faults...)

	if o.caFile != "" {
		if err := writeFile(o.caFile, server.CACertificate()); err != nil {
			return err
		}
	}
	environment := environment(server, o)
	if o.readyFile != "" {
		if err := writeFile(o.readyFile, environment); err != nil {
			return err
		}
		defer os.Remove(o.readyFile)
		fmt.Fprintf(stdout, "Listening on %s. The environment is in %s.\n", server.Host(), o.readyFile)
	} else {
		fmt.Fprint(stdout, environment)
	}

	<-ctx.Done()
	server.Close()
	fmt.Fprintf(stderr, "%s; %d faults injected; %d sessions left open\n", &count, server.FaultsInjected(), server.Sessions())
	return nil
}

// fill adds made-up records.
func fill(server *simulator.Server, accounts, users int) {
	for i := range accounts {
		description := fmt.Sprintf("Made-up credentials record %d", i+1)
		server.PutAccount(simulator.Account{
			Name:        fmt.Sprintf("account-%05d", i+1),
			Username:    fmt.Sprintf("mailer-%05d@example.com", i+1),
			Description: &description,
			Password:    madeUpPassword,
		})
	}
	for i := range users {
		server.PutUser(simulator.User{
			Name:        fmt.Sprintf("user-%05d", i+1),
			Description: fmt.Sprintf("Made-up user %d", i+1),
			Password:    madeUpPassword,
		})
	}
}

// environment is a shell script that exports what the provider needs.
func environment(server *simulator.Server, o options) string {
	var script strings.Builder
	export := func(name, value string) { fmt.Fprintf(&script, "export %s=%s\n", name, value) }
	export("VEEAM_HOST", quote(server.Host()))
	export("VEEAM_USERNAME", quote(o.config.Username))
	export("VEEAM_PASSWORD", quote(o.config.Password))
	if o.config.MFASecret != "" {
		export("VEEAM_MFA_SECRET", quote(o.config.MFASecret))
	}
	if len(o.config.APIVersions) > 0 {
		export("VEEAM_API_VERSION", quote(o.config.APIVersions[0]))
	}
	switch path, err := filepath.Abs(o.caFile); {
	case o.config.PlainHTTP:
	case o.caFile != "" && err == nil:
		export("VEEAM_CA_CERTIFICATE", `"$(cat `+quote(path)+`)"`)
	default:
		export("VEEAM_CA_CERTIFICATE", quote(server.CACertificate()))
	}
	return script.String()
}

func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }

// writeFile makes the file appear whole.
func writeFile(path, content string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.WriteString(content)
	if err := errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

// line has no body, no query and no header: they may hold secrets.
func line(r simulator.Request) string {
	status := "no answer"
	if r.Status != 0 {
		status = fmt.Sprint(r.Status)
	}
	text := fmt.Sprintf("%s %s %s", r.Method, r.RawPath, status)
	if r.Fault != "" {
		text += fmt.Sprintf(" (fault: %s)", r.Fault)
	}
	return text
}

type counter struct {
	mu       sync.Mutex
	byMethod map[string]int
}

func (c *counter) add(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byMethod[method]++
}

// String is, for example, "7 requests: 3 GET, 4 POST".
func (c *counter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := 0
	var parts []string
	for _, method := range slices.Sorted(maps.Keys(c.byMethod)) {
		total += c.byMethod[method]
		parts = append(parts, fmt.Sprintf("%d %s", c.byMethod[method], method))
	}
	if total == 0 {
		return "0 requests"
	}
	return fmt.Sprintf("%d requests: %s", total, strings.Join(parts, ", "))
}
