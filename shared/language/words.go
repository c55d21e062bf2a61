package language

import (
	"fmt"
	"time"
)

// components are an instrument's parts in a sentence: "the reagent chiller".
var components = map[Language]map[string]string{
	English: {
		"laser": "light source", "camera": "camera", "focus": "autofocus", "z-drive": "drive of the lens", "stage": "imaging stage", "chiller": "reagent chiller",
		"heater": "flow-cell heater", "fan": "cooling fan", "pump": "reagent pump", "line": "reagent line", "valve": "reagent valve",
	},
	Spanish: {
		"laser": "la fuente de luz", "camera": "la cámara", "focus": "el autoenfoque", "z-drive": "el motor del objetivo", "stage": "la platina de imagen", "chiller": "el enfriador de reactivos",
		"heater": "el calentador de la celda de flujo", "fan": "el ventilador", "pump": "la bomba de reactivos",
		"line": "la línea de reactivos", "valve": "la válvula de reactivos",
	},
}

// Component is a part with its article, as it stands in a sentence: "the reagent
// chiller", "el enfriador de reactivos". A part we have no word for is called by its id.
func (l Language) Component(id string) string {
	name, ok := components[l][id]
	switch {
	case !ok && l == Spanish:
		return "el componente «" + id + "»"
	case !ok:
		return "the " + id
	case l == English:
		return "the " + name
	default:
		return name
	}
}

var days = map[Language][7]string{
	English: {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	Spanish: {"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
}

var months = map[Language][12]string{
	English: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	Spanish: {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
}

// Day is t's day in t's own zone: "Wednesday 25 November 2026", "miércoles 25 de
// noviembre de 2026".
func (l Language) Day(t time.Time) string {
	day, month := days[l][t.Weekday()], months[l][t.Month()-1]
	if l == Spanish {
		return fmt.Sprintf("%s %d de %s de %d", day, t.Day(), month, t.Year())
	}
	return fmt.Sprintf("%s %d %s %d", day, t.Day(), month, t.Year())
}

// Hours is "09:00–13:00", in start's zone. Both languages use the 24-hour clock.
func (l Language) Hours(start, end time.Time) string {
	return start.Format("15:04") + "–" + end.In(start.Location()).Format("15:04")
}

// Span is a visit: "Wednesday 25 November 2026, 09:00–13:00".
func (l Language) Span(start, end time.Time) string {
	return l.Day(start) + ", " + l.Hours(start, end)
}

// Zone names the clock that t is told by, as a lab knows it: the IANA name without
// underscores, and the offset on that day: "Europe/Madrid (UTC+1)".
func Zone(t time.Time) string {
	_, seconds := t.Zone()
	name := t.Location().String()
	if seconds == 0 {
		if name == "UTC" {
			return name
		}
		return name + " (UTC)"
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "−", -seconds
	}
	offset := fmt.Sprintf("UTC%s%d", sign, seconds/3600)
	if m := seconds % 3600 / 60; m != 0 {
		offset += fmt.Sprintf(":%02d", m)
	}
	return name + " (" + offset + ")"
}
