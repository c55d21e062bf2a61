package simulate

import (
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/interop"
)

// worn is a run of a healthy instrument of a family, but for one component.
func worn(family int, component string, wear float64) state {
	f := Fleet{Seed: 5, Instruments: len(families), Start: day}
	s := f.stateOf(f.Truths()[family], 3, false)
	if component != "" {
		s.wear[component] = wear
	}
	return s
}

// Each fault moves what a person would look at, the way it does, in every family.
func TestFaultsMoveTheRun(t *testing.T) {
	mean := func(v []float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum / float64(len(v))
	}
	for i, fam := range families {
		healthy := worn(i, "", 0)
		well := healthy.shares()
		p0, q0 := healthy.phases(0, 30)
		for component, wear := range map[string]float64{"laser": 1, "stage": .9, "chiller": 1, "heater": .6, "pump": .9, "valve": .8} {
			s := worn(i, component, wear)
			ill := s.shares()
			if drop := mean(well) - mean(ill); drop < .0001 || drop > .4 {
				t.Errorf("%s, %s: %%Q30 falls by %.2f points", fam.name, component, 100*drop)
			}
			p, q := s.phases(0, 30)
			switch component {
			case "laser", "stage":
				if p != p0 || q != q0 {
					t.Errorf("%s, %s: phasing moves with the optics", fam.name, component)
				}
			case "chiller":
				early, _ := s.phases(0, 1)
				late, _ := s.phases(0, fam.cycles())
				if late <= early*1.02 || q != q0 {
					t.Errorf("%s: phasing %.3f early, %.3f late with warm reagents", fam.name, early, late)
				}
				// The loss grows within the run.
				if n := fam.reads[0].cycles; well[n-2]-ill[n-2] <= well[3]-ill[3] {
					t.Errorf("%s: warm reagents do not tell late in the read", fam.name)
				}
			default:
				if p <= p0*1.1 || q <= q0*1.1 {
					t.Errorf("%s, %s: phasing %.3f, was %.3f", fam.name, component, p, p0)
				}
			}
		}
	}
}

// More wear is never better, for any observable that a rule looks at.
func TestWearIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(families)-1).Draw(t, "family")
		x := rapid.Float64Range(0, 1).Draw(t, "wear")
		y := rapid.Float64Range(x, 1).Draw(t, "more wear")
		room := rapid.Float64Range(-3, 3).Draw(t, "room")
		at := func(component string, wear float64) []float64 {
			s := worn(i, component, wear)
			power, current := s.light()
			following, retries := s.stage()
			duty, celsius := s.chiller(room, 0)
			ramp, steady := s.heater()
			move, again := s.valve()
			return []float64{-power, current, following, retries, duty, celsius, ramp, steady, -s.pump(), move, again}
		}
		for _, component := range []string{"laser", "stage", "chiller", "heater", "pump", "valve"} {
			less, more := at(component, x), at(component, y)
			for k := range less {
				if more[k] < less[k] {
					t.Fatalf("%s: observable %d improves from %v to %v", component, k, less[k], more[k])
				}
			}
		}
	})
}

// Property: a record counts exactly its bases, and close to the share asked for.
func TestSpreadCountsEveryBase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bins := rapid.SampledFrom([]interop.Bins{sevenBins, threeBins}).Draw(t, "bins")
		n := rapid.Uint64Range(0, 5_000_000).Draw(t, "bases")
		share := rapid.Float64Range(.05, .995).Draw(t, "share")
		counts := make([]uint64, len(bins.Value))
		spread(counts, bins, n, share)
		total, good := bins.AtLeast(counts, 30)
		if total != n {
			t.Fatalf("%d bases became %d", n, total)
		}
		if off := float64(good) - share*float64(n); off > 8 || off < -8 {
			t.Fatalf("%d of %d are good, asked for %v", good, n, share)
		}
	})
}

// Healthy runs are where healthy runs were measured: see docs/simulator.md.
func TestHealthyRunsAreOrdinary(t *testing.T) {
	for seed := range uint64(seeds) {
		f := Fleet{Seed: seed, Instruments: 6, Start: day}
		for _, truth := range f.Truths() {
			for run := range runs {
				s := f.stateOf(truth, run, false)
				p, q := s.phases(0, 25)
				if p < .04 || p > .18 || q < .04 || q > .18 {
					t.Errorf("%s: phasing %.3f, prephasing %.3f", truth.Serial, p, q)
				}
				sum := 0.0
				for _, share := range s.shares() {
					sum += share
				}
				if q30 := 100 * sum / float64(truth.family.cycles()); q30 < 75 || q30 > 98 {
					t.Errorf("%s run %d: %%Q30 %.1f", truth.Serial, run, q30)
				}
				if pf := s.passing(); pf < 70 || pf > 98 {
					t.Errorf("%s run %d: PF %.1f %%", truth.Serial, run, pf)
				}
			}
		}
	}
}
