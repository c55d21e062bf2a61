package condition

import (
	"fmt"
	"math"
	"strconv"

	"proactive/shared/features"
)

// The sizes of what is remembered of a signal.
const (
	referenceRuns = 12  // runs of which its normal is made
	leastRuns     = 4   // before which nothing is said
	recentRuns    = 10  // runs of which the last trend is made
	trendDays     = 75. // days of which the long trend is made
	trendRuns     = 40  // and runs at most
	slack         = .5
	ceiling       = 40.
	fast, slow    = .4, .1
)

// Track is what is remembered of one signal.
type Track struct {
	Reference features.Reference `json:"reference"` // of the shift-free value
	Fast      features.EWMA      `json:"fast"`      // of z
	Slow      features.EWMA      `json:"slow"`
	Sum       features.CUSUM     `json:"sum"`
	Trend     features.Window    `json:"trend"` // of z by day
	Seen      features.Since     `json:"seen"`  // by day
	Last      Maybe              `json:"last"`  // z of the newest run that had it
	Raw       Maybe              `json:"raw"`   // z as if nothing were shared and nobody had been there
	Bridge    *Bridge            `json:"bridge,omitempty"`
	// Fleet is how many standard deviations the newest run differs from others of the type,
	// Among the mean of it.
	Fleet  Maybe         `json:"fleet"`
	Among  features.EWMA `json:"among"`
	Offset float64       `json:"offset,omitempty"` // what visits moved z by
}

// Maybe is a number that may not be known: NaN, null in JSON.
type Maybe float64

// MarshalJSON implements json.Marshaler.
func (m Maybe) MarshalJSON() ([]byte, error) {
	if v := float64(m); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Maybe) UnmarshalJSON(raw []byte) error {
	*m = Maybe(math.NaN())
	if string(raw) == "null" {
		return nil
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return fmt.Errorf("decoding a number: %w", err)
	}
	*m = Maybe(v)
	return nil
}

// Bridge is a signal after a visit at which nothing was replaced: somebody looked,
// cleaned, calibrated, and its level may have moved. Its story goes on from where it was,
// with what the first runs after differ by taken off; until they are there it stands still.
type Bridge struct {
	Before float64   `json:"before"`
	First  []float64 `json:"first"`
}

// bridgeRuns is how many runs after a visit tell what it moved.
const bridgeRuns = 4

func newTrack(s Signal) *Track {
	return &Track{
		Reference: features.Reference{Size: referenceRuns, Least: leastRuns, Floor: s.Noise},
		Fast:      features.EWMA{Alpha: fast}, Slow: features.EWMA{Alpha: slow},
		Sum:   features.CUSUM{Slack: slack, Ceiling: ceiling},
		Trend: features.Window{Room: trendRuns, Span: trendDays},
		Fleet: Maybe(math.NaN()), Among: features.EWMA{Alpha: fast},
	}
}

// forget keeps a signal's normal and nothing else.
func (t *Track) forget(s Signal) {
	fresh := newTrack(s)
	t.Fast, t.Slow, t.Sum, t.Trend, t.Among = fresh.Fast, fresh.Slow, fresh.Sum, fresh.Trend, fresh.Among
	t.Bridge = nil
}

func (t *Track) add(s Signal, day, x, shift float64) {
	own := x - shift
	t.Reference.Add(own)
	t.Seen.Add(day)
	if s.Count { // its normal is none, whatever the first runs had
		t.Last, t.Raw = Maybe(x/s.Noise), Maybe(x/s.Noise)
	} else {
		t.Last, t.Raw = Maybe(t.bridged(t.Reference.Z(own))), Maybe(t.Reference.Z(x))
	}
	z := float64(t.Last)
	t.Fast.Add(z)
	t.Slow.Add(z)
	t.Sum.Add(z)
	t.Trend.Add(day, math.Max(-clip, math.Min(clip, z)))
}

// bridged is z with what visits moved it by taken off.
func (t *Track) bridged(z float64) float64 {
	z -= t.Offset
	if t.Bridge == nil || math.IsNaN(z) {
		return z
	}
	t.Bridge.First = append(t.Bridge.First, z)
	if len(t.Bridge.First) < bridgeRuns {
		return t.Bridge.Before
	}
	moved := features.Median(t.Bridge.First) - t.Bridge.Before
	t.Offset += moved
	t.Bridge = nil
	return z - moved
}

// clip bounds what one run weighs in a trend.
const clip = 25.
