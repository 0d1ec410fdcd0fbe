package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestReport(t *testing.T) {
	t.Parallel()
	requests := []simulator.Request{
		{Method: "POST", Path: "/token"},
		{Method: "POST", Path: "/accounts/standard/validateName"},
		{Method: "POST", Path: "/accounts/standard"},
		{Method: "PUT", Path: "/accounts/standard/0f7e"},
		{Method: "DELETE", Path: "/accounts/standard/1c2d"},
		{Method: "GET", Path: "/accounts/standard"},
		{Method: "GET", Path: "/accounts/standard/3b4a"},
	}
	r := report{version: "Terraform v1.11.4", records: 3, latency: time.Millisecond}
	// The machine is not equally fast in every round, and has a hiccup in the first: the ratio is that of the others.
	for i, floor := range []time.Duration{3 * time.Second, time.Second, 2 * time.Second} {
		measured := measurement{wall: floor * 3 / 2, cpu: floor * 2, memory: 40_000 + i, requests: requests[:len(requests)-i]}
		if i == 0 {
			measured.wall *= 10
		}
		var one round
		for range steps {
			one.records = append(one.records, measured)
			one.floor = append(one.floor, measurement{wall: floor, cpu: floor})
		}
		r.rounds = append(r.rounds, one)
	}

	got := r.lines()[0]
	want := line{
		step: "create all", wall: 3 * time.Second, floor: 2 * time.Second, ratio: 1.5, cpuRatio: 2, memory: "41 MB",
		requests: "1 DELETE /accounts/standard/{id}, 1 GET /accounts/standard, 1 GET /accounts/standard/{id}, 1 POST /accounts/standard, " +
			"1 POST /accounts/standard/validateName, 1 POST /token, 1 PUT /accounts/standard/{id}",
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if writes := r.rounds[0].records[0].writes(); writes != 3 {
		t.Errorf("%d writes, want 3", writes)
	}
	var table strings.Builder
	if err := r.markdown(&table); err != nil {
		t.Fatal(err)
	}
	if row := "| create all | 1.50 | 41 MB | 1 DELETE /accounts/standard/{id}<br>1 GET"; !strings.Contains(table.String(), row) {
		t.Errorf("%s\nhas no row\n%s", table.String(), row)
	}
}

func TestPeakMemory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("memory is measured on Linux alone")
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if executable, err = filepath.EvalSymlinks(executable); err != nil {
		t.Fatal(err)
	}
	ballast := make([]byte, 64<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	if kib := peakMemory(filepath.Dir(executable)); kib < len(ballast)>>10 {
		t.Errorf("%d KiB, but this process has %d MiB at least", kib, len(ballast)>>20)
	}
	runtime.KeepAlive(ballast)
	if kib := peakMemory(t.TempDir()); kib != 0 {
		t.Errorf("%d KiB where nothing runs", kib)
	}
}
