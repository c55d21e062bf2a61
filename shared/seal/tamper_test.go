package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"slices"
	"testing"
	"testing/cryptotest"

	"pgregory.net/rapid"

	"proactive/shared/batch"
	"proactive/shared/fault"
)

// The reasons with which a changed batch may be refused.
var refusals = []string{
	batch.ReasonNotABatch, batch.ReasonUnknownFormat, batch.ReasonHeaderLimit, batch.ReasonNotCanonical, batch.ReasonHeaderValue,
	batch.ReasonCiphertextLength, batch.ReasonBadSignature,
	ReasonUnknownKey, ReasonUnwrapFailed, ReasonCommitmentMismatch, ReasonCiphertextCorrupt, ReasonPayloadLength,
}

// bench is a batch for two recipients, and who made it.
type bench struct {
	params  Params
	public  ed25519.PublicKey
	private Local
	raw     []byte
}

func newBench(t *testing.T, plaintext int) bench {
	t.Helper()
	cryptotest.SetGlobalRandom(t, 1)
	keys := testKeys()
	b := bench{private: Local{"unwrap-1": keys[0], "auditor": keys[1]}}
	signer := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, ed25519.SeedSize))
	b.public = signer.Public().(ed25519.PublicKey)
	b.params = Params{
		Deployment: "proactive-test", Instrument: "i-01arz3ndektsv4rrffq69g5fav", Batch: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
		Catalog: "sha256:" + fmt.Sprintf("%064x", 7), Sequence: 1, Plaintext: pattern(plaintext), PayloadBytes: 9,
		Recipients: []Recipient{{"unwrap-1", &keys[0].PublicKey}, {"auditor", &keys[1].PublicKey}}, Signer: signer,
	}
	var err error
	if b.raw, err = Seal(b.params); err != nil {
		t.Fatal(err)
	}
	return b
}

// receive does all that a recipient does.
func (b bench) receive(t *testing.T, raw []byte, as string) ([]byte, error) {
	e, err := batch.Read(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if err := e.Verify(b.public); err != nil {
		return nil, err
	}
	return Open(t.Context(), e, as, b.private)
}

func TestRoundTrip(t *testing.T) {
	// Lengths around the ends of segments: the first is shorter by Tink's header.
	first, next := segmentBytes-16-40, segmentBytes-16
	for _, n := range []int{1, 100, first - 1, first, first + 1, first + next - 1, first + next, first + next + 1, first + 3*next} {
		b := newBench(t, n)
		for as := range b.private {
			got, err := b.receive(t, b.raw, as)
			if err != nil || !bytes.Equal(got, b.params.Plaintext) {
				t.Errorf("%d bytes as %s: %v", n, as, err)
			}
		}
	}
}

// Property: every flip of a byte, anywhere, is refused with a named reason, by whoever
// checks the signature.
func TestEveryFlippedByteIsRefused(t *testing.T) {
	b := newBench(t, 300)
	for i := range b.raw {
		for _, mask := range []byte{0x01, 0x20, 0x80, 0xff} {
			flipped := slices.Clone(b.raw)
			flipped[i] ^= mask
			_, err := b.receive(t, flipped, "unwrap-1")
			if _, reason := fault.Public(err); err == nil || !slices.Contains(refusals, reason) {
				t.Fatalf("byte %d ^ %02x: %v", i, mask, err)
			}
		}
	}
}

// Property: header and ciphertext hold together without the signature too, so that who
// holds the instrument's key cannot change one under the other. Only the signature line
// is of no concern to Open.
func TestEveryFlippedByteIsRefusedBeneathTheSignature(t *testing.T) {
	b := newBench(t, 300)
	whole, err := batch.Read(bytes.NewReader(b.raw))
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.raw {
		flipped := slices.Clone(b.raw)
		flipped[i] ^= 1
		e, err := batch.Read(bytes.NewReader(flipped))
		if err == nil && !bytes.Equal(e.Signature, whole.Signature) {
			continue
		}
		if err == nil {
			_, err = Open(t.Context(), e, "auditor", b.private)
		}
		if _, reason := fault.Public(err); err == nil || !slices.Contains(refusals, reason) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

// Property: no run of bytes taken out, put in twice or moved is accepted, over segments.
func TestEveryCutIsRefused(t *testing.T) {
	b := newBench(t, 3*segmentBytes)
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.IntRange(0, len(b.raw)-1).Draw(rt, "from")
		to := rapid.IntRange(from+1, len(b.raw)).Draw(rt, "to")
		at := rapid.IntRange(0, len(b.raw)).Draw(rt, "at")
		piece := b.raw[from:to]
		var changed []byte
		switch rapid.SampledFrom([]string{"remove", "repeat", "move"}).Draw(rt, "what") {
		case "remove":
			changed = slices.Concat(b.raw[:from], b.raw[to:])
		case "repeat":
			changed = slices.Concat(b.raw[:at], piece, b.raw[at:])
		default:
			rest := slices.Concat(b.raw[:from], b.raw[to:])
			at = min(at, len(rest))
			changed = slices.Concat(rest[:at], piece, rest[at:])
		}
		if bytes.Equal(changed, b.raw) {
			return
		}
		_, err := b.receive(t, changed, "unwrap-1")
		if _, reason := fault.Public(err); err == nil || !slices.Contains(refusals, reason) {
			rt.Fatalf("%v", err)
		}
	})
}

func TestSealRefuses(t *testing.T) {
	weak, err := rsa.GenerateKey(nil, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Params){
		"no signer":      func(p *Params) { p.Signer = nil },
		"no recipient":   func(p *Params) { p.Recipients = nil },
		"no plaintext":   func(p *Params) { p.Plaintext = nil },
		"a weak key":     func(p *Params) { p.Recipients = []Recipient{{"unwrap-1", &weak.PublicKey}} },
		"a repeated key": func(p *Params) { p.Recipients[1].ID = p.Recipients[0].ID },
		"too large":      func(p *Params) { p.Plaintext = make([]byte, batch.MaxCiphertext) },
		"no sequence":    func(p *Params) { p.Sequence = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 10)
			spoil(&b.params)
			if _, err := Seal(b.params); err == nil {
				t.Error("sealed")
			}
		})
	}
}

// Two batches of the same content have nothing in common: neither key nor ciphertext.
func TestKeysAreFresh(t *testing.T) {
	b := newBench(t, 100)
	again, err := Seal(b.params)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := batch.Read(bytes.NewReader(b.raw))
	two, err := batch.Read(bytes.NewReader(again))
	if err != nil || bytes.Equal(one.Header.Commitment, two.Header.Commitment) || bytes.Equal(one.Ciphertext[:40], two.Ciphertext[:40]) {
		t.Errorf("the same key or salt twice (%v)", err)
	}
}

// pattern is n bytes that repeat at no power of two.
func pattern(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i % 251)
	}
	return out
}
