package simulate

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"proactive/shared/interop"
)

// Write writes runs [from, from+runs) of every instrument below dir, one folder per
// serial number, and truth.json beside them.
func (f Fleet) Write(dir string, from, runs int) error {
	truths := f.Truths()
	for _, t := range truths {
		for run := from; run < from+runs; run++ {
			if err := f.stateOf(t, run, false).write(dir); err != nil {
				return err
			}
		}
	}
	raw, err := json.MarshalIndent(truths, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the truth: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "truth.json"), append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the truth: %w", err)
	}
	return nil
}

// WriteServiced writes runs [from, from+runs) of one instrument whose fault has been
// mended: what follows a visit. The instrument counts its runs on.
func (f Fleet) WriteServiced(dir, serial string, from, runs int) error {
	for _, t := range f.Truths() {
		if t.Serial != serial {
			continue
		}
		for run := from; run < from+runs; run++ {
			if err := f.stateOf(t, run, true).write(dir); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("the fleet has no instrument %s", serial)
}

func (s state) write(dir string) error {
	folder := filepath.Join(dir, s.truth.Serial, s.runID())
	for _, sub := range []string{"InterOp", "Logs"} {
		if err := os.MkdirAll(filepath.Join(folder, sub), 0o750); err != nil {
			return fmt.Errorf("making a run folder: %w", err)
		}
	}
	tiles := s.tiles()
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"RunInfo.xml", func(w io.Writer) error { return runInfo.Execute(w, s.page()) }},
		{s.truth.family.parameters, func(w io.Writer) error { return runParameters.Execute(w, s.page()) }},
		{"SampleSheet.csv", func(w io.Writer) error { return sampleSheet.Execute(w, s.page()) }},
		{"InterOp/TileMetricsOut.bin", func(w io.Writer) error { return s.writeTiles(w, tiles) }},
		{"InterOp/QMetricsOut.bin", func(w io.Writer) error { return s.writeQuality(w, tiles) }},
		{"Logs/telemetry.jsonl", s.writeTelemetry},
		// Last, as on an instrument: it says that the rest is whole.
		{"RunCompletionStatus.xml", func(w io.Writer) error { return completion.Execute(w, s.page()) }},
	} {
		if err := writeFile(filepath.Join(folder, file.name), file.write); err != nil {
			return err
		}
	}
	return nil
}

func (s state) writeTiles(w io.Writer, tiles interop.Tiles) error {
	if s.truth.family.tileVersion == 3 {
		return interop.WriteTilesV3(w, tiles, s.truth.family.area)
	}
	return interop.WriteTilesV2(w, tiles)
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name) //nolint:gosec // G304: below the directory that the caller names
	if err != nil {
		return fmt.Errorf("creating a file: %w", err)
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("writing %s: %w", filepath.Base(name), err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(name), err)
	}
	return nil
}

// runID is date, serial number, run number, side and flow cell.
func (s state) runID() string {
	return fmt.Sprintf("%s_%s_%04d_%s%s", s.started.Format("060102"), s.truth.Serial, s.number, s.truth.family.side, s.flowcell)
}
