package casework

// Call is what the state machine sends to a function for a step: the step, the whole
// state of the execution, and the task token where the step is answered later.
type Call struct {
	Step  Step     `json:"step"`
	Input Progress `json:"input"`
	Token string   `json:"token,omitempty"`
	// Outcome may be given to Close; without it Progress decides.
	Outcome Outcome `json:"outcome,omitempty"`
}

// Progress is the state of an execution: its input, and each step's answer under the
// step's name. Unknown members are ignored.
type Progress struct {
	Input
	Offer  *OfferAnswer  `json:"offer,omitempty"`
	Invite *InviteAnswer `json:"invite,omitempty"`
	Verify *VerifyAnswer `json:"verify,omitempty"`
}

// Answers to an offer.
const (
	AnswerPicked = "picked"
	AnswerRemind = "remind"
	AnswerGiveUp = "give-up"
)

// OfferAnswer comes with SendTaskSuccess, from the slot page or the reminder.
type OfferAnswer struct {
	Answer string `json:"answer"`
	Round  int    `json:"round"`
}

// InviteAnswer tells how long it is until the visit is over.
type InviteAnswer struct {
	WaitSeconds int `json:"wait_seconds"`
}

// Results of a verification.
const (
	ResultVerified   = "verified"
	ResultFailing    = "failing"
	ResultWaiting    = "waiting"
	ResultUnverified = "unverified"
)

// VerifyAnswer is what verification says. Round counts the verifications, from 1.
type VerifyAnswer struct {
	Result      string `json:"result"`
	Reason      Reason `json:"reason"`
	Round       int    `json:"round"`
	WaitSeconds int    `json:"wait_seconds"`
}
