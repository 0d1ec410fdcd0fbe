package session

import (
	"net/http"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// What the end of one request says about all others.
func TestStateAfter(t *testing.T) {
	t.Parallel()
	const (
		read, list      = wire.Read, wire.List
		write, creation = wire.Write, wire.Creation
		signIn, renewal = wire.SignIn, wire.Renewal
	)
	for name, test := range map[string]struct {
		request wire.Kind
		retry   wire.Retry
		err     *wire.Error // its kind is that of the request if it is none of a sign-in
		want    state
	}{
		"success": {request: read, want: closed},

		"refused sign-in":            {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Documented, Reason: wire.LoginRefused}, want: openForGood},
		"locked user":                {request: write, err: &wire.Error{Kind: signIn, Status: 423, Origin: wire.Documented, Reason: wire.UserLocked}, want: openForGood},
		"no MFA code":                {request: read, err: &wire.Error{Kind: signIn, Reason: wire.MFARequired}, want: openForGood},
		"refused MFA code":           {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Documented, Reason: wire.MFARefused}, want: openForGood},
		"refused MFA secret":         {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Documented, Reason: wire.MFASecretRefused}, want: openForGood},
		"used MFA code":              {request: read, err: &wire.Error{Kind: signIn, Reason: wire.MFAUsed}, want: openForGood},
		"undocumented 401 at /token": {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Undocumented, Reason: wire.Unreadable}, want: openForGood},
		"page with 401 at /token":    {request: read, err: &wire.Error{Kind: signIn, Status: 401, Origin: wire.Foreign, Reason: wire.Unreadable}, want: open},
		"sign-in with 503":           {request: write, err: &wire.Error{Kind: signIn, Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: open},
		"sign-in with 500":           {request: read, err: &wire.Error{Kind: signIn, Status: 500, Origin: wire.Undocumented}, want: open},
		"silence at /token":          {request: write, err: &wire.Error{Kind: signIn, Reason: wire.TimedOut}, want: open},
		"interrupted sign-in":        {request: read, err: &wire.Error{Kind: signIn}, want: unchanged},
		"refused renewal":            {request: read, err: &wire.Error{Kind: renewal, Status: 401, Origin: wire.Documented, Reason: wire.TokenInvalid}, want: open},
		"sign-in beside, with 400":   {request: signIn, err: &wire.Error{Status: 400, Origin: wire.Documented}, want: closed},
		"sign-in beside, with 503":   {request: signIn, err: &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: open},
		"renewal beside, refused":    {request: renewal, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.TokenInvalid}, want: closed},

		"expired configured token":  {request: read, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.TokenExpired}, want: openForGood},
		"invalid configured token":  {request: creation, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.TokenInvalid}, want: openForGood},
		"token of a session":        {request: read, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.SessionRefused}, want: closed},
		"password in the body":      {request: write, err: &wire.Error{Status: 401, Origin: wire.Documented, Reason: wire.PasswordRefused}, want: closed},
		"unsupported revision":      {request: read, err: &wire.Error{Status: 400, Origin: wire.Documented, Reason: wire.UnsupportedVersion}, want: openForGood},
		"upgraded appliance":        {request: read, err: &wire.Error{Status: 400, Origin: wire.Documented, Reason: wire.Upgraded}, want: openForGood},
		"not in this revision":      {request: read, err: &wire.Error{Status: 404, Origin: wire.Undocumented, Reason: wire.NotInRevision}, want: closed},
		"license":                   {request: write, err: &wire.Error{Status: 403, Origin: wire.Documented, Reason: wire.LicenseNotAccepted}, want: openForGood},
		"untrusted certificate":     {request: write, err: &wire.Error{Reason: wire.UntrustedCertificate}, want: openForGood},
		"no TLS":                    {request: read, err: &wire.Error{Reason: wire.NotTLS}, want: openForGood},
		"proxy that refuses":        {request: read, err: &wire.Error{Reason: wire.ProxyRefused}, want: openForGood},
		"client certificate needed": {request: read, retry: wire.Persistent, err: &wire.Error{Reason: wire.ClientCertificateRequired}, want: openForGood},

		"missing object":             {request: read, err: &wire.Error{Status: 404, Origin: wire.Documented, Key: "jane"}, want: closed},
		"refused value":              {request: creation, err: &wire.Error{Status: 400, Origin: wire.Documented}, want: closed},
		"refused value with 500":     {request: creation, err: &wire.Error{Status: 500, Origin: wire.Documented, Problem: "validationerror"}, want: closed},
		"access denied":              {request: list, err: &wire.Error{Status: 403, Origin: wire.Documented, Reason: wire.AccessDenied}, want: closed},
		"fault while reading":        {request: read, err: &wire.Error{Status: 500, Origin: wire.Undocumented}, want: unchanged},
		"fault while writing":        {request: write, err: &wire.Error{Status: 500, Origin: wire.Undocumented}, want: unchanged},
		"unreadable success":         {request: read, err: &wire.Error{Status: 200, Origin: wire.Undocumented, Reason: wire.Unreadable}, want: closed},
		"interrupted read":           {request: read, err: &wire.Error{}, want: unchanged},
		"interrupted write":          {request: write, err: &wire.Error{Outcome: wire.Unknown}, want: unchanged},
		"answer that is too large":   {request: list, err: &wire.Error{Reason: wire.Unreadable}, want: unchanged},
		"read without an answer":     {request: read, err: &wire.Error{Reason: wire.TimedOut}, want: open},
		"list without a connection":  {request: list, err: &wire.Error{Reason: wire.Unreachable}, want: open},
		"broken handshake":           {request: read, err: &wire.Error{Reason: wire.HandshakeBroken}, want: open},
		"read with 429":              {request: read, err: &wire.Error{Status: 429, Origin: wire.Documented, Reason: wire.TooManyRequests}, want: open},
		"read with 502":              {request: read, err: &wire.Error{Status: 502, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: open},
		"read with 503":              {request: list, err: &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.AsksToWait}, want: open},
		"read with 504":              {request: read, err: &wire.Error{Status: 504, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: open},
		"page instead of a list":     {request: list, err: &wire.Error{Status: 200, Origin: wire.Foreign, Reason: wire.Unreadable}, want: open},
		"page instead of a path":     {request: list, err: &wire.Error{Status: 404, Origin: wire.Foreign, Reason: wire.Unreadable}, want: open},
		"page instead of the object": {request: read, err: &wire.Error{Status: 404, Origin: wire.Foreign, Reason: wire.Unreadable, Key: "jane"}, want: unchanged},

		"probe that meets a fault":   {request: wire.Probe, err: &wire.Error{Status: 500, Origin: wire.Undocumented}, want: open},
		"probe that is not readable": {request: wire.Probe, err: &wire.Error{Reason: wire.Unreadable}, want: open},
		"probe that is not sent":     {request: wire.Probe, err: &wire.Error{}, want: open},
		"page in answer to a probe":  {request: wire.Probe, err: &wire.Error{Status: 404, Origin: wire.Foreign, Reason: wire.Unreadable, Key: "jane"}, want: open},
		"untrusted probe":            {request: wire.Probe, err: &wire.Error{Reason: wire.UntrustedCertificate}, want: openForGood},

		"write without an answer":        {request: write, err: &wire.Error{Reason: wire.TimedOut, Outcome: wire.Unknown}, want: doubtful},
		"creation without a connection":  {request: creation, err: &wire.Error{Reason: wire.Unreachable}, want: doubtful},
		"page in answer to a write":      {request: write, err: &wire.Error{Status: 403, Origin: wire.Foreign, Reason: wire.Unreadable}, want: doubtful},
		"write with 503":                 {request: write, err: &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: unchanged},
		"write with 429":                 {request: creation, err: &wire.Error{Status: 429, Origin: wire.Undocumented, Reason: wire.TooManyRequests}, want: unchanged},
		"patient read with 503":          {request: read, retry: wire.Persistent, err: &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}, want: unchanged},
		"patient read without an answer": {request: read, retry: wire.Persistent, err: &wire.Error{Reason: wire.TimedOut}, want: unchanged},
		"patient read that is answered":  {request: read, retry: wire.Persistent, want: closed},
	} {
		if test.err != nil && test.err.Kind == wire.Read {
			test.err.Kind = test.request
		}
		got := stateAfter(wire.Request{Kind: test.request, Retry: test.retry, Method: http.MethodGet}, test.err)
		if got != test.want {
			t.Errorf("%s: state %d, want %d", name, got, test.want)
		}
	}
}
