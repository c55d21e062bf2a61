package rehearsal_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"proactive/infra/rehearsal"
)

// stage is the deployed stack that every test here plays on; each test enrols its own
// instruments, so none sees another's batches.
var stage *rehearsal.Rehearsal

// pace: a day of a case passes in two seconds.
const pace = 43200

func TestMain(m *testing.M) { os.Exit(open(m)) }

func open(m *testing.M) int {
	root, err := filepath.Abs("../..")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if missing := notBuilt(root); missing != "" {
		if os.Getenv("PROACTIVE_E2E") == "required" {
			fmt.Println("end to end: required, but missing:", missing)
			return 1
		}
		fmt.Printf("end to end: NOT RUN, %s is missing; `make test` builds it and runs these tests\n", missing)
		return 0
	}
	dir, err := os.MkdirTemp("", "proactive-e2e-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	stage, err = rehearsal.Open(ctx, rehearsal.Options{Root: root, Dir: dir, Pace: pace, Progress: os.Stderr})
	if err != nil {
		fmt.Println("end to end:", err)
		return 1
	}
	defer func() {
		if err := stage.Close(); err != nil {
			fmt.Println("end to end:", err)
		}
	}()
	return m.Run()
}

func notBuilt(root string) string {
	for _, need := range []string{
		"bin/agent", "bin/proactive", "bin/fleet",
		"dist/" + goarch() + "/scrub/bootstrap", ".cache/venv", ".cache/node",
	} {
		if _, err := os.Stat(filepath.Join(root, need)); err != nil {
			return need
		}
	}
	return ""
}

func goarch() string {
	out, err := exec.Command("go", "env", "GOARCH").Output()
	if err != nil {
		return "amd64"
	}
	return string(out[:len(out)-1])
}

type truth struct {
	Serial    string `json:"serial"`
	Component string `json:"component"`
}

// fleet writes a simulated fleet and returns its truth and each instrument's folders.
func fleet(t *testing.T, seed, instruments, runs, fail int) ([]truth, map[string][]string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), filepath.Join(stage.Root, "bin", "fleet"), "write", "--out", dir,
		"--seed", strconv.Itoa(seed), "--instruments", strconv.Itoa(instruments), "--runs", strconv.Itoa(runs), "--fail", strconv.Itoa(fail))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("fleet: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []truth
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	folders := map[string][]string{}
	for _, one := range all {
		found, err := filepath.Glob(filepath.Join(dir, one.Serial, "*"))
		if err != nil || len(found) != runs {
			t.Fatalf("%s has %d run folders (%v), want %d", one.Serial, len(found), err, runs)
		}
		slices.Sort(found)
		folders[one.Serial] = found
	}
	return all, folders
}

type caseView struct {
	ID, Instrument, Component, State, Outcome string
	Notices                                   []string
}

func casesOf(t *testing.T, lab *rehearsal.Lab) []caseView {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "cases", "list")
	if err != nil {
		t.Fatal(err)
	}
	var all []caseView
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(c caseView) bool { return c.Instrument != lab.ID })
}

// eventually polls until ok, for at most a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 120 {
		if ok() {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(500 * time.Millisecond):
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

// Sent three times each and out of order: nothing lost, nothing double, the same
// findings, one case for what fails and none for what is healthy.
func TestThriceAndOutOfOrder(t *testing.T) {
	t.Parallel()
	all, folders := fleet(t, 11, 2, 12, 1)
	slices.SortFunc(all, func(a, b truth) int { return cmp.Compare(b.Component, a.Component) })
	var findings []string
	for _, one := range all[:1] {
		serial := one.Serial
		inOrder, err := stage.Enrol(t.Context(), serial)
		if err != nil {
			t.Fatal(err)
		}
		for chunk := range slices.Chunk(folders[serial], 4) {
			if _, err := inOrder.Send(t.Context(), chunk); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "one case for "+serial, func() bool { return len(casesOf(t, inOrder)) == 1 })
		findings = findingsOf(t, inOrder)
		if got := casesOf(t, inOrder)[0].Component; got != one.Component {
			t.Errorf("the case is on %s; the simulator broke %s", got, one.Component)
		}

		shuffled, err := stage.Enrol(t.Context(), serial)
		if err != nil {
			t.Fatal(err)
		}
		order := slices.Clone(folders[serial])
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		sent, err := shuffled.Send(t.Context(), order, "--shuffled", "--times", "3")
		if err != nil {
			t.Fatal(err)
		}
		if len(sent) != len(order) {
			t.Fatalf("%d accounts of %d run folders", len(sent), len(order))
		}
		eventually(t, "the same findings", func() bool { return slices.Equal(findingsOf(t, shuffled), findings) })
		if got := len(casesOf(t, shuffled)); got != 1 {
			t.Errorf("%d cases, want 1", got)
		}
	}
	healthy, err := stage.Enrol(t.Context(), all[1].Serial)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := healthy.Send(t.Context(), folders[all[1].Serial]); err != nil {
		t.Fatal(err)
	}
	if got := casesOf(t, healthy); len(got) != 0 {
		t.Errorf("a healthy instrument has cases: %v", got)
	}
}

func findingsOf(t *testing.T, lab *rehearsal.Lab) []string {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "findings", "list", "--instrument", lab.ID)
	if err != nil {
		t.Fatal(err)
	}
	var all []struct{ Rule, State, Component string }
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range all {
		if f.State == "active" {
			names = append(names, f.Component+" "+f.Rule)
		}
	}
	slices.Sort(names)
	return names
}

// The nine real run folders, where they are at hand: all stored with a receipt, and
// the figures of the reference reader.
func TestRealRunFolders(t *testing.T) {
	t.Parallel()
	data := filepath.Join(stage.Root, "..", "shared", "data")
	raw, err := os.ReadFile(filepath.Join(data, "golden.json"))
	if err != nil {
		t.Skip("NOT RUN: the real run folders are not on this machine")
	}
	var golden map[string]json.RawMessage
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(data, "runs", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no run folders: %v", err)
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			lab, err := stage.Enrol(t.Context(), rehearsal.SerialOf(folder))
			if err != nil {
				t.Fatal(err)
			}
			sent, err := lab.Send(t.Context(), []string{folder}, "--history")
			if err != nil {
				t.Fatal(err)
			}
			if sent[0].Verdict != "stored" {
				t.Fatalf("verdict %q, reason %q", sent[0].Verdict, sent[0].Reason)
			}
			compare(t, sent[0], golden[name])
		})
	}
}

// compare holds an account to the reference's total, where the reference has one: it
// refuses a folder with a broken file as a whole.
func compare(t *testing.T, s rehearsal.Sent, golden json.RawMessage) {
	t.Helper()
	var g struct {
		Lanes []struct {
			Clusters   *float64 `json:"Cluster Count"`
			ClustersPF *float64 `json:"Cluster Count Pf"`
		} `json:"summary_Lane"`
		Total []struct {
			Q30        *float64 `json:"% >= Q30"`
			Clusters   *float64 `json:"Reads"`
			ClustersPF *float64 `json:"Reads Pf"`
		} `json:"summary_Total"`
	}
	if err := json.Unmarshal(golden, &g); err != nil || len(g.Total) == 0 {
		t.Logf("the reference has no total for this folder")
		return
	}
	for _, f := range []struct {
		name      string
		got, want *float64
	}{
		{"clusters", s.Summary.Clusters, g.Total[0].Clusters},
		{"clusters PF", s.Summary.ClustersPF, g.Total[0].ClustersPF},
		{"%≥Q30", s.Summary.Q30, g.Total[0].Q30},
	} {
		switch {
		case f.want == nil:
		case f.got == nil:
			t.Errorf("%s: missing, the reference says %v", f.name, *f.want)
		case math.Abs(*f.got-*f.want) > 1e-6*math.Abs(*f.want):
			t.Errorf("%s: %v, the reference says %v", f.name, *f.got, *f.want)
		}
	}
}
