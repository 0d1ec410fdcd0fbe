package fields

import (
	"slices"
	"testing"
)

// One rule decides what the name of a secret is, however it is spelled.
func TestIsSecret(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"password": true, "PASSWORDHint": true, "userPassword": true, "passwd": true, "PassPhrase": true, "passcode": true, "pass": true, "smtpPass": true, "PASS": true,
		"userPwd": true, "USERPWD": true, "pwd": true, "clientSecret": true, "apiToken": true, "APIToken": true, "jwt": true, "idJwt": true,
		"recoveryCodes": true, "backupCodes": true, "backup_code": true, "scratch-codes": true, "RECOVERYCODES": true, "qrString": true, "qr_code": true,
		"otpSeed": true, "otp": true, "totpUri": true, "seed": true, "pin": true, "userPIN": true, "pins": true, "PIN2": true,
		"accessKey": true, "signingKey": true, "privateKey": true, "apiKey": true, "apikey": true, "X-Api-Key": true, "encryptionKeys": true, "secretKey": true,
		"otpauth": true, "otpAuthUri": true, "OTPAUTHURL": true, "recovery": true, "mfaRecovery": true, "recoveryKey": true, "recoveryPhrase": true,
		"cookie": true, "sessionCookie": true, "cookies": true, "sessionId": true, "SESSIONID": true, "session_id": true, "lastSessionIds": true, "sessionKey": true,
		"credential": true, "userCredential": true,

		"role": false, "monkey": false, "passed": false, "bypassRules": false, "credentialsId": false, "credentials": false, "publicKey": false, "key": false, "keyboard": false,
		"pinned": false, "spinner": false, "pinging": false, "hotplug": false, "adoptPolicy": false, "seeded": false, "code": false, "countryCode": false, "backup": false, "": false,
		"compass": false, "passive": false, "authType": false, "credentialId": false, "credentialType": false, "sessionTimeout": false, "sessionIdleTimeout": false, "sessionIdentity": false,
		"recoveryEmail": false, "disasterRecovery": false, "recoveryTime": false,
	} {
		if isSecret(name, "value") != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
	if !isSecret("enrollment", "otpauth://totp/x") || isSecret("enrollment", "the otpauth scheme") { // a URI that has the secret, whatever it is called
		t.Error("an otpauth URI is not what is taken for a secret")
	}
	for _, value := range []any{true, false, nil} { // whether a password must be changed is none
		if isSecret("mustChangePassword", value) {
			t.Errorf("%v", value)
		}
	}
}

// What is shown has every bool that the comparison compares, and no secret at any depth.
func TestObject_withoutSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"mustChangePassword":true,"role":"a"}`:                                  `{"mustChangePassword":true,"role":"a"}`,
		`{"userPwd":"hidden","credentials":{"user":"jane","pass":"hidden"}}`:      `{"credentials":{"user":"jane"}}`,
		`{"mfa":[{"otpSeed":"hidden","kind":"totp","recoveryCodes":["hidden"]}]}`: `{"mfa":[{"kind":"totp"}]}`,
	} {
		object := fieldsOf(t, text)
		if got := object.WithoutSecrets().String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	answer := fieldsOf(t, `{"mustChangePassword":true}`)
	if shown := answer.WithoutSecrets(); !slices.Equal(shown.Compare(fieldsOf(t, `{"mustChangePassword":false}`)).Different, []string{"mustChangePassword"}) {
		t.Errorf("%s is not what is compared", shown)
	}
}
