package casework

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
