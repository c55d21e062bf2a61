package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"proactive/shared/runfolder"
	"proactive/shared/summary"
)

// levels are those of the reference, under its own names.
var levels = []struct {
	name  string
	level summary.Level
}{
	{"Total", summary.Total}, {"NonIndex", summary.NonIndex}, {"Read", summary.ByRead}, {"Lane", summary.ByLane}, {"Surface", summary.BySurface},
}

// number is a value that may be missing: null in JSON.
type number float32

func (n number) MarshalJSON() ([]byte, error) {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
	}
	return []byte("null"), nil
}

func numbers(all []float32) []number {
	out := make([]number, len(all))
	for i, v := range all {
		out[i] = number(v)
	}
	return out
}

type statJSON struct {
	Mean   number `json:"mean"`
	SD     number `json:"stddev"`
	Median number `json:"median"`
}

func statOf(s summary.Stat) statJSON {
	return statJSON{number(s.Mean), number(s.SD), number(s.Median)}
}

// reportOf is the run as JSON: the reference's tables under its column names, and beside
// them what it has no table of.
func reportOf(r *summary.Run, config runfolder.Configuration, shares []share, plots []string) map[string]any {
	out := map[string]any{
		"run":   map[string]any{"id": r.Info.RunID, "instrument": r.Info.Serial, "flow_cell": r.Info.Flowcell},
		"files": filesJSON(r.Files), "configuration": configJSON(config),
		"cycles": cyclesJSON(r), "tiles": tilesJSON(r), "lanes": lanesJSON(r),
	}
	for _, l := range levels {
		out[l.name] = table(r, l.level)
	}
	if shares != nil {
		out["samples"] = shares
	}
	if plots != nil {
		out["plots"] = plots
	}
	return out
}

// configJSON is what RunParameters.xml says; an empty text is a fact that it has not.
func configJSON(c runfolder.Configuration) map[string]any {
	tag := func(x runfolder.Consumable) map[string]string {
		out := map[string]string{"part": x.Part, "lot": x.Lot, "serial": x.Serial, "expires": ""}
		if !x.Expires.IsZero() {
			out["expires"] = x.Expires.Format(time.DateOnly)
		}
		return out
	}
	return map[string]any{
		"family": c.Family, "serial": c.Serial, "application": c.Application, "control_software": c.ControlSoftware, "rta": c.RTA,
		"fpga": c.FPGA, "firmware": c.Firmware, "hardware": c.Hardware, "chemistry": c.Chemistry, "mode": c.Mode,
		"planned_cycles": map[string]int{"read1": c.Planned.Read1, "index1": c.Planned.Index1, "index2": c.Planned.Index2, "read2": c.Planned.Read2},
		"flow_cell":      tag(c.FlowCell), "reagent": tag(c.Reagent), "buffer": tag(c.Buffer),
	}
}

// table is one level. IsIndex is the character that the reference gives as a number: 89
// is Y, 78 is N.
func table(r *summary.Run, l summary.Level) []map[string]any {
	rows := r.Rows(l)
	out := make([]map[string]any, 0, len(rows))
	for _, row := range rows {
		line := map[string]any{}
		if l >= summary.ByRead {
			line["ReadNumber"], line["IsIndex"] = row.Read, int('N')
			if row.Index {
				line["IsIndex"] = int('Y')
			}
		}
		if l >= summary.ByLane {
			line["Lane"] = row.Lane
		}
		if l == summary.BySurface {
			line["Surface"] = row.Surface
		}
		for _, c := range summary.Shown(l, rows) {
			line[c.Name] = number(c.Of(row.Figures))
		}
		out = append(out, line)
	}
	return out
}

// lanesJSON are means, deviations and medians over the tiles of each lane, %≥Q20, and how
// far its cycles have come: {"extracted": [slowest tile, fastest tile], …}.
func lanesJSON(r *summary.Run) []map[string]any {
	out := []map[string]any{}
	for _, row := range r.Rows(summary.ByLane) {
		f := row.Figures
		out = append(out, map[string]any{
			"read": row.Read, "lane": row.Lane, "percent_q20": number(f.Q20), "percent_q30": number(f.Q30),
			"density": statOf(f.Density), "density_pf": statOf(f.DensityPF), "cluster_count": statOf(f.Clusters), "cluster_count_pf": statOf(f.ClustersPF),
			"percent_pf": statOf(f.PF), "percent_aligned": statOf(f.Aligned), "percent_occupied": statOf(f.Occupied),
			"error_rate": statOf(f.ErrorRate), "error_rate_35": statOf(f.Error35), "error_rate_50": statOf(f.Error50),
			"error_rate_75": statOf(f.Error75), "error_rate_100": statOf(f.Error100), "first_cycle_intensity": statOf(f.FirstCycleIntensity),
			"phasing": statOf(f.Phasing), "phasing_slope": statOf(f.PhasingSlope), "phasing_offset": statOf(f.PhasingOffset),
			"prephasing": statOf(f.Prephasing), "prephasing_slope": statOf(f.PrephasingSlope), "prephasing_offset": statOf(f.PrephasingOffset),
			"cycles": map[string][2]int{
				"extracted": {f.Extracted.From, f.Extracted.To}, "called": {f.Called.From, f.Called.To},
				"scored": {f.Scored.From, f.Scored.To}, "error": {f.Erred.From, f.Erred.To},
			},
		})
	}
	return out
}

func cyclesJSON(r *summary.Run) []map[string]any {
	out := []map[string]any{}
	for i, c := range r.Cycles {
		out = append(out, map[string]any{
			"cycle": i + 1, "read": c.Read, "cycle_in_read": c.Within, "percent_q20": number(c.Q20), "percent_q30": number(c.Q30),
			"error_rate": number(c.ErrorRate), "percent_no_call": number(c.NoCall),
			"intensity": numbers(c.Intensity), "focus": numbers(c.Focus), "dark": number(c.Dark), "bright": number(c.Bright),
		})
	}
	return out
}

func tilesJSON(r *summary.Run) []map[string]any {
	out := []map[string]any{}
	for _, t := range r.Tiles {
		out = append(out, map[string]any{
			"lane": t.Lane, "tile": t.Number, "surface": t.Surface(), "cluster_count": number(t.Clusters), "cluster_count_pf": number(t.ClustersPF),
			"density": number(t.Density), "percent_pf": number(t.PF), "percent_q30": number(t.Q30), "error_rate": number(t.ErrorRate),
			"percent_aligned": number(t.Aligned), "percent_occupied": number(t.Occupied), "first_cycle_intensity": number(t.FirstCycleIntensity),
		})
	}
	return out
}

func filesJSON(files []summary.FileNote) []map[string]any {
	out := []map[string]any{}
	for _, f := range files {
		line := map[string]any{"name": f.Name, "bytes": f.Bytes, "read": f.Read}
		if f.Reason != "" {
			line["reason"] = f.Reason
		}
		if f.Version > 0 {
			line["version"], line["record_size"], line["records"] = f.Version, f.RecordSize, f.Records
		}
		if f.Padding > 0 {
			line["padding"] = f.Padding
		}
		if f.Superseded > 0 {
			line["superseded"] = f.Superseded
		}
		out = append(out, line)
	}
	return out
}

// writeCSV prints every level as one table, under the reference's column names.
func writeCSV(w io.Writer, r *summary.Run) error {
	out := csv.NewWriter(w)
	head := []string{"Level", "ReadNumber", "IsIndex", "Lane", "Surface"}
	for _, c := range summary.Columns {
		head = append(head, c.Name)
	}
	_ = out.Write(head) // a csv.Writer keeps its error
	for _, l := range levels {
		for _, row := range r.Rows(l.level) {
			line := []string{l.name, "", "", "", ""}
			for i, n := range []int{1: row.Read, 3: row.Lane, 4: row.Surface} {
				if n > 0 {
					line[i] = strconv.Itoa(n)
				}
			}
			if l.level >= summary.ByRead {
				line[2] = map[bool]string{true: "Y", false: "N"}[row.Index]
			}
			for _, c := range summary.Columns {
				cell := ""
				if v := float64(c.Of(row.Figures)); (c.Everywhere || l.level >= summary.ByLane) && !math.IsNaN(v) {
					cell = strconv.FormatFloat(v, 'f', -1, 32)
				}
				line = append(line, cell)
			}
			_ = out.Write(line)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

var _ json.Marshaler = number(0)
