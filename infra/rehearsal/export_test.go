package rehearsal_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"proactive/shared/dossier"
	"proactive/shared/layout"
)

// TestALabGetsAllOfItsOwn: a lab with a case and a lab without one ask for what is held.
// Each gets every batch, byte for byte as it is stored, every row, receipts that the
// independent verifier believes, and nothing of the other's, of our people, or that books
// a visit.
func TestALabGetsAllOfItsOwn(t *testing.T) {
	t.Parallel()
	all, folders := fleet(t, 500, 1, 12, 1)
	ours, err := stage.Enrol(t.Context(), all[0].Serial)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := ours.Send(t.Context(), folders[ours.Serial])
	if err != nil {
		t.Fatal(err)
	}
	all, folders = fleet(t, 501, 1, 2, 0)
	theirs, err := stage.Enrol(t.Context(), all[0].Serial)
	if err != nil {
		t.Fatal(err)
	}
	others, err := theirs.Send(t.Context(), folders[theirs.Serial])
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "a case that was offered", func() bool {
		c := casesOf(t, ours.ID)
		return len(c) == 1 && slices.Contains(c[0].Notices, "offer-1")
	})
	eventually(t, "all is delivered", func() bool { return waitingFor(t, ours.ID)+waitingFor(t, theirs.ID) == 0 })

	dir := filepath.Join(t.TempDir(), "export")
	raw, err := ours.Agent(t.Context(), "export", dir)
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Counts  map[string]int
		Missing []string
		Bytes   int64
	}
	if err := json.Unmarshal(raw, &told); err != nil || len(told.Missing) != 0 {
		t.Fatalf("the agent says %s: %v", raw, err)
	}
	files := os.DirFS(dir)
	m, err := dossier.Check(files)
	if err != nil || m.Instrument != ours.ID {
		t.Fatalf("%+v, %v", m.Instrument, err)
	}
	for name, want := range map[string]int{"instrument": 1, "consents": 1, "ledger": 12, "days": 1, "receipts": 12, "receipts.jws": 12, "runs": 12, "cases": 1, "observations": 12} {
		if told.Counts[name] != want {
			t.Errorf("%d of %s, want %d", told.Counts[name], name, want)
		}
	}
	if told.Counts["findings"] == 0 || told.Counts["notices"] < 2 {
		t.Errorf("counts %v", told.Counts)
	}

	// Every batch, as it is stored.
	for _, s := range sent {
		key := layout.CleanKey(ours.ID, s.Batch)
		stored := back.object(t, stage.Outputs["CleanBucket"], back.versions(t, stage.Outputs["CleanBucket"], key)[0])
		name := fmt.Sprintf("observations/%09d-%s", s.Sequence, s.Batch)
		if got, err := fs.ReadFile(files, name+".parquet"); err != nil || !bytes.Equal(got, stored) {
			t.Errorf("%s: %d bytes, stored are %d: %v", name, len(got), len(stored), err)
		}
	}
	everyRow(t, ours.ID, files)

	// Nothing that is not theirs to have.
	not := []string{theirs.ID, theirs.Serial, "support@proactive.example", "field@proactive.example", "Remote support", "Field engineer"}
	for _, s := range others {
		not = append(not, s.Batch)
	}
	link := regexp.MustCompile(`/slot/[A-Za-z0-9_-]{20}`)
	whole := content(t, files)
	for _, n := range not {
		if strings.Contains(whole, n) {
			t.Errorf("the export has %q", n)
		}
	}
	if link.MatchString(whole) || !strings.Contains(whole, "/slot/…") || !strings.Contains(whole, ours.Serial) {
		t.Error("the link to book a visit is there, or nothing is")
	}

	verified(t, filepath.Join(dir, "receipts.jws"), ours.Agent)

	// The same again is the same export: one archive.
	archive := filepath.Join(t.TempDir(), "export.zip")
	if _, err := ours.Agent(t.Context(), "export", archive); err != nil {
		t.Fatal(err)
	}
	again, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if second, err := dossier.Check(again); err != nil || second.Request != m.Request || len(second.Files) != len(m.Files) {
		t.Errorf("again: request %s after %s, %v", second.Request, m.Request, err)
	}

	mine := filepath.Join(t.TempDir(), "theirs")
	if _, err := theirs.Agent(t.Context(), "export", mine); err != nil {
		t.Fatal(err)
	}
	other := content(t, os.DirFS(mine))
	for _, n := range []string{ours.ID, ours.Serial, sent[0].Batch} {
		if strings.Contains(other, n) {
			t.Errorf("the other lab's export has %q", n)
		}
	}
	t.Logf("12 batches and a case: %d files, %d bytes as they were fetched", len(m.Files), told.Bytes)
}

// kept are the kinds of rows of an instrument, by how their sort key begins, and the file of
// an export that has them; "" for what the manifest says is left out.
var kept = map[string]string{
	"PROFILE": "instrument.json", "CONSENT#": "consents.json", "BATCH#": "ledger.json", "DAY#": "days.json", "RECEIPT#": "receipts.json",
	"RUN#": "runs.json", "SERVICE#": "services.json", "STATUS": "status.json", "CONDITION": "condition.json", "COHORT": "cohorts.json", "COHORTS": "", "FINDING#": "findings.json", "CASE": "cases.json",
	"SEQUENCE#": "", "HEAD": "", "CODE": "", "OPEN": "", "TOKEN": "", "SLOT": "",
}

// everyRow: whatever kind of row a table has of the instrument, it is told, or its kind is
// among those that are not, for a reason.
func everyRow(t *testing.T, id string, files fs.FS) {
	t.Helper()
	counts := map[string]int{}
	for name, table := range stage.Outputs {
		if !strings.HasSuffix(name, "Table") {
			continue
		}
		for _, raw := range tableRows(t, table) {
			if !bytes.Contains(raw, []byte(id)) {
				continue
			}
			var row struct {
				SK struct{ S string } `json:"sk"`
			}
			if err := json.Unmarshal(raw, &row); err != nil {
				t.Fatal(err)
			}
			kind, rest, found := strings.Cut(row.SK.S, "#")
			if found {
				kind += "#"
			}
			file, known := kept[kind]
			if !known {
				t.Errorf("%s has rows %s%s, which an export neither tells nor leaves out", name, kind, rest)
			}
			if file != "" {
				counts[file]++
			}
		}
	}
	for file, want := range counts {
		var rows []json.RawMessage
		raw, err := fs.ReadFile(files, file)
		if err == nil {
			err = json.Unmarshal(raw, &rows)
		}
		if err != nil || len(rows) != want {
			t.Errorf("%s: %d rows, the tables have %d: %v", file, len(rows), want, err)
		}
	}
	if len(counts) < 7 {
		t.Errorf("rows in %v only", counts)
	}
}

// tableRows are the rows of a table, as JSON.
func tableRows(t *testing.T, table string) (all []json.RawMessage) {
	t.Helper()
	for dec := json.NewDecoder(bytes.NewReader(scanned(t, table))); dec.More(); {
		var page []json.RawMessage
		if err := dec.Decode(&page); err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
	}
	return all
}

// content is all text of an export, Parquet decoded.
func content(t *testing.T, files fs.FS) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := files.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		body, err := io.ReadAll(f)
		if strings.HasSuffix(name, ".parquet") {
			body = rows(t, body)
		}
		fmt.Fprintf(&all, "%s\n%s\n", name, body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// verified runs the independent verifier over exported receipts, with the key set that the
// agent has.
func verified(t *testing.T, receipts string, agent func(ctx context.Context, args ...string) ([]byte, error)) {
	t.Helper()
	raw, err := agent(t.Context(), "receipts", "export", filepath.Join(t.TempDir(), "own.jws"))
	if err != nil {
		t.Fatal(err)
	}
	var own struct{ File, Keys, Root string }
	if err := json.Unmarshal(raw, &own); err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(own.Keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(receipts+".keys.json", keys, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "-B", filepath.Join(stage.Root, "docs", "verify", "verify_receipts.py"), receipts, "--root", own.Root, "--known", "12")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the independent verifier: %v\n%s", err, out)
	}
	mine, err := os.ReadFile(own.File)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(receipts)
	if err != nil || !bytes.Equal(mine, theirs) {
		t.Errorf("the lab's own receipts are %d bytes, the exported %d: %v", len(mine), len(theirs), err)
	}
}
