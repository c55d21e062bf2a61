package casework

import (
	"slices"
	"strings"

	"proactive/shared/health"
)

// Diagnosis is what the table knows of a symptom: where to look first, how to be sure,
// what to bring. Weights are prior guesses [DOMAIN §G], to be learnt from outcomes.
type Diagnosis struct {
	Symptom      string  `json:"symptom"`
	Cause        string  `json:"cause"`
	Weight       float64 `json:"weight"` // prior probability of Cause, 0 to 1
	Alternatives []Cause `json:"alternatives"`
	// Test confirms the cause; Remote is what to try before anyone travels.
	Test   string `json:"test"`
	Remote string `json:"remote"`
	Part   string `json:"part"`
	Skill  string `json:"skill"` // FSE-1 fluidics, thermal, PC; FSE-2 optics, stage
	// Hours is the length of the visit to plan for.
	Hours float64 `json:"hours"`
}

// Cause is one possible cause.
type Cause struct {
	Cause  string  `json:"cause"`
	Weight float64 `json:"weight"`
}

// known is a row of the diagnosis table. It applies when findings of all its Reasons
// stand; the first row that applies is taken, so the more telling rows come first.
type known struct {
	Reasons []string
	Diagnosis
}

// diagnoses is the table. Its rows are those of DOMAIN §G and the remedies of §C, less
// the causes that cannot move a sensor (a library does not warm a chiller), their
// weights scaled to sum to 1.
var diagnoses = []known{
	{[]string{"chiller-warm", "chiller-saturated"}, Diagnosis{
		Symptom: "The reagent chiller is warm at full effort",
		Cause:   "cooling is weak: Peltier element or its driver", Weight: .40,
		Alternatives: []Cause{{"blocked air filter", .35}, {"chiller fan", .15}, {"warm room", .10}},
		Test:         "Compare duty and temperature an hour after cleaning the filter; read the room temperature",
		Remote:       "Ask the lab to clean the air filter and to check the room temperature",
		Part:         "chiller TEC with driver; fan; filter", Skill: "FSE-1", Hours: 4,
	}},
	{[]string{"chiller-warm"}, Diagnosis{
		Symptom: "The reagent chiller is warm",
		Cause:   "cooling weakens: filter, fan or Peltier element", Weight: .55,
		Alternatives: []Cause{{"temperature sensor drifts (duty unchanged)", .45}},
		Test:         "Duty against temperature: a sensor that drifts leaves the duty unchanged. Check the door log",
		Remote:       "Ask the lab to clean the air filter; watch the next run. Do not scrap a run on the reading alone",
		Part:         "chiller fan and TEC; temperature sensor", Skill: "FSE-1", Hours: 4,
	}},
	{[]string{"chiller-saturated"}, Diagnosis{
		Symptom: "The reagent chiller holds its temperature only at full effort",
		Cause:   "blocked air filter or warm room", Weight: .55,
		Alternatives: []Cause{{"Peltier element weakens", .30}, {"chiller fan", .15}},
		Test:         "Duty an hour after cleaning the filter; room temperature; fan speed",
		Remote:       "Ask the lab to clean the air filter and to check the room temperature",
		Part:         "filter; chiller fan; TEC", Skill: "FSE-1", Hours: 3,
	}},
	{[]string{"laser-power-falling"}, Diagnosis{
		Symptom: "The light source loses power",
		Cause:   "laser or LED module ages", Weight: .80,
		Alternatives: []Cause{{"laser driver", .15}, {"power calibration", .05}},
		Test:         "Drive current at constant power; the other channel; a power meter at the objective",
		Remote:       "Recalibrate the laser power, then compare two runs",
		Part:         "laser or LED module", Skill: "FSE-2", Hours: 6,
	}},
	{[]string{"laser-current-rising"}, Diagnosis{
		Symptom: "The light source needs more current for the same power",
		Cause:   "laser or LED module ages behind its power servo", Weight: .80,
		Alternatives: []Cause{{"laser cooling", .15}, {"power sensor calibration", .05}},
		Test:         "Current over the last 20 runs; laser temperature; a power meter at the objective",
		Remote:       "Recalibrate the laser power; order the module before the servo runs out",
		Part:         "laser or LED module", Skill: "FSE-2", Hours: 6,
	}},
	{[]string{"camera-warm"}, Diagnosis{
		Symptom: "A camera's sensor is warm",
		Cause:   "camera cooling: fan or coolant loop", Weight: .60,
		Alternatives: []Cause{{"blocked air filter", .25}, {"camera", .15}},
		Test:         "Dark level and minimum contrast on hot and cool days; internal temperature",
		Remote:       "Ask the lab to clean the air filter; restart the camera",
		Part:         "camera fan or coolant pump", Skill: "FSE-2", Hours: 4,
	}},
	{[]string{"stage-retries"}, stageDiagnosis("The stage homes only after retries")},
	{[]string{"stage-following-error-growing"}, stageDiagnosis("The stage's following error grows")},
	{[]string{"heater-ramp-slow"}, heaterDiagnosis("The flow-cell heater ramps slowly")},
	{[]string{"heater-off-target"}, heaterDiagnosis("The flow-cell heater misses its target")},
	{[]string{"fan-slow"}, Diagnosis{
		Symptom: "A fan turns slowly",
		Cause:   "fan bearing wears", Weight: .60,
		Alternatives: []Cause{{"blocked air filter", .30}, {"fan supply or sensor", .10}},
		Test:         "Fan speed and internal temperature after cleaning the filter",
		Remote:       "Ask the lab to clean the air filter",
		Part:         "fan; air filter", Skill: "FSE-1", Hours: 2,
	}},
	{[]string{"pump-underdelivering"}, Diagnosis{
		Symptom: "The pump delivers less than commanded",
		Cause:   "syringe seal wears", Weight: .55,
		Alternatives: []Cause{{"air ingress at a fitting or sipper", .25}, {"clogged line", .20}},
		Test:         "Volume test; line pressure; pressure decay with the valve closed",
		Remote:       "Maintenance wash twice, reseat the sippers, repeat the volume test",
		Part:         "syringe pump; fittings", Skill: "FSE-1", Hours: 4,
	}},
	{[]string{"line-pressure-rising"}, Diagnosis{
		Symptom: "A line needs more suction at the same step",
		Cause:   "line or manifold clogs", Weight: .60,
		Alternatives: []Cause{{"sipper or filter", .25}, {"valve port", .15}},
		Test:         "Flow and back pressure by lane, before and after a wash; when was the last one",
		Remote:       "Maintenance wash twice",
		Part:         "manifold; line set; sippers", Skill: "FSE-1", Hours: 5,
	}},
	{[]string{"valve-retries"}, valveDiagnosis("The selector valve needs retries")},
	{[]string{"valve-slow"}, valveDiagnosis("The selector valve moves slowly")},
	{[]string{focusLost}, Diagnosis{
		Symptom: "The spots blur: the autofocus loses its place",
		Cause:   "autofocus module or its calibration drifts", Weight: .60,
		Alternatives: []Cause{{"dirt on the objective or the flow cell's underside", .25}, {"Z drive", .15}},
		Test:         "Spot size by surface and lane; focus score before and after cleaning and recalibration",
		Remote:       "Ask the lab to clean the flow-cell stage; run the focus calibration, then compare two runs",
		Part:         "autofocus module", Skill: "FSE-2", Hours: 6,
	}},
	{[]string{zDriveSticks}, Diagnosis{
		Symptom: "The lens does not come to its place: the Z drive sticks",
		Cause:   "Z drive or its guide wears", Weight: .65,
		Alternatives: []Cause{{"autofocus module", .20}, {"cable or driver", .15}},
		Test:         "Home the Z axis twenty times and count the failures; spot size by surface",
		Remote:       "Home and exercise the Z axis, then compare two runs",
		Part:         "Z drive", Skill: "FSE-2", Hours: 6,
	}},
}

func stageDiagnosis(symptom string) Diagnosis {
	return Diagnosis{
		Symptom: symptom,
		Cause:   "dirt on the encoder or dry bearings", Weight: .55,
		Alternatives: []Cause{{"stage wear", .35}, {"cable or driver", .10}},
		Test:         "Following error by position: the same place every cycle is the encoder. Motor current",
		Remote:       "Home and exercise the axes, then compare two runs",
		Part:         "encoder; XY stage", Skill: "FSE-2", Hours: 8,
	}
}

func heaterDiagnosis(symptom string) Diagnosis {
	return Diagnosis{
		Symptom: symptom,
		Cause:   "flow-cell TEC or its driver degrades", Weight: .60,
		Alternatives: []Cause{{"thermal contact of the flow cell (varies by load)", .30}, {"temperature sensor", .10}},
		Test:         "Ramp time after reseating and cleaning: contact varies from load to load, a TEC does not. Heater power",
		Remote:       "Ask the lab to clean the stage and to reseat the flow cell",
		Part:         "flow-cell TEC with driver", Skill: "FSE-1", Hours: 6,
	}
}

func valveDiagnosis(symptom string) Diagnosis {
	return Diagnosis{
		Symptom: symptom,
		Cause:   "the valve sticks: wear or salts", Weight: .70,
		Alternatives: []Cause{{"manifold deposits", .20}, {"valve motor or position sensor", .10}},
		Test:         "Exercise every port and time the moves; signal dips of a single cycle across a lane set",
		Remote:       "Maintenance wash, then exercise the valve",
		Part:         "selector valve", Skill: "FSE-1", Hours: 4,
	}
}

// undiagnosed is for a reason the table does not know: a person looks.
var undiagnosed = Diagnosis{
	Symptom: "A component leaves its normal range", Cause: "not in the diagnosis table",
	Test: "Look at the evidence", Remote: "Look at the evidence", Part: "none yet", Skill: "FSE-1", Hours: 4,
}

// signs are what the foremost signal of a prediction is a sign of, by component: the
// reason of the rule that goes by it. Elsewhere the component's own row of the table, "".
var signs = map[string]map[string]string{
	"laser":   {"laser.power.mean": "laser-power-falling", "": "laser-current-rising"},
	"camera":  {"": "camera-warm"},
	"focus":   {"": focusLost},
	"stage":   {"stage.retries.hourly": "stage-retries", "": "stage-following-error-growing"},
	"z-drive": {"": zDriveSticks},
	"chiller": {"chiller.temperature.mean": "chiller-warm", "": "chiller-saturated"},
	"heater":  {"heater.error.mean": "heater-off-target", "": "heater-ramp-slow"},
	"fan":     {"": "fan-slow"},
	"pump":    {"": "pump-underdelivering"},
	"line":    {"": "line-pressure-rising"},
	"valve":   {"valve.retries.hourly": "valve-retries", "": "valve-slow"},
}

// Reasons that no rule has, for components that only models speak of.
const (
	focusLost    = "focus-lost"
	zDriveSticks = "z-drive-sticks"
)

// signOf a prediction.
func signOf(f health.Finding) string {
	if f.Kind != health.Predicted {
		return f.Reason
	}
	of := signs[f.Component]
	if sign := of[f.Evidence.Feature]; sign != "" {
		return sign
	}
	return of[""]
}

// foretold makes a diagnosis of what has been seen one of what is foretold.
func foretold(d Diagnosis, f health.Finding) Diagnosis {
	says := "A failure is foretold. Where to look first: "
	if f.Reason == "failure-has-come" {
		says = "Something seems to have failed. Where to look first: "
	}
	d.Symptom = says + strings.ToLower(d.Symptom[:1]) + d.Symptom[1:]
	return d
}

// DiagnosisOf the findings of a case: the first row of the table all of whose reasons
// stand; of what models foretold, if no rule has found anything, the row that its foremost
// signal is a sign of. A pure function; the order of the findings does not matter.
func DiagnosisOf(findings []health.Finding) Diagnosis {
	if d, ok := diagnosisOf(findings, func(f health.Finding) string { return f.Reason }); ok {
		return d
	}
	if d, ok := diagnosisOf(findings, signOf); ok {
		first := slices.IndexFunc(findings, func(f health.Finding) bool { return f.Kind == health.Predicted })
		return foretold(d, findings[max(0, first)])
	}
	return undiagnosed
}

func diagnosisOf(findings []health.Finding, reasonOf func(health.Finding) string) (Diagnosis, bool) {
	for _, k := range diagnoses {
		if !slices.ContainsFunc(k.Reasons, func(reason string) bool {
			return !slices.ContainsFunc(findings, func(f health.Finding) bool { return reasonOf(f) == reason })
		}) {
			return k.Diagnosis, true
		}
	}
	return Diagnosis{}, false
}
