package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// parseFault reads "kind,name=value,…": the fields of [simulator.Fault] in lower case, header as "header=Name: value".
// No value can have a comma.
func parseFault(text string) (simulator.Fault, error) {
	kind, rest, _ := strings.Cut(text, ",")
	fault := simulator.Fault{Kind: simulator.FaultKind(kind), Header: http.Header{}}
	for field := range strings.SplitSeq(rest, ",") {
		if field == "" {
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		var err error
		switch name {
		case "method":
			fault.Method = value
		case "path":
			fault.Path = value
		case "skip":
			fault.Skip, err = strconv.Atoi(value)
		case "count":
			fault.Count, err = strconv.Atoi(value)
		case "share":
			fault.Share, err = strconv.ParseFloat(value, 64)
		case "status":
			fault.Status, err = strconv.Atoi(value)
		case "problem":
			fault.Problem = value
		case "document":
			fault.Document = value
		case "delay":
			fault.Delay, err = time.ParseDuration(value)
		case "body":
			fault.Body = value
		case "header":
			header, content, _ := strings.Cut(value, ":")
			fault.Header.Add(header, strings.TrimSpace(content))
		default:
			err = fmt.Errorf("there is no such field")
		}
		if err != nil {
			return fault, fmt.Errorf("field %q: %w", name, err)
		}
	}
	return fault, fault.Validate()
}
