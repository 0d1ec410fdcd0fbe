package main

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is the result of all rounds.
type report struct {
	version string
	records int
	latency time.Duration
	rounds  []round
}

// line is the result of one step: medians of the rounds, except for memory and requests, which are maxima.
type line struct {
	step             string
	wall, floor      time.Duration
	ratio, cpuRatio  float64
	memory, requests string
}

func (r report) lines() []line {
	var lines []line
	for i, step := range steps {
		var (
			walls, floors     []time.Duration
			ratios, cpuRatios []float64
			memory            int
			most              measurement
		)
		for _, round := range r.rounds {
			m, floor := round.records[i], round.floor[i]
			walls, floors = append(walls, m.wall), append(floors, floor.wall)
			ratios = append(ratios, m.wall.Seconds()/floor.wall.Seconds())
			cpuRatios = append(cpuRatios, m.cpu.Seconds()/floor.cpu.Seconds())
			memory = max(memory, m.memory)
			if len(m.requests) > len(most.requests) {
				most = m
			}
		}
		lines = append(lines, line{
			step: step.name, wall: median(walls), floor: median(floors), ratio: median(ratios), cpuRatio: median(cpuRatios),
			memory: megabytes(memory), requests: list(most.kinds()),
		})
	}
	return lines
}

func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

func megabytes(kib int) string {
	if kib == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.0f MB", float64(kib)*1024/1e6)
}

func list(kinds map[string]int) string {
	var counts []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		counts = append(counts, fmt.Sprintf("%d %s", kinds[kind], kind))
	}
	return strings.Join(counts, ", ")
}

func (r report) conditions() string {
	return fmt.Sprintf("%s, %d records, an appliance with a latency of %s, %d processors (%s/%s), rounds: %d",
		r.version, r.records, r.latency, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, len(r.rounds))
}

func (r report) text(w io.Writer) error {
	fmt.Fprintf(w, "%s\n\n", r.conditions())
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\tseconds\tterraform_data\tratio\tratio of CPU time\tprovider memory\trequests")
	for _, line := range r.lines() {
		fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.2f\t%.2f\t%s\t%s\n",
			line.step, line.wall.Seconds(), line.floor.Seconds(), line.ratio, line.cpuRatio, line.memory, line.requests)
	}
	return table.Flush()
}

func (r report) markdown(w io.Writer) error {
	fmt.Fprintf(w, "%s\n\n| | time, `terraform_data` = 1 | peak memory of the provider | requests |\n| --- | --- | --- | --- |\n", r.conditions())
	for _, line := range r.lines() {
		fmt.Fprintf(w, "| %s | %.2f | %s | %s |\n", line.step, line.ratio, line.memory, strings.ReplaceAll(line.requests, ", ", "<br>"))
	}
	return nil
}
