// Package consent is the lab's answer as a statement that the instrument's key signs.
// The statements of one enrolment form a chain, so that none can be invented, left out or
// changed without it showing. See events/consent/v1/SPEC.md.
package consent

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"proactive/shared/fault"
	"proactive/shared/jws"
	"proactive/shared/layout"
)

// Format is the first member of a statement, Type the "typ" of its JWS header.
const (
	Format = "proactive-consent/1"
	Type   = "proactive-consent+jws"
)

// TimeFormat is how At is written.
const TimeFormat = "2006-01-02T15:04:05Z"

// Reasons why a statement is not believed.
const (
	NotAStatement = "not-a-consent"
	BadSignature  = "consent-signature"    // not signed by the instrument's key
	ChainBroken   = "consent-chain-broken" // a statement is missing, repeated or changed
)

// Statement is one link of an instrument's chain.
type Statement struct {
	Format     string `json:"format"`
	Deployment string `json:"deployment"`
	Instrument string `json:"instrument"`
	// Version counts the statements of an enrolment from 1, without gaps.
	Version int64 `json:"version"`
	// Previous is the hex SHA-256 of the previous statement's JWS; "" on the first.
	Previous string `json:"previous"`
	On       bool   `json:"on"`
	// Text is the version of the consent text, TextSHA256 the hex digest of that text as
	// it was shown, byte for byte.
	Text       string `json:"text"`
	TextSHA256 string `json:"text_sha256"`
	// At is when it was signed by the instrument's clock, which nobody judges.
	At string `json:"at"`
}

var (
	deploymentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	textVersion    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}$`)
	sha256Hex      = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Check refuses a statement that contradicts itself, before it is signed and after it is
// verified.
func (s Statement) Check() error {
	at, atErr := time.Parse(TimeFormat, s.At)
	switch {
	case s.Format != Format:
		return errors.New("format")
	case !deploymentName.MatchString(s.Deployment):
		return errors.New("deployment")
	case !layout.ValidInstrument(s.Instrument):
		return errors.New("instrument")
	case s.Version < 1 || (s.Version == 1) != (s.Previous == "") || s.Previous != "" && !sha256Hex.MatchString(s.Previous):
		return errors.New("place in the chain")
	case !textVersion.MatchString(s.Text):
		return errors.New("text")
	case !sha256Hex.MatchString(s.TextSHA256):
		return errors.New("text_sha256")
	case atErr != nil || at.Format(TimeFormat) != s.At:
		return errors.New("at")
	}
	return nil
}

// head is the one JWS header of a statement.
var head = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","typ":"` + Type + `"}`))

// Sign makes the statement's compact JWS (RFC 7515, EdDSA of RFC 8037). The same
// statement under the same key is always the same JWS.
func Sign(key ed25519.PrivateKey, s Statement) (string, error) {
	if len(key) != ed25519.PrivateKeySize {
		return "", errors.New("signing a consent statement: no key")
	}
	if err := s.Check(); err != nil {
		return "", fmt.Errorf("signing a consent statement: %w", err)
	}
	body, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encoding a consent statement: %w", err)
	}
	input := head + "." + base64.RawURLEncoding.EncodeToString(body)
	return input + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(input))), nil
}

// Verify returns the statement in raw if key signed it. Whose it is, and its place in the
// chain, are the caller's to check.
func Verify(raw string, key ed25519.PublicKey) (Statement, error) {
	parsed, err := jws.Parse(raw, jose.EdDSA, Type)
	if err != nil {
		return Statement{}, fault.New(fault.Malformed, NotAStatement, err)
	}
	if !strings.HasPrefix(raw, head+".") {
		return Statement{}, fault.New(fault.Malformed, NotAStatement, errors.New("another header"))
	}
	if len(key) != ed25519.PublicKeySize {
		return Statement{}, fault.New(fault.Forbidden, BadSignature, errors.New("no key"))
	}
	body, err := parsed.Verify(key)
	if err != nil {
		return Statement{}, fault.New(fault.Forbidden, BadSignature, err)
	}
	return decode(body)
}

func decode(body []byte) (Statement, error) {
	var s Statement
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return Statement{}, fault.New(fault.Malformed, NotAStatement, err)
	}
	// Whatever a statement is, it is one serialisation: see SPEC.md.
	if again, err := json.Marshal(s); err != nil || !bytes.Equal(again, body) {
		return Statement{}, fault.New(fault.Malformed, NotAStatement, errors.New("not canonical"))
	}
	if err := s.Check(); err != nil {
		return Statement{}, fault.New(fault.Malformed, NotAStatement, err)
	}
	return s, nil
}

// Digest is how the next statement names this one: hex SHA-256 of the JWS, "" of none.
func Digest(jws string) string {
	if jws == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(jws))
	return hex.EncodeToString(sum[:])
}
