package evaluate

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"time"

	"proactive/shared/condition"
	"proactive/shared/fleet"
)

// Labels of a row are one for each of predict.Targets: 1 if it came true, 0 if not, -1 if
// the story ends before.
type Labels [6]int8

// LabelsOf what is true of a component.
func LabelsOf(f Fact) (l Labels) {
	if f.Failed {
		l[0] = 1
	}
	if f.Fault != nil {
		l[1] = 1
	}
	for i, days := range Horizons {
		fails, known := f.Within(days)
		switch {
		case !known:
			l[i+2] = -1 //nolint:gosec // G602: there are as many horizons
		case fails:
			l[i+2] = 1 //nolint:gosec // G602: there are as many horizons
		}
	}
	return l
}

// Row is what a model learns from, or is asked about.
type Row struct {
	Instrument string
	Sequence   int64
	At         time.Time
	Component  int
	Vector     []float64
	Fact       Fact
}

// Rows plays a fleet and calls visit for each component after each run. The vector is its
// own until it returns.
func Rows(f *fleet.Fleet, visit func(Row) error) error {
	truths, vector := TruthsOf(f), make([]float64, len(condition.Columns))
	return Play(f, func(s Step) error {
		for c := range condition.Components {
			s.State.Vector(c, vector)
			row := Row{Instrument: s.Instrument, Sequence: s.Sequence, At: s.At, Component: c, Vector: vector, Fact: truths.At(s.Instrument, c, s.At)}
			if err := visit(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// Matrix keeps the rows that a model is trained on: all near a fault, and a share of the
// others, chosen by digest.
type Matrix struct {
	vectors []float32 // rows × condition.Columns; see Learn
	labels  []Labels
}

// Learn plays a fleet for what can be learnt from it, and adds that. share is of the rows
// far from any fault that are kept.
func (m *Matrix) Learn(f *fleet.Fleet, share float64) error {
	return Rows(f, func(r Row) error {
		if near := r.Fact.Fault != nil || r.Fact.Comes && r.Fact.Ahead < 60*24*time.Hour; !near && digestShare(r) >= share {
			return nil
		}
		for _, x := range r.Vector {
			m.vectors = append(m.vectors, float32(x))
		}
		m.labels = append(m.labels, LabelsOf(r.Fact))
		return nil
	})
}

// Len is how many rows there are.
func (m *Matrix) Len() int { return len(m.labels) }

// Write writes the table of one target, by its place in predict.Targets, as infra/train
// reads it: an .npz of x, y and features, with the rows of which the truth is known.
func (m *Matrix) Write(w io.Writer, target int) error {
	out := zip.NewWriter(w)
	known := 0
	for _, l := range m.labels {
		if l[target] >= 0 {
			known++
		}
	}
	columns := len(condition.Columns)
	x, err := member(out, "x.npy", "<f4", fmt.Sprintf("(%d, %d)", known, columns))
	if err != nil {
		return err
	}
	for i, l := range m.labels {
		if l[target] >= 0 {
			if err := binary.Write(x, binary.LittleEndian, m.vectors[i*columns:(i+1)*columns]); err != nil {
				return fmt.Errorf("writing a table: %w", err)
			}
		}
	}
	y, err := member(out, "y.npy", "|i1", fmt.Sprintf("(%d,)", known))
	if err != nil {
		return err
	}
	for _, l := range m.labels {
		if l[target] >= 0 {
			if err := binary.Write(y, binary.LittleEndian, l[target]); err != nil {
				return fmt.Errorf("writing a table: %w", err)
			}
		}
	}
	width := 0
	for _, c := range condition.Columns {
		width = max(width, len(c))
	}
	names, err := member(out, "features.npy", fmt.Sprintf("<U%d", width), fmt.Sprintf("(%d,)", columns))
	if err != nil {
		return err
	}
	for _, c := range condition.Columns {
		wide := make([]uint32, width)
		for i := range len(c) { // names are ASCII
			wide[i] = uint32(c[i])
		}
		if err := binary.Write(names, binary.LittleEndian, wide); err != nil {
			return fmt.Errorf("writing a table: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	return nil
}

// member begins an array in NumPy's format, version 1.0, uncompressed in an archive.
func member(out *zip.Writer, name, kind, shape string) (io.Writer, error) {
	w, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return nil, fmt.Errorf("writing a table: %w", err)
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", kind, shape)
	const room = 128
	raw := append([]byte("\x93NUMPY\x01\x00"), byte(room-10), 0)
	raw = append(raw, fmt.Sprintf("%-*s\n", room-11, head)...)
	if _, err := w.Write(raw); err != nil {
		return nil, fmt.Errorf("writing a table: %w", err)
	}
	return w, nil
}

// digestShare is a number in [0, 1) that a row has by its name.
func digestShare(r Row) float64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, r.Instrument+strconv.FormatInt(r.Sequence, 10)+condition.Components[r.Component].Name)
	x := h.Sum64()
	x ^= x >> 33 // FNV alone mixes the last bytes badly into the high bits
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}
