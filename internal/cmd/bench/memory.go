package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// watchMemory begins to watch the processes whose program is below dir. It returns a function that stops watching and
// returns the largest resident memory of one of them, in KiB, or 0 without /proc.
//
// The kernel records the peak of a process (VmHWM), so that only growth in its last milliseconds is missed. The resource
// usage of a finished process does not help: on Linux, its peak starts at that of its parent process.
func watchMemory(dir string) (stop func() int) {
	stopped, peak := make(chan struct{}), make(chan int)
	go func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		highest := 0
		for {
			select {
			case <-ticker.C:
				highest = max(highest, peakMemory(dir))
			case <-stopped:
				peak <- highest
				return
			}
		}
	}()
	return func() int {
		close(stopped)
		return <-peak
	}
}

func peakMemory(dir string) int {
	programs, _ := filepath.Glob("/proc/[0-9]*/exe")
	highest := 0
	for _, program := range programs {
		target, err := os.Readlink(program)
		if err != nil || !strings.HasPrefix(target, dir+"/") {
			continue
		}
		// A process that has just ended has no status, or one without memory.
		status, _ := os.ReadFile(filepath.Join(filepath.Dir(program), "status"))
		_, rest, _ := bytes.Cut(status, []byte("\nVmHWM:"))
		if fields := bytes.Fields(rest); len(fields) > 0 {
			kib, _ := strconv.Atoi(string(fields[0]))
			highest = max(highest, kib)
		}
	}
	return highest
}
