package year

import "math"

// The oracle knows the wear and the rate of every mode. What it says is computed on the
// very process that wear.go draws from, by days: table[m] is the chance to last m more
// days.
const (
	horizon   = 31 // days: 30, and the rest of today
	wearSteps = 91
	wearStep  = .02
	rateSteps = 13
	rateStep  = .15 // of ln rate; 13 of them reach three sd
)

// survival of one mode: by days ahead, rate and wear.
type survival struct {
	begun [horizon + 1][rateSteps][wearSteps]float64
	// fresh is the chance that a mode that begins today does not strike within m days.
	fresh [horizon + 1]float64
}

// nodes and weights of Gauss and Hermite for a standard normal: 5 points.
var (
	nodes   = [5]float64{-2.8569700138728056, -1.355626179974266, 0, 1.355626179974266, 2.8569700138728056}
	weights = [5]float64{.01125741132772069, .22207592200561266, .5333333333333333, .22207592200561266, .01125741132772069}
)

func newSurvival(m mode) *survival {
	s := &survival{}
	var strike [wearSteps]float64
	for x := range wearSteps {
		strike[x] = hazard(float64(float64(x)*wearStep), m.span)
	}
	for r := range rateSteps {
		for x := range wearSteps {
			s.begun[0][r][x] = 1
		}
	}
	s.fresh[0] = 1
	for day := 1; day <= horizon; day++ {
		mean, total := 0.0, 0.0
		for r := range rateSteps {
			away := float64((float64(r) - (rateSteps-1)/2) * rateStep)
			rate := exp(away) / m.span
			for x := range wearSteps {
				now := float64(float64(x) * wearStep)
				later := 0.0
				for i, z := range nodes {
					next := now + rate + float64(diffusion*z)
					one := float64((1-jumpChance)*s.at(day-1, float64(r), next)) +
						float64(jumpChance/2*s.at(day-1, float64(r), next+jumpSmall)) +
						float64(jumpChance/2*s.at(day-1, float64(r), next+jumpLarge))
					later += float64(weights[i] * one)
				}
				s.begun[day][r][x] = float64((1 - strike[x]) * later)
			}
			likely := exp(-float64(float64(away/rateSpread)*float64(away/rateSpread)) / 2)
			mean += float64(likely * s.begun[day][r][0])
			total += likely
		}
		s.fresh[day] = mean / total
	}
	return s
}

// at interpolates between the steps of wear and rate (given as steps).
func (s *survival) at(day int, rate, wear float64) float64 {
	x := max(0, min(wearSteps-1.001, wear/wearStep))
	r := max(0, min(rateSteps-1.001, rate))
	i, j := int(x), int(r)
	fx, fr := x-float64(i), r-float64(j)
	low := float64((1-fx)*s.begun[day][j][i]) + float64(fx*s.begun[day][j][i+1])
	high := float64((1-fx)*s.begun[day][j+1][i]) + float64(fx*s.begun[day][j+1][i+1])
	return float64((1-fr)*low) + float64(fr*high)
}

// lasts is the chance that a mode does not strike within so many days, from the start
// of a day on. age is the days since the component was repaired, -1 if it never was.
func (w *worn) lasts(s *survival, onset float64, age, days int) float64 {
	if w.begun {
		step := ln(float64(w.rate*w.span))/rateStep + (rateSteps-1)/2
		return s.at(days, step, w.x)
	}
	fails := 0.0
	for d := range days {
		fails += float64(float64(onset*infant(age, d)) * (1 - s.fresh[days-1-d]))
	}
	return 1 - min(1, fails)
}

// infant is how much likelier trouble is so soon after a repair.
func infant(age, later int) float64 {
	if age < 0 {
		return 1
	}
	return 1 + float64(infancy*exp(-float64(age+later)/infancyDays))
}

// within turns the chances to last from the start of a day into the chance to fail in
// the days after a moment of it, a share f of the day gone, being whole at that moment.
func within(f, today, days, dayMore float64) float64 {
	alive := 1 - f + float64(f*today)
	if alive <= 0 {
		return 1
	}
	p := 1 - (float64((1-f)*days)+float64(f*dayMore))/alive
	return math.Floor(float64(max(0, min(1, p))*1e6)+.5) / 1e6
}
