package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// command is a running command and the environment it printed.
type command struct {
	t           *testing.T
	environment string
	stop        context.CancelFunc
	ended       chan error
	log         bytes.Buffer // to be read once ended
}

func start(t *testing.T, args ...string) *command {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	c := &command{t: t, stop: stop, ended: make(chan error, 1)}
	stdout, writer := io.Pipe()
	go func() {
		err := run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), writer, &c.log)
		writer.CloseWithError(io.EOF)
		c.ended <- err
	}()
	buffer := make([]byte, 1<<16)
	n, err := stdout.Read(buffer) // the environment is one write
	if err != nil {
		t.Fatalf("it ended: %v", <-c.ended)
	}
	c.environment = string(buffer[:n])
	return c
}

// end stops the command and returns its log.
func (c *command) end() string {
	c.t.Helper()
	c.stop()
	if err := <-c.ended; err != nil {
		c.t.Fatal(err)
	}
	return c.log.String()
}

// variables are what a shell makes of the environment.
func variables(t *testing.T, environment string) map[string]string {
	t.Helper()
	names := []string{"VEEAM_HOST", "VEEAM_USERNAME", "VEEAM_PASSWORD", "VEEAM_MFA_SECRET", "VEEAM_API_VERSION", "VEEAM_CA_CERTIFICATE"}
	script := environment + `printf '%s\0' "$` + strings.Join(names, `" "$`) + `"`
	shell := exec.CommandContext(t.Context(), "sh", "-ec", script)
	shell.Env = []string{"PATH=" + os.Getenv("PATH")}
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	values := map[string]string{}
	for i, value := range strings.Split(strings.TrimSuffix(string(output), "\x00"), "\x00") {
		values[names[i]] = value
	}
	return values
}

// request signs in with the variables and sends one request.
func request(t *testing.T, variables map[string]string, method, path string) (status int, body string) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(variables["VEEAM_CA_CERTIFICATE"]))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	base := variables["VEEAM_HOST"]
	if !strings.Contains(base, "://") {
		base = "https://" + base
	}
	send := func(method, path, content, body, token string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, base+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Version", "1.0-rev0")
		r.Header.Set("Content-Type", content)
		r.Header.Set("Authorization", "Bearer "+token)
		x, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Body.Close()
		answer, err := io.ReadAll(x.Body)
		if err != nil {
			t.Fatal(err)
		}
		return x.StatusCode, string(answer)
	}
	form := url.Values{"grant_type": {"password"}, "username": {variables["VEEAM_USERNAME"]}, "password": {variables["VEEAM_PASSWORD"]}}
	_, answer := send("POST", "/token", "application/x-www-form-urlencoded", form.Encode(), "")
	var pair struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(answer), &pair); err != nil || pair.Token == "" {
		t.Fatalf("sign-in: %s", answer)
	}
	return send(method, path, "application/json", "", pair.Token)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	ready := filepath.Join(t.TempDir(), "ready.env")
	ca := filepath.Join(t.TempDir(), "it's a ca.pem")
	const password = `Quo'ted $pw "1`
	c := start(t, "-ready-file", ready, "-ca-file", ca, "-password", password, "-accounts", "12", "-users", "3",
		"-fault", "status,method=GET,path=/users/*,status=418,count=1", "-product-version", "2.0.1.5")
	content, err := os.ReadFile(ready)
	if err != nil || strings.Count(c.environment, "\n") != 1 || !strings.Contains(c.environment, ready) {
		t.Errorf("%v: it prints %q, want one line with the file", err, c.environment)
	}
	c.environment = string(content)
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Error(err)
	}
	got := variables(t, c.environment)
	want := map[string]string{"VEEAM_HOST": got["VEEAM_HOST"], "VEEAM_USERNAME": "admin", "VEEAM_PASSWORD": password,
		"VEEAM_MFA_SECRET": "", "VEEAM_API_VERSION": "", "VEEAM_CA_CERTIFICATE": strings.TrimSpace(string(pem))}
	if diff := cmp.Diff(want, got); diff != "" || !strings.HasPrefix(got["VEEAM_HOST"], "127.0.0.1:") {
		t.Errorf("the environment (-want +got):\n%s", diff)
	}

	for _, call := range []struct {
		path   string
		status int
		text   string
	}{
		{"/accounts/standard?Limit=1&Offset=11", 200, `"totalCount":12`},
		{"/users?Limit=-1", 200, `"totalCount":4`},
		{"/users/user-00003", 418, ""},
		{"/users/user-00003", 200, `"user-00003"`},
		{"/system/version", 200, `"2.0.1.5"`},
	} {
		if status, body := request(t, got, "GET", call.path); status != call.status || !strings.Contains(body, call.text) {
			t.Errorf("%s: %d %s", call.path, status, body)
		}
	}

	log := c.end()
	for _, want := range []string{"GET /api/v1/accounts/standard 200\n", "GET /api/v1/users/user-00003 418 (fault: status)\n", "10 requests: 5 GET, 5 POST; 1 faults injected; 5 sessions left open\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "Quo") || strings.Contains(log, "Limit") {
		t.Errorf("the log has a body or a query:\n%s", log)
	}
	if _, err := os.Stat(ready); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the ready file is still there: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(ca)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestQuietOverPlainHTTP(t *testing.T) {
	t.Parallel()
	c := start(t, "-quiet", "-plain-http", "-api-version", "1.0-rev0", "-api-version", "1.3-rev0")
	got := variables(t, c.environment)
	if !strings.HasPrefix(got["VEEAM_HOST"], "http://127.0.0.1:") || got["VEEAM_CA_CERTIFICATE"] != "" || got["VEEAM_API_VERSION"] != "1.0-rev0" {
		t.Errorf("%q", got)
	}
	if status, body := request(t, got, "GET", "/system/version"); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if log := c.end(); log != "2 requests: 1 GET, 1 POST; 0 faults injected; 1 sessions left open\n" {
		t.Errorf("log %q", log)
	}
}

func TestCertificateInTheEnvironment(t *testing.T) {
	t.Parallel()
	c := start(t, "-mfa-secret", "JBSWY3DPEHPK3PXP")
	got := variables(t, c.environment)
	if got["VEEAM_MFA_SECRET"] != "JBSWY3DPEHPK3PXP" || !x509.NewCertPool().AppendCertsFromPEM([]byte(got["VEEAM_CA_CERTIFICATE"])) {
		t.Errorf("%q", got)
	}
	if log := c.end(); log != "0 requests; 0 faults injected; 0 sessions left open\n" {
		t.Errorf("log %q", log)
	}
}

func TestWrongArguments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		text string
	}{
		{[]string{"-nonsense"}, "not defined"},
		{[]string{"more"}, `unexpected argument "more"`},
		{[]string{"-fault", "nonsense"}, "unknown fault"},
		{[]string{"-fault", "status,count=x"}, `field "count"`},
		{[]string{"-fault", "status,colour=red"}, `field "colour"`},
		{[]string{"-fault", "status,document=x"}, "unknown fault document"},
		{[]string{"-mfa-secret", "018"}, "not base32"},
		{[]string{"-product", "1"}, `unknown product "1"`},
		{[]string{"-api-version", "v1"}, `API version "v1"`},
		{[]string{"-framework-errors-since", "v1"}, `API version "v1"`},
		{[]string{"-revision-refusal", "nonsense"}, `unknown revision refusal "nonsense"`},
		{[]string{"-missing-endpoint", "nonsense"}, `unknown missing endpoint "nonsense"`},
		{[]string{"-wrong-password-problem", "nonsense"}, `unknown problem of a wrong password "nonsense"`},
		{[]string{"-certificate-not-after", "tomorrow"}, "tomorrow"},
		{[]string{"-smtp-ca-file", "/nowhere"}, "/nowhere"},
		{[]string{"-smtp-ca-file", "main_test.go"}, "no certificate"},
		{[]string{"-listen", "nonsense"}, "nonsense"},
		{[]string{"-plain-http", "-listen", "0.0.0.0:0"}, "loopback"},
		{[]string{"-ca-file", "/nowhere/ca.pem", "-listen", "127.0.0.1:0"}, "/nowhere"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // so that what is wrongly accepted ends at once
		err := run(ctx, test.args, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%q: %v", test.args, err)
		}
	}
	var help bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, io.Discard, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-ready-file") {
		t.Errorf("%v: %s", err, &help)
	}
}

// TestFlags shows that everything an appliance can be has a flag.
func TestFlags(t *testing.T) {
	t.Parallel()
	o, err := parse(strings.Fields(`-listen 127.0.0.1:1 -username u -password p -mfa-secret JBSWY3DPEHPK3PXP -product 9
		-api-version 1.5-rev0 -api-version 1.5-rev1 -product-version 9.0.1.2 -access-token-lifetime 5m -refresh-token-lifetime 6m
		-page-limit 7 -latency 8ms -seed 9 -zoneless-dates -null-for-missing -vary-empty-lists -user-refusal-status 409 -framework-model-errors -trim-space -max-limit 10
		-wrong-password-status 401 -wrong-password-problem invalidAccessToken -refuse-deletion-in-use -framework-errors -blank-problems
		-sessions-end-with-password -sessions-end-with-user -refuse-old-passwords -revision-refusal nested -token-takes-any-revision
		-missing-endpoint 501 -no-validation -framework-errors-since 1.6-rev0 -role-field duty -role-value boss -role-value guest -role-required -reset-role
		-plain-http -certificate-name a.example -certificate-name 10.0.0.7 -certificate-common-name b.example
		-certificate-not-after 2026-11-22T05:06:33Z -certificate-leaf`), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := simulator.Config{
		Address: "127.0.0.1:1", Username: "u", Password: "p", MFASecret: "JBSWY3DPEHPK3PXP", Product: "9",
		APIVersions: []string{"1.5-rev0", "1.5-rev1"}, ProductVersion: "9.0.1.2", AccessTokenLifetime: 5 * time.Minute, RefreshTokenLifetime: 6 * time.Minute,
		PageLimit: 7, Latency: 8 * time.Millisecond, Seed: 9, UserRefusalStatus: 409, MaxLimit: 10,
		WrongPasswordStatus: 401, WrongPasswordProblem: "invalidAccessToken", RevisionRefusal: "nested",
		MissingEndpoint: "501", FrameworkErrorsSince: "1.6-rev0", RoleField: "duty", RoleValues: []string{"boss", "guest"},
		Habits:    simulator.Habits{},
		PlainHTTP: true, CertificateNames: []string{"a.example", "10.0.0.7"}, CertificateCommonName: "b.example",
		CertificateNotAfter: time.Date(2026, 11, 22, 5, 6, 33, 0, time.UTC), CertificateIsLeaf: true,
	}
	for _, habit := range simulator.AllHabits {
		want.Habits[habit] = true
	}
	if diff := cmp.Diff(want, o.config); diff != "" {
		t.Errorf("the configuration (-want +got):\n%s", diff)
	}
	hooks := []string{"Now", "BeforeRequest", "OnExchange", "OnRequest", "SMTPRootCAs"} // of programs, and a file of its own
	for config, i := reflect.ValueOf(o.config), 0; i < config.NumField(); i++ {
		if name := config.Type().Field(i).Name; config.Field(i).IsZero() && !slices.Contains(hooks, name) {
			t.Errorf("%s has no flag", name)
		}
	}

	o, err = parse([]string{"-certificate-name=", "-seen-on-the-wire", "-zoneless-dates=false"}, io.Discard)
	if names := o.config.CertificateNames; err != nil || names == nil || len(names) != 0 {
		t.Errorf("no certificate names: %v %q", err, names)
	}
	if !o.config.Habits[simulator.NullForMissing] || o.config.Habits[simulator.ZonelessDates] {
		t.Errorf("the habits that were seen but one: %v", o.config.Habits)
	}
}

// TestProduct shows that the environment leaves the revision of a product to be found out.
func TestProduct(t *testing.T) {
	t.Parallel()
	c := start(t, "-product", "5")
	got := variables(t, c.environment)
	if status, body := request(t, got, "GET", "/system/version"); got["VEEAM_API_VERSION"] != "" || status != 200 || !strings.Contains(body, `"5.0.0.0"`) {
		t.Errorf("revision %q, %d %s", got["VEEAM_API_VERSION"], status, body)
	}
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	got, err := parseFault("body,method=POST,path=/users/*,skip=2,count=3,share=0.1,status=503,delay=20ms,body=<html>,header=Retry-After: 7")
	want := simulator.Fault{Kind: simulator.Body, Method: "POST", Path: "/users/*", Skip: 2, Count: 3, Share: 0.1, Status: 503,
		Delay: 20 * time.Millisecond, Body: "<html>", Header: http.Header{"Retry-After": {"7"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := parseFault("status,document=html,problem=noAccessToken"); err != nil || got.Document != "html" || got.Problem != "noAccessToken" {
		t.Errorf("%v %+v", err, got)
	}
}
