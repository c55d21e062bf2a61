package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"proactive/cmd/agent/internal/compose"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/catalog"
	"proactive/shared/fault"
	"proactive/shared/observation"
)

const cannotWrite = "cannot-write"

type previewCmd struct {
	Folder string `arg:"" name:"runfolder" help:"The run folder." type:"path"`
	Out    string `help:"Write the payload, byte for byte as it would be sealed (before compression)." placeholder:"FILE" type:"path"`
}

// Run shows what would be sent. It makes no connection: it does not even know where
// the service is, and works before enrolment.
func (c *previewCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	key, err := h.LabKey()
	unlock()
	if err != nil {
		return err
	}
	if c.Out != "" && within(c.Folder, c.Out) {
		return fault.New(fault.Malformed, cannotWrite, errors.New("the agent changes nothing in a run folder"))
	}
	made, err := compose.Dir(a.ctx, c.Folder, key)
	if err != nil {
		a.files(made)
		return err
	}
	if c.Out != "" {
		// The payload is the lab's own data: readable by its owner only, like the run folder's copy it is.
		if err := home.WriteFile(c.Out, made.Payload); err != nil {
			return fault.New(fault.Malformed, cannotWrite, err)
		}
	}
	fields, err := tally(made.Content.Observations)
	if err != nil {
		return err
	}
	if a.json {
		a.print(map[string]any{
			"folder": c.Folder, "serial": made.Report.Serial, "complete": made.Report.Complete,
			"payload_bytes": len(made.Payload), "payload_sha256": made.Digest, "catalog": made.Catalog,
			"rows": len(made.Content.Observations), "fields": fields, "dropped": made.Content.Dropped, "left": made.Content.Left,
			"files": accounts(made.Report.Files), "summary": summarise(made.Report), "out": c.Out,
		})
		return nil
	}
	a.show(c.Folder, made, fields)
	if e, err := h.Enrolment(); err == nil && e.Serial != made.Report.Serial {
		a.say("\nThis run is of %s; this agent is enrolled for %s and would not send it.", made.Report.Serial, e.Serial)
	}
	if c.Out != "" {
		a.say("\nThe payload is in %s.", c.Out)
	}
	return nil
}

// within tells whether path is in the folder, or is it, links followed.
func within(folder, path string) bool {
	real := func(p string) string {
		if r, err := filepath.EvalSymlinks(p); err == nil {
			return r
		}
		return p
	}
	rel, err := filepath.Rel(real(folder), filepath.Join(real(filepath.Dir(path)), filepath.Base(path)))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// line is one field of the catalog with how many values would be sent.
type line struct {
	Category string `json:"category"`
	Field    string `json:"field"`
	Unit     string `json:"unit,omitempty"`
	Count    int    `json:"count"`
	Purpose  string `json:"purpose"`
}

// categories in the order in which people ask.
var categories = []string{"instrument-performance", "run-performance", "instrument-configuration", "run-configuration"}

// tally counts values by field. What the catalog does not know is not among them.
func tally(rows []observation.Observation) ([]line, error) {
	cat, err := catalog.Load()
	if err != nil {
		return nil, fmt.Errorf("loading the catalog: %w", err)
	}
	counts := map[string]int{}
	for _, o := range rows {
		counts[o.Field]++
	}
	lines := []line{}
	for id, n := range counts {
		f, known := cat.Field(id)
		if !known {
			continue
		}
		lines = append(lines, line{string(f.Category), id, f.Unit, n, f.Purpose.En})
	}
	slices.SortFunc(lines, func(x, y line) int {
		if c := slices.Index(categories, x.Category) - slices.Index(categories, y.Category); c != 0 {
			return c
		}
		if x.Field < y.Field {
			return -1
		}
		return 1
	})
	return lines, nil
}

func (a *app) show(folder string, made compose.Composition, fields []line) {
	rows := len(made.Content.Observations)
	a.say("%s, instrument %s", filepath.Base(folder), made.Report.Serial)
	a.say("%s in %s before compression would be sent:", count(rows, "value", "values"), size(int64(len(made.Payload))))
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	category := ""
	for _, f := range fields {
		if f.Category != category {
			category = f.Category
			fmt.Fprintf(w, "\n%s\n", category)
		}
		unit := f.Unit
		if unit == "1" {
			unit = ""
		}
		fmt.Fprintf(w, "  %s\t%d\t%s\t%s\n", f.Field, f.Count, unit, f.Purpose)
	}
	_ = w.Flush()
	a.stays(made)
	for _, kind := range slices.Sorted(maps.Keys(made.Content.Dropped)) {
		if d := made.Content.Dropped[kind]; d.Unknown+d.Refused > 0 {
			a.say("\nstays here, from %s: %s not in the catalog, %d not as the catalog allows", kind, count(d.Unknown, "value", "values"), d.Refused)
		}
	}
	a.files(made)
}

// stays lists what was read and stays by decision.
func (a *app) stays(made compose.Composition) {
	cat, err := catalog.Load()
	if err != nil || len(made.Content.Left) == 0 {
		return
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprint(w, "\nread, and stays here\n")
	for _, l := range cat.Left() {
		if n := made.Content.Left[l.ID]; n > 0 {
			fmt.Fprintf(w, "  %s\t%d\t%s\n", l.What.En, n, l.Why.En)
		}
	}
	_ = w.Flush()
}

// files lists what was opened and what was not, with the reason.
func (a *app) files(made compose.Composition) {
	if a.json || len(made.Report.Files) == 0 {
		return
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	list := func(heading string, read bool) {
		for _, f := range made.Report.Files {
			if f.Read != read {
				continue
			}
			fmt.Fprint(w, heading)
			heading = ""
			what := string(f.Reason)
			if read {
				what = strings.TrimSuffix(string(f.Kind)+", "+what, ", ")
			}
			fmt.Fprintf(w, "  %s\t%s\n", f.Name, what)
		}
	}
	list("\nfiles read\n", true)
	list("files not read\n", false)
	_ = w.Flush()
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
