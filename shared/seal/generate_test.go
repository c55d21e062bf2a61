package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/batch"
	"proactive/shared/observation"
)

var update = flag.Bool("update", false, "write the vectors of events/batch/v1 anew")

const (
	vectorInstrument = "i-01arz3ndektsv4rrffq69g5fav"
	otherInstrument  = "i-01arz3ndektsv4rrffq69g5faw"
	vectorDeployment = "proactive-vectors"
)

// TestGenerateVectors makes every vector again from a fixed seed: under the same Go the
// bytes are the same, so that a change of the format shows as a change of files.
func TestGenerateVectors(t *testing.T) {
	dir := filepath.Join("..", "..", "events", filepath.FromSlash(vectorDir))
	made := generate(t)
	for name, content := range made {
		file := filepath.Join(dir, name)
		if *update {
			must(t, os.WriteFile(file, content, 0o600))
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s is not what the generator makes (%v): run go test ./shared/seal -update and look at the difference", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	must(t, err)
	for _, file := range files {
		if made[filepath.Base(file)] != nil {
			continue
		}
		if *update {
			must(t, os.Remove(file))
		} else {
			t.Errorf("%s is made by nothing", filepath.Base(file))
		}
	}
}

func TestGenerationIsDeterministic(t *testing.T) {
	if diff := cmp.Diff(generate(t), generate(t)); diff != "" {
		t.Error(diff)
	}
}

// forge makes batches, sound ones and others.
type forge struct {
	t       testing.TB
	ring    keyRing
	files   map[string][]byte
	vectors map[string]vector
	params  Params
	keys    map[string]*rsa.PrivateKey
}

func generate(t *testing.T) map[string][]byte {
	t.Helper()
	cryptotest.SetGlobalRandom(t, 20261123)
	f := &forge{t: t, files: map[string][]byte{}, vectors: map[string]vector{}, keys: map[string]*rsa.PrivateKey{}}
	f.ring = keyRing{
		About:      "Test keys. They are public, private halves and all: nothing may ever be sealed with them in earnest.",
		Deployment: vectorDeployment, Recipients: map[string][]byte{},
		Instruments: map[string][]byte{vectorInstrument: bytes.Repeat([]byte{7}, 32), otherInstrument: bytes.Repeat([]byte{8}, 32)},
	}
	for _, name := range []string{"unwrap-1", "auditor", "stranger"} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		must(t, err)
		der, err := x509.MarshalPKCS8PrivateKey(key)
		must(t, err)
		f.keys[name], f.ring.Recipients[name] = key, der
	}
	f.params = Params{
		Deployment: vectorDeployment, Instrument: vectorInstrument, Batch: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Sequence: 1,
		Recipients: []Recipient{{"unwrap-1", &f.keys["unwrap-1"].PublicKey}, {"auditor", &f.keys["auditor"].PublicKey}},
		Signer:     ed25519.NewKeyFromSeed(f.ring.Instruments[vectorInstrument]),
	}
	f.payload()
	f.sound()
	f.unreadable()
	f.unproven()
	f.unopened()
	f.write("keys.json", f.ring)
	return f.files
}

// payload is a real one: two observations.
func (f *forge) payload() {
	var b bytes.Buffer
	f.params.Catalog = "sha256:" + strings.Repeat("0", 64)
	must(f.t, observation.Encode(&b, observation.Payload{Catalog: f.params.Catalog, Observations: []observation.Observation{
		{Field: "config.rta", Text: "1.18.54.4"}, {Field: "telemetry.chiller.temperature", Minute: 60, Value: 4.25},
	}}))
	f.params.PayloadBytes = int64(b.Len())
	f.params.Plaintext = observation.Compress(b.Bytes())
}

func (f *forge) seal(p Params) []byte {
	raw, err := Seal(p)
	must(f.t, err)
	return raw
}

// sign puts a batch together from a header that may be anything.
func (f *forge) sign(header string, ciphertext []byte, signer ed25519.PrivateKey) []byte {
	e := batch.Envelope{HeaderBytes: []byte(header), Ciphertext: ciphertext, Signature: ed25519.Sign(signer, batch.Message([]byte(header), ciphertext))}
	return e.Marshal()
}

// split is a sound batch's header and ciphertext.
func (f *forge) split(raw []byte) (header string, ciphertext []byte) {
	e, err := batch.Read(bytes.NewReader(raw))
	must(f.t, err)
	return string(e.HeaderBytes), e.Ciphertext
}

func (f *forge) edit(s, old, fresh string) string {
	if strings.Count(s, old) != 1 {
		f.t.Fatalf("%d places to edit: %s", strings.Count(s, old), old)
	}
	return strings.Replace(s, old, fresh, 1)
}

func (f *forge) add(name, about, step, expect string, raw []byte) {
	f.put(vector{Name: name, About: about, Step: step, Expect: expect, As: "unwrap-1", Key: "unwrap-1", Batch: []part{{Base64: raw}}})
}

func (f *forge) put(v vector) {
	if f.vectors[v.Name].Name != "" {
		f.t.Fatalf("two vectors %s", v.Name)
	}
	f.vectors[v.Name] = v
	f.write(v.Name+".json", v)
}

func (f *forge) write(name string, content any) {
	raw, err := json.MarshalIndent(content, "", "  ")
	must(f.t, err)
	f.files[name] = append(raw, '\n')
}

func (f *forge) opened(name, about, as string, plain, raw []byte) {
	sum := sha256.Sum256(plain)
	f.put(vector{Name: name, About: about, Expect: "opened", As: as, Key: as, SHA256: hex.EncodeToString(sum[:]), Batch: []part{{Base64: raw}}})
}

func (f *forge) sound() {
	alone := f.params
	alone.Recipients = alone.Recipients[:1]
	f.opened("one-recipient", "a batch for the deployment alone", "unwrap-1", f.params.Plaintext, f.seal(alone))
	both := f.seal(f.params)
	f.opened("two-recipients", "a batch for the deployment and the lab's auditor, opened by the deployment", "unwrap-1", f.params.Plaintext, both)
	f.opened("two-recipients-auditor", "the same, opened by the auditor", "auditor", f.params.Plaintext, both)
	long := f.params
	// Three whole segments; the plaintext is not Zstandard, which Open does not look at.
	long.Plaintext = pattern(3*segmentBytes - 40 - 3*16)
	f.opened("three-segments", "exactly three whole segments; the plaintext counts 0, 1, … 250, 0, 1, … and is not Zstandard", "unwrap-1", long.Plaintext, f.seal(long))
}

func (f *forge) unreadable() {
	raw := f.seal(f.params)
	header, text := f.split(raw)
	signer := f.params.Signer
	resigned := func(h string) []byte { return f.sign(h, text, signer) }
	lines := bytes.SplitAfterN(raw, []byte("\n"), 4)
	f.add("not-a-batch", "another file", "read", batch.ReasonNotABatch, []byte("%PDF-1.7\n"))
	f.add("cut-in-the-header", "the bytes end within the header", "read", batch.ReasonNotABatch, raw[:200])
	f.add("older-format", "downgrade: an older format in the first line", "read", batch.ReasonUnknownFormat, bytes.Replace(raw, []byte("batch/1\n"), []byte("batch/0\n"), 1))
	f.add("newer-format", "a newer format in the first line", "read", batch.ReasonUnknownFormat, bytes.Replace(raw, []byte("batch/1\n"), []byte("batch/2\n"), 1))
	f.add("older-format-in-header", "downgrade: an older format in the header, signed", "read", batch.ReasonUnknownFormat, resigned(f.edit(header, "proactive-batch/1", "proactive-batch/0")))
	f.add("header-too-long", "a header of 8193 bytes", "read", batch.ReasonHeaderLimit, bytes.Join([][]byte{lines[0], bytes.Repeat([]byte("x"), batch.MaxHeader+1), []byte("\n"), lines[2], lines[3]}, nil))
	f.add("header-space", "a space in the header, signed", "read", batch.ReasonNotCanonical, resigned(f.edit(header, `"sequence":1`, `"sequence": 1`)))
	f.add("header-order", "two members changed places, signed", "read", batch.ReasonNotCanonical, resigned(`{"deployment":"`+vectorDeployment+`","format":"proactive-batch/1"`+strings.TrimPrefix(header, `{"format":"proactive-batch/1","deployment":"`+vectorDeployment+`"`)))
	f.add("header-member-twice", "a member stands twice, signed", "read", batch.ReasonNotCanonical, resigned(f.edit(header, `"sequence":1`, `"sequence":2,"sequence":1`)))
	f.add("header-member-unknown", "a member that is not in the specification, signed", "read", batch.ReasonNotCanonical, resigned(f.edit(header, `"sequence":1`, `"sequence":1,"note":"x"`)))
	f.add("header-escaped", "a letter written as an escape, signed", "read", batch.ReasonNotCanonical, resigned(f.edit(header, `"proactive-vectors"`, `"\u0070roactive-vectors"`)))
	f.add("header-sequence-zero", "sequence numbers begin at 1", "read", batch.ReasonHeaderValue, resigned(f.edit(header, `"sequence":1`, `"sequence":0`)))
	f.add("header-weak-wrapping", "a recipient with RSA1_5", "read", batch.ReasonHeaderValue, resigned(strings.Replace(header, batch.WrapAlgorithm, "RSA1_5", 1)))
	f.add("header-no-recipient", "nobody could open it", "read", batch.ReasonHeaderValue, resigned(header[:strings.Index(header, `"recipients"`)]+`"recipients":[]}`))
	f.add("truncated", "the last byte is missing", "read", batch.ReasonCiphertextLength, raw[:len(raw)-1])
	f.add("extended", "one byte more", "read", batch.ReasonCiphertextLength, append(bytes.Clone(raw), 0))
	f.add("signature-form", "a signature whose base64 has loose bits at its end", "read", batch.ReasonBadSignature, bytes.Join([][]byte{lines[0], lines[1], loose(lines[2]), lines[3]}, nil))
}

// loose sets a bit that base64 of 64 bytes does not use.
func loose(line []byte) []byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	out := bytes.Clone(line)
	at := len(line) - len("x==\n")
	out[at] = alphabet[strings.IndexByte(alphabet, line[at])|1]
	return out
}

func (f *forge) unproven() {
	raw := f.seal(f.params)
	header, text := f.split(raw)
	p := f.params
	p.Deployment = "proactive-elsewhere"
	f.add("wrong-deployment", "sealed for another deployment", "deployment", batch.ReasonWrongDeployment, f.seal(p))
	f.add("other-instrument", "signed by another instrument than it names", "verify", batch.ReasonBadSignature, f.sign(header, text, ed25519.NewKeyFromSeed(f.ring.Instruments[otherInstrument])))
	flip := func(at int) []byte {
		out := bytes.Clone(raw)
		out[at] ^= 1
		return out
	}
	f.add("flipped-header", "one bit of the sequence number flipped: it says 3", "verify", batch.ReasonBadSignature, bytes.Replace(raw, []byte(`"sequence":1`), []byte(`"sequence":3`), 1))
	f.add("flipped-ciphertext", "one bit of the ciphertext flipped", "verify", batch.ReasonBadSignature, flip(len(raw)-30))
	f.add("recipient-stripped", "who carries it took the auditor off", "verify", batch.ReasonBadSignature, bytes.Replace(raw, []byte(header), []byte(f.strip(header)), 1))
	f.add("recipients-swapped", "who carries it changed their order", "verify", batch.ReasonBadSignature, bytes.Replace(raw, []byte(header), []byte(f.swap(header)), 1))
}

func (f *forge) strip(header string) string {
	h, err := batch.ParseHeader([]byte(header))
	must(f.t, err)
	h.Recipients = h.Recipients[:1]
	raw, err := h.Marshal()
	must(f.t, err)
	return string(raw)
}

func (f *forge) swap(header string) string {
	h, err := batch.ParseHeader([]byte(header))
	must(f.t, err)
	h.Recipients[0], h.Recipients[1] = h.Recipients[1], h.Recipients[0]
	raw, err := h.Marshal()
	must(f.t, err)
	return string(raw)
}

// unopened are batches with a good signature: what an instrument, or who stole its key,
// could do.
func (f *forge) unopened() {
	raw := f.seal(f.params)
	header, text := f.split(raw)
	resign := func(name, about, expect, h string, c []byte) {
		f.add(name, about+", signed by the instrument", "open", expect, f.sign(h, c, f.params.Signer))
	}
	h, err := batch.ParseHeader([]byte(header))
	must(f.t, err)
	flipped := func(b []byte) string {
		out := bytes.Clone(b)
		out[10] ^= 1
		return base64.StdEncoding.EncodeToString(out)
	}
	b64 := base64.StdEncoding.EncodeToString
	resign("signed-sequence", "another sequence number over the same ciphertext", ReasonCiphertextCorrupt, f.edit(header, `"sequence":1`, `"sequence":2`), text)
	resign("signed-strip", "the auditor taken off", ReasonCiphertextCorrupt, f.strip(header), text)
	resign("signed-swap", "the recipients changed places", ReasonCiphertextCorrupt, f.swap(header), text)
	resign("signed-wrapped", "one bit of the deployment's wrapped key flipped", ReasonUnwrapFailed, f.edit(header, b64(h.Recipients[0].Wrapped), flipped(h.Recipients[0].Wrapped)), text)
	resign("signed-commitment", "one bit of the commitment flipped", ReasonCommitmentMismatch, f.edit(header, b64(h.Commitment), flipped(h.Commitment)), text)
	corrupt := bytes.Clone(text)
	corrupt[len(corrupt)-1] ^= 1
	resign("signed-ciphertext", "one bit of the ciphertext flipped", ReasonCiphertextCorrupt, header, corrupt)
	short, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &f.keys["unwrap-1"].PublicKey, make([]byte, 16), nil)
	must(f.t, err)
	resign("signed-short-key", "a content key of 16 bytes wrapped", ReasonUnwrapFailed, f.edit(header, b64(h.Recipients[0].Wrapped), b64(short)), text)
	f.lyingLength(h)
	f.emptySegment(h)
	f.put(vector{Name: "unknown-key-id", About: "opened as somebody it was not sealed for", Step: "open", Expect: ReasonUnknownKey, As: "stranger", Key: "stranger", Batch: []part{{Base64: raw}}})
	f.put(vector{Name: "wrong-key", About: "opened with another private key under the same id", Step: "open", Expect: ReasonUnwrapFailed, As: "unwrap-1", Key: "stranger", Batch: []part{{Base64: raw}}})
	f.segments()
	f.secondPlaintext()
}

// lyingLength: the header was made with one byte of plaintext too many.
func (f *forge) lyingLength(h batch.Header) {
	content := bytes.Repeat([]byte{9}, keyBytes)
	key, commitment, err := expand(content)
	must(f.t, err)
	h.Commitment, h.PlaintextBytes = commitment, h.PlaintextBytes+1
	h.Recipients = slices.Clone(h.Recipients[:1])
	h.Recipients[0].Wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, &f.keys["unwrap-1"].PublicKey, content, nil)
	must(f.t, err)
	header, err := h.Marshal()
	must(f.t, err)
	text, err := encrypt(key, header, f.params.Plaintext)
	must(f.t, err)
	f.add("signed-plaintext-length", "the plaintext is a byte shorter than the header says, signed by the instrument", "open", ReasonPayloadLength, f.sign(string(header), text, f.params.Signer))
}

// emptySegment: one whole segment, and behind it a last one of nothing, each authentic.
// Without it the same plaintext is a batch that is 16 bytes shorter.
func (f *forge) emptySegment(h batch.Header) {
	const first = segmentBytes - 40 - 16
	content := bytes.Repeat([]byte{9}, keyBytes)
	key, commitment, err := expand(content)
	must(f.t, err)
	h.Commitment, h.PlaintextBytes, h.CiphertextBytes = commitment, first, segmentBytes+16
	h.Recipients = slices.Clone(h.Recipients[:1])
	h.Recipients[0].Wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, &f.keys["unwrap-1"].PublicKey, content, nil)
	must(f.t, err)
	header, err := h.Marshal()
	must(f.t, err)
	salt, prefix := bytes.Repeat([]byte{3}, keyBytes), bytes.Repeat([]byte{4}, 7)
	segmentKey, err := hkdf.Key(sha256.New, key, salt, string(header), keyBytes)
	must(f.t, err)
	block, err := aes.NewCipher(segmentKey)
	must(f.t, err)
	gcm, err := cipher.NewGCM(block)
	must(f.t, err)
	text := slices.Concat([]byte{40}, salt, prefix)
	text = gcm.Seal(text, slices.Concat(prefix, []byte{0, 0, 0, 0, 0}), make([]byte, first), nil)
	text = gcm.Seal(text, slices.Concat(prefix, []byte{0, 0, 0, 1, 1}), nil, nil)
	f.add("signed-empty-segment", "an empty segment behind a whole one: a second way to write the same plaintext, signed by the instrument", "open", ReasonPayloadLength, f.sign(string(header), text, f.params.Signer))
}

// segments are the ones of three-segments in another order, and without the last. Their
// bytes are taken from there.
func (f *forge) segments() {
	whole := f.vectors["three-segments"].Batch[0].Base64
	header, text := f.split(whole)
	start := len(whole) - len(text)
	put := func(name, about, expect, header string, segments ...int) {
		v := vector{Name: name, About: about, Step: "open", Expect: expect, As: "unwrap-1", Key: "unwrap-1", Batch: []part{{}}}
		var c []byte
		for _, s := range segments {
			c = append(c, text[s*segmentBytes:(s+1)*segmentBytes]...)
			v.Batch = append(v.Batch, part{From: "three-segments", Offset: start + s*segmentBytes, Length: segmentBytes})
		}
		signed := f.sign(header, c, f.params.Signer)
		v.Batch[0].Base64 = signed[:len(signed)-len(c)]
		f.put(v)
	}
	put("segments-reordered", "the second and third segment changed places, signed by the instrument", ReasonCiphertextCorrupt, header, 0, 2, 1)
	put("segment-repeated", "the second segment stands for the third, signed by the instrument", ReasonCiphertextCorrupt, header, 0, 1, 1)
	fewer := f.edit(f.edit(header, fmt.Sprintf(`"ciphertext_bytes":%d`, len(text)), fmt.Sprintf(`"ciphertext_bytes":%d`, 2*segmentBytes)),
		fmt.Sprintf(`"plaintext_bytes":%d`, 3*segmentBytes-40-3*16), fmt.Sprintf(`"plaintext_bytes":%d`, 2*segmentBytes-40-2*16))
	put("segment-dropped", "the last segment is missing and the header says so, signed by the instrument", ReasonCiphertextCorrupt, fewer, 0, 1)
}

// secondPlaintext is one ciphertext that is authentic under two content keys.
func (f *forge) secondPlaintext() {
	b := bench{params: f.params}
	e, _, _ := twoStories(f.t, b)
	raw := e.Marshal()
	f.put(vector{
		Name: "second-plaintext", Step: "open", Expect: ReasonCommitmentMismatch, As: "auditor", Key: "auditor", Batch: []part{{Base64: raw}},
		About: "one ciphertext that AES-GCM takes under two content keys: the deployment would read that all is well, the auditor that the laser fails",
	})
}
