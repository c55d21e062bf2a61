package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"proactive/cmd/agent/internal/advice"
	"proactive/shared/batch"
	"proactive/shared/observation"
	"proactive/shared/seal"
	"proactive/shared/simulate"
)

// What `preview --out` writes is what the deployment's key finds in the batch that `send`
// sealed, byte for byte: over simulated runs of every family, healthy and failing, whole
// and damaged, with an auditor and without.
func TestPreviewWritesWhatIsSealed(t *testing.T) {
	rng := rand.New(rand.NewPCG(20261123, 1))
	start := time.Now().UTC().AddDate(0, 0, 1).Truncate(24 * time.Hour) // covered by today's consent
	for n := range 12 {
		fleet := simulate.Fleet{Seed: rng.Uint64(), Instruments: 1 + n%6, Failing: n % 2, Start: start}
		truths := fleet.Truths()
		truth := truths[len(truths)-1]
		dir := t.TempDir()
		if err := fleet.Write(dir, rng.IntN(12), 1); err != nil {
			t.Fatal(err)
		}
		folders, err := runFolders(filepath.Join(dir, truth.Serial))
		if err != nil || len(folders) != 1 {
			t.Fatalf("%d run folders: %v", len(folders), err)
		}
		damage(t, rng, folders[0], n/6)
		t.Run(truth.Family+" "+filepath.Base(folders[0]), func(t *testing.T) { sameBytes(t, truth.Serial, folders[0], n%3 == 0) })
	}
}

func sameBytes(t *testing.T, serial, folder string, audited bool) {
	l, dir := newLabOf(t, serial), t.TempDir()
	if audited {
		auditorKey(t, filepath.Join(dir, "private.pem"), filepath.Join(dir, "public.pem"), 2048)
		if out, code := l.agent(t.Context(), "auditor", "add", filepath.Join(dir, "public.pem"), "--archive", dir); code != advice.Done {
			t.Fatalf("auditor add: exit %d: %s", code, out)
		}
	}
	shown := filepath.Join(dir, "payload")
	if out, code := l.agent(t.Context(), "preview", "--out", shown, folder); code != advice.Done {
		t.Fatalf("preview: exit %d: %s", code, out)
	}
	want, err := os.ReadFile(shown)
	if err != nil {
		t.Fatal(err)
	}
	out, code := l.agent(t.Context(), "send", folder)
	if code != advice.Done {
		t.Fatalf("send: exit %d: %s", code, out)
	}
	var acc account
	if err := json.Unmarshal([]byte(out), &acc); err != nil {
		t.Fatal(err)
	}
	e, err := batch.Read(bytes.NewReader(l.service.batches[acc.Batch].object))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := seal.Open(t.Context(), e, "unwrap-1", seal.Local{"unwrap-1": l.service.unwrap})
	if err != nil {
		t.Fatal(err)
	}
	got, err := observation.Decompress(packed, observation.MaxPayload)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || len(want) == 0 || int64(len(want)) != e.Header.PayloadBytes {
		t.Errorf("preview wrote %d bytes, %d other bytes were sealed", len(want), len(got))
	}
	if audited { // and the lab opens the same
		if out, code := l.agent(t.Context(), "audit", "--key", filepath.Join(dir, "private.pem"), "--out", dir, dir); code != advice.Done {
			t.Errorf("audit: exit %d: %s", code, out)
		}
		if opened, err := os.ReadFile(filepath.Join(dir, acc.Batch+".payload")); err != nil || !bytes.Equal(opened, want) {
			t.Errorf("the audit opened %d other bytes: %v", len(opened), err)
		}
	}
	if (len(e.Header.Recipients) == 2) != audited {
		t.Errorf("%d recipients", len(e.Header.Recipients))
	}
}

// damage cuts one metric file at a random place, or adds files that must not be read.
func damage(t *testing.T, rng *rand.Rand, folder string, how int) {
	t.Helper()
	if how == 0 {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, "SampleSheet.csv"), []byte("Sample_ID,patient\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "InterOp", "Q*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no metric files: %v", err)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(files[0], rng.Int64N(info.Size())); err != nil {
		t.Fatal(err)
	}
}
