package scrub_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/catalog"
	"proactive/shared/clean"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/layout"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
	"proactive/shared/scrub"
	"proactive/shared/seal"
)

const (
	deployment = "proactive-test"
	instrument = "i-01hx000000000000000000000a"
	unwrapKey  = "unwrap-1"
	receiptKey = "receipt-1"
)

var keys = sync.OnceValue(func() (k struct {
	unwrap  *rsa.PrivateKey
	receipt *ecdsa.PrivateKey
	device  ed25519.PrivateKey
}) {
	k.unwrap, _ = rsa.GenerateKey(rand.Reader, 2048)
	k.receipt, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, k.device, _ = ed25519.GenerateKey(rand.Reader)
	return k
})

// signer is KMS in memory.
type signer struct {
	pipelinetest.Flaky
	key *ecdsa.PrivateKey
}

func (s *signer) KeyID(context.Context) (string, error) { return receiptKey, nil }

func (s *signer) SignES256(_ context.Context, _ string, digest []byte) ([]byte, error) {
	if err := s.Next(); err != nil {
		return nil, err
	}
	r, v, err := ecdsa.Sign(rand.Reader, s.key, digest)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	v.FillBytes(raw[32:])
	return raw, nil
}

type receiptKeys struct{}

func (receiptKeys) ReceiptKey(id string) (*ecdsa.PublicKey, bool) {
	return &keys().receipt.PublicKey, id == receiptKey
}

type unwrapper struct {
	pipelinetest.Flaky
	seal.Local
}

func (u *unwrapper) Unwrap(ctx context.Context, id string, wrapped []byte) ([]byte, error) {
	if err := u.Next(); err != nil {
		return nil, err
	}
	return u.Local.Unwrap(ctx, id, wrapped)
}

// bench is a stage with memory around it.
type bench struct {
	t          *testing.T
	stage      *scrub.Stage
	inbox      *pipelinetest.Bucket
	clean      *pipelinetest.Bucket
	quarantine *pipelinetest.Bucket
	chain      *pipelinetest.Chain
	queue      *pipelinetest.StoredQueue
	signer     *signer
	unwrapper  *unwrapper
	log        *bytes.Buffer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, log: &bytes.Buffer{}, chain: pipelinetest.NewChain(t), queue: &pipelinetest.StoredQueue{}}
	b.inbox = pipelinetest.NewBucket(t, "inbox", nil)
	b.clean = pipelinetest.NewBucket(t, "clean", nil)
	b.quarantine = pipelinetest.NewBucket(t, "quarantine", b.inbox)
	b.signer = &signer{key: keys().receipt}
	b.unwrapper = &unwrapper{Local: seal.Local{unwrapKey: keys().unwrap}}
	b.stage = &scrub.Stage{
		Deployment: deployment, Catalog: cat, Inbox: b.inbox, Unwrapper: b.unwrapper, Clean: b.clean,
		Quarantine: b.quarantine, Chain: b.chain, Signer: b.signer, Next: b.queue, Erasures: pipelinetest.Living{},
		Now: func() time.Time { return time.Date(2026, 11, 2, 3, 4, 5, 6, time.UTC) },
		Log: slog.New(slog.NewJSONHandler(b.log, nil)),
	}
	return b
}

func batchID(n int) string { return fmt.Sprintf("01HX%022d", n) }

// payload is what a small run says.
func payload(t *testing.T, change func(*observation.Payload)) []byte {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := observation.Payload{
		Catalog: cat.Hash(),
		Dropped: map[string]observation.Drops{"tile-metrics": {Unknown: 3}},
		Left:    map[string]int{"left.run_parameters.person": 2},
		Observations: []observation.Observation{
			{Field: "config.instrument_type", Text: "MiSeq"},
			{Field: "run.read_cycles", Read: 1, Value: 151},
			{Field: "run.read_is_index", Read: 1},
			{Field: "run.read_is_index", Read: 2, Value: 1},
			{Field: "run.reagent_lot", Text: "20764717"},
			{Field: "q.bases", Lane: 1, Surface: 1, Read: 1, Value: 1e6},
			{Field: "q.q30_fall", Read: 1, Value: 1},
			{Field: "tile.clusters", Lane: 1, Tile: 1101, Value: 880656},
			{Field: "telemetry.chiller.temperature", Minute: 60, Value: 4.25},
		},
	}
	if change != nil {
		change(&p)
	}
	var b bytes.Buffer
	if err := observation.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func params(n int, payload []byte) seal.Params {
	cat, _ := catalog.Load()
	return seal.Params{
		Deployment: deployment, Instrument: instrument, Batch: batchID(n), Catalog: cat.Hash(), Sequence: int64(n),
		Plaintext: observation.Compress(payload), PayloadBytes: int64(len(payload)),
		Recipients: []seal.Recipient{{ID: unwrapKey, Key: &keys().unwrap.PublicKey}}, Signer: keys().device,
	}
}

func sealed(t *testing.T, p seal.Params) []byte {
	t.Helper()
	object, err := seal.Seal(p)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// upload puts an object where validate found it, and returns what validate would send.
func (b *bench) upload(n int, object []byte) handoff.Validated {
	b.chain.Grant(instrument, batchID(n))
	at := b.inbox.Upload(layout.InboxKey(instrument, batchID(n)), object)
	sum := sha256.Sum256(object)
	return handoff.Validated{
		Instrument: instrument, Batch: batchID(n), Sequence: int64(n), Bucket: at.Bucket, Key: at.Key, Version: at.Version,
		SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(object)),
	}
}

func (b *bench) receipts() []receipt.Receipt {
	b.t.Helper()
	all, err := receipt.VerifyChain(b.chain.Receipts(instrument), receiptKeys{})
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

func TestStoredBatch(t *testing.T) {
	b := newBench(t)
	raw := payload(t, nil)
	m := b.upload(1, sealed(t, params(1, raw)))
	message, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.stage.Receive(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	want := receipt.Receipt{
		Format: receipt.Format, Deployment: deployment, Instrument: instrument, Batch: batchID(1), Sequence: 1, Ordinal: 1,
		Verdict: receipt.Stored,
		Kept: map[string]int{
			"config.instrument_type": 1, "run.read_cycles": 1, "run.read_is_index": 2, "run.reagent_lot": 1, "q.bases": 1, "q.q30_fall": 1, "tile.clusters": 1,
			"telemetry.chiller.temperature": 1,
		},
		Dropped: map[string]observation.Drops{"tile-metrics": {Unknown: 3}},
		Left:    map[string]int{"left.run_parameters.person": 2},
		Catalog: b.stage.Catalog.Hash(), SHA256: m.SHA256, Payload: hex.EncodeToString(sum[:]), Issued: "2026-11-02T03:04:05Z",
	}
	if diff := cmp.Diff([]receipt.Receipt{want}, b.receipts()); diff != "" {
		t.Error(diff)
	}
	key := layout.CleanKey(instrument, batchID(1))
	if diff := cmp.Diff([]handoff.Stored{{Instrument: instrument, Batch: batchID(1), Sequence: 1, Bucket: "clean", Key: key, Version: "0"}}, b.queue.Messages()); diff != "" {
		t.Error(diff)
	}
	content, err := observation.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	got, err := clean.Decode(b.clean.Versions(key)[0])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(content.Observations, got.Observations); diff != "" {
		t.Error(diff)
	}
}

// What an instrument sends although its own scrub should have dropped it is dropped
// here, and counted; its names and values are nowhere.
func TestUnscrubbedPayloadIsProjectedAgain(t *testing.T) {
	b := newBench(t)
	const marker = "patient_maria_lopez"
	raw := payload(t, func(p *observation.Payload) {
		p.Dropped[marker[:7]] = observation.Drops{Unknown: 2}
		p.Left["left.patient.maria_lopez"] = 3
		p.Observations = append(p.Observations,
			observation.Observation{Field: marker, Text: marker},
			observation.Observation{Field: "run.flowcell_lot", Text: marker},
			observation.Observation{Field: "q.bases", Lane: 1, Surface: 1, Read: 2, Value: 5},
			observation.Observation{Field: "tile.aligned", Lane: 1, Tile: 1101, Read: 1, Value: 101},
		)
	})
	if err := b.stage.Handle(t.Context(), b.upload(1, sealed(t, params(1, raw)))); err != nil {
		t.Fatal(err)
	}
	r := b.receipts()[0]
	want := map[string]int{
		catalog.UnknownField: 1, catalog.TooLong: 1, scrub.IndexRead: 1, catalog.OutOfBounds: 1,
	}
	if diff := cmp.Diff(want, r.Refused); diff != "" || r.Verdict != receipt.Stored {
		t.Error(r.Verdict, diff)
	}
	if r.Dropped["other"].Unknown != 5 {
		t.Errorf("dropped: %v", r.Dropped)
	}
	everything := b.log.String() + fmt.Sprint(r) + fmt.Sprint(b.queue.Messages()) +
		string(b.clean.Versions(layout.CleanKey(instrument, batchID(1)))[0])
	if strings.Contains(everything, "patient") || strings.Contains(everything, "maria") {
		t.Error("what was dropped left a trace")
	}
}

// The detector is a second wall: here the first one, the catalog, has a hole in it.
func TestDetectorQuarantines(t *testing.T) {
	b := newBench(t)
	object := b.withHole("ACGTTGCAAC")
	m := b.upload(1, object)
	for range 2 { // delivered twice
		if err := b.stage.Handle(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	all := b.receipts()
	if len(all) != 1 || all[0].Verdict != receipt.Quarantined || all[0].Reason != "detected-nucleotide" || all[0].Kept != nil {
		t.Errorf("%+v", all)
	}
	if diff := cmp.Diff(map[string]int{"detected-nucleotide": 1}, all[0].Refused); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(b.log.String(), `"detected_nucleotide":1`); n != 1 { // the second delivery finds the receipt
		t.Errorf("counted %d times: %s", n, b.log.String())
	}
	if strings.Contains(b.log.String(), "ACGT") || strings.Contains(fmt.Sprint(all), "ACGT") {
		t.Error("what was detected is told")
	}
	copies := b.quarantine.Versions(layout.QuarantineKey(instrument, batchID(1)))
	if len(copies) != 1 || !bytes.Equal(copies[0], object) {
		t.Errorf("%d copies of the ciphertext", len(copies))
	}
	if n := len(b.clean.Versions(layout.CleanKey(instrument, batchID(1)))) + len(b.queue.Messages()); n != 0 {
		t.Error("a quarantined batch went on")
	}
}

// withHole gives the stage a catalog with a field of free text, and returns a batch that
// uses it.
func (b *bench) withHole(text string) []byte {
	b.t.Helper()
	cat, err := catalog.Parse([]byte(`{"format":"proactive-catalog/1","supersedes":[],"files":[],"left":[],"fields":[
		{"id":"run.note","category":"run-configuration","source":{"file":"run-completion","path":"Note"},"type":"pattern",
		 "pattern":"^.*$","max_length":40,"dimensions":[],"what":{"en":"a mistake","es":"un error"},"purpose":{"en":"a mistake","es":"un error"},"lab_value":{"en":"none","es":"nada"},"retention_days":1}]}`))
	if err != nil {
		b.t.Fatal(err)
	}
	b.stage.Catalog = cat
	raw := payload(b.t, func(p *observation.Payload) {
		p.Catalog = cat.Hash()
		p.Observations = []observation.Observation{{Field: "run.note", Text: text}}
	})
	p := params(1, raw)
	p.Catalog = cat.Hash()
	return sealed(b.t, p)
}

func TestBadContentIsRejectedWithItsReason(t *testing.T) {
	raw := payload(t, nil)
	bomb := bytes.Repeat([]byte("a"), 64<<20)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		object func(seal.Params) []byte
		reason string
		opened bool // far enough for a digest of the payload
	}{
		{"not a batch", func(seal.Params) []byte { return []byte("hello\n") }, "not-a-batch", false},
		{"another deployment", func(p seal.Params) []byte { p.Deployment = "proactive-prod"; return sealed(t, p) }, scrub.WrongDeployment, false},
		{"another batch", func(p seal.Params) []byte { p.Batch = batchID(2); return sealed(t, p) }, scrub.HeaderMismatch, false},
		{"another sequence", func(p seal.Params) []byte { p.Sequence = 9; return sealed(t, p) }, scrub.HeaderMismatch, false},
		{"another instrument", func(p seal.Params) []byte {
			p.Instrument = "i-01hx000000000000000000000b"
			return sealed(t, p)
		}, scrub.HeaderMismatch, false},
		{"unknown catalog", func(p seal.Params) []byte {
			p.Catalog = "sha256:" + strings.Repeat("0", 64)
			return sealed(t, p)
		}, scrub.UnknownCatalog, false},
		{"catalog in the payload differs", func(p seal.Params) []byte {
			return resealed(t, p, payload(t, func(c *observation.Payload) { c.Catalog = "sha256:" + strings.Repeat("0", 64) }))
		}, scrub.CatalogMismatch, true},
		{"unknown key id", func(p seal.Params) []byte {
			p.Recipients[0].ID = "unwrap-0"
			return sealed(t, p)
		}, seal.ReasonUnknownKey, false},
		{"wrapped for another key", func(p seal.Params) []byte {
			p.Recipients[0].Key = &other.PublicKey
			return sealed(t, p)
		}, seal.ReasonUnwrapFailed, false},
		{"a flipped bit", func(p seal.Params) []byte {
			o := sealed(t, p)
			o[len(o)-1] ^= 1
			return o
		}, seal.ReasonCiphertextCorrupt, false},
		{"not compressed", func(p seal.Params) []byte { p.Plaintext = raw; return sealed(t, p) }, observation.NotOneFrame, false},
		{"a bomb that says so", func(p seal.Params) []byte { p.Plaintext = observation.Compress(bomb); return sealed(t, p) }, observation.ExpansionLimit, false},
		{"a bomb that lies", func(p seal.Params) []byte {
			p.Plaintext = lyingFrame(p.PayloadBytes)
			return sealed(t, p)
		}, observation.ExpansionLimit, false},
		{"shorter than the header says", func(p seal.Params) []byte { p.PayloadBytes++; return sealed(t, p) }, seal.ReasonPayloadLength, true},
		{"not a payload", func(p seal.Params) []byte { return resealed(t, p, []byte("hello\n")) }, observation.NotAPayload, true},
		{"a torn row", func(p seal.Params) []byte { return resealed(t, p, raw[:len(raw)-1]) }, observation.Truncated, true},
		{"a second copy of a row", func(p seal.Params) []byte {
			return resealed(t, p, append(bytes.Clone(raw), lastLine(raw)...))
		}, observation.RowCount, true},
		{"nothing of the catalog", func(p seal.Params) []byte {
			return resealed(t, p, payload(t, func(c *observation.Payload) {
				c.Observations = []observation.Observation{{Field: "x.y", Value: 1}}
			}))
		}, scrub.NothingKept, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			m := b.upload(1, c.object(params(1, raw)))
			for range 2 {
				if err := b.stage.Handle(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
			all := b.receipts()
			if len(all) != 1 || all[0].Verdict != receipt.Rejected || all[0].Reason != c.reason || (all[0].Payload != "") != c.opened {
				t.Errorf("%+v", all)
			}
			if n := len(b.clean.Versions(layout.CleanKey(instrument, batchID(1)))) + len(b.queue.Messages()); n != 0 {
				t.Error("a rejected batch went on")
			}
		})
	}
}

func resealed(t *testing.T, p seal.Params, payload []byte) []byte {
	p.Plaintext, p.PayloadBytes = observation.Compress(payload), int64(len(payload))
	return sealed(t, p)
}

func lastLine(raw []byte) []byte {
	return raw[bytes.LastIndexByte(raw[:len(raw)-1], '\n')+1:]
}

// lyingFrame is a zstd frame that declares size bytes and expands to 64 MiB: run-length
// blocks of 128 KiB each.
func lyingFrame(size int64) []byte {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0, byte(size), byte(size >> 8), byte(size >> 16), byte(size >> 24)}
	for i := range 512 {
		head := 128<<10<<3 | 1<<1
		if i == 511 {
			head |= 1
		}
		frame = append(frame, byte(head), byte(head>>8), byte(head>>16), 'a')
	}
	return frame
}

// Each dependency fails twice: not persisted, and persisted with the reply lost. The
// queue delivers again, and in the end there is one receipt, one clean object and at
// least one message, as if nothing had failed.
func TestRedeliveryRepairsEveryFailure(t *testing.T) {
	stores := map[string]func(*bench, pipelinetest.Failure) *pipelinetest.Faults{
		"Get": func(b *bench, f pipelinetest.Failure) *pipelinetest.Faults {
			b.inbox.Fail("Get", f)
			return &b.inbox.Faults
		},
		"Put": func(b *bench, f pipelinetest.Failure) *pipelinetest.Faults {
			b.clean.Fail("Put", f)
			return &b.clean.Faults
		},
		"Entry": func(b *bench, f pipelinetest.Failure) *pipelinetest.Faults {
			b.chain.Fail("Entry", f)
			return &b.chain.Faults
		},
		"Head": func(b *bench, f pipelinetest.Failure) *pipelinetest.Faults {
			b.chain.Fail("Head", f)
			return &b.chain.Faults
		},
		"Commit": func(b *bench, f pipelinetest.Failure) *pipelinetest.Faults {
			b.chain.Fail("Commit", f)
			return &b.chain.Faults
		},
		"Send": func(b *bench, f pipelinetest.Failure) *pipelinetest.Faults {
			b.queue.Fail("Send", f)
			return &b.queue.Faults
		},
	}
	for name, fail := range stores {
		for how, failure := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
			t.Run(name+"/"+how, func(t *testing.T) {
				b := newBench(t)
				m := b.upload(1, sealed(t, params(1, payload(t, nil))))
				faults := fail(b, failure)
				if err := b.stage.Handle(t.Context(), m); !errors.Is(err, pipelinetest.ErrStore) {
					t.Fatalf("a failed dependency is an error, for the queue: %v", err)
				}
				if err := b.stage.Handle(t.Context(), m); err != nil {
					t.Fatal(err)
				}
				b.finished(faults)
			})
		}
	}
	for name, flaky := range map[string]func(*bench) *pipelinetest.Flaky{
		"Unwrap": func(b *bench) *pipelinetest.Flaky { return &b.unwrapper.Flaky },
		"Sign":   func(b *bench) *pipelinetest.Flaky { return &b.signer.Flaky },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			m := b.upload(1, sealed(t, params(1, payload(t, nil))))
			flaky(b).FailNext(1)
			if err := b.stage.Handle(t.Context(), m); !errors.Is(err, pipelinetest.ErrStore) {
				t.Fatal(err)
			}
			if err := b.stage.Handle(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			b.finished(&b.chain.Faults)
		})
	}
}

func (b *bench) finished(faults *pipelinetest.Faults) {
	b.t.Helper()
	if n := faults.Pending(); n != 0 {
		b.t.Errorf("%d planned failures met no call", n)
	}
	if n := len(b.receipts()); n != 1 || b.chain.State(instrument, batchID(1)) != receipt.Stored {
		b.t.Errorf("%d receipts, state %q", n, b.chain.State(instrument, batchID(1)))
	}
	if n := len(b.clean.Versions(layout.CleanKey(instrument, batchID(1)))); n != 1 {
		b.t.Errorf("%d clean objects", n)
	}
	if len(b.queue.Messages()) == 0 {
		b.t.Error("score was never told")
	}
	for _, s := range b.queue.Messages() {
		if s != b.queue.Messages()[0] {
			b.t.Errorf("two messages differ: %+v", b.queue.Messages())
		}
	}
}

func TestQuarantineCopyFails(t *testing.T) {
	for how, failure := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
		t.Run(how, func(t *testing.T) {
			b := newBench(t)
			m := b.upload(1, b.withHole("ACGTTGCAAC"))
			b.quarantine.Fail("Copy", failure)
			if err := b.stage.Handle(t.Context(), m); !errors.Is(err, pipelinetest.ErrStore) || len(b.receipts()) != 0 {
				t.Fatal("a receipt before its copy", err)
			}
			if err := b.stage.Handle(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if n := len(b.quarantine.Versions(layout.QuarantineKey(instrument, batchID(1)))); n != 1 || len(b.receipts()) != 1 {
				t.Errorf("%d copies, %d receipts", n, len(b.receipts()))
			}
		})
	}
}

// unsure does not know who was erased.
type unsure struct{}

func (unsure) Erased(context.Context, string) (bool, error) { return false, pipelinetest.ErrStore }

// While it cannot be asked whether a batch is still wanted, nothing is made of it; a message
// that is none is an error, and not one of the batch before.
func TestNothingIsMadeOfWhatIsNotKnown(t *testing.T) {
	b := newBench(t)
	m := b.upload(1, sealed(t, params(1, payload(t, nil))))
	b.stage.Erasures = unsure{}
	if err := b.stage.Handle(t.Context(), m); !errors.Is(err, pipelinetest.ErrStore) || len(b.receipts()) != 0 {
		t.Errorf("%v, %d receipts", err, len(b.receipts()))
	}
	if err := b.stage.Receive(t.Context(), []byte(`{"instrument":7}`)); err == nil || errors.Is(err, pipelinetest.ErrStore) {
		t.Errorf("a message that is none: %v", err)
	}
}

// What is said of a batch in the log adds up.
func TestTheLogCounts(t *testing.T) {
	b := newBench(t)
	if err := b.stage.Handle(t.Context(), b.upload(1, sealed(t, params(1, payload(t, nil))))); err != nil {
		t.Fatal(err)
	}
	r, kept := b.receipts()[0], 0
	for _, n := range r.Kept {
		kept += n
	}
	if want := fmt.Sprintf(`"kept":%d`, kept); kept < 5 || !strings.Contains(b.log.String(), want) {
		t.Errorf("want %s in %s", want, b.log)
	}
}

// Another version of the object, uploaded later, is never read.
func TestExactVersionIsRead(t *testing.T) {
	b := newBench(t)
	m := b.upload(1, sealed(t, params(1, payload(t, nil))))
	b.inbox.Upload(m.Key, []byte("later"))
	if err := b.stage.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if b.receipts()[0].Verdict != receipt.Stored {
		t.Error(b.receipts())
	}
}

// Bytes that are not those claimed give the instrument no receipt.
func TestDigestMismatchIsNobodysVerdict(t *testing.T) {
	b := newBench(t)
	m := b.upload(1, sealed(t, params(1, payload(t, nil))))
	m.SHA256 = strings.Repeat("0", 64)
	err := b.stage.Handle(t.Context(), m)
	if kind, _ := fault.Public(err); err == nil || !strings.Contains(err.Error(), "not the one that was claimed") || !kind.Retry() || len(b.receipts()) != 0 {
		t.Error(err, b.receipts())
	}
}

// Batches of one instrument handled at once make one chain.
func TestConcurrentBatchesMakeOneChain(t *testing.T) {
	b := newBench(t)
	const n = 4
	var wg sync.WaitGroup
	for i := 1; i <= n; i++ {
		m := b.upload(i, sealed(t, params(i, payload(t, nil))))
		wg.Go(func() {
			for range 3 { // three deliveries each; a lost race is an error and comes again
				for b.stage.Handle(context.Background(), m) != nil {
				}
			}
		})
	}
	wg.Wait()
	if got := len(b.receipts()); got != n {
		t.Errorf("%d receipts for %d batches", got, n)
	}
}
