package score

import (
	"cmp"
	"crypto/sha256"
	"math"
	"slices"
	"strings"

	"proactive/shared/attribute"
	"proactive/shared/condition"
	"proactive/shared/health"
)

// causes are what the factors are called that a notice may be given of.
var causes = map[string]attribute.Cause{
	"run.reagent_lot": attribute.ReagentLot, "run.flowcell_lot": attribute.FlowcellLot, software: attribute.Software,
}

const software = "config.control_software"

// look looks at a cohort after a run was posted to it, and returns the notice that is due of
// its level, if one is. What it remembers is written with the posting, so that every run is
// looked at once.
func (p posting) look(c *Cohort, factor string) (health.Factor, bool) {
	var bad bool
	lasting := 1
	if factor == software {
		// What an instrument always had is no news to it, and says nothing of a release.
		moves, _ := attribute.ReleaseMoves(&c.Cohort, p.day)
		bad = moves && p.changed
	} else {
		var heard int
		bad, heard = attribute.LotIsWorse(factor, &c.Cohort, p.news, p.day)
		if heard < attribute.LeastMembers { // one whose clock is years ahead hears nobody, and ends no streak
			return health.Factor{}, false
		}
		lasting = attribute.LastingOf(factor)
	}
	if !c.Watch.Add(bad, lasting) {
		return health.Factor{}, false
	}
	return p.notice(c, factor), true
}

// notice makes a notice, and remembers it.
func (p posting) notice(c *Cohort, factor string) health.Factor {
	f := health.Factor{
		ID: FactorID(c.Level), Cause: string(causes[factor]), Field: factor, Level: p.run.Factors[factor], Type: p.run.Factors[condition.Type],
		Week: p.run.Week, Cohort: c.Level, Shifts: []health.Shift{},
	}
	for i, s := range condition.Signals {
		if s.Count || !condition.Moves(factor, s.Feature) {
			continue
		}
		_, by, _, n := c.Quartiles(i, p.day)
		f.Instruments = max(f.Instruments, n)
		if math.Abs(by) >= s.Noise {
			f.Shifts = append(f.Shifts, shiftOf(s, by))
		}
	}
	slices.SortStableFunc(f.Shifts, func(a, b health.Shift) int { return cmp.Compare(math.Abs(b.Noises), math.Abs(a.Noises)) })
	f.Shifts = f.Shifts[:min(mostShifts, len(f.Shifts))]
	c.Watch.Notice = f.ID
	return f
}

// FactorID is the id of the notice of a level: "n-" and 16 base-32 characters of a digest.
func FactorID(level string) string {
	sum := sha256.Sum256([]byte("proactive factor\n" + level))
	return "n-" + strings.ToLower(base32Lower.EncodeToString(sum[:]))[:16]
}

// mostShifts bounds what a notice tells: enough to know a bad lot by.
const mostShifts = 8

func shiftOf(s condition.Signal, by float64) health.Shift {
	out := health.Shift{Signal: s.Feature, Unit: s.Unit, Change: by, Relative: s.Log, Noises: rounded(by / s.Noise)}
	if s.Log {
		out.Change = math.Expm1(by)
	}
	out.Change = rounded(out.Change)
	return out
}

// rounded to a ten-thousandth: the last bits of an exponential differ between machines.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }
