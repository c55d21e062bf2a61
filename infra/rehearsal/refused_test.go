package rehearsal_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"proactive/shared/batch"
	"proactive/shared/layout"
	"proactive/shared/observation"
	"proactive/shared/receipt"
)

// Who cannot prove itself gets one and the same answer, and leaves no row.
func TestUnprovenIsUniform(t *testing.T) {
	t.Parallel()
	f := newForger(t, "UNPROVEN1", true)
	o := offerOf(newBatch(t), 1, []byte("anything"))
	body := []byte(`{"batch":"` + o.Batch + `","sequence":1,"bytes":8,"sha256":"` + o.SHA256 + `"}`)
	const path = "/v1/authorize"

	stranger := *f
	stranger.id = "i-00000000000000000000000000"
	wrongKey := *f
	wrongKey.key = newKey(t)
	f.call(t, http.MethodGet, "/v1/receipts?after=0", nil).read(t, nil)
	answers := map[string]answer{
		"an unknown instrument":  stranger.call(t, http.MethodPost, path, o),
		"another's key":          wrongKey.call(t, http.MethodPost, path, o),
		"no token":               ask(t, http.MethodPost, f.base+path, "", body),
		"a token that is none":   ask(t, http.MethodPost, f.base+path, "Proactive x.y.z", body),
		"a request of before":    ask(t, http.MethodGet, f.base+"/v1/receipts?after=0", f.spent, nil),
		"one for another path":   ask(t, http.MethodPost, f.base+path, f.spent, body),
		"an enrolment, no code":  (&forger{base: f.base, key: newKey(t)}).call(t, http.MethodPost, "/v1/enrol", map[string]string{"code": "AAAAAAAAAAAAAAAAAAAAAA"}),
		"consent for a stranger": stranger.call(t, http.MethodPost, "/v1/consent", map[string]any{"statement": "no"}),
	}
	for name, got := range answers {
		t.Run(name, func(t *testing.T) { got.refused(t, http.StatusUnauthorized, "unauthorised", "unauthorised") })
	}
	if got := ledgerOf(t, stranger.id); len(got) != 0 {
		t.Errorf("a stranger has rows: %+v", got)
	}
	if got := ledgerOf(t, f.id); len(got) != 0 {
		t.Errorf("unproven requests left rows: %+v", got)
	}
}

// What a proven instrument may not do, it is told.
func TestRefusedAtTheAPI(t *testing.T) {
	t.Parallel()
	f := newForger(t, "REFUSED1", false)
	raw := []byte("a batch")
	o := offerOf(newBatch(t), 1, raw)
	f.call(t, http.MethodPost, "/v1/authorize", o).refused(t, http.StatusForbidden, "forbidden", "no-consent")
	f.consent(t, true)
	huge := o
	huge.Bytes = 40 << 20
	f.call(t, http.MethodPost, "/v1/authorize", huge).refused(t, http.StatusBadRequest, "malformed", "batch-too-large")
	f.call(t, http.MethodPost, "/v1/authorize", map[string]any{"batch": "../../x", "sequence": 1, "bytes": 1, "sha256": o.SHA256}).refused(t, http.StatusBadRequest, "malformed", "bad-request")
	f.call(t, http.MethodPost, "/v1/authorize", map[string]any{"operator": "Ana", "batch": o.Batch, "sequence": 1, "bytes": 1, "sha256": o.SHA256}).refused(t, http.StatusBadRequest, "malformed", "bad-request")
	f.call(t, http.MethodPost, "/v1/authorize", strings.Repeat("x", 17<<10)).refused(t, http.StatusBadRequest, "malformed", "body-limit")
	g := f.authorize(t, o)
	other := offerOf(o.Batch, 1, []byte("other bytes"))
	f.call(t, http.MethodPost, "/v1/authorize", other).refused(t, http.StatusConflict, "conflict", "batch-differs")
	f.call(t, http.MethodPost, "/v1/authorize", offerOf(newBatch(t), 1, raw)).refused(t, http.StatusConflict, "conflict", "sequence-taken")
	f.consent(t, false)
	f.call(t, http.MethodPost, "/v1/authorize", offerOf(newBatch(t), 2, raw)).refused(t, http.StatusForbidden, "forbidden", "no-consent")

	if g.Status != "upload" {
		t.Fatalf("status %q", g.Status)
	}
	for name, spoil := range map[string]func(grant) grant{
		"an expired URL":    func(g grant) grant { return g.with(t, "X-Amz-Date", "20260101T000000Z") },
		"a URL made longer": func(g grant) grant { return g.with(t, "X-Amz-Expires", "604800") },
		"another key": func(g grant) grant {
			g.URL = strings.Replace(g.URL, o.Batch, newBatch(t), 1)
			return g
		},
		"no encryption header": func(g grant) grant { return g.without("x-amz-server-side-encryption") },
		"no overwrite guard":   func(g grant) grant { return g.without("if-none-match") },
	} {
		t.Run(name, func(t *testing.T) {
			if got := spoil(g).put(t, raw); got.status != http.StatusForbidden {
				t.Errorf("the store answers %d %s, want 403", got.status, got.body)
			}
		})
	}
	t.Run("other bytes of the same length", func(t *testing.T) {
		if got := g.put(t, []byte("B batch")); got.status/100 != 4 {
			t.Errorf("the store answers %d %s", got.status, got.body)
		}
	})
}

func (g grant) with(t testing.TB, name, value string) grant {
	t.Helper()
	u, err := url.Parse(g.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if !q.Has(name) {
		t.Fatalf("the URL has no %s", name)
	}
	q.Set(name, value)
	u.RawQuery = q.Encode()
	g.URL = u.String()
	return g
}

func (g grant) without(header string) grant {
	kept := map[string]string{}
	for name, value := range g.Headers {
		if !strings.EqualFold(name, header) {
			kept[name] = value
		}
	}
	g.Headers = kept
	return g
}

// Each bad batch is refused by its own reason, in a signed receipt; a good one among
// them is stored; nothing is tried forever.
func TestRefusedByReceipt(t *testing.T) {
	t.Parallel()
	_, folders := fleet(t, 12, 1, 1, 0)
	var good []byte
	for _, all := range folders {
		good = payloadOf(t, all[0])
	}
	bomb := observation.Compress(make([]byte, 128<<20))
	for i, c := range []struct {
		name, reason string
		make         func(t *testing.T, f *forger, id string) []byte
	}{
		{"another's signature", "bad-signature", func(t *testing.T, f *forger, id string) []byte {
			p := f.params(t, id, 1, good)
			p.Signer = newKey(t)
			return sealed(t, p)
		}},
		{"a bit flipped on the way", "bad-signature", func(t *testing.T, f *forger, id string) []byte {
			raw := sealed(t, f.params(t, id, 1, good))
			raw[len(raw)-9] ^= 1
			return raw
		}},
		{"cut short", "ciphertext-length", func(t *testing.T, f *forger, id string) []byte {
			raw := sealed(t, f.params(t, id, 1, good))
			return raw[:len(raw)-1]
		}},
		{"a format of tomorrow", "unknown-format", func(t *testing.T, f *forger, id string) []byte {
			return bytes.Replace(sealed(t, f.params(t, id, 1, good)), []byte("proactive-batch/1"), []byte("proactive-batch/2"), 1)
		}},
		{"no batch at all", "not-a-batch", func(*testing.T, *forger, string) []byte { return []byte("PK\x03\x04 a zip") }},
		{"for another deployment", "wrong-deployment", func(t *testing.T, f *forger, id string) []byte {
			p := f.params(t, id, 1, good)
			p.Deployment = "proactive-other"
			return sealed(t, p)
		}},
		{"of another sequence number", "header-mismatch", func(t *testing.T, f *forger, id string) []byte {
			return sealed(t, f.params(t, id, 2, good))
		}},
		{"sealed for a key of nobody's", "unknown-key-id", func(t *testing.T, f *forger, id string) []byte {
			p := f.params(t, id, 1, good)
			p.Recipients[0].ID = "unwrap-99"
			return sealed(t, p)
		}},
		{"ciphertext changed, then signed", "ciphertext-corrupt", func(t *testing.T, f *forger, id string) []byte {
			return resigned(t, f, sealed(t, f.params(t, id, 1, good)))
		}},
		{"a corrupt archive", "compression-corrupt", func(t *testing.T, f *forger, id string) []byte {
			p := f.params(t, id, 1, good)
			p.Plaintext = []byte("no zstd")
			return sealed(t, p)
		}},
		{"an expansion bomb", "expansion-limit", func(t *testing.T, f *forger, id string) []byte {
			p := f.params(t, id, 1, good)
			p.Plaintext = bomb
			return sealed(t, p)
		}},
		{"a payload of something else", "not-a-payload", func(t *testing.T, f *forger, id string) []byte {
			return sealed(t, f.params(t, id, 1, []byte(`{"patient":"Jane Doe"}`+"\n")))
		}},
		{"nothing that may be kept", "nothing-kept", func(t *testing.T, f *forger, id string) []byte {
			cat := f.params(t, id, 1, good).Catalog
			return sealed(t, f.params(t, id, 1, encoded(t, observation.Payload{Catalog: cat, Observations: []observation.Observation{
				{Field: "sample.name", Text: "Jane Doe"},
			}})))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForger(t, fmt.Sprintf("BAD%02d", i), true)
			bad, fine := newBatch(t), newBatch(t)
			f.send(t, bad, 1, c.make(t, f, bad))
			f.send(t, fine, 2, sealed(t, f.params(t, fine, 2, good)))
			if got := f.receiptOf(t, bad); got.Verdict != receipt.Rejected || got.Reason != c.reason {
				t.Errorf("the receipt says %s %q, want rejected %q", got.Verdict, got.Reason, c.reason)
			}
			if got := f.receiptOf(t, fine); got.Verdict != receipt.Stored {
				t.Errorf("the batch beside it: %s %q", got.Verdict, got.Reason)
			}
		})
	}
}

// resigned flips a bit of the ciphertext and signs what came of it.
func resigned(t *testing.T, f *forger, raw []byte) []byte {
	t.Helper()
	e, err := batch.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	e.Ciphertext[len(e.Ciphertext)/2] ^= 1
	e.Signature = ed25519.Sign(f.key, batch.Message(e.HeaderBytes, e.Ciphertext))
	return e.Marshal()
}

// What is placed in the inbox past the API is left, whatever its key says, and takes
// nothing over.
func TestPastTheAPI(t *testing.T) {
	t.Parallel()
	_, folders := fleet(t, 12, 1, 1, 0)
	var good []byte
	for _, all := range folders {
		good = payloadOf(t, all[0])
	}
	f := newForger(t, "PAST1", true)
	inbox := stage.Outputs["InboxBucket"]
	never, fine := newBatch(t), newBatch(t)
	raw := sealed(t, f.params(t, never, 1, good))
	back.put(t, inbox, layout.InboxKey(f.id, never), raw) // sound, and never granted
	back.put(t, inbox, "inbox/v1/../../clean/v1/x", raw)
	back.put(t, inbox, "inbox/v1/"+f.id+"/Jane_Doe.fastq", raw)

	fineRaw := sealed(t, f.params(t, fine, 2, good))
	f.send(t, fine, 2, fineRaw)
	if got := f.receiptOf(t, fine); got.Verdict != receipt.Stored {
		t.Fatalf("%s %q", got.Verdict, got.Reason)
	}
	back.put(t, inbox, layout.InboxKey(f.id, fine), []byte("another version, after the first was claimed"))
	eventually(t, "all is judged", func() bool { return waitingFor(t, f.id) == 0 })
	if got := f.receipts(t); len(got) != 1 || got[0].Verdict != receipt.Stored {
		t.Errorf("receipts: %+v", got)
	}
	if got := ledgerOf(t, f.id); len(got) != 1 || got[0].State != "stored" {
		t.Errorf("the ledger: %+v", got)
	}
}

// A wrong length or digest of what was granted, uploaded past the store's own check.
func TestNotTheBytesThatWereGranted(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{"length-mismatch": []byte("longer than granted"), "digest-mismatch": []byte("B batch")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newForger(t, "BYTES"+strings.ToUpper(name[:6]), true)
			id := newBatch(t)
			f.authorize(t, offerOf(id, 1, []byte("a batch")))
			back.put(t, stage.Outputs["InboxBucket"], layout.InboxKey(f.id, id), body)
			if got := f.receiptOf(t, id); got.Verdict != receipt.Rejected || got.Reason != name {
				t.Errorf("%s %q", got.Verdict, got.Reason)
			}
		})
	}
}

// What the agent refuses on its own, and what it says.
func TestRefusedByTheAgent(t *testing.T) {
	t.Parallel()
	all, folders := fleet(t, 13, 1, 2, 0)
	one := folders[all[0].Serial][0]
	lab, err := stage.Enrol(t.Context(), all[0].Serial)
	if err != nil {
		t.Fatal(err)
	}
	empty, half := t.TempDir(), filepath.Join(t.TempDir(), "half")
	if err := os.CopyFS(half, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"InterOp", "Logs", "RunCompletionStatus.xml"} {
		if err := os.RemoveAll(filepath.Join(half, gone)); err != nil {
			t.Fatal(err)
		}
	}
	tomorrow := filepath.Join(t.TempDir(), "tomorrow")
	if err := os.CopyFS(tomorrow, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	tiles := filepath.Join(tomorrow, "InterOp", "TileMetricsOut.bin")
	raw, err := os.ReadFile(tiles)
	if err != nil {
		t.Fatal(err)
	}
	raw[0] = 99
	if err := os.WriteFile(tiles, raw, 0o600); err != nil {
		t.Fatal(err)
	}

	sent, failed := lab.Send(t.Context(), []string{empty, half, filepath.Join(empty, "nowhere"), tomorrow, one})
	if failed == nil {
		t.Error("the agent says that all went well")
	}
	want := []struct{ verdict, reason string }{
		{"", "empty-run-folder"}, {"", "no-metrics"}, {"", "no-run-folder"}, {"stored", ""}, {"stored", ""},
	}
	if len(sent) != len(want) {
		t.Fatalf("%d accounts, want %d: %+v", len(sent), len(want), sent)
	}
	for i, w := range want {
		if w.verdict == "stored" && sent[i].Verdict != "stored" || sent[i].Reason != w.reason {
			t.Errorf("%s: %q %q, want %q %q", sent[i].Folder, sent[i].Verdict, sent[i].Reason, w.verdict, w.reason)
		}
	}
	named := false
	for _, f := range sent[3].Files {
		named = named || strings.HasSuffix(f.Name, "TileMetricsOut.bin") && !f.Read && f.Reason == "unknown-version"
	}
	if !named {
		t.Errorf("the file of an unknown version is not named: %+v", sent[3].Files)
	}

	if _, err := lab.Agent(t.Context(), "off"); err != nil {
		t.Fatal(err)
	}
	if _, err := lab.Send(t.Context(), []string{folders[all[0].Serial][1]}); err == nil || !strings.Contains(err.Error(), "agent on") {
		t.Errorf("sending after off: %v, want the way to turn it on", err)
	}
	if got := ledgerOf(t, lab.ID); len(got) != 2 {
		t.Errorf("%d batches in the ledger, want 2: %+v", len(got), got)
	}
}

type entry struct {
	Batch, State, Reason string
	Sequence             int64
}

func ledgerOf(t *testing.T, instrument string) (all []entry) {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "batches", "list", "--instrument", instrument)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}
