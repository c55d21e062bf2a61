package notice_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/instrument"
	"proactive/shared/notice"
	"proactive/shared/people"
	"proactive/shared/pipelinetest"
)

// failing plans failures of the stores below, as pipelinetest does for its own.
type failing struct {
	plan map[string][]pipelinetest.Failure
}

func (f *failing) fail(method string, next ...pipelinetest.Failure) {
	if f.plan == nil {
		f.plan = map[string][]pipelinetest.Failure{}
	}
	f.plan[method] = append(f.plan[method], next...)
}

func (f *failing) meet(method string, call func() error) error {
	how := pipelinetest.Works
	if p := f.plan[method]; len(p) > 0 {
		how, f.plan[method] = p[0], p[1:]
	}
	if how == pipelinetest.NotPersisted {
		return pipelinetest.ErrStore
	}
	if err := call(); err != nil {
		return err
	}
	if how == pipelinetest.ReplyLost {
		return pipelinetest.ErrStore
	}
	return nil
}

// world is everything around the steps. It fails the test when an archived notice
// changes, when what is sent is not what is archived, or when a reminder is set twice.
type world struct {
	failing
	t         *testing.T
	cases     *pipelinetest.Cases
	findings  []health.Finding
	circle    people.Circle
	archive   map[string][]byte
	mails     [][]byte
	events    [][]byte
	reminders map[string]time.Time
	waiting   string
	answered  []casework.OfferAnswer
	now       time.Time
	serial    string
}

func (w *world) Findings(context.Context, string) (all []health.Finding, err error) {
	err = w.meet("Findings", func() error { all = w.findings; return nil })
	return all, err
}

func (w *world) Circle(context.Context, string, string) (c people.Circle, err error) {
	err = w.meet("Circle", func() error { c = w.circle; return nil })
	return c, err
}

func (w *world) Keep(_ context.Context, key, _ string, body []byte) (there []byte, err error) {
	err = w.meet("Keep", func() error {
		if _, ok := w.archive[key]; !ok {
			w.archive[key] = bytes.Clone(body)
		}
		there = bytes.Clone(w.archive[key])
		return nil
	})
	return there, err
}

func (w *world) kept(body []byte) {
	for _, there := range w.archive {
		if bytes.Equal(there, body) {
			return
		}
	}
	w.t.Error("something was sent that is not archived")
}

func (w *world) Send(_ context.Context, raw []byte) (id string, err error) {
	err = w.meet("Send", func() error {
		w.kept(raw)
		w.mails = append(w.mails, bytes.Clone(raw))
		id = fmt.Sprintf("ses-%d", len(w.mails))
		return nil
	})
	return id, err
}

func (w *world) Publish(_ context.Context, event []byte, _ map[string]string) (id string, err error) {
	err = w.meet("Publish", func() error {
		w.kept(event)
		w.events = append(w.events, bytes.Clone(event))
		id = fmt.Sprintf("sns-%d", len(w.events))
		return nil
	})
	return id, err
}

func (w *world) Remind(_ context.Context, r casework.Reminder, at time.Time) error {
	return w.meet("Remind", func() error {
		name := casework.ReminderName(r.Case, r.Round)
		if _, ok := w.reminders[name]; !ok {
			w.reminders[name] = at
		}
		return nil
	})
}

func (w *world) Answer(_ context.Context, token string, a casework.OfferAnswer) error {
	return w.meet("Answer", func() error {
		if token != w.waiting {
			return casework.ErrNobodyWaits
		}
		w.waiting, w.answered = "", append(w.answered, a)
		return nil
	})
}

func (w *world) Mac(_ context.Context, message []byte) (mac []byte, err error) {
	err = w.meet("Mac", func() error { mac = digest(message); return nil })
	return mac, err
}

// instruments is a view of the world: its Get would clash with no other, but its contract is its own.
type instruments struct{ *world }

func (i instruments) Get(_ context.Context, id string) (one instrument.Instrument, err error) {
	err = i.meet("Instrument", func() error {
		if i.serial == "" {
			return instrument.ErrUnknown
		}
		one = instrument.Instrument{ID: id, Serial: i.serial}
		return nil
	})
	return one, err
}

func (w *world) steps() notice.Steps {
	return notice.Steps{
		Cases: w.cases, Findings: w, Instruments: instruments{w}, People: w, Archive: w, Mail: w, Topic: w,
		Reminders: w, Answer: w, Mac: w, Sender: "service@proactive.example", BaseURL: "https://service.proactive.example",
		Now: func() time.Time { return w.now },
	}
}

// notices are the names that the case has recorded.
func (w *world) notices(id string) []string {
	w.t.Helper()
	c, err := w.cases.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, n := range c.Notices {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	return names
}
