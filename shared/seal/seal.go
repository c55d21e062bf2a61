// Package seal encrypts a batch so that only its recipients can open it, and opens
// it. The content key is fresh for each batch, commits to itself, and is wrapped for
// each recipient; header and ciphertext are signed by the instrument. The words are in
// events/batch/v1/SPEC.md.
package seal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	streaming "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"

	"proactive/shared/batch"
	"proactive/shared/fault"
)

// The reasons for which a sound envelope does not open.
const (
	ReasonUnknownKey         = "unknown-key-id"
	ReasonUnwrapFailed       = "unwrap-failed"
	ReasonCommitmentMismatch = "commitment-mismatch"
	ReasonCiphertextCorrupt  = "ciphertext-corrupt"
	ReasonPayloadLength      = "payload-length"
)

// What the content key is expanded to, and the streaming parameters (SPEC, "Cipher").
const (
	infoContent    = "proactive-batch/1 content"
	infoCommitment = "proactive-batch/1 commitment"
	keyBytes       = 32
	segmentBytes   = 64 << 10
)

// Recipient is a public key a batch is sealed for.
type Recipient struct {
	ID  string
	Key *rsa.PublicKey
}

// Params are what a batch is sealed from.
type Params struct {
	Deployment, Instrument, Batch, Catalog string
	Sequence                               int64
	Plaintext                              []byte // the compressed payload
	PayloadBytes                           int64  // its length before compression
	Recipients                             []Recipient
	Signer                                 ed25519.PrivateKey
	Rand                                   io.Reader // of the content key and its wrapping; nil: crypto/rand
}

func (p Params) random() io.Reader {
	if p.Rand == nil {
		return rand.Reader
	}
	return p.Rand
}

// Seal makes a batch.
func Seal(p Params) ([]byte, error) {
	if len(p.Signer) != ed25519.PrivateKeySize {
		return nil, errors.New("sealing: no key to sign with")
	}
	content := make([]byte, keyBytes)
	if _, err := io.ReadFull(p.random(), content); err != nil {
		return nil, fmt.Errorf("drawing a content key: %w", err)
	}
	aeadKey, commitment, err := expand(content)
	if err != nil {
		return nil, err
	}
	size, err := ciphertextBytes(int64(len(p.Plaintext)))
	if err != nil {
		return nil, err
	}
	h := batch.Header{
		Format: batch.Format, Deployment: p.Deployment, Instrument: p.Instrument, Batch: p.Batch,
		Sequence: p.Sequence, Catalog: p.Catalog, Compression: "zstd",
		PlaintextBytes: int64(len(p.Plaintext)), PayloadBytes: p.PayloadBytes, CiphertextBytes: size,
		Commitment: commitment,
	}
	for _, r := range p.Recipients {
		wrapped, err := rsa.EncryptOAEP(sha256.New(), p.random(), r.Key, content, nil)
		if err != nil {
			return nil, fmt.Errorf("wrapping the content key for %s: %w", r.ID, err)
		}
		h.Recipients = append(h.Recipients, batch.Recipient{Key: r.ID, Algorithm: batch.WrapAlgorithm, Wrapped: wrapped})
	}
	header, err := h.Marshal()
	if err != nil {
		return nil, fmt.Errorf("writing the header: %w", err)
	}
	sealed, err := encrypt(aeadKey, header, p.Plaintext)
	if err != nil {
		return nil, err
	}
	if int64(len(sealed)) != size {
		return nil, fmt.Errorf("sealing gave %d bytes, the header says %d", len(sealed), size)
	}
	e := batch.Envelope{Header: h, HeaderBytes: header, Ciphertext: sealed}
	e.Signature = ed25519.Sign(p.Signer, batch.Message(header, sealed))
	return e.Marshal(), nil
}

// Unwrapper unwraps content keys, with a key that it alone holds.
type Unwrapper interface {
	// Unwrap opens a content key wrapped for keyID by RSAES-OAEP-SHA-256. A wrapped
	// key that is not sound is a fault of kind Malformed; a service that does not
	// answer is any other error, and may be tried again.
	Unwrap(ctx context.Context, keyID string, wrapped []byte) ([]byte, error)
}

// Open opens a batch as recipient keyID and returns the compressed payload. It does
// not check the signature, which Verify has done before. The commitment is checked
// before a byte is decrypted: a key that was not committed to opens nothing.
func Open(ctx context.Context, e *batch.Envelope, keyID string, u Unwrapper) ([]byte, error) {
	var wrapped []byte
	for _, r := range e.Header.Recipients {
		if r.Key == keyID {
			wrapped = r.Wrapped
		}
	}
	if wrapped == nil {
		return nil, fault.New(fault.Malformed, ReasonUnknownKey, nil)
	}
	content, err := u.Unwrap(ctx, keyID, wrapped)
	if err != nil {
		return nil, fmt.Errorf("unwrapping the content key: %w", err)
	}
	if len(content) != keyBytes {
		return nil, fault.New(fault.Malformed, ReasonUnwrapFailed, nil)
	}
	aeadKey, commitment, err := expand(content)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(commitment, e.Header.Commitment) != 1 {
		return nil, fault.New(fault.Malformed, ReasonCommitmentMismatch, nil)
	}
	plain, err := decrypt(aeadKey, e.HeaderBytes, e.Ciphertext)
	if err != nil {
		return nil, fault.New(fault.Malformed, ReasonCiphertextCorrupt, err)
	}
	// Tink reads an empty last segment too, which would be a second way to write the
	// same plaintext: the length of the ciphertext tells.
	size, err := ciphertextBytes(int64(len(plain)))
	if err != nil || size != int64(len(e.Ciphertext)) || int64(len(plain)) != e.Header.PlaintextBytes {
		return nil, fault.New(fault.Malformed, ReasonPayloadLength, nil)
	}
	return plain, nil
}

// expand turns the content key into the cipher's key and the commitment to both.
func expand(content []byte) (aeadKey, commitment []byte, err error) {
	if aeadKey, err = hkdf.Key(sha256.New, content, nil, infoContent, keyBytes); err != nil {
		return nil, nil, fmt.Errorf("expanding the content key: %w", err)
	}
	if commitment, err = hkdf.Key(sha256.New, content, nil, infoCommitment, keyBytes); err != nil {
		return nil, nil, fmt.Errorf("expanding the commitment: %w", err)
	}
	return aeadKey, commitment, nil
}

func newCipher(key []byte) (*streaming.AESGCMHKDF, error) {
	c, err := streaming.NewAESGCMHKDF(key, "SHA256", keyBytes, segmentBytes, 0)
	if err != nil {
		return nil, fmt.Errorf("making the cipher: %w", err)
	}
	return c, nil
}

func encrypt(key, associated, plain []byte) ([]byte, error) {
	c, err := newCipher(key)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := c.NewEncryptingWriter(&out, associated)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return out.Bytes(), nil
}

func decrypt(key, associated, sealed []byte) ([]byte, error) {
	c, err := newCipher(key)
	if err != nil {
		return nil, err
	}
	r, err := c.NewDecryptingReader(bytes.NewReader(sealed), associated)
	if err != nil {
		return nil, fmt.Errorf("decrypting: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, batch.MaxCiphertext+1))
	if err != nil {
		return nil, fmt.Errorf("decrypting: %w", err)
	}
	return plain, nil
}

// ciphertextBytes is how long a plaintext becomes: Tink's header (1 + 32 + 7 bytes),
// and 16 bytes of tag for each segment, the first of which is shorter by the header.
func ciphertextBytes(plain int64) (int64, error) {
	const header, tag = 1 + keyBytes + 7, 16
	if plain <= 0 || plain > batch.MaxCiphertext {
		return 0, fault.New(fault.Malformed, ReasonPayloadLength, nil)
	}
	perSegment := int64(segmentBytes - tag)
	segments := (plain + header + perSegment - 1) / perSegment
	return header + plain + segments*tag, nil
}
