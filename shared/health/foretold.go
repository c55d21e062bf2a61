package health

import "proactive/shared/ne107"

// Predicted is the kind of a finding that models made; the other kinds are the rules'.
const Predicted = "predicted"

// Foretold is what models said of a component, and why: all that it takes to ask them
// again and get the same bits.
type Foretold struct {
	// Ordinal counts the alarms on the component in the epoch, from 1.
	Ordinal int `json:"ordinal"`
	Outlook
	// Because are the weightiest reasons; Base is the log-odds of a component of which
	// nothing is known. With the scores of all signals it adds up to what the model said.
	Because []Because `json:"because"`
	Base    float64   `json:"base"`
	// Causes are what the news of the run are owed to, the likeliest first, those of at least
	// one in a hundred: the instrument itself, or what it shares with others. It was weighed
	// against what others had sent by then, and is not asked again.
	Causes []Owed `json:"causes"`
	// Vector is what the models were asked about, as condition.Columns; null is not known.
	Vector []*float64 `json:"vector"`
	// Model is the SHA-256 of the bundle of models, Catalog of the catalog of fields, both
	// in hex.
	Model   string `json:"model"`
	Catalog string `json:"catalog"`
}

// Outlook is what is foretold of a component: probabilities, 0 to 1.
type Outlook struct {
	Failed float64    `json:"failed"` // that it has
	Fault  float64    `json:"fault"`  // that a fault is on its way or has come
	Within [4]float64 `json:"within"` // that it fails within 1, 7, 14, 30 days
	// LifeDays is by when it has failed with 10, 50 and 90 %; null beyond 30 days.
	LifeDays [3]*float64 `json:"remaining_life_days"`
}

// Because is one signal's share in a prediction.
type Because struct {
	Signal string  `json:"signal"` // a feature, or what else the models are told
	Score  float64 `json:"score"`  // of the log-odds, by its Shapley value
	// Standing is how many standard deviations it is from its own normal, turned so that
	// up is worse; null where that is not known.
	Standing *float64 `json:"standing"`
}

// Owed is an explanation and its share of what is believed, in hundredths of one.
type Owed struct {
	Cause  string  `json:"cause"` // as attribute.Cause
	Weight float64 `json:"weight"`
}

// Status is how an instrument stands as of its newest run: what a person is shown.
type Status struct {
	Instrument string            `json:"instrument"`
	Sequence   int64             `json:"sequence"` // of the newest run
	Model      string            `json:"model"`    // "" while none is in use
	Components []ComponentStatus `json:"components"`
}

// ComponentStatus is how one component stands.
type ComponentStatus struct {
	Component string       `json:"component"`
	Subsystem Subsystem    `json:"subsystem"`
	Status    ne107.Status `json:"status"`
	Reason    ne107.Reason `json:"reason"`
	Epoch     int          `json:"epoch"`
	Outlook   *Outlook     `json:"outlook"`  // null without models
	Findings  []string     `json:"findings"` // that stand on it in this epoch
}
