package score

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strconv"
	"strings"

	"proactive/shared/health"
)

// evidencePoints bounds what a finding carries: enough for a chart, far below a row's
// 400 KB.
const evidencePoints = 40

// Detect is every finding that the runs of one instrument support, sorted by id. It is a
// pure function of the set of rows: neither their order nor their repetition matters.
//
// It is also monotone: what it finds on some of an instrument's batches it finds on all
// of them (see baseline for the one bound to that), so that a batch on its way never
// makes a case that the whole story would not have made. Windows count runs, and a batch
// that is missing as a run of its own; an absent feature never violates: both can only
// take from a finding.
func Detect(rows []health.Features, services map[string]health.Epoch) []health.Finding {
	return inOrder(rows).detect(services)
}

func (h history) detect(services map[string]health.Epoch) []health.Finding {
	var found []health.Finding
	for _, r := range Rules {
		if f, ok := r.detect(h, services[r.Component]); ok {
			found = append(found, f)
		}
	}
	slices.SortFunc(found, func(a, b health.Finding) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// history is an instrument's rows by sequence, each number once: all of them, or those
// that may still change anything, with what is kept of the others (see Settled).
type history struct {
	rows    []health.Features
	present map[int64]bool
	newest  int64
	// through is the last row of which firsts are made, 0 where there are none; judged the
	// end of the last window that is not looked at again.
	through, judged int64
	firsts          map[string][]Reading // by rule: the first readings up to through
}

func inOrder(rows []health.Features) history {
	h := history{present: make(map[int64]bool, len(rows))}
	for _, f := range rows {
		if !h.present[f.Sequence] {
			h.present[f.Sequence] = true
			h.rows = append(h.rows, f)
			h.newest = max(h.newest, f.Sequence)
		}
	}
	slices.SortFunc(h.rows, func(a, b health.Features) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return h
}

// readings of a feature from a sequence number on.
func (h history) readings(feature string, since int64) []reading {
	var all []reading
	for _, f := range h.rows {
		if v, ok := f.Values[feature]; ok && f.Sequence >= since {
			all = append(all, reading{sequence: f.Sequence, run: runOf(f), value: v})
		}
	}
	return all
}

// first are the readings that a baseline may be made of: what was kept of the settled
// rows, then the others.
func (h history) first(rule string, readings []reading, since int64) []reading {
	if h.through == 0 {
		return readings
	}
	var all []reading
	for _, r := range h.firsts[rule] {
		if r.Sequence >= since {
			all = append(all, reading{sequence: r.Sequence, value: r.Value})
		}
	}
	for _, r := range readings {
		if r.sequence > h.through {
			all = append(all, r)
		}
	}
	return all
}

// runOf is what makes two batches one run: its token, or else the batch itself.
func runOf(f health.Features) string {
	if f.Run != "" {
		return f.Run
	}
	return "batch " + f.Batch + " " + strconv.FormatInt(f.Sequence, 10)
}

func (r Rule) detect(h history, epoch health.Epoch) (health.Finding, bool) {
	readings := h.readings(r.Feature, epoch.Since)
	usual := 0.0
	if r.Kind == Drift {
		low, high, ok := baseline(h.first(r.ID, readings, epoch.Since), h.present, epoch.Since, h.newest)
		if !ok {
			return health.Finding{}, false
		}
		// The bound that speaks against a finding.
		if usual = low; r.Above {
			usual = high
		}
	}
	threshold := r.threshold(usual)
	first, last, ok := h.window(readings, r.Above, threshold, r.K, r.M)
	if !ok {
		return health.Finding{}, false
	}
	instrument := h.rows[0].Instrument
	return health.Finding{
		ID:         FindingID(instrument, r.Component, r.ID, epoch.Number),
		Instrument: instrument, Component: r.Component, Subsystem: r.Subsystem,
		Rule: r.ID, Kind: r.Kind, Reason: r.Reason, State: health.Active, Epoch: epoch.Number,
		FirstSequence: first, LastSequence: last,
		Evidence: health.Evidence{
			Feature: r.Feature, Unit: r.Unit, Limit: threshold, Above: r.Above, Baseline: usual,
			Points:  points(readings, last, func(v float64) bool { return beyond(r.Above, v, threshold) }),
			Support: r.support(h, epoch.Since, last),
		},
	}, true
}

// window is the earliest stretch of at most m consecutive runs of which at least k are
// beyond the threshold: its first and last violation. A run that came in parts is one.
func (h history) window(readings []reading, above bool, threshold float64, k, m int) (first, last int64, ok bool) {
	for end := range readings {
		if readings[end].sequence <= h.judged || !beyond(above, readings[end].value, threshold) {
			continue
		}
		runs := map[string]bool{}
		reach := h.reach(readings[end].sequence, m)
		for i := end; i >= 0 && readings[i].sequence >= reach; i-- {
			if beyond(above, readings[i].value, threshold) {
				runs[readings[i].run] = true
			}
			if len(runs) == k {
				return readings[i].sequence, readings[end].sequence, true
			}
		}
	}
	return 0, 0, false
}

// reach is the lowest sequence number from which to end there are at most m runs, a
// missing number counted as a run of its own: when its batch arrives it may turn out to
// be a part of another, and then the stretch only gets longer.
func (h history) reach(end int64, m int) int64 {
	at, found := slices.BinarySearchFunc(h.rows, end, func(f health.Features, n int64) int { return cmp.Compare(f.Sequence, n) })
	if !found {
		return end
	}
	runs, missing, lowest := map[string]bool{}, int64(0), end
	for i := at; i >= 0; i-- {
		if i < at {
			missing += h.rows[i+1].Sequence - h.rows[i].Sequence - 1
		}
		runs[runOf(h.rows[i])] = true
		if int64(len(runs))+missing > int64(m) {
			break
		}
		lowest = h.rows[i].Sequence
	}
	return lowest
}

// points are the readings of the last evidencePoints sequence numbers up to one: by
// numbers, so that they are the same whatever is read beside them.
func points(readings []reading, last int64, violates func(float64) bool) []health.Point {
	var all []health.Point
	for _, r := range readings {
		if r.sequence <= last && r.sequence > last-evidencePoints {
			all = append(all, health.Point{Sequence: r.sequence, Value: r.value, Violates: violates(r.value)})
		}
	}
	return all
}

// support is the run metrics beside the evidence, as far as the runs have them.
func (r Rule) support(h history, since, last int64) []health.Series {
	names := map[string]bool{}
	for _, f := range h.rows {
		for name := range f.Values {
			for _, s := range r.Support {
				if name == s || strings.HasPrefix(name, s+".r") {
					names[name] = true
				}
			}
		}
	}
	var all []health.Series
	for name := range names {
		if p := points(h.readings(name, since), last, func(float64) bool { return false }); len(p) > 0 {
			all = append(all, health.Series{Feature: name, Unit: "%", Points: p})
		}
	}
	slices.SortFunc(all, func(a, b health.Series) int { return cmp.Compare(a.Feature, b.Feature) })
	return all
}

var base32Lower = base32.StdEncoding.WithPadding(base32.NoPadding)

// FindingID is the id of what a rule finds on a component in an epoch: "f-" and 16
// base-32 characters of a digest. The same batches give the same id.
func FindingID(instrument, component, rule string, epoch int) string {
	sum := sha256.Sum256([]byte("proactive finding\n" + instrument + "\n" + component + "\n" + rule + "\n" + strconv.Itoa(epoch)))
	return "f-" + strings.ToLower(base32Lower.EncodeToString(sum[:]))[:16]
}

// Judge says what the runs since a component's last service tell of the repair, by the
// limits that opened the case: for a drift that is the instrument's normal from before
// the fault, not a new baseline which an unrepaired fault would have taught.
func Judge(opened []health.Finding, component string, h health.History) health.Judgement {
	var j health.Judgement
	if len(opened) == 0 {
		return j
	}
	epoch := h.Services[component]
	all := inOrder(h.Runs)
	judged, violating := map[string]bool{}, map[string]bool{}
	for _, f := range all.rows {
		if f.Sequence < epoch.Since {
			continue
		}
		complete, violates := true, false
		for _, o := range opened {
			v, ok := f.Values[o.Evidence.Feature]
			complete = complete && ok
			violates = violates || ok && beyond(o.Evidence.Above, v, o.Evidence.Limit)
		}
		if complete {
			judged[runOf(f)] = true
		}
		if violates {
			violating[runOf(f)] = true
		}
	}
	j.Judged, j.Violating = len(judged), len(violating)
	for _, o := range opened {
		k, m := driftK, driftM
		if r, ok := ruleOf(o.Rule); ok {
			k, m = r.K, r.M
		}
		if _, _, again := all.window(all.readings(o.Evidence.Feature, epoch.Since), o.Evidence.Above, o.Evidence.Limit, k, m); again {
			j.Failing = true
		}
	}
	for _, f := range Detect(h.Runs, h.Services) {
		j.Failing = j.Failing || f.Component == component
	}
	return j
}
