package casework

import (
	"context"
	"errors"
	"fmt"

	"proactive/shared/health"
)

// Why the normal of a component is learnt anew or not when a part was told as replaced.
const (
	NewEpoch      Reason = "new-epoch"       // it is, from the next run on
	ServicedSince Reason = "serviced-before" // it was already, by the visit or when it was told first
)

// PartReplaced begins the next epoch of a case's component: a new part has a normal of its
// own. It is for what was replaced without the visit that the case had in view: the lab did
// it, or the engineer came unasked. Where the component's epoch is no longer the one in
// which the case was found, a service is on record already and nothing is written, so that
// telling again changes nothing. found is the epoch of the finding that opened the case.
//
// Runs that came before it is told are judged by the old part's normal: tell it soon. An
// open case that is verified later finds its epoch begun, as if after a crash.
func PartReplaced(ctx context.Context, store Health, c Case, found int) (Reason, error) {
	for range attempts {
		h, err := store.History(ctx, c.Instrument)
		if err != nil {
			return "", fmt.Errorf("reading the history of case %s: %w", c.ID, err)
		}
		was := h.Services[c.Component]
		if was.Number != found {
			return ServicedSince, nil
		}
		err = store.BeginEpoch(ctx, c.Instrument, c.Component, was, following(h, was, c.ID))
		if err == nil {
			return NewEpoch, nil
		}
		if !errors.Is(err, ErrRaced) {
			return "", fmt.Errorf("beginning an epoch for case %s: %w", c.ID, err)
		}
	}
	return "", fmt.Errorf("beginning an epoch for case %s: %w", c.ID, ErrRaced)
}

// following is the epoch after one, of the runs that come after those received.
func following(h health.History, was health.Epoch, caseID string) health.Epoch {
	next := health.Epoch{Number: was.Number + 1, Since: was.Since, Case: caseID}
	for _, r := range h.Runs {
		next.Since = max(next.Since, r.Sequence+1)
	}
	return next
}
