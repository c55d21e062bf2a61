package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/cmd/agent/internal/compose"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/observation"
	"proactive/shared/observe"
	"proactive/shared/simulate"
)

// growing is a sequencer that writes runs one after the other, a tenth at a time.
type growing struct {
	t       *testing.T
	watched string
	runs    []string // finished run folders, somewhere else
	step    int      // tenths written so far, over all runs
}

// tenths of a run: ten of its data, and one in which it says that it has ended.
const tenths = 11

func newGrowing(t *testing.T, runs int) (*growing, string) {
	t.Helper()
	dir := t.TempDir()
	f := simulate.Fleet{Seed: 5, Instruments: 1, Start: time.Now().UTC().AddDate(0, 0, 1).Truncate(24 * time.Hour)}
	if err := f.Write(dir, 0, runs); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "*", "RunInfo.xml"))
	if err != nil || len(found) != runs {
		t.Fatal(found, err)
	}
	g := &growing{t: t, watched: t.TempDir()}
	for _, path := range found {
		g.runs = append(g.runs, filepath.Dir(path))
	}
	return g, f.Truths()[0].Serial
}

// grow writes the next tenth, and tells whether there is more.
func (g *growing) grow() bool {
	g.t.Helper()
	if g.step == tenths*len(g.runs) {
		return false
	}
	run, tenth := g.runs[g.step/tenths], g.step%tenths+1
	g.step++
	to := filepath.Join(g.watched, filepath.Base(run))
	err := filepath.WalkDir(run, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(run, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		switch {
		case err != nil:
			return err
		case name == "RunCompletionStatus.xml" && tenth < tenths:
			return nil
		case filepath.Dir(name) != ".":
			data = data[:len(data)*min(tenth, 10)/10]
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o750); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o600)
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return true
}

// want is every measurement of every run, by run and row.
func (g *growing) want(labKey []byte) map[string]float64 {
	all := map[string]float64{}
	for _, run := range g.runs {
		made, err := compose.Dir(g.t.Context(), run, labKey)
		if err != nil {
			g.t.Fatal(err)
		}
		for _, o := range made.Content.Observations {
			if !observe.Fixed(o) {
				all[made.Run()+" "+row(o)] = o.Value
			}
		}
	}
	return all
}

// got is every measurement that the service has a receipt for; one that it has twice
// fails the test.
func got(t *testing.T, s *service) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.batches {
		if b.jws == "" {
			continue
		}
		p, err := observation.Decode(bytes.NewReader(b.payload))
		if err != nil {
			t.Fatal(err)
		}
		run := compose.Composition{Content: p}.Run()
		for _, o := range p.Observations {
			if observe.Fixed(o) {
				continue
			}
			name := run + " " + row(o)
			if _, twice := all[name]; twice {
				t.Errorf("sent twice: %s", name)
			}
			all[name] = o.Value
		}
	}
	return all
}

func row(o observation.Observation) string {
	o.Value, o.Text = 0, ""
	raw, _ := json.Marshal(o)
	return string(raw)
}

// agentCommand is the program itself, as the scripts run it.
func agentCommand(ctx context.Context, t *testing.T, state string, args ...string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(t.TempDir(), "agent")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, append([]string{"--home", state}, args...)...)
	cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "TZ=UTC")
	return cmd
}

func agentMust(t *testing.T, state string, args ...string) string {
	t.Helper()
	out, err := agentCommand(t.Context(), t, state, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Killed at any moment, over and over, while runs grow and the network loses requests
// and answers: nothing is lost and nothing is sent twice, and at the end nothing waits.
func TestKilledAnywhere(t *testing.T) {
	kills, err := strconv.Atoi(cmpOr(os.Getenv("AGENT_KILLS"), "20"))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(20261123, 9))
	g, serial := newGrowing(t, 2+kills/25)
	s := newService(t)
	defer s.srv.Close()
	s.number = serial
	state := t.TempDir()
	agentMust(t, state, "enroll", s.code())
	agentMust(t, state, "on", "--yes")
	s.mu.Lock()
	faults := rand.New(rand.NewPCG(1, 1))
	s.trouble = func(int) trouble {
		switch faults.IntN(25) {
		case 0:
			return lost
		case 1:
			return replyLost
		}
		return none
	}
	s.mu.Unlock()
	watch := []string{"run", "--watch", g.watched, "--every", "5ms", "--parts", "1ns", "--rate", "0", "--imaging", "0"}
	killed := 0
	for killed < kills {
		g.grow()
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+rng.IntN(200))*time.Millisecond)
		err := agentCommand(ctx, t, state, watch...).Run() // killed when ctx is over
		if ctx.Err() == nil {
			t.Fatalf("the agent ended by itself: %v", err)
		}
		cancel()
		killed++
	}
	for g.grow() {
		continue
	}
	s.mu.Lock()
	s.trouble = nil
	s.mu.Unlock()
	for range 3 {
		agentMust(t, state, append(watch, "--once")...)
	}
	h, err := home.Open(state)
	if err != nil {
		t.Fatal(err)
	}
	labKey, err := h.LabKey()
	if err != nil {
		t.Fatal(err)
	}
	want, sent := g.want(labKey), got(t, s)
	if len(want) == 0 {
		t.Fatal("the runs have no measurements")
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("after %d kills (- measured, + sent):\n%s", killed, clipped(diff))
	}
	if status := agentMust(t, state, "status"); !strings.Contains(status, "0 batches wait") {
		t.Errorf("something waits: %s", status)
	}
	agentMust(t, state, "receipts", "verify")
	t.Logf("%d kills, %d runs, %d batches, %d measurements", killed, len(g.runs), len(s.receipts), len(sent))
}

func clipped(s string) string { return s[:min(len(s), 3000)] }

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
