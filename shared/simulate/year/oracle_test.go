package year

import (
	"math"
	"testing"

	"proactive/shared/fleet"
)

// TestOracle: what the oracle says of a mode that has begun comes true as often as it
// says, on wear drawn as the fleet's is.
func TestOracle(t *testing.T) {
	g := &generator{Settings: fleet.Settings{Seed: 1}}
	for _, i := range []int{laserDecay, lineAir} {
		s := newSurvival(modes[i])
		rng := g.stream("oracle test", i)
		for _, days := range []int{1, 7, 30} {
			said, came, variance, n := 0.0, 0.0, 0.0, 0
			for n < 8_000 {
				w := worn{mode: modes[i], begun: true, rate: exp(float64(rateSpread*rng.normal())) / modes[i].span}
				look, strike, p := rng.IntN(int(1.2*modes[i].span)), -1, 0.0
				for day := 0; day < look+days; day++ {
					if day == look {
						p = 1 - w.lasts(s, 0, -1, days)
					}
					if rng.chance(hazard(w.x, w.span)) {
						strike = day
						break
					}
					w.move(rng)
				}
				if strike >= 0 && strike < look {
					continue
				}
				n++
				said += p
				variance += p * (1 - p)
				if strike >= 0 {
					came++
				}
			}
			if z := (came - said) / math.Sqrt(variance); math.Abs(z) > 4 {
				t.Errorf("%s within %d days: said %.0f, came %.0f, %.1f standard deviations", modes[i].name, days, said, came, z)
			}
		}
	}
}
