package seal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"math/big"
	"strings"
	"testing"
	"testing/iotest"

	"proactive/shared/batch"
	"proactive/shared/fault"
)

// The content key is what Rand gives, and no batch is sealed with less of it.
func TestContentKeyIsDrawnFromRand(t *testing.T) {
	b := newBench(t, 10)
	content := bytes.Repeat([]byte{7}, keyBytes)
	b.params.Rand = bytes.NewReader(append(content, make([]byte, 4096)...))
	raw, err := Seal(b.params)
	must(t, err)
	e, err := batch.Read(bytes.NewReader(raw))
	must(t, err)
	if _, commitment, err := expand(content); err != nil || !bytes.Equal(commitment, e.Header.Commitment) {
		t.Errorf("another key than the one that was drawn (%v)", err)
	}
	down := errors.New("no entropy")
	b.params.Rand = iotest.ErrReader(down)
	if _, err := Seal(b.params); !errors.Is(err, down) {
		t.Error(err)
	}
	b.params.Rand = bytes.NewReader(content[1:])
	if _, err := Seal(b.params); err == nil || !strings.HasPrefix(err.Error(), "drawing a content key") {
		t.Errorf("sealed with 31 bytes: %v", err)
	}
}

func TestSealSaysWhatFailed(t *testing.T) {
	tiny := &rsa.PublicKey{N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 511), big.NewInt(1)), E: 65537} // no room for a content key
	for want, spoil := range map[string]func(*Params){
		"sealing: no key to sign with":          func(p *Params) { p.Signer = p.Signer[1:] },
		"wrapping the content key for unwrap-1": func(p *Params) { p.Recipients[0].Key = tiny },
		"writing the header":                    func(p *Params) { p.Sequence = 0 },
		"malformed: " + ReasonPayloadLength:     func(p *Params) { p.Plaintext = nil },
	} {
		b := newBench(t, 10)
		spoil(&b.params)
		if raw, err := Seal(b.params); raw != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestCiphertextBytes(t *testing.T) {
	for plain, want := range map[int64]int64{
		1: 57, 65480: 65536, 65481: 65553, 65480 + 65520: 2 * 65536, 65480 + 65521: 2*65536 + 17,
		batch.MaxCiphertext: 40 + batch.MaxCiphertext + 513*16, 0: 0, -1: 0, batch.MaxCiphertext + 1: 0,
	} {
		got, err := ciphertextBytes(plain)
		if _, reason := fault.Public(err); got != want || (want == 0) != (reason == ReasonPayloadLength) {
			t.Errorf("%d bytes become %d (%v), want %d", plain, got, err, want)
		}
	}
}

// A key that the cipher does not take is an error, not a batch in the clear.
func TestCipherRefusesAShortKey(t *testing.T) {
	short := make([]byte, 8)
	if c, err := newCipher(short); c != nil || err == nil || !strings.HasPrefix(err.Error(), "making the cipher") {
		t.Error(err)
	}
	if out, err := encrypt(short, nil, []byte("x")); out != nil || err == nil {
		t.Error("encrypted")
	}
	if out, err := decrypt(short, nil, make([]byte, 100)); out != nil || err == nil {
		t.Error("decrypted")
	}
}

func TestDecryptSaysThatItFailed(t *testing.T) {
	key := make([]byte, keyBytes)
	sealed, err := encrypt(key, []byte("header"), pattern(100))
	must(t, err)
	for name, c := range map[string]struct{ associated, sealed []byte }{
		"no header":    {[]byte("header"), nil},
		"torn":         {[]byte("header"), sealed[:len(sealed)-1]},
		"another head": {[]byte("header2"), sealed},
	} {
		if plain, err := decrypt(key, c.associated, c.sealed); plain != nil || err == nil || !strings.HasPrefix(err.Error(), "decrypting") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An unwrapper that does not answer is not a batch that is not sound: it may be asked again.
func TestOpenPassesOnThatNobodyAnswered(t *testing.T) {
	b := newBench(t, 10)
	e, err := batch.Read(bytes.NewReader(b.raw))
	must(t, err)
	down := errors.New("no answer")
	_, err = Open(t.Context(), e, "unwrap-1", unwrapper(func() ([]byte, error) { return nil, down }))
	if kind, _ := fault.Public(err); !errors.Is(err, down) || kind != fault.Internal {
		t.Error(err)
	}
	for _, n := range []int{0, keyBytes - 1, keyBytes + 1} {
		_, err = Open(t.Context(), e, "unwrap-1", unwrapper(func() ([]byte, error) { return make([]byte, n), nil }))
		if _, reason := fault.Public(err); reason != ReasonUnwrapFailed {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := b.private.Unwrap(t.Context(), "unwrap-1", make([]byte, 256)); !errors.Is(err, fault.New(fault.Malformed, ReasonUnwrapFailed, nil)) {
		t.Error(err)
	}
	if _, err := (Local{}).Unwrap(t.Context(), "unwrap-1", nil); !errors.Is(err, fault.New(fault.Malformed, ReasonUnknownKey, nil)) {
		t.Error(err)
	}
}

type unwrapper func() ([]byte, error)

func (u unwrapper) Unwrap(context.Context, string, []byte) ([]byte, error) { return u() }

// What is opened says what it was sealed as, member by member.
func TestSealWritesWhatItWasGiven(t *testing.T) {
	b := newBench(t, 10)
	e, err := batch.Read(bytes.NewReader(b.raw))
	must(t, err)
	h, p := e.Header, b.params
	if h.Deployment != p.Deployment || h.Instrument != p.Instrument || h.Batch != p.Batch || h.Sequence != p.Sequence || h.Catalog != p.Catalog ||
		h.PlaintextBytes != 10 || h.PayloadBytes != p.PayloadBytes || h.CiphertextBytes != int64(len(e.Ciphertext)) || len(h.Recipients) != 2 {
		t.Errorf("%+v", h)
	}
	if !ed25519.Verify(b.public, batch.Message(e.HeaderBytes, e.Ciphertext), e.Signature) {
		t.Error("the signature")
	}
}
