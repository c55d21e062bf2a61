package batch_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/batch"
	"proactive/shared/fault"
)

func header(ciphertext int) batch.Header {
	return batch.Header{
		Format: batch.Format, Deployment: "proactive-test", Instrument: "i-01arz3ndektsv4rrffq69g5fav",
		Batch: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Sequence: 7, Catalog: "sha256:" + strings.Repeat("ab", 32),
		Compression: "zstd", PlaintextBytes: int64(ciphertext) - 56, PayloadBytes: 1000, CiphertextBytes: int64(ciphertext),
		Commitment: bytes.Repeat([]byte{1}, 32),
		Recipients: []batch.Recipient{
			{Key: "unwrap-1", Algorithm: batch.WrapAlgorithm, Wrapped: bytes.Repeat([]byte{2}, 512)},
			{Key: "auditor", Algorithm: batch.WrapAlgorithm, Wrapped: bytes.Repeat([]byte{3}, 256)},
		},
	}
}

var signer = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func envelope(t testing.TB) *batch.Envelope {
	t.Helper()
	e := &batch.Envelope{Header: header(100), Ciphertext: bytes.Repeat([]byte{9}, 100)}
	var err error
	if e.HeaderBytes, err = e.Header.Marshal(); err != nil {
		t.Fatal(err)
	}
	e.Signature = ed25519.Sign(signer, batch.Message(e.HeaderBytes, e.Ciphertext))
	return e
}

func checkReason(t *testing.T, err error, want string) {
	t.Helper()
	if kind, reason := fault.Public(err); err == nil || kind != fault.Malformed || reason != want {
		t.Errorf("%v, want malformed: %s", err, want)
	}
}

func TestRoundTrip(t *testing.T) {
	e := envelope(t)
	raw := e.Marshal()
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(raw), "a byte at a time": iotest.OneByteReader(bytes.NewReader(raw)),
		"the end with the last bytes": iotest.DataErrReader(bytes.NewReader(raw)),
	} {
		got, err := batch.Read(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if err := got.Verify(signer.Public().(ed25519.PublicKey)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Property: whatever the members are within their bounds, the header parses to itself.
func TestHeaderRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := header(rapid.IntRange(57, batch.MaxCiphertext).Draw(t, "ciphertext"))
		h.Sequence = rapid.Int64Range(1, 1e12-1).Draw(t, "sequence")
		h.PayloadBytes = rapid.Int64Range(1, batch.MaxPayload).Draw(t, "payload")
		h.Deployment = rapid.StringMatching(`[a-z][a-z0-9-]{0,62}`).Draw(t, "deployment")
		h.Instrument = rapid.StringMatching(`i-[0-9a-hjkmnp-tv-z]{26}`).Draw(t, "instrument")
		h.Batch = rapid.StringMatching(`[0-9A-HJKMNP-TV-Z]{26}`).Draw(t, "batch")
		h.Commitment = rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "commitment")
		h.Recipients = h.Recipients[:rapid.IntRange(1, 2).Draw(t, "recipients")]
		raw, err := h.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := batch.ParseHeader(raw)
		if err != nil || cmp.Diff(h, got) != "" {
			t.Fatalf("%s\n%v\n%s", raw, err, cmp.Diff(h, got))
		}
	})
}

func TestHeaderMembersOutOfBounds(t *testing.T) {
	for name, spoil := range map[string]func(*batch.Header){
		"no deployment":              func(h *batch.Header) { h.Deployment = "" },
		"a deployment with a line":   func(h *batch.Header) { h.Deployment = "a\nb" },
		"a serial as instrument":     func(h *batch.Header) { h.Instrument = "M04034" },
		"a lower-case batch":         func(h *batch.Header) { h.Batch = strings.ToLower(h.Batch) },
		"sequence zero":              func(h *batch.Header) { h.Sequence = 0 },
		"sequence too large":         func(h *batch.Header) { h.Sequence = 1e12 },
		"catalog without algorithm":  func(h *batch.Header) { h.Catalog = strings.Repeat("ab", 32) },
		"no compression":             func(h *batch.Header) { h.Compression = "none" },
		"no plaintext":               func(h *batch.Header) { h.PlaintextBytes = 0 },
		"plaintext beyond the whole": func(h *batch.Header) { h.PlaintextBytes = h.CiphertextBytes },
		"payload too large":          func(h *batch.Header) { h.PayloadBytes = batch.MaxPayload + 1 },
		"no payload":                 func(h *batch.Header) { h.PayloadBytes = 0 },
		"ciphertext too large":       func(h *batch.Header) { h.CiphertextBytes = batch.MaxCiphertext + 1 },
		"a short commitment":         func(h *batch.Header) { h.Commitment = h.Commitment[:31] },
		"no recipient":               func(h *batch.Header) { h.Recipients = nil },
		"a recipient twice":          func(h *batch.Header) { h.Recipients[1].Key = h.Recipients[0].Key },
		"an unknown algorithm":       func(h *batch.Header) { h.Recipients[0].Algorithm = "RSA1_5" },
		"a short wrapped key":        func(h *batch.Header) { h.Recipients[0].Wrapped = make([]byte, 128) },
		"a long wrapped key":         func(h *batch.Header) { h.Recipients[0].Wrapped = make([]byte, 513) },
		"a key id with a slash":      func(h *batch.Header) { h.Recipients[0].Key = "alias/unwrap" },
		"five recipients": func(h *batch.Header) {
			for _, id := range []string{"a", "b", "c"} {
				h.Recipients = append(h.Recipients, batch.Recipient{Key: id, Algorithm: batch.WrapAlgorithm, Wrapped: make([]byte, 256)})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := header(100)
			spoil(&h)
			_, err := h.Marshal()
			checkReason(t, err, batch.ReasonHeaderValue)
		})
	}
	h := header(100)
	h.Format = "proactive-batch/0"
	_, err := h.Marshal()
	checkReason(t, err, batch.ReasonUnknownFormat)
}

func TestHeaderHasOneSerialisation(t *testing.T) {
	raw := string(envelope(t).HeaderBytes)
	edit := func(old, fresh string) string {
		if !strings.Contains(raw, old) {
			t.Fatalf("nothing to edit: %s", old)
		}
		return strings.Replace(raw, old, fresh, 1)
	}
	for name, edited := range map[string]string{
		"empty":                   "",
		"null":                    "null",
		"a space":                 edit(`"sequence":7`, `"sequence": 7`),
		"a space at the end":      raw + " ",
		"a carriage return":       raw + "\r",
		"something behind":        raw + "{}",
		"another number":          edit(`"sequence":7`, `"sequence":7.0`),
		"an exponent":             edit(`"sequence":7`, `"sequence":7e0`),
		"a number as text":        edit(`"sequence":7`, `"sequence":"7"`),
		"another letter case":     edit(`"sequence"`, `"Sequence"`),
		"an unknown member":       edit(`"sequence"`, `"x":1,"sequence"`),
		"a member twice":          edit(`"sequence":7`, `"sequence":8,"sequence":7`),
		"another order":           edit(`"sequence":7,`, ``) + `"sequence":7}`,
		"an escaped letter":       edit(`"proactive-test"`, `"\u0070roactive-test"`),
		"a loose base64 end":      edit(`AQE=`, `AQF=`),
		"no base64 padding":       edit(`AQE=`, `AQE`),
		"base64 with a line feed": edit(`AQE=`, `AQE\n=`),
		"a byte order mark":       "\ufeff" + raw,
		"invalid UTF-8":           edit("proactive-test", "proactive-\xff"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := batch.ParseHeader([]byte(edited))
			if kind, reason := fault.Public(err); kind != fault.Malformed || reason != batch.ReasonNotCanonical && reason != batch.ReasonHeaderValue && reason != batch.ReasonUnknownFormat {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	e := envelope(t)
	raw := string(e.Marshal())
	lines := strings.SplitAfterN(raw, "\n", 4)
	for _, c := range []struct{ name, raw, reason string }{
		{"empty", "", batch.ReasonNotABatch},
		{"a format line without its end", "proactive-batch/1", batch.ReasonNotABatch},
		{"a zip file", "PK\x03\x04" + strings.Repeat("x", 20_000), batch.ReasonNotABatch},
		{"a line feed of Windows", "proactive-batch/1\r\n" + strings.Join(lines[1:], ""), batch.ReasonUnknownFormat},
		{"an older format", "proactive-batch/0\n" + strings.Join(lines[1:], ""), batch.ReasonUnknownFormat},
		{"a newer format", "proactive-batch/2\n" + strings.Join(lines[1:], ""), batch.ReasonUnknownFormat},
		{"an older format in the header", strings.Replace(raw, `"proactive-batch/1"`, `"proactive-batch/0"`, 1), batch.ReasonUnknownFormat},
		{"a space before it", " " + raw, batch.ReasonNotABatch},
		{"no header", lines[0], batch.ReasonNotABatch},
		{"a header without end", lines[0] + strings.Repeat("x", 1<<20), batch.ReasonHeaderLimit},
		{"a header one byte too long", lines[0] + strings.Repeat("x", batch.MaxHeader+1) + "\n", batch.ReasonHeaderLimit},
		{"a header at the limit", lines[0] + strings.Repeat("x", batch.MaxHeader) + "\n", batch.ReasonNotCanonical},
		{"no signature", lines[0] + lines[1], batch.ReasonNotABatch},
		{"an empty signature", lines[0] + lines[1] + "\n" + lines[3], batch.ReasonBadSignature},
		{"a short signature", lines[0] + lines[1] + "AAAA\n" + lines[3], batch.ReasonBadSignature},
		{"an endless signature", lines[0] + lines[1] + strings.Repeat("A", 1<<20), batch.ReasonBadSignature},
		{"a signature without padding", strings.Replace(raw, "==\n", "\n", 1), batch.ReasonBadSignature},
		{"a signature in the other alphabet", lines[0] + lines[1] + strings.Repeat("_", 86) + "==\n" + lines[3], batch.ReasonBadSignature},
		{"no ciphertext", lines[0] + lines[1] + lines[2], batch.ReasonCiphertextLength},
		{"truncated by a byte", raw[:len(raw)-1], batch.ReasonCiphertextLength},
		{"extended by a byte", raw + "x", batch.ReasonCiphertextLength},
		{"extended by a batch", raw + raw, batch.ReasonCiphertextLength},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := batch.Read(strings.NewReader(c.raw))
			checkReason(t, err, c.reason)
		})
	}
}

// A store that fails is not the sender's fault: it must be asked again.
func TestReadOfAFailingStore(t *testing.T) {
	down := errors.New("connection reset")
	raw := envelope(t).Marshal()
	for i := range raw {
		_, err := batch.Read(io.MultiReader(bytes.NewReader(raw[:i]), iotest.ErrReader(down)))
		if kind, _ := fault.Public(err); kind != fault.Unavailable || !errors.Is(err, down) {
			t.Fatalf("after %d bytes: %v", i, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	checkReason(t, envelope(t).Verify(other), batch.ReasonBadSignature)
	checkReason(t, envelope(t).Verify(nil), batch.ReasonBadSignature)
}

func TestFor(t *testing.T) {
	checkReason(t, header(100).For("proactive-prod"), batch.ReasonWrongDeployment)
	if err := header(100).For("proactive-test"); err != nil {
		t.Error(err)
	}
}

// Fuzz: what parses serialises to the same bytes; what does not is refused as malformed.
func FuzzRead(f *testing.F) {
	e := envelope(f)
	f.Add(e.Marshal())
	e.Header.Recipients = e.Header.Recipients[:1]
	e.HeaderBytes, _ = e.Header.Marshal()
	f.Add(e.Marshal())
	f.Add([]byte("proactive-batch/1\n{}\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := batch.Read(bytes.NewReader(raw))
		if err != nil {
			if kind, _ := fault.Public(err); kind != fault.Malformed {
				t.Fatalf("not malformed: %v", err)
			}
			return
		}
		if again := got.Marshal(); !bytes.Equal(again, raw) {
			t.Fatalf("read\n%q\nwrote\n%q", raw, again)
		}
		if again, err := got.Header.Marshal(); err != nil || !bytes.Equal(again, got.HeaderBytes) {
			t.Fatalf("header\n%s\nwrote\n%s (%v)", got.HeaderBytes, again, err)
		}
	})
}

// FuzzParseHeader is FuzzRead's property where a fuzzer gets further.
func FuzzParseHeader(f *testing.F) {
	f.Add(envelope(f).HeaderBytes)
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := batch.ParseHeader(raw)
		if err != nil {
			return
		}
		if again, err := h.Marshal(); err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("read\n%s\nwrote\n%s (%v)", raw, again, err)
		}
	})
}
