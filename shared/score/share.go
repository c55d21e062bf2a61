package score

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"proactive/shared/attribute"
	"proactive/shared/condition"
	"proactive/shared/health"
)

// Shared is by how much what a run has in common with other instruments moved its
// signals: by factor of condition.Shared and feature, in the unit that is followed (see
// condition.Signal); no zeros. Of condition.Type it is how the run stands among others of
// its type, see condition.Cohort.Standing. It depends on what the others had sent by then, so it is
// written with the run once, when it is first scored, and read from there ever after.
type Shared map[string]map[string]float64

// total is all of it by feature, in the order in which it was taken off.
func (s Shared) total() map[string]float64 {
	all := map[string]float64{}
	for _, factor := range condition.Shared {
		for feature, by := range s[factor] {
			all[feature] += by
		}
	}
	return all
}

// shifts is all of it by factor, in the order of condition.Signals.
func (s Shared) shifts() map[string][]float64 {
	all := map[string][]float64{}
	for _, factor := range condition.Shared {
		if s[factor] == nil {
			continue
		}
		all[factor] = make([]float64, len(condition.Signals))
		for i, signal := range condition.Signals {
			all[factor][i] = s[factor][signal.Feature]
		}
	}
	return all
}

// Cohort is what instruments that share a level of a factor lately showed, as of a
// revision, and what is remembered of the level; the zero value is nobody. Its JSON is what
// is kept.
type Cohort struct {
	Level    string `json:"-"`
	Revision int64  `json:"-"`
	condition.Cohort
	Watch attribute.Watch `json:"watch"`
}

// Posting is a run's share in its cohorts, to be written in one transaction.
type Posting struct {
	Instrument string
	Sequence   int64
	Cohorts    []Cohort        // as they shall be, each with the revision that it was read at
	Factors    []health.Factor // notices that are due
}

// Cohorts keeps cohorts, by level.
type Cohorts interface {
	// Cohort of a level, strongly consistent.
	Cohort(ctx context.Context, level string) (Cohort, error)
	// Post writes, in one transaction, each cohort at its next revision on condition that
	// it still is at the one given, the levels into the list that the instrument has of its
	// own (an erasure goes by it), each notice that is not there, and on the run that it was posted, on condition
	// that the run is there and was not; otherwise ErrRaced and nothing is written.
	Post(ctx context.Context, p Posting) error
}

// LevelOf names the cohort of a run: instruments of one type that have a factor's level
// in common. "" if it has none. It is a digest: a key says nothing of a lot.
func LevelOf(f health.Features, factor string) string {
	v := f.Factors[factor]
	if v == "" {
		return ""
	}
	return digest("proactive cohort\n" + f.Factors["config.instrument_type"] + "\n" + factor + "\n" + v)
}

// share finds out what a run shares with others at this moment.
func (s Stage) share(ctx context.Context, f health.Features) (Shared, error) {
	var all Shared
	for _, factor := range condition.Shared {
		level := LevelOf(f, factor)
		if level == "" {
			continue
		}
		c, err := s.Cohorts.Cohort(ctx, level)
		if err != nil {
			return nil, fmt.Errorf("reading what is shared: %w", err)
		}
		for i, by := range c.Shifts(factor, f.Values, f.Instrument, dayOf(f)) {
			if by == 0 {
				continue
			}
			if all == nil {
				all = Shared{}
			}
			if all[factor] == nil {
				all[factor] = map[string]float64{}
			}
			all[factor][condition.Signals[i].Feature] = by
		}
	}
	level := LevelOf(f, condition.Type)
	if level == "" {
		return all, nil
	}
	c, err := s.Cohorts.Cohort(ctx, level)
	if err != nil {
		return nil, fmt.Errorf("reading how others of the type stand: %w", err)
	}
	if standing := c.Standing(condition.Levels(f.Values), f.Instrument, dayOf(f)); len(standing) > 0 {
		if all == nil {
			all = Shared{}
		}
		all[condition.Type] = standing
	}
	return all, nil
}

// dayOf is the day since 1970 on which a run counts among others; of one that does not say
// when it was, the first, before which nobody is too old.
func dayOf(f health.Features) float64 {
	if f.Week.IsZero() {
		return 0
	}
	return float64(f.Week.Unix()) / 86400
}

// posting is what a run tells its cohorts.
type posting struct {
	run      Run
	day      float64
	residual []float64 // as condition.Signals; nil: the run was not folded
	news     attribute.Evidence
	changed  bool // the software's release is not the first that the instrument had
}

// postingOf is that of the newest run of a story.
func postingOf(now *Settled, r Run) posting {
	c := &now.Condition
	return posting{r, c.Day, c.Residuals(r.Values), now.news, c.Software.Changed}
}

// post adds a run to its cohorts, once. A run without a normal of its own has something to
// say to the others of its type only.
func (s Stage) post(ctx context.Context, p posting) error {
	if p.run.Posted || p.residual == nil {
		return nil
	}
	known := func(x float64) bool { return !math.IsNaN(x) }
	left := slices.Clone(p.residual)
	out := Posting{Instrument: p.run.Instrument, Sequence: p.run.Sequence}
	for _, factor := range condition.Shared {
		if level := LevelOf(p.run.Features, factor); level != "" && slices.ContainsFunc(left, known) {
			c, err := s.Cohorts.Cohort(ctx, level)
			if err != nil {
				return fmt.Errorf("reading what is shared: %w", err)
			}
			c.Level = level
			c.Post(p.run.Instrument, p.day, left)
			if f, due := p.look(&c, factor); due {
				out.Factors = append(out.Factors, f)
			}
			out.Cohorts = append(out.Cohorts, c)
		}
		for i, signal := range condition.Signals {
			left[i] -= p.run.Shared[factor][signal.Feature]
		}
	}
	if level, levels := LevelOf(p.run.Features, condition.Type), condition.Levels(p.run.Values); level != "" && slices.ContainsFunc(levels, known) {
		c, err := s.Cohorts.Cohort(ctx, level)
		if err != nil {
			return fmt.Errorf("reading how others of the type stand: %w", err)
		}
		c.Level = level
		c.Post(p.run.Instrument, p.day, levels)
		out.Cohorts = append(out.Cohorts, c)
	}
	if len(out.Cohorts) == 0 {
		return nil
	}
	if err := s.Cohorts.Post(ctx, out); err != nil {
		return fmt.Errorf("writing what is shared: %w", err)
	}
	return nil
}

// tell posts a run until it is posted. Whoever loses a race reads again whether it was
// the very same run that was faster.
func (s Stage) tell(ctx context.Context, p posting) error {
	for range attempts {
		err := s.post(ctx, p)
		if !errors.Is(err, ErrRaced) {
			return err
		}
		posted, err := s.Health.Posted(ctx, p.run.Instrument, p.run.Sequence)
		if err != nil {
			return fmt.Errorf("asking whether a run was posted: %w", err)
		}
		if posted {
			return nil
		}
	}
	return fmt.Errorf("writing what is shared: %w", ErrRaced)
}
