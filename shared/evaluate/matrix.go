package evaluate

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"strconv"
	"time"

	"proactive/shared/condition"
	"proactive/shared/fleet"
	"proactive/shared/npz"
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

// Rows plays a fleet and calls visit for each component after each run, of those that are
// wanted: wanted is asked before there is a vector, which takes most of the time; nil wants
// all. The vector is visit's own until it returns.
func Rows(f *fleet.Fleet, wanted func(Row) bool, visit func(Row) error) error {
	truths, vector := TruthsOf(f), make([]float64, len(condition.Columns))
	return Play(f, func(s Step) error {
		for c := range condition.Components {
			row := Row{Instrument: s.Instrument, Sequence: s.Sequence, At: s.At, Component: c, Fact: truths.At(s.Instrument, c, s.At)}
			if wanted != nil && !wanted(row) {
				continue
			}
			s.State.Vector(c, vector)
			row.Vector = vector
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
	return Rows(f, func(r Row) bool {
		return r.Fact.Fault != nil || r.Fact.Comes && r.Fact.Ahead < 60*24*time.Hour || digestShare(r) < share
	}, func(r Row) error {
		for _, x := range r.Vector {
			m.vectors = append(m.vectors, float32(x))
		}
		m.labels = append(m.labels, LabelsOf(r.Fact))
		return nil
	})
}

// Join adds another's rows after its own.
func (m *Matrix) Join(other *Matrix) {
	m.vectors, m.labels = append(m.vectors, other.vectors...), append(m.labels, other.labels...)
}

// Len is how many rows there are.
func (m *Matrix) Len() int { return len(m.labels) }

// Write writes the table of one target, by its place in predict.Targets, as infra/train
// reads it: an .npz of x, y and features, with the rows of which the truth is known.
func (m *Matrix) Write(w io.Writer, target int) error {
	known, columns := []int{}, len(condition.Columns)
	for i, l := range m.labels {
		if l[target] >= 0 {
			known = append(known, i)
		}
	}
	return npz.WriteNumbers(w, condition.Columns, len(known),
		npz.Numbers{Kind: "<f4", Write: func(w io.Writer) error {
			for _, i := range known {
				if err := binary.Write(w, binary.LittleEndian, m.vectors[i*columns:(i+1)*columns]); err != nil {
					return err
				}
			}
			return nil
		}},
		npz.Numbers{Kind: "|i1", Write: func(w io.Writer) error {
			for _, i := range known {
				if err := binary.Write(w, binary.LittleEndian, m.labels[i][target]); err != nil {
					return err
				}
			}
			return nil
		}})
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
