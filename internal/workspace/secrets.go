package workspace

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// SearchSecrets looks for secrets in every file that Terraform wrote into the workspace, plans unzipped: state and its
// backup, plans, logs. It returns how many files it searched and where it found a secret, never which.
func (w *Workspace) SearchSecrets(secrets ...string) (searched int, hits []string, err error) {
	err = filepath.WalkDir(w.Dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".terraform": // the plugins
			return fs.SkipDir
		case entry.IsDir(), filepath.Ext(path) == ".tf", filepath.Ext(path) == ".hcl": // the configuration and the lock file
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		searched++
		parts, err := unzip(content)
		for _, part := range parts {
			if ContainsSecret(part, secrets...) {
				hits = append(hits, entry.Name())
			}
		}
		return err
	})
	return searched, hits, err
}

// unzip returns the files of an archive, or the content itself if it is not an archive.
func unzip(content []byte) ([][]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return [][]byte{content}, nil
	}
	var parts [][]byte
	for _, file := range archive.File {
		entry, err := file.Open()
		if err != nil {
			return nil, err
		}
		part, err := io.ReadAll(entry)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// encoded is what may be base64 of something: private state, a byte string in a plan.
var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}`)

// ContainsSecret reports whether content contains a secret: as it is, with JSON or percent escapes, or in base64, also
// in the base64 of something longer and in base64 of base64.
func ContainsSecret(content []byte, secrets ...string) bool {
	return contains(string(content), secrets, 3)
}

func contains(content string, secrets []string, depth int) bool {
	for _, secret := range secrets {
		for _, form := range escapes(secret) {
			if strings.Contains(content, form) {
				return true
			}
		}
	}
	if depth == 0 {
		return false
	}
	for _, candidate := range encoded.FindAllString(content, -1) {
		candidate = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(candidate, "="))
		if len(candidate)%4 == 1 { // no base64, unless something else stands before or behind it
			candidate = candidate[:len(candidate)-1]
		}
		decoded, _ := base64.RawStdEncoding.DecodeString(candidate)
		if contains(string(decoded), secrets, depth-1) {
			return true
		}
	}
	return false
}

func escapes(secret string) []string {
	quoted, _ := json.Marshal(secret)
	return []string{secret, string(quoted[1 : len(quoted)-1]), url.QueryEscape(secret), url.PathEscape(secret)}
}
