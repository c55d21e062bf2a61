package factors

// Format is the first member of a report.
const Format = "proactive-factors/1"

// Answer is what the runs say of one level.
type Answer string

// The answers.
const (
	// Higher: runs at the level have the problem more often than the factor's other runs,
	// and nothing else on record explains it.
	Higher Answer = "higher"
	// Lower: less often, and nothing else on record explains it.
	Lower Answer = "lower"
	// Explained: a difference is there, and goes when what explains it is held fixed or set
	// aside.
	Explained Answer = "explained"
	// Inseparable: a difference is there, and the runs at the level are almost the same
	// runs as those at another factor's level: it is one of them.
	Inseparable Answer = "inseparable"
	// NotHigher: no difference is proven, and the interval of the odds ratio ends below 3.
	NotHigher Answer = "not-higher"
	// NotEnoughData: the runs do not say. Reason tells why.
	NotEnoughData Answer = "not-enough-data"
	// Withheld: fewer than five customers stand behind it. Reason tells which way.
	Withheld Answer = "withheld"
)

// The reasons of NotEnoughData and Withheld.
const (
	OneLevel           = "one-level"            // every run is at this level: nothing to compare with
	FewRuns            = "few-runs"             // fewer than 10 runs at the level, or at the others
	FewInstruments     = "few-instruments"      // fewer than 3 instruments at the level, or at the others
	FewProblems        = "few-problems"         // fewer than 5 runs with the problem among those compared
	NothingToCompare   = "nothing-to-compare"   // with what is held fixed, no stratum has both
	WideInterval       = "wide-interval"        // an odds ratio of 3 cannot be ruled out
	RestsOnInstrument  = "rests-on-instrument"  // without one instrument the difference is gone
	RestsOnTenant      = "rests-on-tenant"      // without one customer the difference is gone
	FewTenants         = "few-tenants"          // fewer than five customers
	WouldBetrayAnother = "would-betray-another" // to show it would betray a level of fewer than five
)

// Limits of what is enough.
const (
	minRuns        = 10
	minInstruments = 3
	minProblems    = 5
	// relevantRatio is the odds ratio that must be ruled out before NotHigher is said.
	relevantRatio = 3
)

// Report is an analysis.
type Report struct {
	Format      string `json:"format"`
	Problem     string `json:"problem"` // in the words of whoever asked
	Instruments int    `json:"instruments"`
	Tenants     int    `json:"tenants"`
	// Overall is null where fewer than five customers stand behind it.
	Overall *Rate `json:"overall"`
	// FalseDiscovery is the part of findings that may be false (Benjamini and Hochberg).
	FalseDiscovery float64 `json:"false_discovery_rate"`
	Tests          int     `json:"tests"`
	// Findings are the levels answered Higher, Lower or Inseparable, the surest first.
	Findings []Finding `json:"findings"`
	Factors  []Factor  `json:"factors"`
}

// Finding names a level.
type Finding struct {
	Factor string   `json:"factor"`
	Level  string   `json:"level"`
	Answer Answer   `json:"answer"`
	Ratio  *float64 `json:"odds_ratio"`
	Q      float64  `json:"q"`
}

// Factor is one of the factors asked for.
type Factor struct {
	Factor string `json:"factor"`
	// Unknown counts the runs that do not say their level; null where it is withheld.
	Unknown *int    `json:"unknown"`
	Levels  []Level `json:"levels"` // by name
}

// Level is one level of a factor. Of one that is withheld only name, answer and reason
// stand here.
type Level struct {
	Level  string `json:"level"`
	Answer Answer `json:"answer"`
	Reason string `json:"reason,omitempty"`
	// By is what explains it, or what it cannot be told from, "factor=level".
	By          []string `json:"by,omitempty"`
	Instruments int      `json:"instruments,omitempty"`
	Tenants     int      `json:"tenants,omitempty"`
	Rate        *Rate    `json:"rate,omitempty"`
	// Shrunk is the rate in the light of the factor's other levels, with its 95 % credible
	// interval: for lists that compare small lots with large ones.
	Shrunk         *float64  `json:"shrunk,omitempty"`
	ShrunkInterval *Interval `json:"shrunk_interval,omitempty"`
	Test           *Test     `json:"test,omitempty"`
}

// Test compares a level with the rest of its factor.
type Test struct {
	// Within tells that instruments were their own controls; else they were compared with
	// each other.
	Within bool `json:"within_instruments"`
	// Held are the levels held fixed, "factor=level", apart from the instrument.
	Held   []string `json:"held"`
	Strata int      `json:"strata"`
	// OddsRatio is Mantel and Haenszel's over the strata; null where a side has no problem.
	OddsRatio *float64 `json:"odds_ratio"`
	// Interval is the widest of Runs and Instruments.
	Interval Interval `json:"interval"`
	// Runs takes runs for independent: exact where counts are small, else from Robins,
	// Breslow and Greenland's variance. MidP is its mid-P form, where counts are small.
	Runs  Interval  `json:"interval_runs"`
	Exact bool      `json:"exact"`
	MidP  *Interval `json:"interval_mid_p,omitempty"`
	// Instruments leaves out each instrument in turn (jackknife).
	Instruments  *Interval `json:"interval_instruments,omitempty"`
	RiskRatio    *float64  `json:"risk_ratio"`
	RiskInterval *Interval `json:"risk_interval,omitempty"` // takes runs for independent
	// P is the greater of PRuns, which counts runs, and PInstruments, which counts
	// instruments. Q is P after Benjamini and Hochberg.
	P            float64 `json:"p"`
	PRuns        float64 `json:"p_runs"`
	PInstruments float64 `json:"p_instruments"`
	Q            float64 `json:"q"`
	// Differs are the factors between whose levels the odds ratio itself differs (Breslow
	// and Day, Tarone; Bonferroni): the common one is then an average. Of findings only.
	Differs []Heterogeneity `json:"differs,omitempty"`
}

// Heterogeneity is a factor between whose levels an odds ratio differs.
type Heterogeneity struct {
	Factor string  `json:"factor"`
	P      float64 `json:"p"`
}
