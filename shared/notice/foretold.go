package notice

import (
	"fmt"
	"strings"

	"proactive/shared/health"
	"proactive/shared/language"
)

// likely is from what probability on a failure within a week is urgent [G].
const likely = .5

// hasCome is the reason of what models take for failed.
const hasCome = "failure-has-come"

// imminent tells whether a failure was foretold that has come or is close.
func imminent(f health.Finding) bool {
	return f.Foretold != nil && (f.Reason == hasCome || f.Foretold.Within[1] >= likely)
}

// forecast is what was foretold, in a phrase.
func forecast(f health.Finding) string {
	if f.Reason == hasCome {
		return "failed with a probability of " + percent(f.Foretold.Failed)
	}
	return "a fault on its way with a probability of " + percent(f.Foretold.Fault)
}

// foretold is what the words may say of a prediction.
type foretold struct {
	Sure, Horizons, Life, Model string
	Reasons                     []string
	Causes                      []string // the likeliest first
	Sign                        string   // the foremost signal, in the lab's language
	Clear                       string
}

func foretoldOf(l language.Language, f health.Finding) *foretold {
	t := f.Foretold
	out := &foretold{
		Sure: percent(t.Fault), Model: fmt.Sprintf("%.12s", t.Model), Sign: sign(l, f.Evidence.Feature),
		Horizons: fmt.Sprintf("%s within a day, %s within 7 days, %s within 14, %s within 30", percent(t.Within[0]), percent(t.Within[1]), percent(t.Within[2]), percent(t.Within[3])),
		Life:     life(t.LifeDays),
		Clear: fmt.Sprintf("Runs with %s %s %s again; after a service its normal is learnt anew.", feature(f.Evidence.Feature).long,
			side(!f.Evidence.Above), value(language.English, f.Evidence.Limit, f.Evidence.Unit)),
	}
	if f.Reason == hasCome {
		out.Sure = percent(t.Failed)
	}
	for _, b := range t.Because {
		if b.Score <= 0 {
			continue
		}
		says := fmt.Sprintf("%s (%+.1f of the log-odds", feature(b.Signal).long, b.Score)
		if b.Standing != nil {
			says += fmt.Sprintf("; %.1f standard deviations %s than its own normal", max(*b.Standing, -*b.Standing), map[bool]string{true: "worse", false: "better"}[*b.Standing >= 0])
		}
		out.Reasons = append(out.Reasons, says+")")
	}
	for _, o := range t.Causes {
		if said := owedTo[o.Cause]; said != "" && o.Weight >= told {
			out.Causes = append(out.Causes, fmt.Sprintf("%s (%s)", said, percent(o.Weight)))
		}
	}
	return out
}

// told is from what weight on an explanation is worth a reader's time [G].
const told = .05

// owedTo says what causes are called.
var owedTo = map[string]string{
	"instrument": "the instrument itself", "reagent-lot": "its lot of reagents", "flowcell-lot": "its lot of flow cells", "software": "its software's last release",
	"library": "the libraries", "room": "a warm room", "chance": "chance",
}

// life says by when a component has failed.
func life(days [3]*float64) string {
	switch low, middle, high := days[0], days[1], days[2]; {
	case low == nil:
		return "More than 30 days, more likely than nine in ten."
	case middle == nil:
		return fmt.Sprintf("One in ten that it fails within %.0f days; more likely than not it lasts 30.", *low)
	case high == nil:
		return fmt.Sprintf("As likely as not it fails within %.0f days; one in ten within %.0f.", *middle, *low)
	default:
		return fmt.Sprintf("As likely as not it fails within %.0f days; nine in ten within %.0f.", *middle, *high)
	}
}

// sign is a signal in a lab's words, with its article; one that we have no words for is
// called by its name.
func sign(l language.Language, signal string) string {
	if s, ok := signs[signal]; ok {
		return s[l]
	}
	return strings.ReplaceAll(signal, ".", " ")
}

func lab(english, spanish string) map[language.Language]string {
	return map[language.Language]string{language.English: english, language.Spanish: spanish}
}

// signs has one entry for each signal that is followed.
var signs = map[string]map[language.Language]string{
	"laser.power.mean":             lab("the power of the light source", "la potencia de la fuente de luz"),
	"laser.current.mean":           lab("the current of the light source", "la corriente de la fuente de luz"),
	"camera.temperature.mean":      lab("the temperature of the camera", "la temperatura de la cámara"),
	"focus.score.mean":             lab("the sharpness of focus", "la nitidez del enfoque"),
	"stage.error.mean":             lab("the precision of the imaging stage", "la precisión de la platina de imagen"),
	"stage.retries.hourly":         lab("repeated attempts of the imaging stage", "los intentos repetidos de la platina de imagen"),
	"chiller.temperature.mean":     lab("the temperature of the reagents", "la temperatura de los reactivos"),
	"chiller.temperature.max":      lab("the highest temperature of the reagents", "la temperatura máxima de los reactivos"),
	"chiller.duty.mean":            lab("the effort of the reagent chiller", "el esfuerzo del enfriador de reactivos"),
	"heater.ramp.mean":             lab("the time to warm the flow cell up", "el tiempo de calentamiento de la celda de flujo"),
	"heater.error.mean":            lab("the exactness of the flow cell's temperature", "la exactitud de la temperatura de la celda de flujo"),
	"pump.delivered.mean":          lab("the volume that the pump delivers", "el volumen que entrega la bomba"),
	"line.pressure.mean":           lab("the suction in the reagent line", "la succión en la línea de reactivos"),
	"line.pressure.max":            lab("the highest suction in the reagent line", "la succión máxima en la línea de reactivos"),
	"valve.move.mean":              lab("the time that the reagent valve takes", "el tiempo que tarda la válvula de reactivos"),
	"valve.retries.hourly":         lab("repeated attempts of the reagent valve", "los intentos repetidos de la válvula de reactivos"),
	"internal.temperature.mean":    lab("the temperature inside the instrument", "la temperatura dentro del equipo"),
	"fan.speed.mean":               lab("the speed of a fan", "la velocidad de un ventilador"),
	"clusters.pf":                  lab("the share of clusters that pass the filter", "la proporción de clusters que pasan el filtro"),
	"q30":                          lab("the share of bases above Q30", "la proporción de bases por encima de Q30"),
	"phasing.r1":                   lab("phasing", "el desfase (phasing)"),
	"prephasing.r1":                lab("prephasing", "el adelanto (prephasing)"),
	"error.r1":                     lab("the error rate", "la tasa de error"),
	"fwhm.r1":                      lab("the size of the spots", "el tamaño de los puntos"),
	"intensity.r1":                 lab("the brightness of the signal", "el brillo de la señal"),
	"log.laser.power.hourly":       lab("warnings of the light source", "los avisos de la fuente de luz"),
	"log.laser.off.hourly":         lab("drop-outs of the light source", "las interrupciones de la fuente de luz"),
	"log.focus.lost.hourly":        lab("losses of focus", "las pérdidas de enfoque"),
	"log.stage.home.failed.hourly": lab("failed homings of the stage", "los fallos de posición inicial de la platina"),
	"log.stage.home.retry.hourly":  lab("repeated homings of the stage", "las repeticiones de posición inicial de la platina"),
	"log.chiller.warm.hourly":      lab("warnings of the reagent chiller", "los avisos del enfriador de reactivos"),
	"log.heater.timeout.hourly":    lab("time-outs of the flow-cell heater", "las demoras del calentador de la celda de flujo"),
	"log.pump.pressure.hourly":     lab("warnings of the pump's pressure", "los avisos de presión de la bomba"),
	"log.unknown_lines.hourly":     lab("lines of the instrument's log that are unusual", "las líneas inusuales del registro del instrumento"),
	"log.valve.retry.hourly":       lab("warnings of the reagent valve", "los avisos de la válvula de reactivos"),
}
