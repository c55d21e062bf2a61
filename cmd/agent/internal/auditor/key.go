// Package auditor is the lab's own key to its batches: a second recipient, so that the lab
// can open what it sent, look at it again, and need nobody's word for it. The instrument
// has the public half only, and opens nothing.
package auditor

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"proactive/shared/fault"
)

// Reasons of the auditor's own.
const (
	BadKey     = "auditor-key"         // not a public key that a batch can be sealed for
	BadPrivate = "auditor-private-key" // not the private half of one
	BadSigner  = "auditor-signer"      // not an instrument's public key
)

// The shortest key that is safe, and the longest that a batch's header has room for.
const minBits, maxBits = 2048, 4096

// ID names a public key among a batch's recipients.
func ID(key *rsa.PublicKey) (string, error) {
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("encoding the auditor's key: %w", err)
	}
	sum := sha256.Sum256(spki)
	return "auditor-" + hex.EncodeToString(sum[:8]), nil
}

// ParsePublic reads an RSA key of 2048 to 4096 bits from one PEM block "PUBLIC KEY".
func ParsePublic(raw []byte) (*rsa.PublicKey, error) {
	der, err := block(raw, "PUBLIC KEY")
	if err != nil {
		return nil, fault.New(fault.Malformed, BadKey, err)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fault.New(fault.Malformed, BadKey, err)
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fault.New(fault.Malformed, BadKey, errors.New("not RSA"))
	}
	if bits := key.N.BitLen(); bits < minBits || bits > maxBits {
		return nil, fault.New(fault.Malformed, BadKey, fmt.Errorf("%d bits", bits))
	}
	return key, nil
}

// ParsePrivate reads its other half from one PEM block, as openssl writes it.
func ParsePrivate(raw []byte) (*rsa.PrivateKey, error) {
	der, err := block(raw, "PRIVATE KEY")
	if err != nil {
		return nil, fault.New(fault.Malformed, BadPrivate, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fault.New(fault.Malformed, BadPrivate, errors.New("not PKCS #8")) // the parser's error could quote it
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fault.New(fault.Malformed, BadPrivate, errors.New("not RSA"))
	}
	return key, nil
}

// ParseSigner reads an instrument's public key, as the archive holds it.
func ParseSigner(raw []byte) (ed25519.PublicKey, error) {
	der, err := block(raw, "PUBLIC KEY")
	if err != nil {
		return nil, fault.New(fault.Malformed, BadSigner, err)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	key, ok := parsed.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, fault.New(fault.Malformed, BadSigner, errors.New("not Ed25519"))
	}
	return key, nil
}

// signer is an instrument's public key as a file: its name, and what is in it.
func signer(key ed25519.PublicKey) (name string, raw []byte, err error) {
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", nil, fmt.Errorf("encoding the instrument's key: %w", err)
	}
	sum := sha256.Sum256(spki)
	return "signer-" + hex.EncodeToString(sum[:8]) + ".pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}), nil
}

func block(raw []byte, kind string) ([]byte, error) {
	b, rest := pem.Decode(raw)
	switch {
	case b == nil || len(strings.TrimSpace(string(rest))) != 0:
		return nil, errors.New("not one PEM block")
	case b.Type != kind:
		return nil, fmt.Errorf("a PEM block of another type than %s", kind)
	}
	return b.Bytes, nil
}
