package export_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	wire "proactive/events"
	"proactive/shared/clean"
	"proactive/shared/dossier"
	"proactive/shared/export"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
	"proactive/shared/journal"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
)

const (
	ours    = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"
	theirs  = "i-01hyyyyyyyyyyyyyyyyyyyyyyy"
	request = "01HZZZZZZZZZZZZZZZZZZZZ001"
)

// rows is a source of n rows.
type rows struct{ n, page int }

func (r rows) After(_ context.Context, instrument, after string) ([]export.Item, bool, error) {
	var items []export.Item
	for i := range r.n {
		if key := fmt.Sprintf("%04d", i); key > after && len(items) < r.page {
			items = append(items, export.Item{Key: key, Row: map[string]any{"row": key, "of": instrument}})
		}
	}
	return items, len(items) == r.page, nil
}

// batches are stored batches of both instruments; every third one of ours has no clean
// object.
type batches struct {
	n    int
	old  bool // granted before anything is kept
	gone bool
	swap bool // ours lead to theirs
}

func batchID(n int) string { return fmt.Sprintf("01HZZZZZZZZZZZZZZZZZZZ%04d", n) }

func (b batches) StoredAfter(_ context.Context, instrument, after string) (out []export.Stored, last string, more bool, err error) {
	for i := 1; i <= b.n; i++ {
		if batchID(i) <= after {
			continue
		}
		last = batchID(i)
		if i%3 != 0 {
			granted := now()
			if b.old {
				granted = granted.Add(-export.CleanLife - time.Hour)
			}
			out = append(out, export.Stored{Batch: last, Sequence: int64(i), Granted: granted, Clean: receipt.Place{Bucket: "clean", Key: instrument, Version: last}})
		}
		return out, last, i < b.n, nil // pages of one
	}
	return nil, "", false, nil
}

func (b batches) Raw(_ context.Context, at receipt.Place) ([]byte, error) {
	if b.gone {
		return nil, export.ErrGone
	}
	owner := at.Key
	if b.swap {
		owner = theirs
	}
	n, err := strconv.Atoi(at.Version[22:])
	if err != nil {
		return nil, err
	}
	return clean.Encode(clean.Batch{Instrument: owner, Batch: at.Version, Sequence: int64(n), Observations: []observation.Observation{
		{Field: "tile.density", Lane: 1, Tile: 1101, Value: 0.1 + float64(n)/3}, {Field: "run.chemistry", Text: "HiSeq SBS Kit v4"},
	}})
}

func now() time.Time { return time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC) }

type bench struct {
	t       *testing.T
	now     time.Time
	tick    time.Duration // how long everything takes
	exports *pipelinetest.Exports
	calls   *pipelinetest.Calls
	desk    export.Desk
	stage   export.Stage
	me      instrument.Instrument
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, now: now(), exports: pipelinetest.NewExports(t), calls: &pipelinetest.Calls{}}
	clock := func() time.Time { b.now = b.now.Add(b.tick); return b.now }
	b.desk = export.Desk{Exports: b.exports, Links: b.exports, Next: b.calls, Now: clock}
	b.stage = export.Stage{
		Deployment: pipelinetest.Deployment, Exports: b.exports, Erasures: pipelinetest.Living{}, Next: b.calls,
		Now: clock, Log: journal.New(io.Discard, "export"),
		Kinds: []export.Kind{
			{Name: "ledger", What: "rows", Source: rows{n: 23, page: 5}},
			{Name: "status", What: "none", Source: rows{n: 0, page: 5}},
			{Name: "receipts.jws", What: "lines", Form: export.Lines, Source: lines{rows{n: 3, page: 2}}},
			{Name: "observations", What: "batches", Form: export.Files, Source: export.Observations{Batches: batches{n: 7}, Clean: batches{}, Now: now}},
		},
	}
	b.me = instrument.Instrument{ID: ours}
	b.me.PublicKey, _ = pipelinetest.InstrumentKey(1).Public().(ed25519.PublicKey)
	return b
}

// lines are rows as lines.
type lines struct{ rows }

func (l lines) After(ctx context.Context, instrument, after string) ([]export.Item, bool, error) {
	items, more, err := l.rows.After(ctx, instrument, after)
	for i := range items {
		items[i].Row = "line " + items[i].Key
	}
	return items, more, err
}

// play delivers messages until none is left; a delivery that fails or crashes comes again.
func (b *bench) play() {
	b.t.Helper()
	var again []handoff.Export
	for n := 0; ; n++ {
		if n > 200 {
			b.t.Fatal("it never ends")
		}
		m, ok := b.calls.Pop()
		if !ok && len(again) > 0 {
			m, again, ok = again[0], again[1:], true
		}
		if !ok {
			return
		}
		if err := b.deliver(m); errors.Is(err, pipelinetest.ErrStore) {
			again = append(again, m)
		} else if err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) deliver(m handoff.Export) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, killed := r.(pipelinetest.Killed); !killed {
				panic(r)
			}
			err = pipelinetest.ErrStore
		}
	}()
	return b.stage.Handle(b.t.Context(), m)
}

func (b *bench) ask() export.Standing {
	b.t.Helper()
	s, err := b.desk.Ask(b.t.Context(), b.me, export.Request{Instrument: ours, Request: request})
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// dossier puts the parts together, as the lab does, and checks them.
func (b *bench) dossier() (dossier.Manifest, map[string]string) {
	b.t.Helper()
	s, err := b.exports.Read(b.t.Context(), ours)
	if err != nil || !s.Done {
		b.t.Fatalf("not ready: %+v, %v", s, err)
	}
	dir, files := b.t.TempDir(), map[string]string{}
	for _, p := range s.Parts {
		raw, err := b.exports.Part(p)
		if err != nil || int64(len(raw)) != p.Bytes {
			b.t.Fatalf("%v, %d bytes of %d", err, len(raw), p.Bytes)
		}
		archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			b.t.Fatal(err)
		}
		for _, f := range archive.File {
			r, err := f.Open()
			if err != nil {
				b.t.Fatal(err)
			}
			body, err := io.ReadAll(r)
			if err != nil {
				b.t.Fatal(err)
			}
			if _, twice := files[f.Name]; twice {
				b.t.Errorf("%s is there twice", f.Name)
			}
			files[f.Name] = string(body)
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(f.Name)), 0o700); err != nil {
				b.t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, f.Name), body, 0o600); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	m, err := dossier.Check(os.DirFS(dir))
	if err != nil {
		b.t.Fatal(err)
	}
	return m, files
}

// whole asserts that everything of ours is there, once, and nothing of theirs.
func (b *bench) whole() {
	b.t.Helper()
	m, files := b.dossier()
	for name, want := range map[string]int{"ledger": 23, "status": 0, "receipts.jws": 3, "observations": 5, "nothing": 0} {
		if m.Count(name) != want {
			b.t.Errorf("%d of %s, want %d", m.Count(name), name, want)
		}
	}
	var ledger, signed []string
	for _, f := range m.Files {
		switch {
		case strings.HasSuffix(f.Name, "ledger.json"):
			var all []map[string]string
			if err := json.Unmarshal([]byte(files[f.Name]), &all); err != nil || len(all) != f.Rows {
				b.t.Errorf("%s: %v, %d rows", f.Name, err, f.Rows)
			}
			for _, r := range all {
				ledger = append(ledger, r["row"])
				if r["of"] != ours {
					b.t.Errorf("%s: a row of %s", f.Name, r["of"])
				}
			}
		case strings.HasSuffix(f.Name, "receipts.jws"):
			signed = append(signed, strings.Split(strings.TrimSpace(files[f.Name]), "\n")...)
		}
	}
	if len(ledger) != 23 || !slices.IsSorted(ledger) || len(slices.Compact(ledger)) != 23 {
		b.t.Errorf("rows of the ledger: %v", ledger)
	}
	if !slices.Equal(signed, []string{"line 0000", "line 0001", "line 0002"}) {
		b.t.Errorf("lines %v", signed)
	}
	for i := 1; i <= 7; i++ {
		name := fmt.Sprintf("observations/%09d-%s", i, batchID(i))
		file, there := files[name+".parquet"]
		if there == (i%3 == 0) {
			b.t.Errorf("batch %d: there %v", i, there)
			continue
		}
		if !there {
			continue
		}
		batch, err := clean.Decode([]byte(file))
		if err != nil || batch.Instrument != ours || batch.Sequence != int64(i) {
			b.t.Errorf("batch %d: %+v, %v", i, batch, err)
		}
		table, err := csv.NewReader(strings.NewReader(files[name+".csv"])).ReadAll()
		if err != nil || len(table) != 3 || table[1][2] != "tile.density" || table[2][10] != "HiSeq SBS Kit v4" {
			b.t.Fatalf("batch %d: %v, %v", i, table, err)
		}
		if v, err := strconv.ParseFloat(table[1][9], 64); err != nil || v != batch.Observations[0].Value {
			b.t.Errorf("batch %d: CSV says %v, Parquet %v", i, v, batch.Observations[0].Value)
		}
	}
	for name, body := range files {
		if strings.Contains(name+body, theirs) {
			b.t.Errorf("%s has something of theirs", name)
		}
	}
}

func TestAnExportHasAllOfOursAndNothingOfTheirs(t *testing.T) {
	b := newBench(t)
	if s := b.ask(); s.State != export.Preparing || s.Request != request || len(s.Parts) != 0 {
		t.Errorf("asked: %+v", s)
	}
	b.play()
	b.whole()
	if s := b.ask(); s.State != export.Ready || len(s.Parts) != 1 || s.Parts[0].Bytes == 0 {
		t.Errorf("ready: %+v", s)
	}
	if _, ok := b.calls.Pop(); ok {
		t.Error("an export that is ready was called for again")
	}
	link, err := b.desk.Part(t.Context(), b.me, url.Values{"request": {request}, "part": {"1"}})
	if err != nil || !strings.Contains(link.URL, ours+"/"+request+"/part-0001.zip") {
		t.Errorf("%+v, %v", link, err)
	}
}

// Wherever a part ends, the next goes on there: nothing is left out, nothing is twice.
func TestPartsEndAnywhere(t *testing.T) {
	b := newBench(t)
	b.tick = export.PartTime // every part is full after its first item
	b.ask()
	b.play()
	s, err := b.exports.Read(t.Context(), ours)
	if err != nil || len(s.Parts) < 31 {
		t.Errorf("%d parts, %v", len(s.Parts), err)
	}
	b.whole()
}

// Every call of every store fails in each way, or the function ends before or after it.
func TestAnExportSurvivesEveryFailure(t *testing.T) {
	for _, how := range []pipelinetest.Failure{
		pipelinetest.NotPersisted, pipelinetest.ReplyLost, pipelinetest.Repeated, pipelinetest.KilledBefore, pipelinetest.KilledAfter,
	} {
		for _, method := range []string{"Read", "Put", "Save", "Send"} {
			for nth := range 3 {
				t.Run(fmt.Sprintf("%s %d %d", method, nth, how), func(t *testing.T) {
					b := newBench(t)
					b.ask()
					b.tick = 4 * time.Second // several parts
					faults := &b.exports.Faults
					if method == "Send" {
						faults = &b.calls.Faults
					}
					for range nth {
						faults.Fail(method, pipelinetest.Works)
					}
					faults.Fail(method, how)
					b.play()
					if faults.Pending() != 0 {
						t.Fatal("it did not come to that")
					}
					b.whole()
				})
			}
		}
	}
}

// Two deliveries at once, and messages of long ago, change nothing.
func TestDeliveriesTwice(t *testing.T) {
	b := newBench(t)
	b.ask()
	b.tick = 4 * time.Second
	m, _ := b.calls.Pop()
	for range 3 {
		if err := b.deliver(m); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []handoff.Export{
		{Instrument: ours, Request: "01HZZZZZZZZZZZZZZZZZZZZ999", Part: 1}, {Instrument: theirs, Request: request, Part: 1}, {Instrument: ours, Request: request, Part: 99},
	} {
		if err := b.deliver(other); err != nil {
			t.Errorf("%+v: %v", other, err)
		}
	}
	b.play()
	b.whole()
	if err := b.deliver(m); err != nil {
		t.Error(err)
	}
}

func TestAskingAgain(t *testing.T) {
	b := newBench(t)
	b.ask()
	first, _ := b.calls.Pop()
	b.now = b.now.Add(time.Second)
	b.ask()
	if m, ok := b.calls.Pop(); ok {
		t.Errorf("on its way, and called for again: %+v", m)
	}
	b.now = b.now.Add(export.Patience)
	b.ask()
	if m, ok := b.calls.Pop(); !ok || m != first {
		t.Errorf("it stood still, and was not called for: %+v", m)
	}
	if err := b.deliver(first); err != nil {
		t.Fatal(err)
	}
	other := export.Request{Instrument: ours, Request: "01HZZZZZZZZZZZZZZZZZZZZ002"}
	s, err := b.desk.Ask(t.Context(), b.me, other)
	if err != nil || s.State != export.Ready || s.Request != request {
		t.Errorf("another within the hour: %+v, %v", s, err)
	}
	b.now = b.now.Add(export.Fresh)
	if s := b.ask(); s.State != export.Ready {
		t.Errorf("the same, later: %+v", s)
	}
	s, err = b.desk.Ask(t.Context(), b.me, other)
	if err != nil || s.State != export.Preparing || s.Request != other.Request || len(s.Parts) != 0 {
		t.Errorf("another after the hour: %+v, %v", s, err)
	}
	if _, err := b.desk.Part(t.Context(), b.me, url.Values{"request": {request}, "part": {"1"}}); reason(err) != export.NoSuchPart {
		t.Errorf("a part of the one before: %v", err)
	}
	b.play()
	b.whole()
}

// If we crash between state and message, or a reply is lost, asking again helps.
func TestAskingSurvivesEveryFailure(t *testing.T) {
	for _, c := range []struct {
		method string
		how    pipelinetest.Failure
	}{
		{"Begin", pipelinetest.NotPersisted}, {"Begin", pipelinetest.ReplyLost}, {"Begin", pipelinetest.Repeated},
		{"Send", pipelinetest.NotPersisted}, {"Send", pipelinetest.ReplyLost},
	} {
		b := newBench(t)
		b.exports.Fail(c.method, c.how)
		b.calls.Fail(c.method, c.how)
		if _, err := b.desk.Ask(t.Context(), b.me, export.Request{Instrument: ours, Request: request}); (err != nil) == (c.how == pipelinetest.Repeated) {
			t.Errorf("%+v: %v", c, err)
		}
		if c.how != pipelinetest.Repeated {
			b.now = b.now.Add(export.Patience)
			b.ask()
		}
		b.play()
		b.whole()
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	b := newBench(t)
	for want, r := range map[string]export.Request{
		export.AnotherInstrument: {Instrument: theirs, Request: request}, export.BadRequest: {Instrument: ours, Request: "../../x"},
	} {
		if _, err := b.desk.Ask(t.Context(), b.me, r); reason(err) != want {
			t.Errorf("%+v: %v, want %s", r, err, want)
		}
	}
	b.ask()
	for _, q := range []string{"", "part=1", "request=" + request, "part=1&request=" + request + "&x=1", "part=x&request=" + request, "part=1&part=2&request=" + request} {
		query, err := url.ParseQuery(q)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.desk.Part(t.Context(), b.me, query); reason(err) != export.BadRequest {
			t.Errorf("%q: %v", q, err)
		}
	}
	first := url.Values{"part": {"1"}, "request": {request}}
	if _, err := b.desk.Part(t.Context(), b.me, first); reason(err) != export.NoSuchPart {
		t.Errorf("before it is ready: %v", err)
	}
	b.play()
	for _, n := range []string{"0", "-1", "2"} {
		if _, err := b.desk.Part(t.Context(), b.me, url.Values{"part": {n}, "request": {request}}); reason(err) != export.NoSuchPart {
			t.Errorf("part %s: %v", n, err)
		}
	}
	stranger := b.me
	stranger.ID = theirs
	if _, err := b.desk.Part(t.Context(), stranger, first); reason(err) != export.NoSuchPart {
		t.Errorf("another's part: %v", err)
	}
}

func reason(err error) string { _, r := fault.Public(err); return r }

func TestNothingIsPreparedOfAnErasedInstrument(t *testing.T) {
	b := newBench(t)
	b.ask()
	b.stage.Erasures = pipelinetest.Gone{}
	b.play()
	if s, err := b.exports.Read(t.Context(), ours); err != nil || len(s.Parts) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// What is not there is missing, unless it is old enough to have ended; and what is
// another's is never given away.
func TestCleanBatchesThatAreNotThere(t *testing.T) {
	for name, c := range map[string]struct {
		b    batches
		fine bool
	}{
		"gone before its time": {batches{n: 2, gone: true}, false}, "ended": {batches{n: 2, gone: true, old: true}, true},
		"old, and there": {batches{n: 2, old: true}, true}, "another's": {batches{n: 2, swap: true}, false},
	} {
		b := newBench(t)
		b.stage.Kinds = []export.Kind{{Name: "observations", Form: export.Files, Source: export.Observations{Batches: c.b, Clean: c.b, Now: now}}}
		b.ask()
		m, _ := b.calls.Pop()
		if err := b.deliver(m); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnItemLargerThanAPartIsItsOwn(t *testing.T) {
	b := newBench(t)
	b.stage.Kinds = []export.Kind{{Name: "large", Form: export.Files, Source: large{}}}
	b.ask()
	b.play()
	s, err := b.exports.Read(t.Context(), ours)
	if err != nil || len(s.Parts) != 4 { // three, and the manifest
		t.Errorf("%d parts, %v", len(s.Parts), err)
	}
	if m, _ := b.dossier(); m.Count("large") != 3 {
		t.Errorf("%+v", m.Contents)
	}
}

type large struct{}

func (large) After(_ context.Context, _, after string) ([]export.Item, bool, error) {
	var items []export.Item
	for _, key := range []string{"a", "b", "c"} {
		items = append(items, export.Item{Key: key, Open: func(context.Context) ([]export.File, error) {
			return []export.File{{Name: "large/" + key + key, Body: make([]byte, export.PartBytes), Packed: true}}, nil
		}})
	}
	slices.SortFunc(items, func(a, b export.Item) int { return cmp.Compare(a.Key, b.Key) })
	return slices.DeleteFunc(items, func(i export.Item) bool { return i.Key <= after }), false, nil
}

func TestAManifestIsOfItsSchema(t *testing.T) {
	raw, err := fs.ReadFile(wire.Files, "export/v1/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	b.tick = 4 * time.Second
	b.ask()
	b.play()
	_, files := b.dossier()
	manifest, err := jsonschema.UnmarshalJSON(strings.NewReader(files[dossier.ManifestName]))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(manifest); err != nil {
		t.Error(err)
	}
}

func TestStoresKeepTheirContract(t *testing.T) {
	pipelinetest.ExportsContract(t, pipelinetest.NewExports(t))
}
