package notice

import (
	"strings"

	"proactive/shared/health"
	"proactive/shared/language"
)

// phrase is how a finding's reason is said: in a subject line for support, and in a
// sentence for a lab, after "In recent runs ".
type phrase struct {
	subject string
	lab     map[language.Language]string
}

// phrases has one entry for each reason of shared/score's rules, and of its predictions.
var phrases = map[string]phrase{
	"laser-power-falling": say("Laser power falling",
		"the light source gave less light than it used to", "la fuente de luz dio menos luz que antes"),
	"laser-current-rising": say("Laser current rising",
		"the light source needed more current than it used to for the same light", "la fuente de luz necesitó más corriente que antes para la misma luz"),
	"camera-warm": say("Camera warm",
		"the camera ran warmer than it used to", "la cámara trabajó más caliente que antes"),
	"stage-following-error-growing": say("Stage error growing",
		"the imaging stage moved less precisely than it used to", "la platina de imagen se movió con menos precisión que antes"),
	"stage-retries": say("Stage needs retries",
		"the imaging stage needed several attempts to find its position", "la platina de imagen necesitó varios intentos para encontrar su posición"),
	"chiller-warm": say("Chiller warm",
		"the reagents were kept warmer than they should be", "los reactivos estuvieron más calientes de lo debido"),
	"chiller-saturated": say("Chiller at full effort",
		"the reagent chiller had to work at full power to stay cold", "el enfriador de reactivos tuvo que trabajar a plena potencia para mantenerse frío"),
	"heater-ramp-slow": say("Flow-cell heater slow",
		"the flow cell took longer to warm up than it used to", "la celda de flujo tardó más que antes en calentarse"),
	"heater-off-target": say("Flow-cell heater off target",
		"the flow cell did not hold its temperature exactly", "la celda de flujo no mantuvo exactamente su temperatura"),
	"pump-underdelivering": say("Pump delivers too little",
		"the reagent pump delivered less than it was asked to", "la bomba de reactivos entregó menos de lo pedido"),
	"line-pressure-rising": say("Line pressure rising",
		"drawing the reagents took more suction than it used to", "aspirar los reactivos requirió más succión que antes"),
	"valve-slow": say("Valve slow",
		"the reagent valve moved more slowly than it used to", "la válvula de reactivos se movió más despacio que antes"),
	"valve-retries": say("Valve needs retries",
		"the reagent valve needed several attempts to switch", "la válvula de reactivos necesitó varios intentos para cambiar de posición"),
	"failure-foretold": say("Failure foretold",
		"several readings moved together as they do before a fault", "varias lecturas cambiaron juntas como suele ocurrir antes de una avería"),
	"failure-has-come": say("Failure seems to have come",
		"several readings together looked as they do after a fault", "varias lecturas juntas se parecieron a las que siguen a una avería"),
	"fan-slow": say("Fan slow",
		"a cooling fan turned more slowly than it used to", "un ventilador giró más despacio que antes"),
}

func say(subject, english, spanish string) phrase {
	return phrase{subject: subject, lab: map[language.Language]string{language.English: english, language.Spanish: spanish}}
}

// headline is a case's fault in a few words, for support.
func (m matter) headline() string {
	if len(m.findings) > 0 {
		if p, ok := phrases[m.findings[0].Reason]; ok {
			if m.findings[0].Kind == health.Predicted {
				return p.subject + ": " + strings.TrimPrefix(language.English.Component(m.c.Component), "the ")
			}
			return p.subject
		}
	}
	return strings.ToUpper(m.c.Component[:1]) + m.c.Component[1:] + " out of its normal range"
}

// observed is what was seen, in a lab's words: "In recent runs …".
func (m matter) observed(l language.Language) string {
	if len(m.findings) > 0 {
		if p, ok := phrases[m.findings[0].Reason]; ok {
			return p.lab[l]
		}
	}
	if l == language.Spanish {
		return l.Component(m.c.Component) + " se salió de lo normal"
	}
	return l.Component(m.c.Component) + " left its normal range"
}

// label names a feature: long for a caption, short for a column.
type label struct{ long, short string }

var features = map[string]label{
	"laser.power.mean":         {"Laser power, mean of each run", "Laser power"},
	"laser.current.mean":       {"Laser drive current, mean of each run", "Laser current"},
	"camera.temperature.mean":  {"Camera temperature, mean of each run", "Camera temp."},
	"stage.error.mean":         {"Stage following error, mean of each run", "Stage error"},
	"stage.retries.hourly":     {"Stage retries an hour", "Retries"},
	"chiller.temperature.mean": {"Chiller temperature, mean of each run", "Chiller temp."},
	"chiller.duty.mean":        {"Chiller duty, mean of each run", "Chiller duty"},
	"heater.ramp.mean":         {"Heater ramp time, mean of each run", "Ramp time"},
	"heater.error.mean":        {"Heater steady error, mean of each run", "Heater error"},
	"fan.speed.mean":           {"Fan speed, mean of each run", "Fan speed"},
	"pump.delivered.mean":      {"Volume delivered ÷ commanded, mean of each run", "Delivered"},
	"line.pressure.mean":       {"Line pressure, mean of each run", "Line pressure"},
	"valve.move.mean":          {"Valve move time, mean of each run", "Move time"},
	"valve.retries.hourly":     {"Valve retries an hour", "Retries"},
	"component":                {"Which component it is", "Component"}, "type": {"The instrument's type", "Type"},
	"epoch.runs": {"Runs since the last service", "Runs"}, "epoch.days": {"Days since the last service", "Days"},
	"rate": {"Days between runs", "Days between"}, "aborted": {"Runs that did not end as planned", "Aborted"},
	"streak": {"Runs in a row that did not end as planned", "Aborted"}, "others": {"How other components stand", "Others"},
	"software.days": {"Days since the software changed", "Software"}, "visit.runs": {"Runs since somebody looked at it", "Visit"},
	"focus.score.mean":             {"Focus score, mean of each run", "Focus score"},
	"chiller.temperature.max":      {"Chiller temperature, highest of each run", "Chiller max."},
	"line.pressure.max":            {"Line pressure, highest of each run", "Pressure max."},
	"internal.temperature.mean":    {"Temperature inside, mean of each run", "Inside temp."},
	"fwhm.r1":                      {"Spot size, read 1", "Spot size"},
	"intensity.r1":                 {"Signal intensity, read 1", "Intensity"},
	"log.laser.power.hourly":       {"Laser power warnings an hour", "Laser warn."},
	"log.laser.off.hourly":         {"Laser drop-outs an hour", "Laser off"},
	"log.focus.lost.hourly":        {"Focus losses an hour", "Focus lost"},
	"log.stage.home.failed.hourly": {"Failed homings an hour", "Homing failed"},
	"log.stage.home.retry.hourly":  {"Homing retries an hour", "Homing retries"},
	"log.chiller.warm.hourly":      {"Chiller warnings an hour", "Chiller warn."},
	"log.heater.timeout.hourly":    {"Heater time-outs an hour", "Heater t/o"},
	"log.pump.pressure.hourly":     {"Pump pressure warnings an hour", "Pump warn."},
	"log.unknown_lines.hourly":     {"Unusual log lines an hour", "Log lines"},
	"log.valve.retry.hourly":       {"Valve retry warnings an hour", "Valve warn."},
	"q30":                          {"%≥Q30", "%≥Q30"},
	"clusters.pf":                  {"Clusters passing filter", "PF"},
}

// feature is a feature's label; one that we have no words for is called by its name. A
// trailing read, as in "phasing.r1", is read as one.
func feature(name string) label {
	if l, ok := features[name]; ok {
		return l
	}
	base, read, ok := strings.Cut(name, ".r")
	if ok && len(read) == 1 && base != "" {
		word := strings.ToUpper(base[:1]) + base[1:]
		return label{word + ", read " + read, word + " R" + read}
	}
	return label{name, name}
}

// other findings of a case, but the first, each in a phrase.
func others(findings []health.Finding) []string {
	var all []string
	for _, f := range findings[min(1, len(findings)):] {
		all = append(all, feature(f.Evidence.Feature).long+": "+seen(f)+" ("+bound(f)+")")
	}
	return all
}
