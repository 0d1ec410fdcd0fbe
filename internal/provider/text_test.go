package provider

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each likely mistake is named, and no error repeats what may be a secret.
func TestChecks(t *testing.T) {
	t.Parallel()
	const secret = "JBSWY3DPEHPK3PXP"
	for name, test := range map[string]struct {
		check func(string) error
		value string
		says  string // "" for a valid value
	}{
		"a token":               {checkToken, "eyJhbGciOi.J9.s3cret", ""},
		"a bearer":              {checkToken, "Bearer s3cret", `it begins with "Bearer "`},
		"a bearer in lower":     {checkToken, "bearer s3cret", `it begins with "bearer "`},
		"a header":              {checkToken, "Authorization: Bearer s3cret", `it begins with "Authorization:"`},
		"no header":             {checkToken, "bearers3cret", ""},
		"a quoted token":        {checkToken, `"s3cret"`, "quotation mark"},
		"a broken token":        {checkToken, "s3cret\ns3cret", "it contains whitespace"},
		"a secret":              {checkMFASecret, "jbsw y3dp ehpk 3pxp", ""},
		"an address":            {checkMFASecret, "otpauth://totp/admin?secret=" + secret, "only the value of its secret parameter"},
		"a code for a secret":   {checkMFASecret, "314159", "it is a code, not the secret"},
		"a quoted secret":       {checkMFASecret, "'" + secret + "'", "quotation mark"},
		"a code":                {checkMFACode, "314159", ""},
		"a secret for a code":   {checkMFACode, secret, "set mfa_secret instead"},
		"a code in two":         {checkMFACode, "314 159", "it contains whitespace"},
		"a host":                {checkHost, "backup.example.com", ""},
		"a quoted host":         {checkHost, `"backup.example.com:443"`, "quotation mark"},
		"typographic quotes":    {checkHost, "“backup.example.com”", "quotation mark"},
		"whitespace in a host":  {checkHost, "backup example.com", "it contains whitespace"},
		"a revision":            {checkAPIVersion, "1.8-rev0", ""},
		"a quoted revision":     {checkAPIVersion, `'1.8-rev0'`, "quotation mark"},
		"a duration":            {checkDuration, "1m30s", ""},
		"no unit":               {checkDuration, "30", "write 30s for seconds, or 30m for minutes"},
		"a fraction, no unit":   {checkDuration, "0.5", "write 0.5s for seconds"},
		"nothing":               {checkDuration, "0s", "it must be above zero"},
		"negative":              {checkDuration, "-1s", "it must be above zero"},
		"days":                  {checkDuration, "1d", "it is not a duration such as 45s or 2m"},
		"a space before a unit": {checkDuration, "30 s", "it is not a duration such as 45s or 2m"},
		"a quoted duration":     {checkDuration, `"30s"`, "quotation mark"},
		"a boolean":             {checkBoolean, "False", ""},
		"no boolean":            {checkBoolean, "perhaps", `"perhaps" is neither true nor false`},
		"a quoted boolean":      {checkBoolean, `"true"`, "quotation mark"},
	} {
		err := test.check(test.value)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, expected %q", name, err, test.says)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), secret)) {
			t.Errorf("%s: a secret is in %q", name, err)
		}
	}
}

func TestParseCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	server.Close()
	der := server.Certificate().Raw
	encode := func(kind string, content []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
	}
	text := encode("CERTIFICATE", der)
	path := filepath.Join(t.TempDir(), "appliance")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	base64ed := base64.StdEncoding.EncodeToString
	negative := negativeSerial(t, der)
	const pkcs7 = "\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	for name, test := range map[string]struct {
		text    string
		want    int
		skipped int
		says    string
	}{
		"nothing":                  {"", 0, 0, ""},
		"white space":              {" \r\n\t", 0, 0, ""},
		"a certificate":            {text, 1, 0, ""},
		"without its last break":   {strings.TrimSpace(text), 1, 0, ""},
		"of Windows":               {strings.ReplaceAll(text, "\n", "\r\n"), 1, 0, ""},
		"of Windows, in a shell":   {strings.TrimSuffix(strings.ReplaceAll(text, "\n", "\r\n"), "\n"), 1, 0, ""},
		"of an old Mac":            {strings.ReplaceAll(text, "\n", "\r"), 1, 0, ""},
		"of an editor on Windows":  {"\ufeff" + text, 1, 0, ""},
		"indented":                 {"\n  \t" + strings.ReplaceAll(text, "\n", "  \n    "), 1, 0, ""},
		"two files in one":         {"\ufeff" + text + "\n\ufeff" + text, 2, 0, ""},
		"with words between":       {"subject: appliance\n" + text + "subject: authority\n" + text, 2, 0, ""},
		"with its key":             {encode("PRIVATE KEY", []byte("s3cret")) + text, 1, 0, ""},
		"without line breaks":      {strings.ReplaceAll(text, "\n", " "), 0, 0, "line breaks are missing"},
		"run together":             {strings.ReplaceAll(text, "\n", ""), 0, 0, "line breaks are missing"},
		"written as escapes":       {strings.ReplaceAll(text, "\n", `\n`), 0, 0, "line breaks are missing"},
		"quoted":                   {`"` + text + `"`, 0, 0, "quotation mark"},
		"a file's name":            {"appliance.pem", 0, 0, `use file("PATH")`},
		"a path on Windows":        {`C:\certificates\appliance.CER`, 0, 0, `use file("PATH")`},
		"the path of a file":       {path, 0, 0, `use file("PATH")`},
		"base64":                   {base64ed([]byte(text)), 0, 0, "use base64decode(…)"},
		"base64 of DER":            {base64ed(der), 0, 0, "add -----BEGIN CERTIFICATE-----"},
		"without its first line":   {strings.TrimSuffix(strings.TrimPrefix(text, beginCertificate), "-----END CERTIFICATE-----\n"), 0, 0, "add -----BEGIN CERTIFICATE-----"},
		"a key":                    {encode("PRIVATE KEY", []byte("s3cret")), 0, 0, "private key"},
		"a key of RSA":             {encode("RSA PRIVATE KEY", []byte("s3cret")), 0, 0, "private key"},
		"a key in one line":        {strings.ReplaceAll(encode("PRIVATE KEY", []byte("s3cret")), "\n", ""), 0, 0, "line breaks are missing"},
		"an encrypted key":         {encode("ENCRYPTED PRIVATE KEY", []byte("s3cret")), 0, 0, "private key"},
		"a public key":             {encode("PUBLIC KEY", []byte("x")), 0, 0, "it is a PUBLIC KEY and not a CERTIFICATE"},
		"a request":                {encode("CERTIFICATE REQUEST", []byte("x")), 0, 0, "signing request"},
		"a request, old":           {encode("NEW CERTIFICATE REQUEST", []byte("x")), 0, 0, "signing request"},
		"PKCS #7":                  {encode("PKCS7", []byte("x")), 0, 0, "openssl pkcs7"},
		"PKCS #7, base64":          {base64ed([]byte(pkcs7)), 0, 0, "openssl pkcs7"},
		"of OpenSSL":               {encode("TRUSTED CERTIFICATE", der), 0, 0, "openssl x509"},
		"something else":           {"hello", 0, 0, "no certificate in PEM format"},
		"cut":                      {text[:len(text)-40], 0, 0, "1 of its 1 certificates are incomplete"},
		"the second one cut":       {text + text[:len(text)-40], 0, 0, "1 of its 2 certificates are incomplete"},
		"no certificate inside":    {encode("CERTIFICATE", []byte("x")), 0, 0, "certificate 1 could not be parsed"},
		"a negative serial number": {encode("CERTIFICATE", negative), 0, 0, "GODEBUG=x509negativeserial=1"},
		"one of them":              {text + encode("CERTIFICATE", negative) + text, 2, 1, ""},
	} {
		got, skipped, err := parseCertificates(test.text)
		if len(got) != test.want || len(skipped) != test.skipped || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %d certificates, %v, %v", name, len(got), skipped, err)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), base64ed([]byte("s3cret")))) {
			t.Errorf("%s: a secret is in %q", name, err)
		}
		for _, reason := range skipped {
			if !strings.Contains(reason.Error(), "certificate 2 could not be parsed: x509: negative serial number. To accept it, set the environment variable GODEBUG=x509negativeserial=1") {
				t.Errorf("%s: %v", name, reason)
			}
		}
		for _, certificate := range got {
			if !certificate.Equal(server.Certificate()) {
				t.Errorf("%s: another certificate", name)
			}
		}
	}
}

// negativeSerial makes the serial number of a certificate negative.
func negativeSerial(t *testing.T, der []byte) []byte {
	t.Helper()
	begin := bytes.Index(der, []byte{0xa0, 0x03, 0x02, 0x01, 0x02, 0x02}) + 7 // the version, and the serial number's tag and length
	if begin < 7 {
		t.Fatal("there is no serial number")
	}
	negative := bytes.Clone(der)
	negative[begin] |= 0x80
	negative[begin+1] &= 0x7f // no superfluous bytes
	return negative
}
