// Package batch is the sealed batch as bytes: a format line, a canonical header, a
// signature and a ciphertext. It parses strictly, has one serialisation, and needs
// no key but the instrument's public one. The words are in events/batch/v1/SPEC.md.
package batch

import (
	"bytes"
	"encoding/json"
	"regexp"

	"proactive/shared/fault"
	"proactive/shared/layout"
)

// Format is the first line of a batch and the header's first member.
const Format = "proactive-batch/1"

// Limits of a batch (SPEC, "Limits").
const (
	MaxHeader     = 8 << 10  // bytes of the header line
	MaxCiphertext = 32 << 20 // bytes
	MaxPayload    = 64 << 20 // bytes, uncompressed
	MaxRecipients = 4
)

// WrapAlgorithm is the only way a content key is wrapped: RFC 8017 section 7.1 with
// SHA-256 for both hash and mask, and an empty label.
const WrapAlgorithm = "RSAES-OAEP-SHA-256"

// The reasons for which a batch is refused before it is opened.
const (
	ReasonNotABatch        = "not-a-batch"
	ReasonUnknownFormat    = "unknown-format"
	ReasonHeaderLimit      = "header-limit"
	ReasonNotCanonical     = "header-not-canonical"
	ReasonHeaderValue      = "header-value"
	ReasonWrongDeployment  = "wrong-deployment"
	ReasonCiphertextLength = "ciphertext-length"
	ReasonBadSignature     = "bad-signature"
)

// Header is what anyone may know of a batch. It is the associated data of the
// ciphertext and under the signature. Members are in the order of serialisation.
type Header struct {
	Format          string      `json:"format"`
	Deployment      string      `json:"deployment"`
	Instrument      string      `json:"instrument"` // opaque id
	Batch           string      `json:"batch"`      // ULID
	Sequence        int64       `json:"sequence"`   // from 1, unique per instrument, gaps allowed
	Catalog         string      `json:"catalog"`    // "sha256:" and 64 hex digits
	Compression     string      `json:"compression"`
	PlaintextBytes  int64       `json:"plaintext_bytes"`  // compressed payload
	PayloadBytes    int64       `json:"payload_bytes"`    // uncompressed payload
	CiphertextBytes int64       `json:"ciphertext_bytes"` // to the end of the object
	Commitment      []byte      `json:"commitment"`       // 32 bytes
	Recipients      []Recipient `json:"recipients"`       // 1 to 4, the deployment's first
}

// Recipient is one who can open the batch.
type Recipient struct {
	Key       string `json:"key"` // id of the recipient's key in the key set
	Algorithm string `json:"algorithm"`
	Wrapped   []byte `json:"wrapped"` // the content key under that key, 256 to 512 bytes
}

var (
	deploymentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	keyName        = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	catalogHash    = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// For checks that the batch was sealed for a deployment.
func (h Header) For(deployment string) error {
	if h.Deployment != deployment {
		return fault.New(fault.Malformed, ReasonWrongDeployment, nil)
	}
	return nil
}

// Marshal is the header's one serialisation: compact JSON in the order of the
// struct, no line feed.
func (h Header) Marshal() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(h)
	if err != nil {
		return nil, fault.New(fault.Internal, ReasonHeaderValue, err)
	}
	return raw, nil
}

// ParseHeader is the inverse of Marshal and accepts nothing else.
func ParseHeader(raw []byte) (Header, error) {
	var h Header
	if len(raw) > MaxHeader {
		return h, fault.New(fault.Malformed, ReasonHeaderLimit, nil)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return Header{}, fault.New(fault.Malformed, ReasonNotCanonical, err)
	}
	if err := h.check(); err != nil {
		return Header{}, err
	}
	again, err := json.Marshal(h)
	if err != nil || !bytes.Equal(again, raw) {
		return Header{}, fault.New(fault.Malformed, ReasonNotCanonical, err)
	}
	return h, nil
}

// check holds every member to its form and bounds.
func (h Header) check() error {
	if h.Format != Format {
		return fault.New(fault.Malformed, ReasonUnknownFormat, nil)
	}
	ok := deploymentName.MatchString(h.Deployment) &&
		layout.ValidInstrument(h.Instrument) && layout.ValidBatch(h.Batch) &&
		h.Sequence >= 1 && h.Sequence < 1e12 &&
		catalogHash.MatchString(h.Catalog) && h.Compression == "zstd" &&
		0 < h.PlaintextBytes && h.PlaintextBytes <= MaxCiphertext &&
		0 < h.PayloadBytes && h.PayloadBytes <= MaxPayload &&
		h.PlaintextBytes < h.CiphertextBytes && h.CiphertextBytes <= MaxCiphertext &&
		len(h.Commitment) == 32 &&
		1 <= len(h.Recipients) && len(h.Recipients) <= MaxRecipients
	seen := map[string]bool{}
	for _, r := range h.Recipients {
		ok = ok && keyName.MatchString(r.Key) && !seen[r.Key] &&
			r.Algorithm == WrapAlgorithm && 256 <= len(r.Wrapped) && len(r.Wrapped) <= 512
		seen[r.Key] = true
	}
	if !ok {
		return fault.New(fault.Malformed, ReasonHeaderValue, nil)
	}
	return nil
}
