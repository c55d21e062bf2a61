package rehearsal_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"proactive/infra/rehearsal"
)

// stage is the deployed stack that every test here plays on; each test enrols its own
// instruments, so none sees another's batches.
var (
	stage *rehearsal.Rehearsal
	back  behind
)

// pace: a day of a case passes in five minutes. What these tests look at happens on the
// first; a case that an erasure must stop is still waiting for its lab, with a reminder set,
// also where much else runs.
const pace = 288

func TestMain(m *testing.M) { os.Exit(open(m)) }

// atOnce is how many of these tests run at a time if nobody says: they wait for the stack
// far longer than they compute, so more than there are processors.
const atOnce = "6"

func open(m *testing.M) int {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			fmt.Println(err)
			return 1
		}
	}
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
	if err := useEmulator(); err != nil {
		fmt.Println("end to end:", err)
		return 1
	}
	if back, err = lookBehind(ctx); err != nil {
		fmt.Println("end to end:", err)
		return 1
	}
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
func fleet(t testing.TB, seed, instruments, runs, fail int) ([]truth, map[string][]string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), filepath.Join(stage.Root, "bin", "fleet"), "write", "--out", dir,
		"--seed", strconv.Itoa(seed), "--instruments", strconv.Itoa(instruments), "--runs", strconv.Itoa(runs), "--fail", strconv.Itoa(fail),
		"--start", time.Now().AddDate(0, 0, 1).Format(time.DateOnly)) // tomorrow: covered by today's consent
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

func casesOf(t *testing.T, instrument string) []caseView {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "cases", "list")
	if err != nil {
		t.Fatal(err)
	}
	var all []caseView
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(c caseView) bool { return c.Instrument != instrument })
}

// patience is how long a test waits for the stack: longer than a message that a function
// refused once stays hidden (six times the function's timeout) before it is tried again.
const patience = 5 * time.Minute

// eventually polls until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if ok() {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(500 * time.Millisecond):
		}
	}
	t.Fatalf("not within %s: %s", patience, what)
}

// drained waits until no queue of work holds a message, of whichever test. A dead letter
// waits for a person: those that another test has planted too.
func drained(t testing.TB) {
	t.Helper()
	var left map[string]string
	defer func() {
		if t.Failed() && len(left) > 0 {
			t.Logf("still queued: %v", left)
		}
	}()
	eventually(t, "empty queues", func() bool {
		left = back.waiting(t)
		maps.DeleteFunc(left, func(queue, _ string) bool { return strings.Contains(queue, "Letters") })
		return len(left) == 0
	})
}
