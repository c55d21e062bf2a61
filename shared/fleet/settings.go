package fleet

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Settings make a fleet: the same settings and the same generator give the same fleet.
type Settings struct {
	Seed        uint64    `json:"seed"`
	Instruments int       `json:"instruments"`
	Days        int       `json:"days"`
	Null        int       `json:"null"`  // of the instruments, how many never fail
	Start       time.Time `json:"start"` // midnight UTC of the first day
	Nuisance    Nuisance  `json:"nuisance"`
	// Generator names the version of the physics, and Rates are its failures by mode,
	// expected in a year of an instrument that can fail. Both are filled in by it.
	Generator string             `json:"generator"`
	Rates     map[string]float64 `json:"failures_per_instrument_year"`
}

// Nuisance is everything that moves what instruments report and is no fault of theirs.
// Each setting has bounds, low and high, both allowed; docs/fleet.md has the sources.
type Nuisance struct {
	Spread float64 `json:"spread" bounds:"0.5 1.5" is:"how different healthy instruments are, 1 = as documented"`
	Noise  float64 `json:"noise" bounds:"0.7 1.4" is:"noise from run to run, 1 = as documented"`

	LotWeeksMin       float64 `json:"lot_weeks_min" bounds:"2 6" is:"the shortest time a lot is on sale, weeks"`
	LotWeeksMax       float64 `json:"lot_weeks_max" bounds:"4 12" is:"the longest, weeks"`
	ReagentIntensity  float64 `json:"reagent_intensity" bounds:"0 0.12" is:"reagent lots, sd of ln intensity"`
	ReagentPhasing    float64 `json:"reagent_phasing" bounds:"0 0.25" is:"reagent lots, sd of ln phasing"`
	FlowcellIntensity float64 `json:"flowcell_intensity" bounds:"0 0.08" is:"flow-cell lots, sd of ln intensity"`
	FlowcellPassing   float64 `json:"flowcell_passing" bounds:"0 3" is:"flow-cell lots, sd of clusters PF, points"`
	BadLots           float64 `json:"bad_lots" bounds:"0 0.05" is:"share of lots that are bad"`
	BadLotSigma       float64 `json:"bad_lot_sigma" bounds:"3 6" is:"how bad, in standard deviations of good ones"`

	SoftwareReleases float64 `json:"software_releases" bounds:"0 5" is:"releases a year and instrument type"`
	SoftwareShift    float64 `json:"software_shift" bounds:"0 2" is:"how far a release moves baselines, 1 = as documented"`
	RolloutWeeks     float64 `json:"rollout_weeks" bounds:"1 12" is:"from the first instrument to the last, weeks"`

	Loading      float64 `json:"loading" bounds:"0 2" is:"spread of loading from run to run, 1 = as documented"`
	Misloaded    float64 `json:"misloaded" bounds:"0 0.15" is:"share of runs far over- or underloaded"`
	LowDiversity float64 `json:"low_diversity" bounds:"0 0.4" is:"share of runs of a library of low diversity, mean over sites"`
	LibraryWeeks float64 `json:"library_weeks" bounds:"0 1" is:"episodes a year and tenant of a bad library preparation"`
	NoPhiX       float64 `json:"no_phix" bounds:"0.2 0.6" is:"share of runs without PhiX, mean over tenants"`

	Season       float64 `json:"season" bounds:"0 3" is:"amplitude of the room's year, K"`
	Room         float64 `json:"room" bounds:"0 1" is:"the room from day to day, sd, K"`
	RoomEpisodes float64 `json:"room_episodes" bounds:"0 1.5" is:"failures of a room's cooling a year and site"`
	RoomEpisode  float64 `json:"room_episode" bounds:"1 6" is:"how much warmer such a room is, K"`
	Doors        float64 `json:"doors" bounds:"0 0.1" is:"share of runs with a reagent door left open"`
	WashMissed   float64 `json:"wash_missed" bounds:"0 0.3" is:"share of washes missed"`

	DarkSites  float64 `json:"dark_sites" bounds:"0 0.4" is:"share of sites that send only part of the telemetry"`
	Gaps       float64 `json:"gaps" bounds:"0 6" is:"gaps of a channel a year and instrument"`
	LostRuns   float64 `json:"lost_runs" bounds:"0 0.1" is:"share of batches that never arrive"`
	Flapping   float64 `json:"flapping" bounds:"0 0.6" is:"sensors that flap, a year and instrument"`
	ClockSteps float64 `json:"clock_steps" bounds:"0 0.6" is:"wrong clocks a year and instrument"`
	Outliers   float64 `json:"outliers" bounds:"0 0.1" is:"share of runs with outlying tile-cycles"`

	Maintenance float64 `json:"maintenance" bounds:"0 2" is:"visits that no failure called for, a year and instrument"`
	VisitShift  float64 `json:"visit_shift" bounds:"0 2" is:"how far a visit moves baselines, 1 = as documented"`
}

// Usual are the nuisance settings that docs/fleet.md documents.
func Usual() Nuisance {
	return Nuisance{
		Spread: 1, Noise: 1,
		LotWeeksMin: 3, LotWeeksMax: 8, ReagentIntensity: .06, ReagentPhasing: .12,
		FlowcellIntensity: .04, FlowcellPassing: 1, BadLots: .01, BadLotSigma: 4,
		SoftwareReleases: 2, SoftwareShift: 1, RolloutWeeks: 6,
		Loading: 1, Misloaded: .04, LowDiversity: .1, LibraryWeeks: .3, NoPhiX: .32,
		Season: 1.5, Room: .4, RoomEpisodes: .3, RoomEpisode: 4, Doors: .03, WashMissed: .1,
		DarkSites: .1, Gaps: 2, LostRuns: .01, Flapping: .08, ClockSteps: .1, Outliers: .03,
		Maintenance: 1, VisitShift: 1,
	}
}

// Check refuses settings that are out of bounds.
func (s Settings) Check() error {
	switch {
	case s.Instruments < 1 || s.Instruments > 100_000:
		return fmt.Errorf("instruments: %d, must be 1 to 100000", s.Instruments)
	case s.Days < 30 || s.Days > 3660:
		return fmt.Errorf("days: %d, must be 30 to 3660", s.Days)
	case s.Null < 0 || s.Null > s.Instruments:
		return fmt.Errorf("null: %d, must be 0 to the number of instruments", s.Null)
	case s.Start.IsZero() || !s.Start.Equal(s.Start.UTC().Truncate(24*time.Hour)):
		return fmt.Errorf("start: %s, must be midnight UTC", s.Start.Format(time.RFC3339))
	}
	return s.Nuisance.Check()
}

// Check refuses a setting that is out of its bounds.
func (n Nuisance) Check() error {
	for _, k := range Knobs() {
		v := reflect.ValueOf(n).FieldByName(k.field).Float()
		if !(v >= k.Low && v <= k.High) {
			return fmt.Errorf("nuisance %s: %v, must be %v to %v", k.Name, v, k.Low, k.High)
		}
	}
	if n.LotWeeksMin > n.LotWeeksMax {
		return fmt.Errorf("nuisance lot_weeks_min: %v, must not be above lot_weeks_max %v", n.LotWeeksMin, n.LotWeeksMax)
	}
	return nil
}

// Knob is one nuisance setting, for documents and help.
type Knob struct {
	Name      string  `json:"name"` // in JSON
	Meaning   string  `json:"meaning"`
	Usual     float64 `json:"usual"`
	Low, High float64
	field     string
}

// Knobs are all nuisance settings, in the order of Nuisance.
func Knobs() []Knob {
	usual := reflect.ValueOf(Usual())
	var all []Knob
	for i := range usual.NumField() {
		f := usual.Type().Field(i)
		k := Knob{Name: f.Tag.Get("json"), Meaning: f.Tag.Get("is"), Usual: usual.Field(i).Float(), field: f.Name}
		low, high, _ := strings.Cut(f.Tag.Get("bounds"), " ")
		var err, err2 error
		k.Low, err = strconv.ParseFloat(low, 64)
		k.High, err2 = strconv.ParseFloat(high, 64)
		if err != nil || err2 != nil {
			panic("fleet: bounds of " + f.Name) // a typing error in this file: the tests call this
		}
		all = append(all, k)
	}
	return all
}
