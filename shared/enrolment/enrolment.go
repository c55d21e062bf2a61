// Package enrolment is the one-time code by which a lab enrols an instrument. It
// carries a secret, the fingerprint of the deployment's root key, and where the
// service is: all that trust needs to start, offline.
package enrolment

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net"
	"net/url"
	"strings"
)

const (
	prefix        = "proactive1-"
	secretBytes   = 16
	checksumBytes = 4
	maxURL        = 512
)

// Code is what an enrolment code says.
type Code struct {
	Secret      [secretBytes]byte
	Fingerprint [sha256.Size]byte // of the deployment's root key
	URL         string            // of the API, without a slash at the end
}

// Errors of Parse, each with what to do in its text.
var (
	ErrNotACode = errors.New("this is not an enrolment code; it begins with " + prefix)
	ErrMistyped = errors.New("the enrolment code is incomplete or mistyped; copy it again, whole")
	ErrURL      = errors.New("the enrolment code names an address that is not https")
)

// String is the code as the lab gets it.
func (c Code) String() string {
	body := append(append(bytes.Clone(c.Secret[:]), c.Fingerprint[:]...), checksum(c)...)
	return prefix + base64.RawURLEncoding.EncodeToString(append(body, c.URL...))
}

// Parse reads a code. White space around it and within it is forgiven.
func Parse(s string) (Code, error) {
	s = strings.Join(strings.Fields(s), "")
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return Code{}, ErrNotACode
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || len(raw) <= secretBytes+sha256.Size+checksumBytes || len(raw) > secretBytes+sha256.Size+checksumBytes+maxURL {
		return Code{}, ErrMistyped
	}
	var c Code
	copy(c.Secret[:], raw)
	copy(c.Fingerprint[:], raw[secretBytes:])
	c.URL = string(raw[secretBytes+sha256.Size+checksumBytes:])
	if !bytes.Equal(checksum(c), raw[secretBytes+sha256.Size:secretBytes+sha256.Size+checksumBytes]) {
		return Code{}, ErrMistyped
	}
	if !safeURL(c.URL) {
		return Code{}, ErrURL
	}
	return c, nil
}

// Digest is what the service stores of the secret: hex SHA-256.
func Digest(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:])
}

// checksum tells a mistyped code from a wrong one; it protects nothing.
func checksum(c Code) []byte {
	sum := sha256.Sum256(append(append([]byte("proactive enrolment\n"), append(c.Secret[:], c.Fingerprint[:]...)...), c.URL...))
	return sum[:checksumBytes]
}

// safeURL: https anywhere, http on this machine only.
func safeURL(raw string) bool {
	u, err := url.Parse(raw)
	// "?" and "#" with nothing behind them are in no field of u, and would swallow the
	// path of every call.
	if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsAny(raw, "?#") || strings.HasSuffix(raw, "/") {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && ip != nil && ip.IsLoopback()
}
