package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"proactive/shared/fault"
	"proactive/shared/runfolder"
	"proactive/shared/summary"
	"proactive/shared/summary/chart"
)

type readCmd struct {
	Folder  string `arg:"" type:"existingdir" help:"The run folder, with RunInfo.xml and InterOp/."`
	CSV     bool   `name:"csv" help:"Print one table of all levels as CSV."`
	Plot    string `placeholder:"DIR" help:"Draw quality, intensity and errors by cycle and the flow cell into this directory, as SVG and PNG."`
	Samples bool   `help:"Read the index and control metrics too, which hold sequences and names, and list the share of each sample. On this screen only."`
}

// Help is shown by proactive read --help.
func (*readCmd) Help() string {
	return `Reads a run folder on this machine and sums it up as Illumina's software does;
nothing is sent anywhere. Every metric file is named, read or not.

Example:
  proactive read 240802_A01934_0150_AHXXXXXXXX --plot plots
  proactive read --json 240802_A01934_0150_AHXXXXXXXX | jq '.Lane[]["% >= Q30"]'`
}

// Run prints the summary of a run folder.
func (c *readCmd) Run(a *app) error {
	if c.CSV && a.json {
		return fault.New(fault.Malformed, "one-output", errors.New("--csv and --json are two ways to print the same: choose one"))
	}
	folder := os.DirFS(c.Folder)
	r, err := summary.Of(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Malformed, "not-a-run-folder", fmt.Errorf("%s holds no RunInfo.xml; name the folder that has it beside InterOp: %w", c.Folder, err))
	}
	if err != nil {
		return fault.New(fault.Malformed, "not-a-run-folder", fmt.Errorf("reading %s: %w", c.Folder, err))
	}
	var shares []share
	if c.Samples {
		if shares, err = samples(folder, r); err != nil {
			return err
		}
	}
	var drawn []string
	if c.Plot != "" {
		if drawn, err = c.draw(r); err != nil {
			return err
		}
	}
	config := configuration(folder, r.Info.Serial)
	if c.CSV {
		a.said = true
		return writeCSV(a.out, r)
	}
	return a.print(reportOf(r, config, shares, drawn), func(out io.Writer) { writeText(out, r, config, shares, drawn) })
}

// configuration is what RunParameters.xml says; a folder without it has its figures all
// the same.
func configuration(folder fs.FS, serial string) runfolder.Configuration {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return runfolder.Configuration{}
	}
	for _, e := range entries {
		if !strings.EqualFold(e.Name(), "RunParameters.xml") {
			continue
		}
		in, err := folder.Open(e.Name())
		if err != nil {
			return runfolder.Configuration{}
		}
		defer func() { _ = in.Close() }() // it was only read
		if c, err := runfolder.ParseConfiguration(in, serial); err == nil {
			return c
		}
	}
	return runfolder.Configuration{}
}

// draw writes the charts and names their files.
func (c *readCmd) draw(r *summary.Run) ([]string, error) {
	pictures, err := chart.Of(r)
	if err != nil {
		return nil, fmt.Errorf("drawing: %w", err)
	}
	if err := os.MkdirAll(c.Plot, 0o750); err != nil {
		return nil, fmt.Errorf("making the directory for the charts: %w", err)
	}
	var names []string
	for _, p := range pictures {
		for ending, raw := range map[string][]byte{".svg": p.SVG, ".png": p.PNG} {
			if err := os.WriteFile(filepath.Join(c.Plot, p.Name+ending), raw, 0o600); err != nil {
				return nil, fmt.Errorf("writing a chart: %w", err)
			}
		}
		names = append(names, filepath.Join(c.Plot, p.Name+".svg"))
	}
	return names, nil
}
