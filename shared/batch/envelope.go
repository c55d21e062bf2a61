package batch

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"

	"proactive/shared/fault"
)

// signatureDomain separates batch signatures from everything else the key signs.
const signatureDomain = "proactive-batch/1 signature\n"

// Envelope is a parsed batch.
type Envelope struct {
	Header      Header
	HeaderBytes []byte // the header line, without its line feed
	Signature   []byte // 64 bytes
	Ciphertext  []byte
}

// Read parses a whole batch: at most MaxCiphertext and the lines before it, then the
// end. It checks form and lengths; Verify checks the signature.
func Read(r io.Reader) (*Envelope, error) {
	in := bufio.NewReaderSize(r, MaxHeader+1)
	format, err := line(in, ReasonNotABatch)
	if err != nil {
		return nil, err
	}
	if string(format) != Format {
		if bytes.HasPrefix(format, []byte("proactive-batch/")) {
			return nil, fault.New(fault.Malformed, ReasonUnknownFormat, nil)
		}
		return nil, fault.New(fault.Malformed, ReasonNotABatch, nil)
	}
	raw, err := line(in, ReasonHeaderLimit)
	if err != nil {
		return nil, err
	}
	e := &Envelope{HeaderBytes: raw}
	if e.Header, err = ParseHeader(raw); err != nil {
		return nil, err
	}
	sig, err := line(in, ReasonBadSignature)
	if err != nil {
		return nil, err
	}
	e.Signature, err = base64.StdEncoding.Strict().DecodeString(string(sig))
	if err != nil || len(e.Signature) != ed25519.SignatureSize || base64.StdEncoding.EncodeToString(e.Signature) != string(sig) {
		return nil, fault.New(fault.Malformed, ReasonBadSignature, err)
	}
	// One byte more than announced tells an extension from a truncation; both are the
	// same refusal. The header bounds the allocation.
	e.Ciphertext, err = io.ReadAll(io.LimitReader(in, e.Header.CiphertextBytes+1))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "reading", err)
	}
	if int64(len(e.Ciphertext)) != e.Header.CiphertextBytes {
		return nil, fault.New(fault.Malformed, ReasonCiphertextLength, nil)
	}
	return e, nil
}

func line(in *bufio.Reader, reason string) ([]byte, error) {
	raw, err := in.ReadSlice('\n')
	switch {
	case err == nil:
		return bytes.Clone(raw[:len(raw)-1]), nil
	case errors.Is(err, io.EOF):
		return nil, fault.New(fault.Malformed, ReasonNotABatch, err)
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fault.New(fault.Malformed, reason, err)
	}
	return nil, fault.New(fault.Unavailable, "reading", err)
}

// Marshal is the inverse of Read.
func (e *Envelope) Marshal() []byte {
	var b bytes.Buffer
	b.WriteString(Format + "\n")
	b.Write(e.HeaderBytes)
	b.WriteString("\n" + base64.StdEncoding.EncodeToString(e.Signature) + "\n")
	b.Write(e.Ciphertext)
	return b.Bytes()
}

// Message is what the instrument signs: a domain, the digest of the header line and
// the digest of the ciphertext.
func Message(header, ciphertext []byte) []byte {
	h, c := sha256.Sum256(header), sha256.Sum256(ciphertext)
	return append(append([]byte(signatureDomain), h[:]...), c[:]...)
}

// Verify checks the instrument's signature over header and ciphertext.
func (e *Envelope) Verify(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, Message(e.HeaderBytes, e.Ciphertext), e.Signature) {
		return fault.New(fault.Malformed, ReasonBadSignature, nil)
	}
	return nil
}
