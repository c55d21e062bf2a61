package planted

import (
	"proactive/shared/catalog"
	"proactive/shared/observation"
)

// Row is text in a field, with the dimensions that it wants.
func Row(f catalog.Field, text string) observation.Observation {
	o := observation.Observation{Field: f.ID, Text: text}
	for _, dim := range f.Dimensions {
		switch dim {
		case catalog.Lane:
			o.Lane = 1
		case catalog.Surface:
			o.Surface = 1
		case catalog.Tile:
			o.Tile = 1101
		case catalog.Read:
			o.Read = 1
		case catalog.Cycle:
			o.Cycle = 1
		case catalog.Minute:
			o.Minute = 60
		}
	}
	return o
}
