package score

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"proactive/shared/attribute"
	"proactive/shared/condition"
	"proactive/shared/health"
)

// What is settled. A run is settled when settled batches with higher sequence numbers have
// come: no pipeline reorders that far. The condition of an instrument is a fold in the
// order of sequence numbers, so what is settled is kept as a snapshot, and only what came
// after it is folded again, on a copy, with every batch. So what is found is a function of
// the set of batches as long as none is later than that; one that is later is stored and
// counted, and changes the condition no more (see Past). It is batches that settle a run
// and not numbers: one that jumps settles nothing.
const (
	// stride is how many runs are settled at once: a snapshot is some 80 KB to write.
	stride = 10
	// behind is how many sequence numbers before the snapshot are read again: evidence is
	// of evidencePoints of them, and so is the last window that is looked at again, whose
	// baseline may have become known late.
	behind = 2 * evidencePoints
	// historic is how many runs before the newest an alarm is no news, when the whole story
	// is folded for the first time: with models that an old instrument never had.
	historic = 3 * settled
)

// Settled is an instrument's story up to a run, in constant size.
type Settled struct {
	// Form is of what this is a fold: another program's is folded anew.
	Form      string          `json:"form"`
	Through   int64           `json:"through"` // the last run that is in it
	Condition condition.State `json:"condition"`
	Alarms    []Alarm         `json:"alarms"` // as condition.Components
	// Firsts are the runs that baselines are made of, by rule.
	Firsts map[string][]Reading `json:"firsts"`
	Usual  attribute.Usual      `json:"usual"`
	// news is what was new in the newest run.
	news attribute.Evidence
}

// Reading is one run's value of a feature.
type Reading struct {
	Sequence int64   `json:"sequence"`
	Value    float64 `json:"value"`
}

// form changes with what is folded.
var form = func() string {
	text := "1\n" + strings.Join(condition.Columns, "\n")
	for _, s := range condition.Signals {
		text += fmt.Sprintf("\n%+v", s)
	}
	return digest(text)[:12]
}()

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// open reads a snapshot; what is not there, or of another form, is a story from its
// beginning.
func open(k Kept) (s Settled, fresh bool, err error) {
	if len(k.Document) > 0 {
		if err := json.Unmarshal(k.Document, &s); err != nil {
			return s, false, fmt.Errorf("decoding a condition: %w", err)
		}
	}
	if s.Form != form {
		s, fresh = Settled{Form: form}, true
	}
	if len(s.Alarms) != len(condition.Components) {
		s.Alarms = make([]Alarm, len(condition.Components))
	}
	if s.Firsts == nil {
		s.Firsts = map[string][]Reading{}
	}
	return s, fresh, nil
}

// settle is how many of n runs after a snapshot are settled.
func settle(n int) int { return max(0, n-settled) / stride * stride }

// add folds the next run.
func (s *Settled) add(r Run, services map[string]health.Epoch) {
	now := begun(services, r.Sequence)
	s.Through = r.Sequence
	s.Condition.Add(r.Features, r.Shared.total(), now, nil)
	s.Condition.Stand(r.Shared[condition.Type])
	s.news = s.Usual.Add(s.Condition.Residuals(r.Values), s.Condition.Scales(), r.Shared.shifts(), 0, nil)
	for _, rule := range Rules {
		if rule.Kind != Drift {
			continue
		}
		since := now[rule.Component].Since
		first := slices.DeleteFunc(s.Firsts[rule.ID], func(x Reading) bool { return x.Sequence < since })
		if v, there := r.Values[rule.Feature]; there && r.Sequence >= since && len(first) < baselineRuns {
			first = append(first, Reading{r.Sequence, v})
		}
		s.Firsts[rule.ID] = first
	}
}

// begun are the epochs that a run is judged in: a service that came after it is not known
// to it, however late it is folded.
func begun(services map[string]health.Epoch, sequence int64) map[string]health.Epoch {
	now := map[string]health.Epoch{}
	for component, e := range services {
		if e.Since <= sequence {
			now[component] = e
		}
	}
	return now
}
