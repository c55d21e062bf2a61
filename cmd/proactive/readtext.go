package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
	"time"

	"proactive/shared/runfolder"
	"proactive/shared/summary"
)

func newTable(out io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
}

// figure is a value with so many decimals, a dash for none.
func figure(v float32, decimals int) string {
	if math.IsNaN(float64(v)) {
		return "-"
	}
	return strconv.FormatFloat(float64(v), 'f', decimals, 32)
}

// spread is a mean with its deviation over tiles.
func spread(s summary.Stat, decimals int, scale float32) string {
	if math.IsNaN(float64(s.Mean)) {
		return "-"
	}
	return figure(s.Mean*scale, decimals) + " ± " + figure(s.SD*scale, decimals)
}

// writeText prints the tables of the reference's interop_summary, aligned.
func writeText(out io.Writer, r *summary.Run, config runfolder.Configuration, shares []share, plots []string) {
	fmt.Fprintf(out, "Run %s on %s\n", printable(r.Info.RunID), printable(r.Info.Serial))
	writeConfiguration(out, config)
	if len(r.Reads) == 0 {
		fmt.Fprintln(out, "\nNo metric file has a record yet.")
	} else {
		writeReads(out, r)
		for i := range r.Reads {
			writeRead(out, &r.Reads[i])
		}
	}
	if shares != nil {
		writeSamples(out, shares)
	}
	writeFiles(out, r.Files)
	if len(plots) > 0 {
		fmt.Fprintln(out, "\nCharts, each as SVG and PNG:")
		for _, p := range plots {
			fmt.Fprintln(out, " ", p)
		}
	}
}

// writeConfiguration prints what is known of instrument and consumables.
func writeConfiguration(out io.Writer, c runfolder.Configuration) {
	if c.Family == "" {
		return
	}
	line := c.Family
	for _, fact := range [][2]string{{"control software", c.ControlSoftware}, {"RTA", c.RTA}, {"FPGA", c.FPGA}, {"firmware", c.Firmware}, {"chemistry", c.Chemistry}} {
		if fact[1] != "" {
			line += ", " + fact[0] + " " + printable(fact[1])
		}
	}
	fmt.Fprintln(out, line)
	for _, x := range []struct {
		name string
		runfolder.Consumable
	}{{"Flow cell", c.FlowCell}, {"Reagents", c.Reagent}, {"Buffer", c.Buffer}} {
		line := ""
		for _, fact := range [][2]string{{"part", x.Part}, {"lot", x.Lot}, {"serial", x.Serial}} {
			if fact[1] != "" {
				line += ", " + fact[0] + " " + printable(fact[1])
			}
		}
		if !x.Expires.IsZero() {
			line += ", expires " + x.Expires.Format(time.DateOnly)
		}
		if line != "" {
			fmt.Fprintln(out, x.name+": "+line[2:])
		}
	}
}

func writeReads(out io.Writer, r *summary.Run) {
	w := newTable(out)
	fmt.Fprintln(w, "\nLevel\tYield G\tProjected G\tAligned %\tError %\tIntensity C1\t%≥Q30\t%≥Q20\tOccupied %\t")
	line := func(name string, f *summary.Figures) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, figure(f.YieldG, 2), figure(f.ProjectedYieldG, 2), figure(f.Aligned.Mean, 2),
			figure(f.ErrorRate.Mean, 2), figure(f.FirstCycleIntensity.Mean, 0), figure(f.Q30, 2), figure(f.Q20, 2), figure(f.Occupied.Mean, 2))
	}
	for i := range r.Reads {
		line(readName(&r.Reads[i]), &r.Reads[i].Figures)
	}
	line("Non-index", &r.NonIndex)
	line("Total", &r.Total)
	_ = w.Flush()
}

func readName(r *summary.Read) string {
	if r.Index {
		return fmt.Sprintf("Read %d (I)", r.Number)
	}
	return fmt.Sprintf("Read %d", r.Number)
}

// writeRead prints the lanes of a read, and the surfaces where there are two.
func writeRead(out io.Writer, r *summary.Read) {
	fmt.Fprintf(out, "\n%s, %d cycles\n", readName(r), r.Cycles)
	w := newTable(out)
	fmt.Fprintln(w, "Lane\tSurface\tTiles\tDensity K/mm²\tPF %\tReads M\tReads PF M\t%≥Q30\tYield G\tCycles error\tAligned %\tError %\tError 35\tError 75\tError 100\tIntensity C1\tPhasing/Pre\tSlope/Pre\tOccupied %\t")
	line := func(lane int, surface string, f *summary.Figures) {
		fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s / %s\t%s / %s\t%s\t\n", lane, surface, f.TileCount,
			spread(f.Density, 0, 1e-3), spread(f.PF, 2, 1), figure(f.Reads/1e6, 2), figure(f.ReadsPF/1e6, 2), figure(f.Q30, 2), figure(f.YieldG, 2),
			cycles(f.Erred), spread(f.Aligned, 2, 1), spread(f.ErrorRate, 2, 1), figure(f.Error35.Mean, 2), figure(f.Error75.Mean, 2), figure(f.Error100.Mean, 2),
			spread(f.FirstCycleIntensity, 0, 1), figure(f.Phasing.Mean, 3), figure(f.Prephasing.Mean, 3), figure(f.PhasingSlope.Mean, 3), figure(f.PrephasingSlope.Mean, 3),
			spread(f.Occupied, 2, 1))
	}
	for i := range r.Lanes {
		lane := &r.Lanes[i]
		line(lane.Number, "-", &lane.Figures)
		for j := range lane.Surfaces {
			if side := &lane.Surfaces[j]; len(lane.Surfaces) > 1 && side.TileCount > 0 {
				line(lane.Number, strconv.Itoa(side.Number), &side.Figures)
			}
		}
	}
	_ = w.Flush()
}

// cycles is how far the tiles have come, from the slowest to the fastest.
func cycles(r summary.Range) string {
	switch {
	case r.To == 0:
		return "-"
	case r.From == r.To:
		return strconv.Itoa(r.To)
	}
	return fmt.Sprintf("%d to %d", r.From, r.To)
}

// why says each reason in words.
var why = map[summary.Reason]string{
	summary.SkippedKind: "a kind of which no figure is made", summary.HoldsSequences: "holds sequences and names: --samples reads it",
	summary.NoMetricFile: "not a metric file", summary.Superseded: "another file of its kind was read", summary.NotRegular: "a link or a device, never followed",
	summary.TooMany: "more files than a run folder has", summary.Unreadable: "cannot be read", summary.Empty: "empty",
	summary.UnknownVersion: "a version that is not known here", summary.RecordSize: "its record size does not go with its version",
	summary.CutOff: "its header is cut off or inconsistent", summary.Torn: "its last record is torn; what is whole was used",
	summary.ForeignLane: "it has a lane that the run does not have", summary.ForeignCycle: "it has a cycle that the run does not have",
	summary.ForeignTile: "it has a tile that is none", summary.ForeignRead: "it has a read that the run does not have",
	summary.TooManyTiles: "it has more tiles than a flow cell", summary.NotNeeded: "not needed",
}

func writeFiles(out io.Writer, files []summary.FileNote) {
	fmt.Fprintln(out)
	if len(files) == 0 {
		fmt.Fprintln(out, "No file is below InterOp/.")
		return
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "File\tBytes\tVersion\tRecords\t")
	for _, f := range files {
		version, records, note := "-", "-", "read"
		if f.Version > 0 && (f.Read || f.Records > 0) {
			version, records = strconv.Itoa(f.Version), strconv.FormatInt(f.Records, 10)
		}
		switch reason := why[f.Reason]; {
		case f.Read && f.Reason != "":
			note = "read: " + reason
		case !f.Read && f.Reason == summary.UnknownVersion:
			note = fmt.Sprintf("not read: version %d is not known here", f.Version)
		case !f.Read:
			note = "not read: " + reason
		}
		if f.Superseded > 0 {
			note += fmt.Sprintf("; %d records came again, the last stands", f.Superseded)
		}
		if f.Padding > 0 {
			note += fmt.Sprintf("; %d records are padding", f.Padding)
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", printable(f.Name), f.Bytes, version, records, note)
	}
	_ = w.Flush()
}
