package casework_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/casework"
	"proactive/shared/fault"
	"proactive/shared/health"
	"proactive/shared/pipelinetest"
)

// ward is a room with everything that the steps of a case need. Its judge is scripted:
// score.Judge is tested where it lives, and in pipelinetest with everything together.
type ward struct {
	room
	health    *pipelinetest.Health
	findings  *pipelinetest.Findings
	bus       *pipelinetest.Bus
	judgement *health.Judgement
	judged    *[]health.Finding
	steps     casework.Steps
	id        string
}

func newWard(t testing.TB) ward {
	w := ward{
		room: newRoom(t), health: pipelinetest.NewHealth(t), findings: pipelinetest.NewFindings(t),
		bus: pipelinetest.NewBus(t), judgement: new(health.Judgement), judged: new([]health.Finding),
	}
	w.steps = casework.Steps{
		Books: w.cases, Findings: w.findings, Health: w.health, Bus: w.bus, Now: w.starter.Now,
		Judge: func(opened []health.Finding, _ string, _ health.History) health.Judgement {
			*w.judged = opened
			return *w.judgement
		},
	}
	f := finding("chiller", "chiller-warm", 0)
	if err := w.findings.Commit(t.Context(), testInstrument, 0, []health.Finding{f}); err != nil {
		t.Fatal(err)
	}
	for n := range int64(7) {
		if err := w.health.PutRun(t.Context(), health.Features{Instrument: testInstrument, Batch: fmt.Sprint(n), Sequence: n + 1}, nil); err != nil {
			t.Fatal(err)
		}
	}
	result, err := w.starter.Run(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	w.id = result.Case
	return w
}

// call is a step's call as the state machine makes it.
func (w ward) call(step casework.Step) casework.Call {
	c := casework.Call{Step: step}
	c.Input.Case, c.Input.Instrument, c.Input.Component = w.id, testInstrument, "chiller"
	return c
}

// take takes a step, again as long as a store fails, and counts the failures.
func (w ward) take(t testing.TB, call casework.Call) (answer any, failures int) {
	t.Helper()
	for {
		answer, err := w.steps.Run(t.Context(), call)
		if err == nil {
			return answer, failures
		}
		if failures++; !errors.Is(err, pipelinetest.ErrStore) || failures > 3 {
			t.Fatal(err)
		}
	}
}

// to brings the case to a state by the steps that are not ours.
func (w ward) to(t testing.TB, change func(*casework.Case) casework.Reason) {
	t.Helper()
	if _, reason, err := casework.Update(t.Context(), w.cases, w.id, change); err != nil || reason != casework.Done {
		t.Fatal(reason, err)
	}
}

func (w ward) toBooked(t testing.TB) {
	t.Helper()
	w.take(t, w.call(casework.StepDiagnose))
	w.to(t, func(c *casework.Case) casework.Reason { return c.Advance(casework.StepSupport) })
	slots := casework.Slots(testNow, time.UTC, 4)
	w.to(t, func(c *casework.Case) casework.Reason { return c.Offer(1, slots) })
	w.to(t, func(c *casework.Case) casework.Reason { return c.Book(slots[2], testNow) })
}

func (w ward) get(t testing.TB) casework.Case {
	t.Helper()
	c, err := w.cases.Get(t.Context(), w.id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDiagnose(t *testing.T) {
	w := newWard(t)
	for i, want := range []casework.Reason{casework.Done, casework.Already} {
		answer, _ := w.take(t, w.call(casework.StepDiagnose))
		if got := answer.(casework.DiagnoseAnswer); got.Reason != want || got.Cause == "" {
			t.Errorf("call %d: %+v", i, got)
		}
	}
	if c := w.get(t); c.State != casework.Diagnosed || c.Diagnosis.Part == "" {
		t.Errorf("%+v", c)
	}
	var types []string
	for _, e := range w.bus.Events() {
		types = append(types, e.Type)
	}
	if diff := cmp.Diff([]string{casework.EventOpened, casework.EventDiagnosed}, types); diff != "" {
		t.Error(diff)
	}
}

func TestVerify(t *testing.T) {
	for name, c := range map[string]struct {
		judgement health.Judgement
		round     int // of the verification before
		result    string
		reason    casework.Reason
	}{
		"no runs yet":              {health.Judgement{}, 0, casework.ResultWaiting, casework.RunsMissing},
		"one good run":             {health.Judgement{Judged: 1}, 3, casework.ResultWaiting, casework.RunsMissing},
		"two good runs":            {health.Judgement{Judged: 2}, 0, casework.ResultVerified, casework.RunsGood},
		"one of three is bad":      {health.Judgement{Judged: 3, Violating: 1}, 0, casework.ResultWaiting, casework.RunsMixed},
		"failing":                  {health.Judgement{Judged: 3, Violating: 3, Failing: true}, 0, casework.ResultFailing, casework.RunsFailing},
		"failing in the last look": {health.Judgement{Judged: 3, Violating: 3, Failing: true}, 13, casework.ResultFailing, casework.RunsFailing},
		"good in the last look":    {health.Judgement{Judged: 2}, 13, casework.ResultVerified, casework.RunsGood},
		"nothing in the last look": {health.Judgement{}, 13, casework.ResultUnverified, casework.OutOfRounds},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			w.toBooked(t)
			*w.judgement = c.judgement
			call := w.call(casework.StepVerify)
			if c.round > 0 {
				call.Input.Verify = &casework.VerifyAnswer{Round: c.round}
			}
			got, _ := w.take(t, call)
			want := casework.VerifyAnswer{Result: c.result, Reason: c.reason, Round: c.round + 1, WaitSeconds: 5}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if len(*w.judged) != 1 {
				t.Errorf("judged by %d findings, want the one that opened the case", len(*w.judged))
			}
		})
	}
}

// The visit is marked once, by the runs seen by then; runs that come later do not move it.
func TestVerifyMarksTheVisitOnce(t *testing.T) {
	w := newWard(t)
	w.toBooked(t)
	for n := range int64(3) {
		w.take(t, w.call(casework.StepVerify))
		if err := w.health.PutRun(t.Context(), health.Features{Instrument: testInstrument, Batch: fmt.Sprint("after", n), Sequence: 8 + n}, nil); err != nil {
			t.Fatal(err)
		}
	}
	c := w.get(t)
	if c.State != casework.Verifying || c.Visit == nil || *c.Visit != (casework.Visit{Epoch: 1, Since: 8}) {
		t.Errorf("visit %+v of a case that is %s", c.Visit, c.State)
	}
	h, err := w.health.History(t.Context(), testInstrument)
	if err != nil || h.Services["chiller"] != (health.Epoch{Number: 1, Since: 8, Case: w.id}) {
		t.Errorf("epoch %+v, %v", h.Services["chiller"], err)
	}
}

func TestVerifyBeforeABooking(t *testing.T) {
	w := newWard(t)
	got, _ := w.take(t, w.call(casework.StepVerify))
	if a := got.(casework.VerifyAnswer); a.Result != casework.ResultUnverified || a.Reason != casework.NeverVisited {
		t.Errorf("%+v", a)
	}
	if h, err := w.health.History(t.Context(), testInstrument); err != nil || len(h.Services) != 0 {
		t.Errorf("a visit was marked: %+v, %v", h.Services, err)
	}
}

func TestClose(t *testing.T) {
	verify := func(result string) *casework.VerifyAnswer { return &casework.VerifyAnswer{Result: result} }
	for name, c := range map[string]struct {
		visited bool
		call    casework.Call
		want    casework.Outcome
	}{
		"nobody answered":            {false, casework.Call{}, casework.NoAnswer},
		"verified":                   {true, casework.Call{Input: casework.Progress{Verify: verify(casework.ResultVerified)}}, casework.Fixed},
		"failing":                    {true, casework.Call{Input: casework.Progress{Verify: verify(casework.ResultFailing)}}, casework.NotFixed},
		"no verdict":                 {true, casework.Call{Input: casework.Progress{Verify: verify(casework.ResultUnverified)}}, casework.Unverified},
		"no verdict, none in state":  {true, casework.Call{}, casework.Unverified},
		"the call says so":           {true, casework.Call{Outcome: casework.Fixed}, casework.Fixed},
		"the call says nonsense":     {false, casework.Call{Outcome: "exploded"}, casework.NoAnswer},
		"the call says nobody cares": {false, casework.Call{Outcome: casework.NoAnswer}, casework.NoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			w.toBooked(t)
			if c.visited {
				w.take(t, w.call(casework.StepVerify))
			}
			call := w.call(casework.StepClose)
			call.Outcome, call.Input.Verify = c.call.Outcome, c.call.Input.Verify
			for _, reason := range []casework.Reason{casework.Done, casework.Already} {
				got, _ := w.take(t, call)
				if diff := cmp.Diff(casework.CloseAnswer{Outcome: c.want, Reason: reason}, got); diff != "" {
					t.Error(diff)
				}
				call.Outcome = casework.NotFixed // the first outcome stays
			}
			standing, err := w.cases.Standing(t.Context(), testInstrument, "chiller")
			epoch := 0
			if c.visited {
				epoch = 1
			}
			want := casework.Standing{Case: w.id, Ordinal: 1, Epoch: epoch}
			if err != nil || standing != want {
				t.Errorf("%+v, %v", standing, err)
			}
			events := w.bus.Events()
			if last := events[len(events)-1]; last.Type != casework.EventClosed || last.Data.Outcome != c.want || last.ID != w.id+"/close" {
				t.Errorf("%+v", last)
			}
		})
	}
}

// A fault that comes back between the verdict and the close is not closed as fixed.
func TestCloseAfterTheFaultCameBack(t *testing.T) {
	w := newWard(t)
	w.toBooked(t)
	w.take(t, w.call(casework.StepVerify))
	again := finding("chiller", "chiller-warm", 1)
	if err := w.findings.Commit(t.Context(), testInstrument, 1, []health.Finding{again}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.starter.Run(t.Context(), again); err != nil || got.Reason != casework.Attached {
		t.Fatal(got, err)
	}
	if w.take(t, w.call(casework.StepVerify)); len(*w.judged) != 1 || (*w.judged)[0].Epoch != 0 {
		t.Errorf("judged by %+v, want what the case was opened for", *w.judged)
	}
	call := w.call(casework.StepClose)
	call.Input.Verify = &casework.VerifyAnswer{Result: casework.ResultVerified}
	got, _ := w.take(t, call)
	if got.(casework.CloseAnswer).Outcome != casework.NotFixed {
		t.Errorf("%+v", got)
	}
}

func TestStepsSurviveEveryStoreFailure(t *testing.T) {
	for _, how := range []pipelinetest.Failure{pipelinetest.NotPersisted, pipelinetest.ReplyLost} {
		for _, c := range []struct {
			step   casework.Step
			method string
		}{
			{casework.StepDiagnose, "Get"}, {casework.StepDiagnose, "Findings"}, {casework.StepDiagnose, "Save"}, {casework.StepDiagnose, "Publish"},
			{casework.StepVerify, "History"}, {casework.StepVerify, "BeginEpoch"}, {casework.StepVerify, "Save"}, {casework.StepVerify, "Findings"},
			{casework.StepClose, "Standing"}, {casework.StepClose, "Finish"}, {casework.StepClose, "Publish"}, {casework.StepClose, "Get"},
		} {
			t.Run(fmt.Sprintf("%s %s %d", c.step, c.method, how), func(t *testing.T) {
				w := newWard(t)
				if c.step != casework.StepDiagnose {
					w.toBooked(t)
				}
				if c.step == casework.StepClose {
					w.take(t, w.call(casework.StepVerify))
				}
				faults := map[string]*pipelinetest.Faults{
					"Get": &w.cases.Faults, "Save": &w.cases.Faults, "Standing": &w.cases.Faults, "Finish": &w.cases.Faults,
					"Findings": &w.findings.Faults, "History": &w.health.Faults, "BeginEpoch": &w.health.Faults, "Publish": &w.bus.Faults,
				}[c.method]
				faults.Fail(c.method, how)
				if _, failures := w.take(t, w.call(c.step)); failures != 1 || faults.Pending() != 0 {
					t.Errorf("%d failures met", failures)
				}
				want := map[casework.Step]casework.State{
					casework.StepDiagnose: casework.Diagnosed, casework.StepVerify: casework.Verifying, casework.StepClose: casework.Closed,
				}[c.step]
				if got := w.get(t); got.State != want {
					t.Errorf("the case is %s", got.State)
				}
				if h, err := w.health.History(t.Context(), testInstrument); err != nil || c.step == casework.StepVerify && h.Services["chiller"].Number != 1 {
					t.Errorf("%+v, %v", h.Services, err)
				}
			})
		}
	}
}

func TestStepsRefuseWhatIsNotTheirs(t *testing.T) {
	w := newWard(t)
	unknown, other, strange := w.call(casework.StepClose), w.call(casework.StepClose), w.call(casework.StepSupport)
	unknown.Input.Case, other.Input.Component = "c-none-1", "pump"
	for reason, call := range map[string]casework.Call{"no-such-case": unknown, "not-this-case": other, "unknown-step": strange} {
		_, err := w.steps.Run(t.Context(), call)
		if kind, got := fault.Public(err); kind != fault.Malformed || got != reason {
			t.Errorf("%v, want %s", err, reason)
		}
	}
}

func TestRemind(t *testing.T) {
	for name, c := range map[string]struct {
		booked, closed, answered bool
		token, reminder          int
		want                     casework.Reason
		answer                   string
	}{
		"not answered":                    {token: 1, reminder: 1, want: casework.Reminded, answer: casework.AnswerRemind},
		"last round":                      {token: 3, reminder: 3, want: casework.GaveUp, answer: casework.AnswerGiveUp},
		"picked, and the answer was lost": {booked: true, token: 1, reminder: 1, want: casework.PickedLate, answer: casework.AnswerPicked},
		"picked and answered":             {booked: true, answered: true, token: 1, reminder: 1, want: casework.NobodyWaits},
		"another round is on":             {token: 2, reminder: 1, want: casework.Stale},
		"no token yet":                    {reminder: 1, want: casework.NoToken},
		"closed by hand":                  {closed: true, token: 1, reminder: 1, want: casework.IsClosed},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			if c.booked {
				w.toBooked(t)
			}
			if c.closed {
				w.close(t, w.id, 0)
			}
			if c.token > 0 {
				if err := w.cases.SetToken(t.Context(), w.id, casework.Token{Round: c.token, Value: "secret"}); err != nil {
					t.Fatal(err)
				}
			}
			if !c.answered {
				w.workflow.Wait("secret")
			}
			r := casework.Reminders{Store: w.cases, Links: w.cases, Answer: w.workflow}
			reason, err := r.Run(t.Context(), casework.Reminder{Case: w.id, Round: c.reminder})
			if err != nil || reason != c.want {
				t.Errorf("%s, %v", reason, err)
			}
			answers := w.workflow.Answers()
			if c.answer == "" && len(answers) != 0 || c.answer != "" && (len(answers) != 1 || answers[0] != casework.OfferAnswer{Answer: c.answer, Round: c.reminder}) {
				t.Errorf("answers %+v", answers)
			}
		})
	}
}

// A reminder whose reply is lost is delivered again and finds nobody waiting.
func TestRemindReplyLost(t *testing.T) {
	for how, want := range map[pipelinetest.Failure]casework.Reason{
		pipelinetest.NotPersisted: casework.Reminded, pipelinetest.ReplyLost: casework.NobodyWaits,
	} {
		w := newWard(t)
		w.workflow.Wait("secret")
		if err := w.cases.SetToken(t.Context(), w.id, casework.Token{Round: 1, Value: "secret"}); err != nil {
			t.Fatal(err)
		}
		w.workflow.Fail("Answer", how)
		r := casework.Reminders{Store: w.cases, Links: w.cases, Answer: w.workflow}
		if _, err := r.Run(t.Context(), casework.Reminder{Case: w.id, Round: 1}); !errors.Is(err, pipelinetest.ErrStore) {
			t.Error(err)
		}
		if reason, err := r.Run(t.Context(), casework.Reminder{Case: w.id, Round: 1}); err != nil || reason != want || len(w.workflow.Answers()) != 1 {
			t.Errorf("%s, %v, %d answers", reason, err, len(w.workflow.Answers()))
		}
	}
}
