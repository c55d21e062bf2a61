package notice

import (
	"math"
	"strings"
	"time"
	_ "time/tzdata" // the sites' zones, wherever the tests run

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/instrument"
	"proactive/shared/language"
	"proactive/shared/people"
)

const instrumentID = "i-0123456789abcdefghjkmnpqrs"

var (
	night  = time.Date(2026, 11, 23, 2, 11, 0, 0, time.UTC)
	madrid = func() *time.Location {
		zone, err := time.LoadLocation("Europe/Madrid")
		if err != nil {
			panic(err)
		}
		return zone
	}()

	remote = people.Contact{ID: "p-support", Name: "Remote support", Mail: "support@proactive.example", Language: "en", Roles: []people.Role{people.Support}}
	field  = people.Contact{ID: "p-field", Name: "Field engineer", Mail: "field@proactive.example", Language: "en", Roles: []people.Role{people.FieldEngineer}}
	ana    = people.Contact{ID: "p-ana", Tenant: "t-demo", Name: "Ana Núñez", Mail: "ana@biolab.example", Language: "es", Roles: []people.Role{people.Lab}}
	joe    = people.Contact{ID: "p-joe", Tenant: "t-demo", Name: "Joe O'Hara", Mail: "joe@biolab.example", Language: "en", Roles: []people.Role{people.Lab}}
	circle = people.Circle{
		Tenant:   people.Tenant{ID: "t-demo", Name: "Biolab Norte"},
		Site:     people.Site{ID: "s-demo", Tenant: "t-demo", Name: "Sequencing core, Building 3", Address: "Calle de la Ría 12, 48001 Bilbao", Zone: "Europe/Madrid", Language: language.Spanish},
		Contract: people.Contract{Site: "s-demo", Tenant: "t-demo", Plan: "gold", ResponseDays: 1},
		Contacts: []people.Contact{remote, field, ana, joe},
	}
	sequencer = instrument.Instrument{ID: instrumentID, Tenant: "t-demo", Site: "s-demo", Serial: "A00834"}
)

// chillerWarm is a limit finding: healthy at 4 °C, then above 8 °C; run 9 never came.
func chillerWarm() health.Finding {
	f := health.Finding{
		ID: "f-chillerwarmaaaaa", Instrument: instrumentID, Component: "chiller", Subsystem: health.Thermal,
		Rule: "thermal.chiller.temperature.limit", Kind: "limit", Reason: "chiller-warm", State: health.Active,
		FirstSequence: 12, LastSequence: 13,
		Evidence: health.Evidence{Feature: "chiller.temperature.mean", Unit: "Cel", Limit: 8, Above: true},
	}
	values := []float64{4.02, 3.96, 4.1, 4.05, 3.98, 4.2, 4.4, 5.1, 0, 6.3, 7.46, 8.72, 9.41}
	var p1, p2, q30 health.Series
	p1 = health.Series{Feature: "phasing.r1", Unit: "%"}
	p2 = health.Series{Feature: "phasing.r2", Unit: "%"}
	q30 = health.Series{Feature: "q30", Unit: "%"}
	for i, v := range values {
		n := int64(i + 1)
		if n == 9 {
			continue
		}
		f.Evidence.Points = append(f.Evidence.Points, health.Point{Sequence: n, Value: v, Violates: v > 8})
		p1.Points = append(p1.Points, health.Point{Sequence: n, Value: .09 + .02*math.Max(0, v-5)})
		p2.Points = append(p2.Points, health.Point{Sequence: n, Value: .16 + .03*math.Max(0, v-5)})
		q30.Points = append(q30.Points, health.Point{Sequence: n, Value: 93 - math.Max(0, v-5)})
	}
	f.Evidence.Support = []health.Series{p1, p2, q30}
	return f
}

// chillerSaturated is a second finding on the same component.
func chillerSaturated() health.Finding {
	f := health.Finding{
		ID: "f-chillerdutyaaaaa", Instrument: instrumentID, Component: "chiller", Subsystem: health.Thermal,
		Rule: "thermal.chiller.duty.limit", Kind: "limit", Reason: "chiller-saturated", State: health.Active,
		FirstSequence: 11, LastSequence: 13,
		Evidence: health.Evidence{Feature: "chiller.duty.mean", Unit: "%", Limit: 95, Above: true},
	}
	for i, v := range []float64{44, 43, 45, 44, 46, 52, 61, 70, 0, 88, 96.2, 98.4, 99.1} {
		if i == 8 {
			continue
		}
		f.Evidence.Points = append(f.Evidence.Points, health.Point{Sequence: int64(i + 1), Value: v, Violates: v > 95})
	}
	return f
}

// laserFalling is a drift finding: below 90 % of its own normal.
func laserFalling() health.Finding {
	f := health.Finding{
		ID: "f-laserfallingaaaa", Instrument: instrumentID, Component: "laser", Subsystem: health.Optical,
		Rule: "optical.laser.power.drift", Kind: "drift", Reason: "laser-power-falling", State: health.Active,
		FirstSequence: 8, LastSequence: 10,
		Evidence: health.Evidence{Feature: "laser.power.mean", Unit: "mW", Limit: 359.1, Baseline: 399},
	}
	for i, v := range []float64{401, 399, 400, 398, 400, 388, 371, 356, 347.2, 338.9} {
		f.Evidence.Points = append(f.Evidence.Points, health.Point{Sequence: int64(i + 1), Value: v, Violates: v < 359.1})
	}
	return f
}

// laserForetold is a prediction: the current rises, far below any rule's limit.
func laserForetold() health.Finding {
	days := func(d float64) *float64 { return &d }
	f := health.Finding{
		ID: "f-laserforetoldaaa", Instrument: instrumentID, Component: "laser", Subsystem: health.Optical,
		Rule: "optical.laser.predicted", Kind: health.Predicted, Reason: "failure-foretold", State: health.Active,
		FirstSequence: 9, LastSequence: 10,
		Evidence: health.Evidence{Feature: "laser.current.mean", Unit: "A", Limit: 2.061, Above: true, Baseline: 2.004},
		Foretold: &health.Foretold{
			Ordinal: 1, Base: -4.2, Model: strings.Repeat("ce0a8f6a3dbe0000", 4), Catalog: "sha256:" + strings.Repeat("0", 64),
			Outlook: health.Outlook{Failed: .02, Fault: .93, Within: [4]float64{.03, .21, .48, .86}, LifeDays: [3]*float64{days(3.3), days(14.8), nil}},
			Because: []health.Because{{Signal: "laser.current.mean", Score: 5.12, Standing: days(6.4)}, {Signal: "intensity.r1", Score: .71, Standing: days(1.9)}, {Signal: "epoch.days", Score: .3}, {Signal: "q30", Score: -.2, Standing: days(-.3)}},
			Causes:  []health.Owed{{Cause: "instrument", Weight: .86}, {Cause: "software", Weight: .1}, {Cause: "library", Weight: .04}},
			Vector:  []*float64{days(0), nil},
		},
	}
	for i, v := range []float64{2.001, 2.004, 2.008, 2.003, 2.012, 2.03, 2.049, 2.07, 2.094, 2.118} {
		f.Evidence.Points = append(f.Evidence.Points, health.Point{Sequence: int64(i + 1), Value: v, Violates: v > 2.061})
	}
	return f
}

// caseOf is an open, diagnosed case on the component of its findings.
func caseOf(findings ...health.Finding) casework.Case {
	f := findings[0]
	c := casework.Case{
		ID: casework.ID(f.Instrument, f.Component, 1), Ordinal: 1, Instrument: f.Instrument, Component: f.Component,
		Subsystem: f.Subsystem, Finding: f.ID, Tenant: "t-demo", Site: "s-demo", Pace: 1, State: casework.Diagnosed,
		OpenedAt: night.Add(-2 * time.Minute),
	}
	for _, f := range findings {
		c.Findings = append(c.Findings, f.ID)
	}
	d := casework.DiagnosisOf(findings)
	c.Diagnosis = &d
	return c
}

// matterOf is what a notice about such a case is made from.
func matterOf(c casework.Case, findings ...health.Finding) matter {
	return matter{c: c, findings: findings, name: instrument.Name(sequencer.Serial), circle: circle, zone: madrid, now: night}
}

// booked is the case of m with a visit.
func booked(m matter) casework.Case {
	c := m.c
	c.Slots = casework.Slots(night, madrid, 4)
	c.State, c.Booked = casework.Booked, &c.Slots[0]
	return c
}

// Noticed are factors that were noticed, by cause.
var Noticed = map[string]health.Factor{
	"reagent-lot": {
		ID: "n-reagentlotaaaaaa", Cause: "reagent-lot", Field: "run.reagent_lot", Level: "20894411", Type: "MiSeq", Instruments: 9,
		Week: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC), Cohort: strings.Repeat("a", 64), Shifts: []health.Shift{
			{Signal: "phasing.r1", Unit: "%", Change: .6487, Relative: true, Noises: 16.6667}, {Signal: "prephasing.r1", Unit: "%", Change: .4191, Relative: true, Noises: 11.6667},
			{Signal: "intensity.r1", Unit: "1", Change: -.2092, Relative: true, Noises: -11.75}, {Signal: "q30", Unit: "%", Change: -1.62, Noises: -4.05},
		},
	},
	"flowcell-lot": {
		ID: "n-flowcelllotaaaaa", Cause: "flowcell-lot", Field: "run.flowcell_lot", Level: "20990017", Type: "NextSeq 2000", Instruments: 6,
		Cohort: strings.Repeat("b", 64), Shifts: []health.Shift{
			{Signal: "clusters.pf", Unit: "%", Change: -4.4, Noises: -6.2857}, {Signal: "intensity.r1", Unit: "1", Change: -.14, Relative: true, Noises: -7.55},
		},
	},
	"software": {
		ID: "n-softwareaaaaaaaa", Cause: "software", Field: "config.control_software", Level: "4.1.0.656", Type: "MiSeq", Instruments: 12,
		Week: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC), Cohort: strings.Repeat("c", 64), Shifts: []health.Shift{
			{Signal: "fan.speed.mean", Unit: "/min", Change: .0511, Relative: true, Noises: 12.4585}, {Signal: "chiller.duty.mean", Unit: "%", Change: 4.1569, Noises: 5.1961},
			{Signal: "camera.temperature.mean", Unit: "Cel", Change: .42, Noises: 4.2},
		},
	},
}
