package main

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"proactive/shared/interop/identity"
	"proactive/shared/summary"
)

// share is how many of a lane's clusters passing filter are of one sample or control.
type share struct {
	Lane     int    `json:"lane"`
	Kind     string `json:"kind"` // sample or control
	Name     string `json:"name"`
	Project  string `json:"project,omitempty"`
	Index    string `json:"index"`
	Clusters uint64 `json:"clusters"`
	Percent  number `json:"percent"` // of the lane's clusters passing filter
}

// maxShares bounds what a file may name; a pool has some thousands of samples.
const maxShares = 100_000

// samples reads the files that hold sequences and names, and marks them as read.
func samples(folder fs.FS, r *summary.Run) ([]share, error) {
	type counted struct {
		share
		read int
	}
	counts, first, all := map[counted]uint64{}, 0, []share{}
	add := func(read int, s share, clusters uint64) {
		if first == 0 || read < first {
			first = read
		}
		s.Name, s.Project, s.Index = short(s.Name), short(s.Project), short(s.Index)
		at := counted{s, read}
		if _, known := counts[at]; known || len(counts) < maxShares {
			counts[at] += clusters
		}
	}
	for i := range r.Files {
		f := &r.Files[i]
		if f.Reason != summary.HoldsSequences {
			continue
		}
		in, err := folder.Open(f.Name)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", f.Name, err)
		}
		if strings.HasPrefix(strings.ToLower(path.Base(f.Name)), "index") {
			f.Took(identity.ReadIndex(in, func(x identity.Index) {
				add(x.Read, share{Lane: x.Tile.Lane, Kind: "sample", Name: x.Sample, Project: x.Project, Index: x.Sequence}, x.Clusters)
			}))
		} else {
			f.Took(identity.ReadControls(in, func(x identity.Control) {
				add(x.Read, share{Lane: x.Tile.Lane, Kind: "control", Name: x.Name, Index: x.Index}, x.Clusters)
			}))
		}
		_ = in.Close() // it was only read
	}
	for at, n := range counts {
		// The same counts stand in the file once for each read that it names.
		if at.read != first {
			continue
		}
		s := at.share
		s.Clusters = n
		if pf := passing(r, s.Lane); pf > 0 {
			s.Percent = number(100 * float64(n) / pf)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b share) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(b.Kind, a.Kind), cmp.Compare(b.Clusters, a.Clusters),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Index, b.Index))
	})
	return all, nil
}

// short is a name as long as a person reads one; a file may claim 64 KiB.
func short(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// passing are the clusters of a lane that pass the filter.
func passing(r *summary.Run, lane int) float64 {
	for _, row := range r.Rows(summary.ByLane) {
		if row.Lane == lane {
			return float64(row.ReadsPF)
		}
	}
	return 0
}

func writeSamples(out io.Writer, all []share) {
	if !slices.ContainsFunc(all, func(s share) bool { return s.Clusters > 0 }) {
		fmt.Fprintln(out, "\nNo sample has a cluster in the index metrics.")
		return
	}
	w := newTable(out)
	fmt.Fprintln(w, "\nLane\tKind\tName\tProject\tIndex\tClusters PF\t% of lane\t")
	for _, s := range all {
		if s.Clusters == 0 {
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t\n", s.Lane, s.Kind, printable(s.Name), printable(s.Project), printable(s.Index), s.Clusters, figure(float32(s.Percent), 2))
	}
	_ = w.Flush()
}

// printable is a name from a file without what would steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
