package chaos_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"
)

// each is how often the long form must meet every fault.
const each = 200

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	raw := os.Getenv(name)
	if raw == "" {
		return otherwise
	}
	n, err := strconv.Atoi(raw)
	if err != nil {
		t.Fatalf("%s is %q: want a number", name, raw)
	}
	return n
}

// play is one run from the first batch to the last count.
func play(t *testing.T, seed uint64, batches int) (*world, result) {
	w := newWorld(t, seed)
	w.populate(batches)
	w.plan()
	w.poisoner(max(30, batches/40))
	w.after(0, w.sweep)
	w.after(0, w.operator)
	w.after(wildTime, func() { w.wild = false })
	w.run(func() bool { return w.now.Sub(w.start) > allTime })
	return w, w.judge()
}

// TestChaos: whatever the network, the stores, the queues, the keys, the mail and the
// machines do, nothing is lost, nothing is counted twice, each fault has one case, and
// everybody is told. SEED and CHAOS_BATCHES choose the play; from 10,000 batches on, every
// fault must be met 200 times.
func TestChaos(t *testing.T) {
	batches, seed := number(t, "CHAOS_BATCHES", 300), uint64(number(t, "SEED", 1))
	t.Logf("SEED=%d CHAOS_BATCHES=%d", seed, batches)
	began := time.Now()
	w, r := play(t, seed, batches)
	report := summary{Seed: seed, Result: r, Faults: w.counts, Days: int(w.now.Sub(w.start).Hours() / 24), Passed: !t.Failed()}
	wanted := 0
	if batches >= 10000 {
		wanted = each
	}
	report.Few = few(w.counts, wanted)
	for _, name := range report.Few {
		t.Errorf("%s: %d times, want %d", name, w.counts[name], wanted)
	}
	report.Passed = !t.Failed()
	t.Log("\n" + report.String())
	t.Logf("%.1f s", time.Since(began).Seconds())
	if dir := os.Getenv("CHAOS_REPORT"); dir != "" {
		report.write(t, dir)
	}
}

// TestTheSameSeedIsTheSamePlay, without which a failure could not be looked at again.
func TestTheSameSeedIsTheSamePlay(t *testing.T) {
	one, r1 := play(t, 7, 60)
	two, r2 := play(t, 7, 60)
	if diff := cmp.Diff(one.counts, two.counts) + cmp.Diff(r1, r2); diff != "" {
		t.Errorf("seed 7 played twice: %s", diff)
	}
	if other, _ := play(t, 8, 60); cmp.Equal(one.counts, other.counts) {
		t.Error("seed 8 is the same as seed 7")
	}
}

// summary is what is printed and kept.
type summary struct {
	Seed   uint64
	Days   int // that were played
	Passed bool
	Result result
	Faults map[string]int
	Few    []string // faults that were met too seldom
}

func (s summary) String() string {
	var out writer
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	for _, name := range every {
		fmt.Fprintf(w, "%s\t%d\n", name, s.Faults[name])
	}
	_ = w.Flush()
	r := s.Result
	fmt.Fprintf(&out, "\nseed %d, %d days: %d batches = %d stored + %d quarantined + %d rejected + %d never arrived\n", s.Seed, s.Days, r.Batches, r.Stored, r.Quarantined, r.Rejected, r.NeverArrived)
	fmt.Fprintf(&out, "%d lost, %d counted twice; %d findings, %d cases, %d missing, %d double\n", r.Lost, r.CountedTwice, r.Findings, r.Cases, r.MissingCases, r.DoubleCases)
	fmt.Fprintf(&out, "%d notices, %d missing, %d went out again between sending and recording, as they were\n", r.Notices, r.MissingNotices, r.DoubledNotices)
	fmt.Fprintf(&out, "%d messages sent again by the reconciler; %d dropped and not found\n", r.Redriven, r.DroppedAndGone)
	return string(out)
}

type writer []byte

func (w *writer) Write(p []byte) (int, error) { *w = append(*w, p...); return len(p), nil }

var _ io.Writer = (*writer)(nil)

func (s summary) write(t *testing.T, dir string) {
	t.Helper()
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, fmt.Sprintf("seed-%d", s.Seed))
	for path, content := range map[string][]byte{name + ".json": raw, name + ".txt": []byte(s.String())} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
