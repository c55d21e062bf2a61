// Package summary sums a run up from its run folder as Illumina's own software does: by
// read, lane, surface and over all; along the cycles; and tile by tile. Definitions, what
// is left out and what a missing value is, are in docs/metrics.md; the figures equal
// those of the reference reader.
//
// It opens metric files of every kind but those that hold sequences and names.
package summary

import (
	"fmt"
	"io/fs"
	"math"
	"runtime"
	"strings"

	"proactive/shared/runfolder"
)

// Run is what a run folder's metric files say together.
type Run struct {
	Info  runfolder.Info
	Files []FileNote
	// Total is over all reads, NonIndex over those of the insert.
	Total, NonIndex Figures
	Reads           []Read
	Cycles          []Cycle // along the run, from cycle 1; none with FiguresOnly
	Tiles           []Tile  // by lane, then by name; none with FiguresOnly
	// Channels names the image's channels; empty without intensities.
	Channels int
}

// Read sums up one read of the run.
type Read struct {
	runfolder.Read
	Figures
	Lanes []Lane
}

// Lane sums up a lane in one read.
type Lane struct {
	Number int
	Figures
	Surfaces []Surface
}

// Surface sums up one side of a lane in one read: 1 top, 2 bottom.
type Surface struct {
	Number int
	Figures
}

// Option changes how a run folder is read.
type Option func(*options)

type options struct {
	every   bool
	workers int
}

// FiguresOnly leaves out the cycles' curves, the tiles, and the metric files of which no figure is
// made: images, corrected intensities, and summaries of quality.
func FiguresOnly() Option { return func(o *options) { o.every = false } }

// Of reads the run folder. A metric file that cannot be used is named in Files with its
// reason, and the rest is used; without a RunInfo.xml nothing means anything, and an error
// says so. Files are read in parallel, each in one pass.
func Of(folder fs.FS, opts ...Option) (*Run, error) {
	o := options{every: true, workers: runtime.GOMAXPROCS(0)}
	for _, opt := range opts {
		opt(&o)
	}
	info, err := readInfo(folder)
	if err != nil {
		return nil, err
	}
	m, notes, err := load(folder, newPlan(info, o.every), o)
	if err != nil {
		return nil, err
	}
	r := m.sumUp()
	r.Files = notes
	return r, nil
}

func readInfo(folder fs.FS) (runfolder.Info, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return runfolder.Info{}, fmt.Errorf("listing the run folder: %w", err)
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), "RunInfo.xml") {
			in, err := folder.Open(e.Name())
			if err != nil {
				return runfolder.Info{}, fmt.Errorf("opening RunInfo.xml: %w", err)
			}
			defer func() { _ = in.Close() }() // it was only read
			return runfolder.ParseInfo(in)
		}
	}
	return runfolder.Info{}, fmt.Errorf("looking for RunInfo.xml: %w", fs.ErrNotExist)
}

// plan is what RunInfo.xml says of the run's cycles and lanes.
type plan struct {
	info runfolder.Info
	// cycles is by the run's cycle, from 1.
	cycles []position
	// tiles is how many to expect.
	tiles int
	// curves: the cycles are wanted too.
	curves bool
}

// position is where a cycle of the run stands.
type position struct {
	read   uint8  // index of the read
	within uint16 // cycle of the read, from 1
	// usable is false of a read's last cycle: it has no following cycle by which to
	// correct phasing.
	usable bool
}

func newPlan(info runfolder.Info, curves bool) *plan {
	p := &plan{info: info, cycles: make([]position, 1), tiles: 32, curves: curves}
	if n := info.Lanes * info.Surfaces * info.Swaths * info.TileCount; n > 0 && n < maxTiles {
		p.tiles = n
	}
	for i, r := range info.Reads {
		for c := range min(r.Cycles, maxCycles) {
			p.cycles = append(p.cycles, position{uint8(i), uint16(c + 1), c+1 < r.Cycles})
		}
	}
	return p
}

// maxCycles bounds what RunInfo.xml may claim of one read.
const maxCycles = 4096

var nan = float32(math.NaN())
