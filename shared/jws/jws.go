// Package jws parses a compact JWS (RFC 7515) more strictly than go-jose does: one
// algorithm, one type, no member in its header but those expected, one spelling. What
// an option could change (b64, crit, an embedded chain, another key's address) has no
// place to stand.
package jws

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json" // case-sensitive, and refuses a member that stands twice
)

// ErrForm says that a string is not the JWS that was expected.
var ErrForm = errors.New("not the expected JWS")

// Parse reads a compact JWS signed with alg and of type typ. Beside "alg" and "typ" its
// header may have only the named members. Nothing is proven before its Verify.
func Parse(raw string, alg jose.SignatureAlgorithm, typ string, members ...string) (*jose.JSONWebSignature, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("splitting a JWS: %w", ErrForm)
	}
	for i, p := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(p)
		if err != nil || base64.RawURLEncoding.EncodeToString(b) != p {
			return nil, fmt.Errorf("decoding part %d of a JWS: %w", i+1, ErrForm)
		}
		if i > 0 {
			continue
		}
		var header map[string]json.RawMessage
		if err := json.Unmarshal(b, &header); err != nil {
			return nil, fmt.Errorf("decoding the header of a JWS: %w", ErrForm)
		}
		for name, value := range header {
			// An empty member is one that the sender did not mean to send, and reads like
			// one that is not there.
			empty := string(value) == "null" || string(value) == `""`
			if empty || name != "alg" && name != "typ" && !slices.Contains(members, name) {
				return nil, fmt.Errorf("checking the header of a JWS: %w", ErrForm)
			}
		}
	}
	parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{alg})
	if err != nil {
		return nil, fmt.Errorf("parsing a JWS: %w", err)
	}
	if got, _ := parsed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string); got != typ {
		return nil, fmt.Errorf("checking the type of a JWS: %w", ErrForm)
	}
	return parsed, nil
}
