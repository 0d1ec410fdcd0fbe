package main

import (
	"context"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timeNumber is a time as a number that increases with it: the last part of the version of a tree that is not a release.
const timeNumber = "20060102150405"

// releases are the tags of releases, as git and as we know them.
const releases = "v*.*.*"

var release = regexp.MustCompile(`^v(\d+\.\d+)\.\d+(-[0-9A-Za-z.-]+)?$`)

// versionsOf returns the version of the tree in a folder, and a second one to use if another build has the first.
//
// A release has only its own version. Any other tree has the major and minor version of the last release (0.0 if there
// is none) and, as its last part, the time of the commit, or the current time for uncommitted changes and for a tree
// without git. The number of commits since the release would not do: it differs in a shallow clone.
func versionsOf(ctx context.Context, folder string, now time.Time) []string {
	git := func(args ...string) (string, bool) {
		command := exec.CommandContext(ctx, "git", args...)
		command.Dir = folder
		output, err := command.Output()
		return strings.TrimSpace(string(output)), err == nil
	}
	number := func(t time.Time) string { return t.UTC().Format(timeNumber) }

	if above, ok := git("rev-parse", "--show-cdup"); !ok || above != "" { // an archive, perhaps unpacked in another tree
		return []string{"0.0." + number(now)}
	}
	changes, ok := git("status", "--porcelain")
	clean := ok && changes == ""
	if tag, ok := git("describe", "--tags", "--exact-match", "--match", releases); ok && clean && release.MatchString(tag) {
		return []string{strings.TrimPrefix(tag, "v")}
	}
	prefix := "0.0."
	tag, _ := git("describe", "--tags", "--abbrev=0", "--match", releases)
	if match := release.FindStringSubmatch(tag); match != nil {
		prefix = match[1] + "."
	}
	committed, _ := git("show", "--no-patch", "--format=%ct")
	seconds, err := strconv.ParseInt(committed, 10, 64)
	if !clean || err != nil {
		return []string{prefix + number(now)}
	}
	return []string{prefix + number(time.Unix(seconds, 0)), prefix + number(now)}
}
