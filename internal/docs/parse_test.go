package docs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is a fenced block of a document.
type block struct {
	line     int
	language string
	text     string
	reason   string // why not to run it
}

var (
	fenced = regexp.MustCompile("(?ms)^(<!-- not run:? *(.*?) *-->\n)?^```([^\n]*)\n(.*?)^```$")
	fence  = regexp.MustCompile("(?m)^[ \t>*-]*(```|~~~)")
	marker = regexp.MustCompile(`(?i)<!--\s*not\s+run`)
)

// parse finds the blocks of a document. It is an error if something might not be run.
func parse(content string) ([]block, error) {
	var blocks []block
	markers := 0
	for _, match := range fenced.FindAllStringSubmatchIndex(content, -1) {
		group := func(i int) string { return content[max(match[2*i], 0):max(match[2*i+1], 0)] }
		b := block{
			line:     1 + strings.Count(content[:match[6]], "\n"),
			language: group(3), text: group(4), reason: group(2),
		}
		switch marked := group(1) != ""; {
		case marked && b.reason == "":
			return nil, fmt.Errorf("line %d: it does not say why not to run this", b.line)
		case marked:
			markers++
		case !slices.Contains([]string{"shell", "terraform", "hcl", "text"}, b.language):
			return nil, fmt.Errorf("line %d: %q is nothing that can be run, and there is no reason not to run it", b.line, b.language)
		}
		blocks = append(blocks, b)
	}
	if len(fence.FindAllString(content, -1)) != 2*len(blocks) {
		return nil, fmt.Errorf("a fence does not begin its line, or does not end")
	}
	if len(marker.FindAllString(content, -1)) != markers {
		return nil, fmt.Errorf("a reason not to run something does not stand on the line before it")
	}
	return blocks, nil
}

// missingFrom lists the lines of a text block that are not in an output.
func (b block) missingFrom(output string, replacer *strings.Replacer) (missing []string) {
	for line := range strings.Lines(b.text) {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(replacer.Replace(line))), `\.\.\.`, ".*")
		if !regexp.MustCompile(`(?m)^\s*` + pattern + `\s*$`).MatchString(output) {
			missing = append(missing, line)
		}
	}
	return missing
}

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := parse("# Title\n\n```shell\nterraform init\n```\n\n<!-- not run: needs OpenTofu 1.11 -->\n```hcl\na = 1\n\nb = 2\n```\n")
	want := []block{
		{line: 3, language: "shell", text: "terraform init\n"},
		{line: 8, language: "hcl", text: "a = 1\n\nb = 2\n", reason: "needs OpenTofu 1.11"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, content := range map[string]string{
		"no reason":              "<!-- not run: -->\n```shell\nfalse\n```\n",
		"no reason, no colon":    "<!-- not run -->\n```shell\nfalse\n```\n",
		"a reason at a distance": "<!-- not run: it is wrong -->\n\n```shell\nfalse\n```\n",
		"a reason for nothing":   "<!-- not run: it is wrong -->\nfalse\n",
		"no language":            "```\nfalse\n```\n",
		"another language":       "```sh\nfalse\n```\n",
		"indented":               "- ```shell\n  false\n  ```\n",
		"another fence":          "~~~shell\nfalse\n~~~\n",
		"no end":                 "```shell\nfalse\n",
	} {
		if got, err := parse(content); err == nil {
			t.Errorf("%s is accepted: %+v", name, got)
		}
	}
}
