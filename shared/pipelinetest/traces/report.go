package traces

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"proactive/shared/pipelinetest/planted"
)

// Report is what one drill with planted identifiers showed, as it is kept.
type Report struct {
	Drill string `json:"drill"`
	Seed  uint64 `json:"seed"`
	// Plants counts the identifiers; Kinds, Carriers and Encodings count them again.
	Plants    int                      `json:"plants"`
	Kinds     map[planted.Kind]int     `json:"kinds"`
	Carriers  map[planted.Carrier]int  `json:"carriers"`
	Encodings map[planted.Encoding]int `json:"encodings"`
	// NotPlanted counts the draws that nobody could tell from a value that is collected.
	NotPlanted int       `json:"not_planted"`
	Parts      []Outcome `json:"parts"`
}

// Outcome is what was found in one part of a drill.
type Outcome struct {
	Name string `json:"name"`
	// Plants are those that came to this part; Found are those of which a trace was left.
	Plants  int            `json:"plants"`
	Found   int            `json:"found"`
	Wanted  string         `json:"wanted"`
	OK      bool           `json:"ok"`
	Places  map[string]int `json:"places,omitempty"` // how many of each kind were searched
	Bytes   int64          `json:"bytes"`
	Views   int64          `json:"views"`            // bytes of all decoded forms
	Traces  []string       `json:"traces,omitempty"` // some of them: carrier, kind, encoding, place; no value
	Details map[string]any `json:"details,omitempty"`
}

// NewReport counts plants.
func NewReport(drill string, seed uint64, p *planted.Planter) *Report {
	r := &Report{
		Drill: drill, Seed: seed, Plants: len(p.All), NotPlanted: p.Closed,
		Kinds: map[planted.Kind]int{}, Carriers: map[planted.Carrier]int{}, Encodings: map[planted.Encoding]int{},
	}
	for _, one := range p.All {
		r.Kinds[one.Kind]++
		r.Carriers[one.Carrier]++
		r.Encodings[one.Encoding]++
	}
	return r
}

// Add adds an outcome: what f has found. ok judges the number of plants that were found.
func (r *Report) Add(name string, f *Finder, p *planted.Planter, plants int, wanted string, ok func(found int) bool) *Outcome {
	o := Outcome{Name: name, Plants: plants, Wanted: wanted, Places: f.Kinds, Bytes: f.Bytes, Views: f.Views, Details: map[string]any{}}
	seen := map[int]bool{}
	for _, t := range f.Found() {
		if seen[t.Plant] {
			continue
		}
		seen[t.Plant] = true
		if one := p.All[t.Plant]; len(o.Traces) < 100 {
			o.Traces = append(o.Traces, fmt.Sprintf("%d: %s; %s; %s; in %s as %s", t.Plant, one.Carrier, one.Kind, one.Encoding, t.Place, t.View))
		}
	}
	o.Found = len(seen)
	o.OK = ok(o.Found)
	r.Parts = append(r.Parts, o)
	return &r.Parts[len(r.Parts)-1]
}

// Save writes the report into dir, as JSON and for people, and returns the latter.
func (r *Report) Save(dir string) (text string, err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", fmt.Errorf("keeping a report: %w", err)
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encoding a report: %w", err)
	}
	text = r.String()
	for name, content := range map[string]string{r.Drill + ".json": string(raw) + "\n", r.Drill + ".txt": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return "", fmt.Errorf("keeping a report: %w", err)
		}
	}
	return text, nil
}

// String is the report for people.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d identifiers of %d kinds in %d carriers and %d encodings (seed %d; %d more were drawn that could be a lot, a version or a token, and not planted)\n",
		r.Drill, r.Plants, len(r.Kinds), len(r.Carriers), len(r.Encodings), r.Seed, r.NotPlanted)
	for _, o := range r.Parts {
		verdict := "ok"
		if !o.OK {
			verdict = "NOT OK"
		}
		fmt.Fprintf(&b, "  %-28s %6d of %6d found (wanted: %s) %s; searched %.1f MB, %.1f MB decoded, in", o.Name, o.Found, o.Plants, o.Wanted, verdict, float64(o.Bytes)/1e6, float64(o.Views)/1e6)
		for _, kind := range slices.Sorted(maps.Keys(o.Places)) {
			fmt.Fprintf(&b, " %d %s,", o.Places[kind], kind)
		}
		b.WriteString("\n")
		for _, name := range slices.Sorted(maps.Keys(o.Details)) {
			fmt.Fprintf(&b, "      %s: %v\n", name, o.Details[name])
		}
		for _, t := range o.Traces[:min(len(o.Traces), 20)] {
			if !o.OK {
				fmt.Fprintf(&b, "      trace %s\n", t)
			}
		}
	}
	count(&b, "kinds", r.Kinds)
	count(&b, "carriers", r.Carriers)
	count(&b, "encodings", r.Encodings)
	return b.String()
}

func count[K ~string](b *strings.Builder, what string, counts map[K]int) {
	fmt.Fprintf(b, "  %s\n", what)
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(b, "    %6d  %s\n", counts[k], k)
	}
}
