package factors_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"proactive/shared/factors"
)

// world is a synthetic fleet whose truth is known.
type world struct {
	instruments, runs int // runs in all
	tenants           int
	base              float64            // rate of the problem
	spread            float64            // sd of an instrument's own log odds
	bad               int                // instruments with a spell of 15 runs of which four in five have the problem
	badTenant         bool               // one lab at three times the odds
	lots              int                // levels of run.reagent_lot
	rotate            bool               // an instrument uses up a lot before the next; else each run has any
	flat              bool               // run.reagent_lot stands in exactly runs/lots runs each
	effects           map[string]float64 // "factor=level" to odds ratio
	// follows ties run.reagent_lot to another factor: the chance of lot 1 at level 1 of it
	// and at its other levels. The others take the rest.
	follows  string
	tied     [2]float64
	revision bool // config.revision: two to a type
}

func (w world) make(seed uint64) []factors.Exposure {
	r := rand.New(rand.NewPCG(seed, 7))
	level := func(n int) string { return fmt.Sprint(1 + r.IntN(n)) }
	var deck []int
	for i := range w.runs {
		deck = append(deck, i%w.lots)
	}
	r.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	var rows []factors.Exposure
	per := w.runs / w.instruments
	for i := range w.instruments {
		own := math.Log(w.base/(1-w.base)) + w.spread*r.NormFloat64()
		tenant := r.IntN(w.tenants)
		if w.badTenant && tenant == 0 {
			own += math.Log(3)
		}
		kind := fmt.Sprint(1 + i%5)
		upgraded := r.IntN(2 * per)
		lot, mix := r.IntN(w.lots), r.IntN(4)
		from := per
		if i < w.bad {
			from = r.IntN(max(1, per-15))
		}
		for n := range per {
			if w.rotate && r.IntN(6) == 0 {
				lot = r.IntN(w.lots)
			} else if !w.rotate {
				lot = r.IntN(w.lots)
			}
			e := factors.Exposure{Tenant: fmt.Sprintf("t-%02d", tenant), Instrument: fmt.Sprintf("i-%04d", i), Run: fmt.Sprintf("r-%04d", n)}
			e.Levels = map[string]string{
				"config.instrument_type": kind, "run.flowcell_lot": level(5), "run.reagent_lot": fmt.Sprint(1 + lot),
				"run.experiment": fmt.Sprint(1 + (mix+r.IntN(2))%4), "config.control_software": "1",
			}
			if n >= upgraded {
				e.Levels["config.control_software"] = "2"
			}
			if w.flat {
				e.Levels["run.reagent_lot"] = fmt.Sprint(1 + deck[i*per+n])
			}
			if w.revision {
				e.Levels["config.revision"] = kind + fmt.Sprint(1+i/5%2)
			}
			if w.follows != "" {
				chance := w.tied[1]
				if e.Levels[w.follows] == "1" {
					chance = w.tied[0]
				}
				if e.Levels["run.reagent_lot"] = "1"; r.Float64() >= chance {
					e.Levels["run.reagent_lot"] = fmt.Sprint(2 + r.IntN(w.lots-1))
				}
			}
			odds := own
			for name, l := range e.Levels {
				if ratio, ok := w.effects[name+"="+l]; ok {
					odds += math.Log(ratio)
				}
			}
			p := 1 / (1 + math.Exp(-odds))
			if n >= from && n < from+15 {
				p = .8
			}
			e.Problem = r.Float64() < p
			rows = append(rows, e)
		}
	}
	return rows
}
