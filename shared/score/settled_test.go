package score_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"proactive/shared/attribute"
	"proactive/shared/clean"
	"proactive/shared/condition"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/ne107"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/predict"
	"proactive/shared/score"
)

// tell makes a batch with the given telemetry, one reading of each channel.
func (b bucket) tell(instrument string, sequence int64, channels map[string]float64, texts map[string]string) handoff.Stored {
	batch := fmt.Sprintf("BATCH%021d", sequence)
	key := instrument + batch
	all := []observation.Observation{
		{Field: "run.token", Text: fmt.Sprintf("%032x", sequence)},
		{Field: "run.week", Value: float64(20000 + sequence/2*7)},
	}
	for channel, v := range channels {
		all = append(all, observation.Observation{Field: "telemetry." + channel, Value: v})
	}
	for field, text := range texts {
		all = append(all, observation.Observation{Field: field, Text: text})
	}
	b[key+"@v1"] = clean.Batch{Instrument: instrument, Batch: batch, Sequence: sequence, Observations: all}
	return handoff.Stored{Instrument: instrument, Batch: batch, Sequence: sequence, Bucket: "clean", Key: key, Version: "v1"}
}

// worn is the light source of an instrument whose module wears from a run on: more
// current for the same light, too little for any rule.
func worn(sequence, from int64) map[string]float64 {
	current := 2 * (1 + .002*float64(sequence%3))
	if sequence >= from {
		current *= 1 + .01*float64(min(10, sequence-from))
	}
	return map[string]float64{"laser.current": current, "laser.power": 100 + float64(sequence%2)}
}

func predicted(found []health.Finding) []health.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f health.Finding) bool { return f.Kind != health.Predicted })
}

func active(found []health.Finding) []health.Finding {
	return slices.DeleteFunc(found, func(f health.Finding) bool { return f.State != health.Active })
}

// newForeteller is a bench with models.
func newForeteller(t testing.TB) bench {
	b := newBench(t)
	b.stage.Models, b.stage.Catalog = pipelinetest.Models(t), "sha256:c"
	return b
}

func TestRunForetells(t *testing.T) {
	b := newForeteller(t)
	for n := range int64(30) {
		if _, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, n+1, worn(n+1, 20), nil)); err != nil {
			t.Fatal(err)
		}
	}
	found := b.stored(t)
	if len(found) != 1 {
		t.Fatalf("%d findings: %+v", len(found), found)
	}
	f := found[0]
	if f.Kind != health.Predicted || f.Component != "laser" || f.Rule != "optical.laser.predicted" || f.Reason != string(predict.Foretold) || f.State != health.Active {
		t.Errorf("%+v", f)
	}
	if f.Foretold.Ordinal != 1 || f.Foretold.Fault != .9 || f.Foretold.Catalog != "sha256:c" || f.Foretold.Model != b.stage.Models.Hash || f.Foretold.Within[3] != .9 {
		t.Errorf("%+v", f.Foretold)
	}
	if e := f.Evidence; e.Feature != "laser.current.mean" || !e.Above || e.Baseline < 2 || e.Baseline > 2.01 || !(e.Limit > e.Baseline) || len(e.Points) == 0 || !e.Points[len(e.Points)-1].Violates {
		t.Errorf("%+v", e)
	}
	if c := f.Foretold.Causes; len(c) == 0 || c[0].Cause != string(attribute.Instrument) || c[0].Weight < .8 {
		t.Errorf("nobody else has a worn laser, and it is owed to %+v", c)
	}
	if len(f.Foretold.Because) == 0 || f.Foretold.Because[0].Signal != "laser.current.mean" || f.Foretold.Because[0].Score <= 0 {
		t.Errorf("%+v", f.Foretold.Because)
	}
	st, there, err := b.health.Status(t.Context(), testInstrument)
	if err != nil || !there || st.Sequence != 30 || st.Model != b.stage.Models.Hash {
		t.Fatalf("%+v, %v", st, err)
	}
	for _, c := range st.Components {
		want := ne107.Insufficient
		if c.Component == "laser" {
			want = ne107.Maintenance
			if c.Outlook == nil || c.Outlook.Fault != .9 || len(c.Findings) != 1 {
				t.Errorf("%+v", c)
			}
		}
		if c.Status != want {
			t.Errorf("%s: %s (%s), want %s", c.Component, c.Status, c.Reason, want)
		}
	}
}

// What is stored replays to the same bits: the models, asked again about what was kept.
func TestForetoldReplays(t *testing.T) {
	b := newForeteller(t)
	for n := range int64(30) {
		if _, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, n+1, worn(n+1, 20), nil)); err != nil {
			t.Fatal(err)
		}
	}
	f := b.stored(t)[0]
	again, err := score.Replay(b.stage.Models, f)
	if diff := cmp.Diff(f.Foretold, again); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	f.Foretold.Vector[slices.Index(condition.Columns, "own1.fast")] = nil
	if again, err := score.Replay(b.stage.Models, f); err != nil || cmp.Equal(f.Foretold, again) {
		t.Errorf("another vector says the same: %v", err)
	}
	f.Foretold.Model = "other"
	if _, err := score.Replay(b.stage.Models, f); !errors.Is(err, score.ErrOtherModels) {
		t.Errorf("%v", err)
	}
}

// A late batch explains away what was foretold: here the runs that raised the alarm came
// first, and the story before them later.
func TestForetoldIsWithdrawn(t *testing.T) {
	b := newForeteller(t)
	run := func(n int64, channels map[string]float64) {
		t.Helper()
		if _, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, n, channels, nil)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range int64(20) {
		run(n+1, worn(n+1, 9))
	}
	if found := predicted(b.stored(t)); len(found) != 1 || found[0].State != health.Active {
		t.Fatalf("%+v", found)
	}
	for n := range int64(20) { // the same batches, scored again with other numbers
		run(n+1, worn(n+1, 99))
	}
	if found := predicted(b.stored(t)); len(found) != 1 || found[0].State != health.Withdrawn {
		t.Errorf("%+v", found)
	}
}

// With no models the rules work alone, and what models found before stands.
func TestRunWithoutModels(t *testing.T) {
	b := newForeteller(t)
	for n := range int64(30) {
		if n == 28 {
			b.stage.Models = nil
		}
		if _, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, n+1, worn(n+1, 20), nil)); err != nil {
			t.Fatal(err)
		}
	}
	if found := predicted(b.stored(t)); len(found) != 1 || found[0].State != health.Active {
		t.Errorf("%+v", found)
	}
	if st, _, err := b.health.Status(t.Context(), testInstrument); err != nil || st.Model != "" || st.Components[0].Outlook != nil {
		t.Errorf("%+v, %v", st, err)
	}
}

// A service begins the component's story anew: its signals, its alarms, its findings.
func TestForetoldAgainAfterService(t *testing.T) {
	b := newForeteller(t)
	run := func(n, from int64) {
		t.Helper()
		if _, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, n, worn(n, from), nil)); err != nil {
			t.Fatal(err)
		}
	}
	for n := int64(1); n <= 30; n++ {
		run(n, 20)
	}
	if err := b.health.BeginEpoch(t.Context(), testInstrument, "laser", health.Epoch{}, health.Epoch{Number: 1, Since: 31, Case: "c"}); err != nil {
		t.Fatal(err)
	}
	run(31, 99)
	st, _, err := b.health.Status(t.Context(), testInstrument)
	if err != nil || st.Components[0].Status != ne107.Check || len(st.Components[0].Findings) != 0 {
		t.Errorf("just serviced: %+v, %v", st.Components[0], err)
	}
	for n := int64(32); n <= 130; n++ {
		run(n, 70)
	}
	found := predicted(b.stored(t))
	if len(found) != 2 || found[0].State != health.Active || found[1].State != health.Active || found[0].Epoch+found[1].Epoch != 1 {
		t.Errorf("%+v", found)
	}
}

// Each store fails in each way at each call, over a story that is long enough to be
// settled; delivered again, everything is as if nothing had happened.
func TestConditionSurvivesEveryStoreFailure(t *testing.T) {
	const runs = 64
	lot := map[string]string{"run.reagent_lot": "12345678"}
	play := func(t *testing.T, fail func(b bench, n int64)) bench {
		b := newForeteller(t)
		for n := int64(1); n <= runs; n++ {
			m := b.bucket.tell(testInstrument, n, worn(n, 40), lot)
			if fail != nil {
				fail(b, n)
			}
			for range 3 {
				_, err := b.stage.Run(t.Context(), m)
				if err == nil {
					break
				}
				if !errors.Is(err, pipelinetest.ErrStore) {
					t.Fatal(err)
				}
			}
		}
		return b
	}
	calm := play(t, nil)
	for _, how := range []pipelinetest.Failure{pipelinetest.NotPersisted, pipelinetest.ReplyLost, pipelinetest.Repeated} {
		for _, method := range []string{"PutRun", "After", "Kept", "Keep", "PutStatus", "Cohort", "Post", "Standing", "Commit"} {
			t.Run(fmt.Sprintf("%s %d", method, how), func(t *testing.T) {
				b := play(t, func(b bench, n int64) {
					if n < 58 || n%2 > 0 {
						return
					}
					faults := &b.health.Faults
					if method == "Standing" || method == "Commit" {
						faults = &b.findings.Faults
					}
					if faults.Pending() == 0 {
						faults.Fail(method, how)
					}
				})
				same(t, calm, b)
			})
		}
	}
}

// same compares all that two benches hold of an instrument.
func same(t testing.TB, want, got bench) {
	t.Helper()
	ctx := t.Context()
	// What was foretold from a part of the story and withdrawn is seen in one order and not
	// in another: what stands is the same.
	if diff := cmp.Diff(active(want.stored(t)), active(got.stored(t))); diff != "" {
		t.Errorf("findings: %s", diff)
	}
	wantKept, err1 := want.health.Kept(ctx, testInstrument)
	gotKept, err2 := got.health.Kept(ctx, testInstrument)
	if err1 != nil || err2 != nil || string(wantKept.Document) != string(gotKept.Document) {
		t.Errorf("the condition differs: %d and %d bytes, %v, %v", len(wantKept.Document), len(gotKept.Document), err1, err2)
	}
	wantStatus, _, err1 := want.health.Status(ctx, testInstrument)
	gotStatus, _, err2 := got.health.Status(ctx, testInstrument)
	if diff := cmp.Diff(wantStatus, gotStatus); err1 != nil || err2 != nil || diff != "" {
		t.Errorf("status: %v, %v %s", err1, err2, diff)
	}
	wantRuns, err1 := want.health.After(ctx, testInstrument, 0)
	gotRuns, err2 := got.health.After(ctx, testInstrument, 0)
	byNumber := cmpopts.SortSlices(func(a, b score.Run) bool { return a.Sequence < b.Sequence })
	if diff := cmp.Diff(wantRuns, gotRuns, byNumber); err1 != nil || err2 != nil || diff != "" {
		t.Errorf("runs: %v, %v %s", err1, err2, diff)
	}
}

// Any order within what is settled, any repetition, several scorers at once: the same
// findings, the same condition to the byte, the same status.
func TestConditionIsOrderFree(t *testing.T) {
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 1))
		runs, from := 40+random.Int64N(60), 1+random.Int64N(80)
		calm := newForeteller(t)
		var all []handoff.Stored
		for n := int64(1); n <= runs; n++ {
			if random.IntN(10) == 0 {
				continue
			}
			m := calm.bucket.tell(testInstrument, n, worn(n, from), nil)
			if _, err := calm.stage.Run(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			all = append(all, m)
		}
		shuffled := newForeteller(t)
		shuffled.stage.Clean = calm.bucket
		// Each is late by at most twenty others, and three are in hand at once.
		late := map[string]float64{}
		for i, m := range all {
			late[m.Batch] = float64(i) + 20*random.Float64()
		}
		slices.SortFunc(all, func(a, b handoff.Stored) int { return int(1e6 * (late[a.Batch] - late[b.Batch])) })
		for i := 0; i < len(all); i += 7 {
			all = slices.Insert(all, min(len(all), i+3), all[i])
		}
		for some := range slices.Chunk(all, 3) {
			var wg sync.WaitGroup
			for _, m := range some {
				wg.Go(func() {
					for { // the queue delivers again what failed
						_, err := shuffled.stage.Run(t.Context(), m)
						if err == nil {
							return
						}
						if !errors.Is(err, score.ErrRaced) {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		}
		same(t, calm, shuffled)
		if t.Failed() {
			t.Fatalf("with the seed %d", seed)
		}
	}
}

// What the settled story makes of an instrument's rows is what all of them together make.
func TestSettledFindsWhatDetectFinds(t *testing.T) {
	for seed := range uint64(30) {
		b := newBench(t)
		random := rand.New(rand.NewPCG(seed, 1))
		runs, bad := 1+random.Int64N(160), 1+random.Int64N(160)
		for n := int64(1); n <= runs; n++ {
			if random.IntN(8) == 0 {
				continue
			}
			stage, chiller := .1*(1+random.Float64()), 4+5*random.Float64()*random.Float64()
			if n >= bad {
				stage *= 1 + random.Float64()
			}
			m := b.bucket.tell(testInstrument, n, map[string]float64{"stage.error": stage, "chiller.temperature": chiller}, nil)
			if _, err := b.stage.Run(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		told, err := b.health.After(t.Context(), testInstrument, 0)
		if err != nil {
			t.Fatal(err)
		}
		var rows []health.Features
		for _, r := range told.Runs {
			rows = append(rows, r.Features)
		}
		if diff := cmp.Diff(score.Detect(rows, nil), b.stored(t), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("with the seed %d: %s", seed, diff)
		}
	}
}

// A batch that comes when its run is settled is stored, counted, and changes nothing; a
// jump of the numbers settles nothing.
func TestRunTooLate(t *testing.T) {
	b := newForeteller(t)
	run := func(n int64) score.Result {
		t.Helper()
		r, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, n, worn(n, 1000), nil))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for n := int64(2); n <= 62; n++ {
		run(n)
	}
	before, err := b.health.Kept(t.Context(), testInstrument)
	if err != nil || before.Revision != 1 {
		t.Fatalf("%d snapshots, %v", before.Revision, err)
	}
	if r := run(1); r.Reason != score.Past {
		t.Errorf("%+v", r)
	}
	if r := run(1 << 10); r.Reason != score.Scored {
		t.Errorf("%+v", r)
	}
	if r := run(63); r.Reason != score.Scored {
		t.Errorf("after a jump: %+v", r)
	}
	after, err := b.health.Kept(t.Context(), testInstrument)
	if diff := cmp.Diff(string(before.Document), string(after.Document)); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	told, err := b.health.After(t.Context(), testInstrument, 0)
	if err != nil || len(told.Runs) != 64 {
		t.Errorf("%d runs, %v", len(told.Runs), err)
	}
}

// Models that come to an instrument with a long history make no cases of what is past.
func TestHistoryIsNoNews(t *testing.T) {
	b := newBench(t)
	for n := int64(1); n <= 20; n++ {
		if _, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, n, worn(n, 10), nil)); err != nil {
			t.Fatal(err)
		}
	}
	for n := int64(21); n <= 250; n++ { // stored by a program that kept no condition
		m := b.bucket.tell(testInstrument, n, worn(n, 1000), nil)
		f := score.FeaturesOf(m, b.bucket[m.Key+"@v1"].Observations)
		if err := b.health.PutRun(t.Context(), f, nil); err != nil {
			t.Fatal(err)
		}
	}
	b.stage.Models = pipelinetest.Models(t)
	if _, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, 251, worn(251, 1000), nil)); err != nil {
		t.Fatal(err)
	}
	if found := b.stored(t); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

// Instruments that share a release: what it moved is taken off, is stored with the run, and
// stays what it was when the run is scored again. A lot of reagents that came at the same
// time is not believed to move a laser's current.
func TestCohortsTakeOffWhatIsShared(t *testing.T) {
	b := newForeteller(t)
	good, bad := map[string]string{"config.control_software": "4.0.1", "run.reagent_lot": "11111111"}, map[string]string{"config.control_software": "4.0.2", "run.reagent_lot": "22222222"}
	instruments := []string{"i-01hzzzzzzzzzzzzzzzzzzzzzz1", "i-01hzzzzzzzzzzzzzzzzzzzzzz2", "i-01hzzzzzzzzzzzzzzzzzzzzzz3", "i-01hzzzzzzzzzzzzzzzzzzzzzz4", "i-01hzzzzzzzzzzzzzzzzzzzzzz5", testInstrument}
	for n := int64(1); n <= 24; n++ {
		for _, id := range instruments {
			lot, channels := good, worn(n, 1000)
			if n > 14 {
				lot = bad
				channels["laser.current"] *= 1.06
			}
			m := b.bucket.tell(id, n, channels, lot)
			for range 2 {
				if _, err := b.stage.Run(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	told, err := b.health.After(t.Context(), testInstrument, 23)
	if err != nil || len(told.Runs) != 1 {
		t.Fatal(err)
	}
	if by := told.Runs[0].Shared["config.control_software"]["laser.current.mean"]; by < .05 || by > .07 || !told.Runs[0].Posted {
		t.Errorf("the release moved it by %v", told.Runs[0].Shared)
	}
	if by := told.Runs[0].Shared["run.reagent_lot"]["laser.current.mean"]; by != 0 {
		t.Errorf("the lot moved it by %v", by)
	}
	c, err := b.health.Cohort(t.Context(), score.LevelOf(told.Runs[0].Features, "config.control_software"))
	if err != nil || len(c.Members) != len(instruments) || c.Revision != int64(10*len(instruments)) {
		t.Errorf("%d members at revision %d, %v", len(c.Members), c.Revision, err)
	}
	if found := b.stored(t); len(found) != 0 && found[0].Foretold != nil && found[0].LastSequence > 16 {
		t.Errorf("the last of them to be updated: %+v", found)
	}
}

// Reading and writing per batch do not grow with the history, nor does the time: see
// BenchmarkRun.
func TestReadsAreBounded(t *testing.T) {
	b := newForeteller(t)
	counted := &counting{Health: b.health}
	b.stage.Health = counted
	for n := int64(1); n <= 200; n++ {
		if _, err := b.stage.Run(t.Context(), b.bucket.tell(testInstrument, n, worn(n, 1000), nil)); err != nil {
			t.Fatal(err)
		}
	}
	if counted.most > 141 {
		t.Errorf("%d runs were read at once", counted.most)
	}
}

type counting struct {
	score.Health
	most int
}

func (c *counting) After(ctx context.Context, instrument string, sequence int64) (score.Told, error) {
	t, err := c.Health.After(ctx, instrument, sequence)
	c.most = max(c.most, len(t.Runs))
	return t, err
}
