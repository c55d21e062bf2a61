package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	runs "proactive/shared/summary"
	"proactive/shared/summary/chart"
)

// drawnRun is what the page shows of a run folder.
type drawnRun struct {
	Serial, Folder, Q30 string
	Charts              []file
}

// drawRuns draws the last run of each simulated instrument before the visit, and every
// real one, as proactive read does: from the run folder, on this machine.
func (s *show) drawRuns() ([]drawnRun, error) {
	var all []drawnRun
	for _, t := range s.truth {
		folders, err := s.folders(t.Serial)
		if err != nil {
			return nil, err
		}
		one, err := s.drawRun(t.Serial, folders[min(runsEach, len(folders))-1])
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	for _, a := range s.sent {
		if a.Origin != "real" {
			continue
		}
		one, err := s.drawRun(a.Serial, a.Folder)
		if err != nil {
			s.say("   no charts of %s: %v", filepath.Base(a.Folder), err)
			continue
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *show) drawRun(serial, folder string) (drawnRun, error) {
	one := drawnRun{Serial: serial, Folder: filepath.Base(folder), Q30: "–"}
	r, err := runs.Of(os.DirFS(folder))
	if err != nil {
		return one, fmt.Errorf("reading %s: %w", folder, err)
	}
	if q := r.Total.Q30; q > 0 {
		one.Q30 = fmt.Sprintf("%.1f %%", q)
	}
	pictures, err := chart.Of(r)
	if err != nil {
		return one, fmt.Errorf("drawing %s: %w", folder, err)
	}
	at := path.Join("runs", one.Folder)
	if err := os.MkdirAll(filepath.Join(s.out, at), 0o700); err != nil {
		return one, fmt.Errorf("making room for charts: %w", err)
	}
	for _, p := range pictures {
		name := path.Join(at, p.Name+".svg")
		if err := os.WriteFile(filepath.Join(s.out, name), p.SVG, 0o600); err != nil {
			return one, fmt.Errorf("writing a chart: %w", err)
		}
		one.Charts = append(one.Charts, file{name, p.Name})
	}
	return one, nil
}
