// Command picture runs a command and draws the terminal with what it printed, as SVG:
//
//	picture -command 'make demo' demo.svg go run ./internal/cmd/demo
//
// The drawing is text in the viewer's own monospaced font: small, sharp, and readable in a diff.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"html"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"unicode/utf8"
)

func main() {
	command := flag.String("command", "", "the `command` to show after the prompt; the one that is run unless given")
	flag.Parse()
	if flag.NArg() < 2 {
		fmt.Fprintln(os.Stderr, "usage: picture [-command COMMAND] FILE COMMAND [ARGUMENT…]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *command, flag.Arg(0), flag.Args()[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, shown, file string, args []string) error {
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return os.WriteFile(file, []byte(draw(cmp.Or(shown, strings.Join(args, " ")), string(output))), 0o644)
}

// Sizes in pixels.
const (
	margin       = 20
	bar          = 36 // the window's title bar
	lineHeight   = 20
	columnWidth  = 8
	textToBottom = 6
)

// draw draws a terminal window in which a command was typed and printed its output.
func draw(command, output string) string {
	lines := strings.Split(strings.TrimRight(output, "\n"), "\n")
	columns := len("$ ") + utf8.RuneCountInString(command)
	for _, line := range lines {
		columns = max(columns, utf8.RuneCountInString(line))
	}
	width, height := 2*margin+columns*columnWidth, bar+(len(lines)+1)*lineHeight+margin

	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" xml:space="preserve">
<title>A terminal running %[3]s</title>
<style>text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d1d9e0 } .prompt { fill: #7ee787 } .command { fill: #ffffff; font-weight: bold }</style>
<rect width="%[1]d" height="%[2]d" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/><circle cx="60" cy="18" r="6" fill="#28c840"/>
`, width, height, html.EscapeString(command))
	y := bar + lineHeight - textToBottom
	fmt.Fprintf(&svg, "<text x=\"%d\" y=\"%d\" class=\"prompt\">$ <tspan class=\"command\">%s</tspan></text>\n", margin, y, html.EscapeString(command))
	for _, line := range lines {
		y += lineHeight
		if line != "" { // the length holds columns together in a font of another width
			fmt.Fprintf(&svg, "<text x=\"%d\" y=\"%d\" textLength=\"%d\">%s</text>\n", margin, y, utf8.RuneCountInString(line)*columnWidth, html.EscapeString(line))
		}
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}
