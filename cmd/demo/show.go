package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"

	"proactive/infra/rehearsal"
)

// show is one performance and what it has seen so far.
type show struct {
	started time.Time
	out     string
	work    string
	seed    int64
	runs    string

	play    *rehearsal.Rehearsal
	mu      sync.Mutex
	sent    []account
	quarter int
	first   time.Duration // from the start to the first case
	cases   []caseView
	truth   []truth
}

// account is what became of one run folder.
type account struct {
	rehearsal.Sent
	Serial string
	Origin string // "simulated" or "real"
}

// truth is what the simulator knows of an instrument and the pipeline is not told.
type truth struct {
	Serial    string `json:"serial"`
	Family    string `json:"family"`
	Component string `json:"component"`
	Subsystem string `json:"subsystem"`
	Onset     int    `json:"onset"`
	Mode      string `json:"mode"`
}

func (s *show) say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (s *show) step(name string) {
	fmt.Printf("\n── %s  (%s)\n", name, time.Since(s.started).Round(time.Second))
}

// progress overwrites itself on a terminal; elsewhere, a log say, it is a line each quarter.
func (s *show) progress(n, total int) {
	const text = "   %d of %d batches have their receipt"
	switch {
	case isatty.IsTerminal(os.Stdout.Fd()):
		fmt.Printf("\r"+text, n, total)
		if n == total {
			fmt.Println()
		}
	case n*4/total > s.quarter:
		s.quarter = n * 4 / total
		s.say(text, n, total)
	}
}

// Write lets the deployment tell its progress, indented.
func (s *show) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if line = strings.TrimSpace(line); line != "" {
			fmt.Println("   " + line)
		}
	}
	return len(p), nil
}

const (
	instruments = 6
	failing     = 4
	runsEach    = 12
	repairRuns  = 3
)

func (s *show) perform(ctx context.Context) error {
	s.step("a fleet of simulated instruments")
	if err := s.fleet(ctx, "write", "--runs", strconv.Itoa(runsEach), "--out", s.fleetDir()); err != nil {
		return err
	}
	if err := s.readTruth(); err != nil {
		return err
	}
	s.step("enrol, consent, send")
	labs, err := s.sendFleet(ctx)
	if err != nil {
		return err
	}
	if s.runs != "" {
		s.step("real run folders")
		if err := s.sendReal(ctx); err != nil {
			return err
		}
	}
	s.step("cases")
	if err := s.followCases(ctx, labs); err != nil {
		return err
	}
	s.step("what became of everything")
	return s.report(ctx)
}

func (s *show) fleetDir() string { return filepath.Join(s.work, "fleet") }

func (s *show) fleet(ctx context.Context, args ...string) error {
	// The fleet begins tomorrow: its runs are covered by today's consent.
	all := append(args, "--start", s.started.AddDate(0, 0, 1).Format(time.DateOnly), "--seed", strconv.FormatInt(s.seed, 10), "--instruments", strconv.Itoa(instruments), "--fail", strconv.Itoa(failing))
	cmd := exec.CommandContext(ctx, filepath.Join(s.play.Root, "bin", "fleet"), all...) //nolint:gosec // G204: our own binary, built by make
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("simulating the fleet: %w\n%s", err, out)
	}
	return nil
}

func (s *show) readTruth() error {
	raw, err := os.ReadFile(filepath.Join(s.fleetDir(), "truth.json"))
	if err != nil {
		return fmt.Errorf("reading the fleet's truth: %w", err)
	}
	if err := json.Unmarshal(raw, &s.truth); err != nil {
		return fmt.Errorf("reading the fleet's truth: %w", err)
	}
	for _, t := range s.truth {
		what := "healthy"
		if t.Component != "" {
			what = fmt.Sprintf("%s (%s) fails from run %d on", t.Component, t.Subsystem, t.Onset+1)
		}
		s.say("   %-10s %-14s %s", t.Serial, t.Family, what)
	}
	return nil
}

// folders lists the run folders of one instrument in the order of its runs.
func (s *show) folders(serial string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.fleetDir(), serial))
	if err != nil {
		return nil, fmt.Errorf("listing runs of %s: %w", serial, err)
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, filepath.Join(s.fleetDir(), serial, e.Name()))
		}
	}
	slices.Sort(all)
	return all, nil
}

// sendFleet enrols every instrument and sends its runs, two instruments at a time.
func (s *show) sendFleet(ctx context.Context) (map[string]*rehearsal.Lab, error) {
	labs := map[string]*rehearsal.Lab{}
	total := instruments * runsEach
	gate := make(chan struct{}, 2)
	failed := make([]error, len(s.truth))
	var wg sync.WaitGroup
	for i, t := range s.truth {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			failed[i] = s.sendInstrument(ctx, t.Serial, labs, total)
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return labs, nil
}

func (s *show) sendInstrument(ctx context.Context, serial string, labs map[string]*rehearsal.Lab, total int) error {
	lab, err := s.play.Enrol(ctx, serial)
	if err != nil {
		return err
	}
	s.mu.Lock()
	labs[serial] = lab
	s.mu.Unlock()
	folders, err := s.folders(serial)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(folders, 4) {
		sent, err := lab.Send(ctx, chunk)
		if err != nil {
			return err
		}
		s.mu.Lock()
		for _, one := range sent {
			s.sent = append(s.sent, account{Sent: one, Serial: serial, Origin: "simulated"})
		}
		s.progress(len(s.sent), total)
		s.mu.Unlock()
	}
	return nil
}
