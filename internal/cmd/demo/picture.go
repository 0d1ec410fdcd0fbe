package main

import (
	"context"
	"fmt"
	"html"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// take draws README's picture: what Terraform says of two passwords that have changed, and of an appliance whose
// certificate is not trusted.
func (d *demo) take(ctx context.Context, file string) error {
	d.setVariables(map[string]string{"smtp_password": before.smtp, "operator_password": before.operator})
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		if _, err := d.terraform(ctx, args...); err != nil {
			return err
		}
	}

	d.setVariables(map[string]string{
		"smtp_password": after.smtp, "operator_password": after.operator, "operator_old_password": before.operator,
	})
	rotation, err := d.inColour(ctx, "plan")
	if err != nil {
		return fmt.Errorf("plan: %w\n%s", err, rotation)
	}
	_, actions, found := strings.Cut(rotation, "following actions:\n\n")
	if !found {
		return fmt.Errorf("there is no rotation in the plan:\n%s", rotation)
	}

	delete(d.tf.Environment, "VEEAM_CA_CERTIFICATE")
	failure, err := d.inColour(ctx, "plan", "-parallelism=1") // so that the same error always comes first
	if err == nil {
		return fmt.Errorf("a certificate that nobody signed is trusted:\n%s", failure)
	}
	first := anError.FindString(failure)
	if first == "" {
		return fmt.Errorf("there is no error in what Terraform printed:\n%s", failure)
	}

	return os.WriteFile(file, []byte(draw([]scene{
		{comment: "two passwords have changed", command: "terraform plan", output: actions},
		{comment: "VEEAM_CA_CERTIFICATE is not set", command: "terraform plan", output: first},
	})), 0o644)
}

// anError matches what Terraform frames as an error.
var anError = regexp.MustCompile(`(?s)(\x1b\[\d*m)*╷.*?╵`)

// inColour runs a command of Terraform and returns what it prints on a terminal, for the appliance that the documentation
// speaks of.
func (d *demo) inColour(ctx context.Context, args ...string) (string, error) {
	command := d.tf.Command(ctx, args...)
	command.Env = append(command.Env, "TF_CLI_ARGS=")
	output, err := command.CombinedOutput()
	host, _, _ := strings.Cut(d.appliance.Host(), ":")
	return strings.NewReplacer(d.appliance.Host(), "backup.example.com:11005", host, "backup.example.com").Replace(string(output)), err
}

// scene is a command in a terminal, and what it printed.
type scene struct{ comment, command, output string }

// Sizes in pixels.
const (
	margin       = 20
	bar          = 36 // the window's title bar
	lineHeight   = 20
	columnWidth  = 8
	textToBottom = 6
)

// draw draws a terminal window, as SVG: text in the viewer's own monospaced font, small, sharp, and readable in a diff.
func draw(scenes []scene) string {
	var lines [][]span
	for i, s := range scenes {
		if i > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, []span{{"# " + s.comment, "c90"}}, []span{{"$ ", "c32"}, {s.command, "b"}})
		printed := spans(strings.TrimLeft(s.output, "\n"))
		for len(printed) > 0 && width(printed[len(printed)-1]) == 0 {
			printed = printed[:len(printed)-1]
		}
		lines = append(lines, printed...)
	}
	columns := 0
	for _, line := range lines {
		columns = max(columns, width(line))
	}
	across, down := 2*margin+columns*columnWidth, bar+len(lines)*lineHeight+margin

	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" xml:space="preserve">
<title>A terminal running %[3]s</title>
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d1d9e0; white-space: pre }
.b { font-weight: bold; fill: #ffffff } .u { text-decoration: underline }
.c31 { fill: #ff7b72 } .c32 { fill: #7ee787 } .c33 { fill: #f2cc60 } .c36 { fill: #76e3ea } .c90 { fill: #8b949e }
</style>
<rect width="%[1]d" height="%[2]d" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/><circle cx="60" cy="18" r="6" fill="#28c840"/>
`, across, down, html.EscapeString(scenes[0].command))
	y := bar - textToBottom
	for _, line := range lines {
		y += lineHeight
		if width(line) == 0 {
			continue
		}
		// The length holds columns together in a font of another width.
		fmt.Fprintf(&svg, `<text x="%d" y="%d" textLength="%d">`, margin, y, width(line)*columnWidth)
		for _, s := range line {
			if s.class == "" {
				svg.WriteString(html.EscapeString(s.text))
			} else {
				fmt.Fprintf(&svg, `<tspan class="%s">%s</tspan>`, s.class, html.EscapeString(s.text))
			}
		}
		svg.WriteString("</text>\n")
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// span is text of one look.
type span struct{ text, class string }

func width(line []span) (columns int) {
	for _, s := range line {
		columns += utf8.RuneCountInString(s.text)
	}
	return columns
}

// look matches what changes the look of the text that follows.
var look = regexp.MustCompile(`\x1b\[([0-9;]*)m`)

// spans takes what was printed on a terminal apart, line by line. The classes are named after the codes of ANSI: "b"
// for 1, "u" for 4, and "c31" for the colour 31.
func spans(output string) (lines [][]span) {
	var classes []string
	for line := range strings.SplitSeq(output, "\n") {
		var of []span
		for line != "" {
			next := look.FindStringSubmatchIndex(line)
			if next == nil {
				of = append(of, span{line, strings.Join(classes, " ")})
				break
			}
			if next[0] > 0 {
				of = append(of, span{line[:next[0]], strings.Join(classes, " ")})
			}
			for code := range strings.SplitSeq(line[next[2]:next[3]], ";") {
				switch code {
				case "0", "":
					classes = nil
				case "1":
					classes = append(classes, "b")
				case "4":
					classes = append(classes, "u")
				default:
					classes = append(slices.DeleteFunc(classes, func(c string) bool { return c[0] == 'c' }), "c"+code)
				}
			}
			line = line[next[1]:]
		}
		lines = append(lines, of)
	}
	return lines
}
