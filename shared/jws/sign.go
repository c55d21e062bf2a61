package jws

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	stdjson "encoding/json" // writes members in the order of the struct
	"fmt"
)

// Signer signs with a key of the deployment that never leaves KMS.
type Signer interface {
	// KeyID is the id, in the published key set, of the key to sign with.
	KeyID(ctx context.Context) (string, error)
	// SignES256 returns r and s, 32 bytes each, for a SHA-256 digest.
	SignES256(ctx context.Context, keyID string, digest []byte) ([]byte, error)
}

// protected is the header. Its members stand in this order.
type protected struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

// Header is the one serialisation of the header of what Sign makes, in base64url.
func Header(typ, kid string) (string, error) {
	head, err := stdjson.Marshal(protected{Alg: "ES256", Typ: typ, Kid: kid})
	if err != nil {
		return "", fmt.Errorf("encoding a JWS header: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(head), nil
}

// Sign makes the compact JWS (RFC 7515, ES256) of a body. The private key is out of
// reach, in KMS, so the serialisation is made here; go-jose verifies it. typ keeps a
// signature on one kind of document from being one on any other.
func Sign(ctx context.Context, signer Signer, typ string, body []byte) (string, error) {
	kid, err := signer.KeyID(ctx)
	if err != nil {
		return "", fmt.Errorf("naming the signing key: %w", err)
	}
	head, err := Header(typ, kid)
	if err != nil {
		return "", err
	}
	input := head + "." + base64.RawURLEncoding.EncodeToString(body)
	digest := sha256.Sum256([]byte(input))
	raw, err := signer.SignES256(ctx, kid, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	if len(raw) != 64 {
		return "", fmt.Errorf("signing: a signature of %d bytes", len(raw))
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(raw), nil
}
