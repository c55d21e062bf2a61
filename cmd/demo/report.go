package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// summary is demo/summary.json; docs/demo.md documents it.
type summary struct {
	Seed               int64         `json:"seed"`
	FirstCaseSeconds   *float64      `json:"first_case_seconds"`
	WallSeconds        float64       `json:"wall_seconds"`
	RunFolders         []folderEntry `json:"run_folders"`
	Batches            []batchEntry  `json:"batches"`
	Cases              []caseEntry   `json:"cases"`
	Truth              []truth       `json:"truth"`
	FailingWithOneCase int           `json:"failing_with_one_case"`
	HealthyWithCase    int           `json:"healthy_with_case"`
}

type folderEntry struct {
	Folder     string      `json:"folder"`
	Origin     string      `json:"origin"`
	Instrument string      `json:"instrument"`
	Batch      string      `json:"batch"`
	Verdict    string      `json:"verdict"`
	Reason     string      `json:"reason"`
	Files      []fileEntry `json:"files"`
	Clusters   *float64    `json:"clusters"`
	ClustersPF *float64    `json:"clusters_pf"`
	Q30        *float64    `json:"q30_percent"`
}

type fileEntry struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Read   bool   `json:"read"`
	Reason string `json:"reason"`
}

type batchEntry struct {
	Batch      string `json:"batch"`
	Instrument string `json:"instrument"`
	Sequence   int64  `json:"sequence"`
	Fate       string `json:"fate"`
	Reason     string `json:"reason"`
	Bytes      int64  `json:"bytes"`
}

type caseEntry struct {
	Case       string   `json:"case"`
	Instrument string   `json:"instrument"`
	Component  string   `json:"component"`
	State      string   `json:"state"`
	Outcome    string   `json:"outcome"`
	Notices    []string `json:"notices"`
}

func (s *show) report(ctx context.Context) error {
	sum, err := s.summarise(ctx)
	if err != nil {
		return err
	}
	s.tables(sum)
	raw, err := json.MarshalIndent(sum, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the summary: %w", err)
	}
	if err := os.MkdirAll(s.out, 0o700); err != nil {
		return fmt.Errorf("making demo/: %w", err)
	}
	if err := os.WriteFile(filepath.Join(s.out, "summary.json"), append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	for _, c := range s.cases {
		if err := s.fetchNotices(ctx, c); err != nil {
			return err
		}
	}
	drawn, err := s.drawRuns()
	if err != nil {
		return err
	}
	if err := writePages(s.out, sum, drawn); err != nil {
		return err
	}
	s.say("\nLook at demo/index.html (notices, slot pages, charts of runs) and demo/summary.json.")
	return nil
}

// summarise asks the ledger, not the agents, what became of each batch.
func (s *show) summarise(ctx context.Context) (summary, error) {
	raw, err := s.play.Operator(ctx, "batches", "list")
	if err != nil {
		return summary{}, err
	}
	var ledger []struct {
		Batch      string `json:"batch"`
		Instrument string `json:"instrument"`
		Sequence   int64  `json:"sequence"`
		State      string `json:"state"`
		Reason     string `json:"reason"`
		Bytes      int64  `json:"bytes"`
	}
	if err := json.Unmarshal(raw, &ledger); err != nil {
		return summary{}, fmt.Errorf("reading the ledger: %w", err)
	}
	sum := summary{Seed: s.seed, WallSeconds: time.Since(s.started).Seconds(), Truth: s.truth, Cases: []caseEntry{}}
	if s.first > 0 {
		first := s.first.Seconds()
		sum.FirstCaseSeconds = &first
	}
	for _, b := range ledger {
		sum.Batches = append(sum.Batches, batchEntry{Batch: b.Batch, Instrument: b.Instrument, Sequence: b.Sequence, Fate: b.State, Reason: b.Reason, Bytes: b.Bytes})
	}
	slices.SortFunc(sum.Batches, func(a, b batchEntry) int {
		return cmp.Or(cmp.Compare(a.Instrument, b.Instrument), cmp.Compare(a.Sequence, b.Sequence))
	})
	for _, a := range s.sent {
		f := folderEntry{Folder: filepath.Base(a.Folder), Origin: a.Origin, Instrument: a.Serial, Batch: a.Batch, Verdict: a.Verdict, Reason: a.Reason, Files: []fileEntry{}}
		for _, file := range a.Files {
			f.Files = append(f.Files, fileEntry(file))
		}
		if a.Summary != nil {
			f.Clusters, f.ClustersPF, f.Q30 = a.Summary.Clusters, a.Summary.ClustersPF, a.Summary.Q30
		}
		sum.RunFolders = append(sum.RunFolders, f)
	}
	bySerial := map[string]int{}
	for _, c := range s.cases {
		serial := s.play.Serial(c.Instrument)
		bySerial[serial]++
		sum.Cases = append(sum.Cases, caseEntry{Case: c.ID, Instrument: serial, Component: c.Component, State: c.State, Outcome: c.Outcome, Notices: c.Notices})
	}
	for _, t := range s.truth {
		switch n := bySerial[t.Serial]; {
		case t.Component != "" && n == 1:
			sum.FailingWithOneCase++
		case t.Component == "" && n > 0:
			sum.HealthyWithCase++
		}
	}
	return sum, nil
}

func (s *show) tables(sum summary) {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fates := map[string]map[string]int{}
	serials := []string{}
	for _, b := range sum.Batches {
		serial := s.play.Serial(b.Instrument)
		if fates[serial] == nil {
			fates[serial] = map[string]int{}
			serials = append(serials, serial)
		}
		fates[serial][b.Fate]++
	}
	slices.Sort(serials)
	fmt.Fprintln(w, "   instrument\tstored\tquarantined\trejected\tunderway\tcase\tstate\toutcome\tnotices")
	for _, serial := range serials {
		f := fates[serial]
		fmt.Fprintf(w, "   %s\t%d\t%d\t%d\t%d", serial, f["stored"], f["quarantined"], f["rejected"], f["granted"]+f["claimed"])
		mine := slices.DeleteFunc(slices.Clone(sum.Cases), func(c caseEntry) bool { return c.Instrument != serial })
		if len(mine) == 0 {
			fmt.Fprint(w, "\t–\t\t\t")
		}
		for i, c := range mine {
			if i > 0 {
				fmt.Fprint(w, "\n   \t\t\t\t")
			}
			fmt.Fprintf(w, "\t%s %s\t%s\t%s\t%d", c.Case, c.Component, c.State, c.Outcome, len(c.Notices))
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
	failing := sum.expected()
	s.say("\n   failing instruments with exactly one case: %d of %d; healthy ones with a case: %d of %d", sum.FailingWithOneCase, failing, sum.HealthyWithCase, len(s.truth)-failing)
	if sum.FirstCaseSeconds != nil {
		s.say("   first case after %.0f s, all of it in %.0f s", *sum.FirstCaseSeconds, sum.WallSeconds)
	}
}
