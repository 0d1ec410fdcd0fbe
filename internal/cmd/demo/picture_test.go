package main

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDraw_showsEveryLine(t *testing.T) {
	t.Parallel()
	var picture struct {
		Width int `xml:"width,attr"`
		Text  []struct {
			Line   string   `xml:",chardata"`
			Spans  []string `xml:"tspan"`
			Length int      `xml:"textLength,attr"`
		} `xml:"text"`
	}
	drawn := draw([]scene{
		{"why", "terraform plan", "\n  1 < 2 && \"so\"\n\nschön\n\n"},
		{"again", "terraform apply", "\x1b[31mno\x1b[0m, \x1b[1mnever\x1b[0m"},
	})
	if err := xml.Unmarshal([]byte(drawn), &picture); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, text := range picture.Text {
		lines = append(lines, text.Line+strings.Join(text.Spans, "|"))
		if text.Length > picture.Width-2*margin {
			t.Errorf("%q is wider than the window", text.Line)
		}
	}
	want := []string{"# why", "$ |terraform plan", `  1 < 2 && "so"`, "schön", "# again", "$ |terraform apply", ", no|never"}
	if !slices.Equal(lines, want) {
		t.Errorf("the picture shows %q, want %q", lines, want)
	}
	if got := picture.Text[3].Length; got != len([]rune("schön"))*columnWidth {
		t.Errorf("a line of 5 columns is %d wide", got)
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	got := spans("plain \x1b[33m~\x1b[0m\x1b[0m then \x1b[1mbold\n\x1b[31mand red\x1b[33m, yellow\x1b[0m\n")
	want := [][]span{
		{{"plain ", ""}, {"~", "c33"}, {" then ", ""}, {"bold", "b"}},
		{{"and red", "b c31"}, {", yellow", "b c33"}},
		nil,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(span{})); diff != "" {
		t.Error(diff)
	}
}
