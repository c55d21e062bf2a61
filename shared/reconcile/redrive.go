package reconcile

import (
	"context"
	"fmt"
	"slices"
)

// Letters are the dead letters of one queue.
type Letters interface {
	// Waiting counts the messages of the queue and its dead letters.
	Waiting(ctx context.Context) (live, dead int, err error)
	// Start begins to move every dead letter back; nothing is deleted before it is on the
	// queue again.
	Start(ctx context.Context) error
}

// Idle is after how many looks at which nothing changed what is left will not go by itself.
const Idle = 45

// Redriven is what became of the dead letters of a queue.
type Redriven struct {
	Queue string `json:"queue"`
	Found int    `json:"found"` // dead letters before
	Live  int    `json:"live"`  // messages that still wait or are under way
	Left  int    `json:"left"`  // dead letters after
}

// Redrive moves the dead letters of queues back, in the order given, and waits until the
// queues are empty. tick passes the time between two looks; when it returns an error, such
// as that of a deadline, the waiting is over, and what is left is in the answer. It is over
// too when nothing is under way and nothing changes any more.
func Redrive(ctx context.Context, names []string, queues map[string]Letters, tick func(context.Context) error) ([]Redriven, error) {
	var all []Redriven
	for _, name := range names {
		_, dead, err := queues[name].Waiting(ctx)
		if err != nil {
			return all, fmt.Errorf("queue %s: %w", name, err)
		}
		all = append(all, Redriven{Queue: name, Found: dead})
		if dead == 0 {
			continue
		}
		if err := queues[name].Start(ctx); err != nil {
			return all, fmt.Errorf("queue %s: %w", name, err)
		}
	}
	// The counts are approximate: twice empty is empty.
	for empty, idle := 0, 0; ; {
		before := slices.Clone(all)
		empty, idle = empty+1, idle+1
		for i, r := range all {
			var err error
			if all[i].Live, all[i].Left, err = queues[r.Queue].Waiting(ctx); err != nil {
				return all, fmt.Errorf("queue %s: %w", r.Queue, err)
			}
			if all[i].Live+all[i].Left > 0 {
				empty = 0
			}
			if all[i].Live > 0 || all[i] != before[i] {
				idle = 0
			}
		}
		if empty == 2 || idle == Idle {
			break
		}
		if err := tick(ctx); err != nil {
			break
		}
	}
	return all, nil //nolint:nilerr // the error of tick ends the waiting, and what is left is in the answer
}
