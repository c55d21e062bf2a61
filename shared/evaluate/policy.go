package evaluate

import (
	"proactive/shared/condition"
	"proactive/shared/predict"
)

// Try opens cases over a scored year by a rule that sees one row at a time, in the order of
// time, with what it remembers of the instrument and component.
func (y *Year) Try(rule func(row *Scored, a *predict.Alarm) Call) *Desk {
	d := NewDesk(y.Truths)
	alarms := make([]predict.Alarm, len(y.Instruments)*len(condition.Components))
	for i := range y.Rows {
		row := &y.Rows[i]
		at := int(row.Instrument)*len(condition.Components) + int(row.Component)
		d.Take(y.Instruments[row.Instrument], row.At, rule(row, &alarms[at]))
	}
	return d
}

// Bundled is the rule that the product has: the bundle's thresholds.
func Bundled(b *predict.Bundle) func(*Scored, *predict.Alarm) Call {
	return func(row *Scored, a *predict.Alarm) Call {
		reason := b.Next(a, row.P)
		return Call{Component: int(row.Component), Raise: reason == predict.Foretold || reason == predict.HasCome, Clear: reason == predict.Over || reason == predict.Quiet, Now: reason == predict.HasCome, Owed: row.Owed}
	}
}

// Above is a rule of a number that must be above a threshold for two runs in a row.
func Above(number func(*Scored) float64, threshold float64) func(*Scored, *predict.Alarm) Call {
	return func(row *Scored, a *predict.Alarm) Call {
		x := number(row)
		if x > threshold {
			a.Over++
		} else {
			a.Over = 0
		}
		return Call{Component: int(row.Component), Raise: a.Over >= 2, Clear: a.Over == 0}
	}
}

// ToBudget finds the lowest threshold at which a rule's false cases stay within a budget, by
// halving: what a detector can do for the same number of false cases.
func (y *Year) ToBudget(number func(*Scored) float64, low, high, budget float64) (threshold float64, d *Desk) {
	const halvings = 9
	for range halvings {
		middle := (low + high) / 2
		if float64(y.Tally(y.Try(Above(number, middle)), "").FalsePerYear) > budget {
			low = middle
		} else {
			high = middle
		}
	}
	return high, y.Try(Above(number, high))
}

// Tally counts a desk's cases on one component, or with "" on all.
func (y *Year) Tally(d *Desk, component string) Tally {
	return d.Tally(component, y.Years, y.firstRun)
}
