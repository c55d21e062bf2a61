package factors

// The reasons for which a question, or what it is asked of, is refused.
const (
	NoExposures        = "no-exposures"
	TooManyExposures   = "too-many-exposures"
	IncompleteExposure = "incomplete-exposure"
	RunTwice           = "run-twice"
	TwoTenants         = "two-tenants"
	UnknownFactor      = "unknown-factor"
	NotExposures       = "not-exposures"
	UnknownCustomer    = "unknown-customer"
	BadProblem         = "bad-problem"
	// NotAsked: what Athena would answer is not what a run's features say.
	NotAsked = "not-asked-of-athena"
)
