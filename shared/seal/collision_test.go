package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"proactive/shared/batch"
	"proactive/shared/fault"
)

// AES-GCM does not commit to its key: whoever holds two keys can make one ciphertext
// that is authentic under both and says two things. This file does it to ours, so that
// the test of the commitment is of the real attack.

// TestSecondPlaintext crafts a batch whose deployment reads one story and whose auditor
// would read another, sees that the cipher alone accepts both, and that Open does not.
func TestSecondPlaintext(t *testing.T) {
	b := newBench(t, 10)
	e, first, second := twoStories(t, b)
	if err := e.Verify(b.public); err != nil {
		t.Fatal(err)
	}
	stories := map[string]bool{}
	for _, key := range [][]byte{first, second} {
		aeadKey, _, err := expand(key)
		if err != nil {
			t.Fatal(err)
		}
		story, err := decrypt(aeadKey, e.HeaderBytes, e.Ciphertext)
		if err != nil {
			t.Fatalf("the attack does not work, so the test is of nothing: %v", err)
		}
		stories[string(story[:48])] = true
	}
	if !stories["all is well, all is well, all is well, all is we"] || len(stories) != 2 {
		t.Fatalf("the attack does not work, so the test is of nothing: %v", stories)
	}
	if got, err := Open(t.Context(), e, "unwrap-1", b.private); err != nil || !bytes.HasPrefix(got, []byte("all is well")) {
		t.Errorf("the recipient whose key is committed to: %q, %v", got, err)
	}
	_, err := Open(t.Context(), e, "auditor", b.private)
	if _, reason := fault.Public(err); reason != ReasonCommitmentMismatch {
		t.Errorf("the other recipient: %v, want %s", err, ReasonCommitmentMismatch)
	}
}

// twoStories returns a signed batch that decrypts under two content keys, the first of
// which it commits to, wrapped for unwrap-1, and the second wrapped for auditor.
func twoStories(t testing.TB, b bench) (e *batch.Envelope, first, second []byte) {
	t.Helper()
	stories := [2][]byte{
		[]byte("all is well, all is well, all is well, all is we"),
		[]byte("the laser fails. the laser fails. the laser fail"),
	}
	const blocks = 7 // three of each story, and one that makes the tags equal
	size, err := ciphertextBytes(blocks * 16)
	must(t, err)
	first, second = bytes.Repeat([]byte{1}, keyBytes), bytes.Repeat([]byte{2}, keyBytes)
	key1, commitment, err := expand(first)
	must(t, err)
	key2, _, err := expand(second)
	must(t, err)
	wrap := func(r Recipient, content []byte) batch.Recipient {
		wrapped, err := rsa.EncryptOAEP(sha256.New(), b.params.random(), r.Key, content, nil)
		must(t, err)
		return batch.Recipient{Key: r.ID, Algorithm: batch.WrapAlgorithm, Wrapped: wrapped}
	}
	h := batch.Header{
		Format: batch.Format, Deployment: b.params.Deployment, Instrument: b.params.Instrument, Batch: b.params.Batch,
		Sequence: b.params.Sequence, Catalog: b.params.Catalog, Compression: "zstd",
		PlaintextBytes: blocks * 16, PayloadBytes: 9, CiphertextBytes: size, Commitment: commitment,
		Recipients: []batch.Recipient{wrap(b.params.Recipients[0], first), wrap(b.params.Recipients[1], second)},
	}
	header, err := h.Marshal()
	must(t, err)

	// Tink's header: its length, a salt, a prefix of the nonces. One segment, the last.
	salt := bytes.Repeat([]byte{3}, keyBytes)
	prefix := bytes.Repeat([]byte{4}, 7)
	nonce := append(append(bytes.Clone(prefix), 0, 0, 0, 0), 1)
	head := append(append([]byte{40}, salt...), prefix...)
	one, two := newGCM(t, key1, salt, header, nonce), newGCM(t, key2, salt, header, nonce)

	text := make([]byte, blocks*16)
	copy(text, one.xor(0, stories[0]))
	copy(text[48:], two.xor(3, stories[1]))
	// With block 6 zero the tags differ by d; it adds c·(h1² + h2²) to the difference.
	d := add(one.tag(text), two.tag(text))
	block := mul(d, inverse(add(mul(one.h, one.h), mul(two.h, two.h))))
	block.put(text[6*16:])
	tag := make([]byte, 16)
	one.tag(text).put(tag)

	e = &batch.Envelope{Header: h, HeaderBytes: header, Ciphertext: append(append(head, text...), tag...)}
	e.Signature = ed25519.Sign(b.params.Signer, batch.Message(e.HeaderBytes, e.Ciphertext))
	return e, first, second
}

// gcm is AES-GCM of one nonce, by hand (NIST SP 800-38D).
type gcm struct {
	block cipher.Block
	nonce []byte
	h     element
}

func newGCM(t testing.TB, mainKey, salt, associated, nonce []byte) gcm {
	t.Helper()
	key, err := hkdf.Key(sha256.New, mainKey, salt, string(associated), keyBytes)
	must(t, err)
	block, err := aes.NewCipher(key)
	must(t, err)
	zero := make([]byte, 16)
	block.Encrypt(zero, zero)
	return gcm{block, nonce, toElement(zero)}
}

// keystream is block n of it, from 0.
func (g gcm) keystream(n int) []byte { return g.counter(n + 2) }

func (g gcm) counter(n int) []byte {
	out := append(bytes.Clone(g.nonce), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(out[12:], uint32(n))
	g.block.Encrypt(out, out)
	return out
}

// xor encrypts whole blocks as blocks n, n+1, ….
func (g gcm) xor(n int, plain []byte) []byte {
	out := bytes.Clone(plain)
	for i := range out {
		out[i] ^= g.keystream(n + i/16)[i%16]
	}
	return out
}

// tag of a ciphertext of whole blocks without associated data.
func (g gcm) tag(text []byte) element {
	var y element
	for i := 0; i < len(text); i += 16 {
		y = mul(add(y, toElement(text[i:])), g.h)
	}
	y = mul(add(y, element{0, uint64(len(text)) * 8}), g.h)
	return add(y, toElement(g.counter(1)))
}

// element of GF(2^128) as GCM writes it: the first bit is the constant term.
type element struct{ high, low uint64 }

func toElement(b []byte) element {
	return element{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func (e element) put(b []byte) {
	binary.BigEndian.PutUint64(b, e.high)
	binary.BigEndian.PutUint64(b[8:], e.low)
}

func add(a, b element) element { return element{a.high ^ b.high, a.low ^ b.low} }

func mul(a, b element) element {
	var z element
	for i := range 128 {
		word := a.high
		if i >= 64 {
			word = a.low
		}
		if word>>(63-i%64)&1 == 1 {
			z = add(z, b)
		}
		carry := b.low & 1
		b.low = b.low>>1 | b.high<<63
		b.high >>= 1
		if carry == 1 {
			b.high ^= 0xe1 << 56
		}
	}
	return z
}

// inverse is a to the power of 2^128 - 2.
func inverse(a element) element {
	result := element{1 << 63, 0}
	for range 127 {
		a = mul(a, a)
		result = mul(result, a)
	}
	return result
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
