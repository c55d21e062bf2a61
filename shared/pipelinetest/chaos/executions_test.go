package chaos_test

import (
	"context"
	"fmt"
	"time"

	"proactive/shared/casework"
)

// patience of Step Functions with a step: infra/casework.go.
const stepTries = 7

// execution is one case on its way through the state machine, up to the invite.
type execution struct {
	w     *world
	input casework.Input
	tries int
	token int
}

func (w *world) execute(in casework.Input) {
	e := &execution{w: w, input: in}
	e.step("casework", casework.StepDiagnose, nil, func() {
		e.step("notify", casework.StepSupport, nil, func() {
			e.step("notify", casework.StepOffer, nil, func() {
				w.after(w.between(time.Hour, 48*time.Hour), e.pick)
			})
		})
	})
}

// pick is the lab's click; two labs of three never answer.
func (e *execution) pick() {
	w := e.w
	if !w.chance(1.0 / 3) {
		return
	}
	c := w.peek(e.input.Case)
	if _, reason, err := w.cases.Book(context.Background(), c.ID, c.Slots[0], w.now); err != nil || reason != casework.Done {
		w.t.Errorf("booking case %s: %s, %v", c.ID, reason, err)
	}
	e.step("notify", casework.StepInvite, &casework.OfferAnswer{Answer: casework.AnswerPicked, Round: 1}, func() {})
}

// step runs a step until it succeeds: seven times, and then the operator starts the failed
// execution again.
func (e *execution) step(stage string, step casework.Step, before *casework.OfferAnswer, next func()) {
	w := e.w
	w.spawn(stage, func(ctx context.Context) error {
		call := casework.Call{Step: step, Input: casework.Progress{Input: e.input, Offer: before}}
		if step == casework.StepOffer {
			e.token++ // each try has its own
			call.Token = fmt.Sprintf("%s-token-%d", e.input.Case, e.token)
		}
		var err error
		if stage == "casework" {
			_, err = w.steps.Run(ctx, call)
		} else {
			_, err = w.notices.Run(ctx, call)
		}
		return err
	}, func(err error, killed bool) {
		if err == nil && !killed {
			e.tries = 0
			next()
			return
		}
		e.tries++
		wait := w.between(0, 2*time.Second<<min(e.tries, stepTries))
		if e.tries%stepTries == 0 {
			wait = 12 * time.Hour
		}
		w.after(wait, func() { e.step(stage, step, before, next) })
	})
}
