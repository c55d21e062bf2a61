package predict

// Raw is every model's score of a vector, as Targets.
func (b *Bundle) Raw(row []float64) (raw [6]float64) {
	var one [1]float64
	for i, m := range b.models {
		raw[i] = m.Raw(row, one[:])[0]
	}
	return raw
}

// Alarming is Of without the horizons, which no alarm asks for: Within is zero. It takes
// a third of the time.
func (b *Bundle) Alarming(row []float64, component string) Prediction {
	var one [1]float64
	return Prediction{
		Component: component,
		Failed:    b.Models[failed].at(component, b.models[failed].Raw(row, one[:])[0]),
		Fault:     b.Models[fault].at(component, b.models[fault].Raw(row, one[:])[0]),
	}
}

// Of asks every model about a vector.
func (b *Bundle) Of(row []float64, component string) Prediction {
	return b.FromRaw(b.Raw(row), component)
}

// FromRaw makes the scores probabilities.
func (b *Bundle) FromRaw(raw [6]float64, component string) Prediction {
	p := Prediction{Component: component}
	p.Failed, p.Fault = b.Models[failed].at(component, raw[failed]), b.Models[fault].at(component, raw[fault])
	highest := 0.0
	for i := range p.Within {
		highest = max(highest, b.Models[horizons+i].at(component, raw[horizons+i]))
		p.Within[i] = highest
	}
	return p
}
