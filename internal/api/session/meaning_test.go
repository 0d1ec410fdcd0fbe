package session

import (
	"net/http"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// What the end of one request says about all others.
func TestMeaning(t *testing.T) {
	t.Parallel()
	const (
		read, list, validation = wire.Read, wire.List, wire.Validation
		write, creation        = wire.Write, wire.Creation
		signIn, renewal        = wire.SignIn, wire.Renewal
	)
	for name, test := range map[string]struct {
		request wire.Kind
		retry   wire.Retry
		err     *wire.Error // its kind is that of the request if it is none of a sign-in
		want    verdict
	}{
		"success": {request: read, want: works},

		"refused sign-in":            {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Documented, Reason: wire.LoginRefused}, want: ends},
		"locked user":                {request: write, err: &wire.Error{Kind: signIn, Status: 423, Origin: wire.Documented, Reason: wire.UserLocked}, want: ends},
		"no MFA code":                {request: read, err: &wire.Error{Kind: signIn, Reason: wire.MFARequired}, want: ends},
		"refused MFA code":           {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Documented, Reason: wire.MFARefused}, want: ends},
		"refused MFA secret":         {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Documented, Reason: wire.MFASecretRefused}, want: ends},
		"used MFA code":              {request: read, err: &wire.Error{Kind: signIn, Reason: wire.MFAUsed}, want: ends},
		"undocumented 401 at /token": {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Undocumented, Reason: wire.Unreadable}, want: ends},
		"page with 401 at /token":    {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Foreign, Reason: wire.Unreadable}, want: fails},
		"sign-in with 503":           {request: write, err: &wire.Error{Kind: signIn, Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: fails},
		"sign-in with 500":           {request: read, err: &wire.Error{Kind: signIn, Status: 500, Origin: wire.Undocumented}, want: fails},
		"silence at /token":          {request: write, err: &wire.Error{Kind: signIn, Reason: wire.TimedOut}, want: fails},
		"interrupted sign-in":        {request: read, err: &wire.Error{Kind: signIn}, want: nothing},
		"refused renewal":            {request: read, err: &wire.Error{Kind: renewal, Status: 401, Origin: wire.Documented, Reason: wire.TokenInvalid}, want: fails},
		"sign-in beside, with 400":   {request: signIn, err: &wire.Error{Status: 400, Origin: wire.Documented}, want: works},
		"sign-in beside, with 503":   {request: signIn, err: &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: fails},
		"renewal beside, refused":    {request: renewal, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.TokenInvalid}, want: works},

		"expired configured token":  {request: read, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.TokenExpired}, want: ends},
		"invalid configured token":  {request: creation, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.TokenInvalid}, want: ends},
		"token of a session":        {request: read, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.SessionRefused}, want: works},
		"password in the body":      {request: write, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.PasswordRefused}, want: works},
		"unsupported revision":      {request: read, err: &wire.Error{Status: 400, Origin: wire.Documented, Reason: wire.UnsupportedVersion}, want: ends},
		"upgraded appliance":        {request: read, err: &wire.Error{Status: 400, Origin: wire.Documented, Reason: wire.Upgraded}, want: ends},
		"not in this revision":      {request: validation, err: &wire.Error{Status: 404, Origin: wire.Undocumented, Reason: wire.NotInRevision}, want: works},
		"license":                   {request: write, err: &wire.Error{Status: 403, Origin: wire.Documented, Reason: wire.LicenseNotAccepted}, want: ends},
		"untrusted certificate":     {request: write, err: &wire.Error{Reason: wire.UntrustedCertificate}, want: ends},
		"no TLS":                    {request: read, err: &wire.Error{Reason: wire.NotTLS}, want: ends},
		"proxy that refuses":        {request: read, err: &wire.Error{Reason: wire.ProxyRefused}, want: ends},
		"client certificate needed": {request: read, retry: wire.Persistent, err: &wire.Error{Reason: wire.ClientCertificateRequired}, want: ends},

		"missing object":             {request: read, err: &wire.Error{Status: 404, Origin: wire.Documented, Key: "jane"}, want: works},
		"refused value":              {request: creation, err: &wire.Error{Status: 400, Origin: wire.Documented}, want: works},
		"refused value with 500":     {request: creation, err: &wire.Error{Status: 500, Origin: wire.Documented, Problem: "validationerror"}, want: works},
		"access denied":              {request: list, err: &wire.Error{Status: 403, Origin: wire.Documented, Reason: wire.AccessDenied}, want: works},
		"fault while reading":        {request: read, err: &wire.Error{Status: 500, Origin: wire.Undocumented}, want: nothing},
		"fault while writing":        {request: write, err: &wire.Error{Status: 500, Origin: wire.Undocumented}, want: nothing},
		"unreadable success":         {request: read, err: &wire.Error{Status: 200, Origin: wire.Undocumented, Reason: wire.Unreadable}, want: works},
		"interrupted read":           {request: read, err: &wire.Error{}, want: nothing},
		"interrupted write":          {request: write, err: &wire.Error{Outcome: wire.Unknown}, want: nothing},
		"answer that is too large":   {request: list, err: &wire.Error{Reason: wire.Unreadable}, want: nothing},
		"read without an answer":     {request: read, err: &wire.Error{Reason: wire.TimedOut}, want: fails},
		"list without a connection":  {request: list, err: &wire.Error{Reason: wire.Unreachable}, want: fails},
		"broken handshake":           {request: validation, err: &wire.Error{Reason: wire.HandshakeBroken}, want: fails},
		"read with 429":              {request: read, err: &wire.Error{Status: 429, Origin: wire.Documented, Reason: wire.TooManyRequests}, want: fails},
		"read with 502":              {request: read, err: &wire.Error{Status: 502, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: fails},
		"read with 503":              {request: list, err: &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.AsksToWait}, want: fails},
		"read with 504":              {request: validation, err: &wire.Error{Status: 504, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: fails},
		"page in place of a list":    {request: list, err: &wire.Error{Status: 200, Origin: wire.Foreign, Reason: wire.Unreadable}, want: fails},
		"page in place of a path":    {request: list, err: &wire.Error{Status: 404, Origin: wire.Foreign, Reason: wire.Unreadable}, want: fails},
		"page in place of an object": {request: read, err: &wire.Error{Status: 404, Origin: wire.Foreign, Reason: wire.Unreadable, Key: "jane"}, want: nothing},

		"write without an answer":        {request: write, err: &wire.Error{Reason: wire.TimedOut, Outcome: wire.Unknown}, want: doubts},
		"creation without a connection":  {request: creation, err: &wire.Error{Reason: wire.Unreachable}, want: doubts},
		"page in answer to a write":      {request: write, err: &wire.Error{Status: 403, Origin: wire.Foreign, Reason: wire.Unreadable}, want: doubts},
		"write with 503":                 {request: write, err: &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: nothing},
		"write with 429":                 {request: creation, err: &wire.Error{Status: 429, Origin: wire.Undocumented, Reason: wire.TooManyRequests}, want: nothing},
		"patient read with 503":          {request: read, retry: wire.Persistent, err: &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: nothing},
		"patient read without an answer": {request: read, retry: wire.Persistent, err: &wire.Error{Reason: wire.TimedOut}, want: nothing},
		"patient read that is answered":  {request: read, retry: wire.Persistent, want: works},
	} {
		if test.err != nil && test.err.Kind == wire.Read {
			test.err.Kind = test.request
		}
		if got := meaning(wire.Request{Kind: test.request, Retry: test.retry, Method: http.MethodGet}, test.err); got != test.want {
			t.Errorf("%s: verdict %d, want %d", name, got, test.want)
		}
	}
}
