package workspace

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const secret = `Quiet "harbour" & 71%`

func TestContainsSecret(t *testing.T) {
	t.Parallel()
	quoted, _ := json.Marshal(secret)
	once := base64.StdEncoding.EncodeToString([]byte(`{"password": "` + secret + `"}`))
	for name, test := range map[string]struct {
		content string
		want    bool
	}{
		"something else":   {`{"password": null, "private": "eyJzY2hlbWFfdmVyc2lvbiI6IjAifQ=="}`, false},
		"a part of it":     {secret[:len(secret)-1], false},
		"plain":            {"password=" + secret + "\n", true},
		"JSON":             {string(quoted), true},
		"query":            {"password=" + url.QueryEscape(secret) + "&x=y", true},
		"path":             {"/users/" + url.PathEscape(secret), true},
		"base64":           {`"private": "` + once + `"`, true},
		"base64 of base64": {`"private": "` + base64.StdEncoding.EncodeToString([]byte(`{"key": "`+once+`"}`)) + `"`, true},
		"base64 for URLs":  {base64.RawURLEncoding.EncodeToString([]byte("ÿþ" + secret)), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ContainsSecret([]byte(test.content), "not this one", secret); got != test.want {
				t.Errorf("found: %t, expected %t", got, test.want)
			}
		})
	}
}

func TestSearchSecrets(t *testing.T) {
	t.Parallel()
	var plan bytes.Buffer
	archive := zip.NewWriter(&plan)
	entry, err := archive.Create("tfplan")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write([]byte(strings.Repeat(secret, 100))); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"main.tf":                            secret, // where a user may write one
		".terraform/providers/binary":        secret,
		"terraform.tfstate":                  "{}",
		"terraform.tfstate.d/default/backup": secret,
		"create.tfplan":                      plan.String(),
	}
	w := &Workspace{Dir: t.TempDir()}
	for name, content := range files {
		path := filepath.Join(w.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	searched, hits, err := w.SearchSecrets("not this one", secret)
	if err != nil || searched != 3 || strings.Join(hits, " ") != "create.tfplan backup" {
		t.Errorf("searched %d files with hits in %q and error %v, expected 3 with hits in the plan and the backup", searched, hits, err)
	}
}
