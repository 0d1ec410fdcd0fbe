package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDraw_showsEveryLine(t *testing.T) {
	t.Parallel()
	var picture struct {
		Width int `xml:"width,attr"`
		Text  []struct {
			Line   string `xml:",chardata"`
			Length int    `xml:"textLength,attr"`
		} `xml:"text"`
	}
	if err := xml.Unmarshal([]byte(draw("make demo", "  1 < 2 && \"so\"\n\nschön\n\n")), &picture); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, text := range picture.Text {
		lines = append(lines, text.Line)
		if text.Length > picture.Width-2*margin {
			t.Errorf("%q is wider than the window", text.Line)
		}
	}
	if want := []string{"$ ", `  1 < 2 && "so"`, "schön"}; !slices.Equal(lines, want) {
		t.Errorf("the picture shows %q, want %q", lines, want)
	}
	if got := picture.Text[2].Length; got != len([]rune("schön"))*columnWidth {
		t.Errorf("a line of 5 columns is %d wide", got)
	}
}

func TestRun_keepsThePictureWhenTheCommandFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "picture.svg")
	if err := run(t.Context(), "go version", file, []string{"go", "version"}); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(before), "go version go1.") {
		t.Fatalf("the picture has no version: %v\n%s", err, before)
	}
	if err := run(t.Context(), "", file, []string{"go", "no-such-command"}); err == nil {
		t.Error("the command failed and nobody noticed")
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the picture was drawn all the same: %v", err)
	}
}
