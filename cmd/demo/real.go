package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"proactive/infra/rehearsal"
)

// sendReal sends real run folders: one lab for each instrument that wrote them.
// They were written before anyone consented, so history is asked for explicitly.
func (s *show) sendReal(ctx context.Context) error {
	bySerial, err := realRuns(s.runs)
	if err != nil {
		return err
	}
	serials := make([]string, 0, len(bySerial))
	for serial := range bySerial {
		serials = append(serials, serial)
	}
	slices.Sort(serials)
	for _, serial := range serials {
		lab, err := s.play.Enrol(ctx, serial)
		if err != nil {
			return err
		}
		sent, failed := lab.Send(ctx, bySerial[serial], "--history")
		for _, one := range sent {
			s.sent = append(s.sent, account{Sent: one, Serial: serial, Origin: "real"})
			s.say("   %-48s %s %s", filepath.Base(one.Folder), one.Verdict, one.Reason)
		}
		if failed != nil {
			s.say("   the agent says: %v", failed)
		}
	}
	return nil
}

// realRuns groups the run folders of a directory by their instrument's serial
// number. A folder whose RunInfo.xml cannot be read is sent all the same, on its own,
// so that the agent is the one to say what is wrong with it.
func realRuns(dir string) (map[string][]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("RUNS must be a folder of run folders: %w", err)
	}
	all := map[string][]string{}
	for _, e := range entries {
		folder, err := filepath.Abs(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("finding %s: %w", e.Name(), err)
		}
		if info, err := os.Stat(folder); err != nil || !info.IsDir() { //nolint:gosec // G703: the folder that RUNS names; a link to a run folder is one
			continue
		}
		serial := cmp.Or(rehearsal.SerialOf(folder), "UNREADABLE-"+e.Name())
		all[serial] = append(all[serial], folder)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("RUNS: %s holds no run folder", dir)
	}
	return all, nil
}
