// Package request signs and verifies an instrument's requests: a JWS with EdDSA (RFC
// 8037) that binds method, path, body and a nonce of the server's, in the manner of
// DPoP (RFC 9449). The instrument's clock is not judged: freshness is the nonce's.
package request

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"

	"proactive/shared/fault"
	"proactive/shared/jws"
)

// Scheme stands before the token in the Authorization header.
const Scheme = "Proactive "

const tokenType = "proactive-request+jws"

// maxToken bounds what is parsed, in bytes.
const maxToken = 2 << 10

// Reasons that go to the log. Outside there is one answer for all of them.
const (
	ReasonNoToken   = "no-token"
	ReasonBadToken  = "bad-token"
	ReasonSignature = "request-signature"
	ReasonBinding   = "request-binding" // signed for another method, path or body
)

// claims are what is signed.
type claims struct {
	Method string `json:"htm"`
	Path   string `json:"htp"` // with its query
	Nonce  string `json:"nonce"`
	Body   string `json:"bdg"` // base64url SHA-256
	Issued int64  `json:"iat"` // Unix seconds by the instrument's clock; informative
}

// Sign returns the Authorization header of a request by an enrolled instrument.
func Sign(key ed25519.PrivateKey, instrument, method, path, nonce string, body []byte) (string, error) {
	return sign(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key, KeyID: instrument}}, false, method, path, nonce, body)
}

// SignEnrolment signs the one request that is made before there is an instrument id:
// the public key travels in the header.
func SignEnrolment(key ed25519.PrivateKey, method, path, nonce string, body []byte) (string, error) {
	return sign(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, true, method, path, nonce, body)
}

func sign(key jose.SigningKey, embed bool, method, path, nonce string, body []byte) (string, error) {
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{EmbedJWK: embed}).WithType(tokenType))
	if err != nil {
		return "", fmt.Errorf("preparing to sign: %w", err)
	}
	raw, err := json.Marshal(claims{Method: method, Path: path, Nonce: nonce, Body: digest(body), Issued: time.Now().Unix()})
	if err != nil {
		return "", fmt.Errorf("encoding the claims: %w", err)
	}
	signed, err := signer.Sign(raw)
	if err != nil {
		return "", fmt.Errorf("signing the request: %w", err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("serialising the token: %w", err)
	}
	return Scheme + token, nil
}

// Token is a parsed Authorization header, not yet verified.
type Token struct {
	// Instrument is who claims to ask; empty for an enrolment.
	Instrument string
	// Key is the key of an enrolment, from the header; nil otherwise.
	Key ed25519.PublicKey

	jws *jose.JSONWebSignature
}

// Parse reads an Authorization header. Nothing in it is proven before Verify.
func Parse(header string) (Token, error) {
	raw, ok := strings.CutPrefix(header, Scheme)
	if !ok {
		return Token{}, fault.New(fault.Unknown, ReasonNoToken, nil)
	}
	if len(raw) > maxToken {
		return Token{}, fault.New(fault.Unknown, ReasonBadToken, nil)
	}
	parsed, err := jws.Parse(raw, jose.EdDSA, tokenType, "kid", "jwk")
	if err != nil {
		return Token{}, fault.New(fault.Unknown, ReasonBadToken, err)
	}
	h := parsed.Signatures[0].Protected
	t := Token{Instrument: h.KeyID, jws: parsed}
	if h.JSONWebKey != nil {
		t.Key, ok = h.JSONWebKey.Key.(ed25519.PublicKey)
		if !ok || !bare(raw, t.Key) {
			return Token{}, fault.New(fault.Unknown, ReasonBadToken, nil)
		}
	}
	if (t.Instrument == "") == (t.Key == nil) {
		return Token{}, fault.New(fault.Unknown, ReasonBadToken, nil)
	}
	return t, nil
}

// bare tells whether the token's "jwk" is the key alone and in its one form: kty, crv and
// x (RFC 8037, section 2), and nothing that would have to be judged, such as a use or a
// certificate. The library passes over what it does not know.
func bare(token string, key ed25519.PublicKey) bool {
	head, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return false
	}
	var h struct {
		JWK map[string]string `json:"jwk"`
	}
	if err := josejson.Unmarshal(raw, &h); err != nil {
		return false
	}
	return maps.Equal(h.JWK, map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(key)})
}

// Verify checks the token's signature by key and that it was made for this method,
// path and body. It returns the nonce, which the caller must find fresh and unused.
func (t Token) Verify(key ed25519.PublicKey, method, path string, body []byte) (nonce string, err error) {
	if len(key) != ed25519.PublicKeySize {
		return "", fault.New(fault.Unknown, ReasonSignature, nil)
	}
	raw, err := t.jws.Verify(key)
	if err != nil {
		return "", fault.New(fault.Unknown, ReasonSignature, err)
	}
	c, err := parseClaims(raw)
	if err != nil {
		return "", fault.New(fault.Unknown, ReasonBadToken, err)
	}
	if c.Method != method || c.Path != path || c.Body != digest(body) {
		return "", fault.New(fault.Unknown, ReasonBinding, nil)
	}
	return c.Nonce, nil
}

// parseClaims reads the claims, each once and no other. A nonce is among them.
func parseClaims(raw []byte) (claims, error) {
	var c claims
	// The library's decoder refuses a name that stands twice or in another letter case.
	var names map[string]json.RawMessage
	if err := josejson.Unmarshal(raw, &names); err != nil {
		return c, fmt.Errorf("decoding the claims: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, fmt.Errorf("decoding the claims: %w", err)
	}
	for _, want := range []string{"htm", "htp", "nonce", "bdg", "iat"} {
		if _, ok := names[want]; !ok {
			return c, errors.New("a claim is missing")
		}
	}
	return c, nil
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
