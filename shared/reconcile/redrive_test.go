package reconcile_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/reconcile"
)

// letters are dead letters that a move task carries over, and a function consumes, one a
// tick.
type letters struct {
	live, dead, poison int
	moving, fails      bool
}

func (l *letters) Waiting(context.Context) (int, int, error) { return l.live, l.dead, nil }

func (l *letters) Start(context.Context) error {
	if l.fails {
		return errors.New("refused")
	}
	l.moving = true
	return nil
}

func (l *letters) tick() {
	switch {
	case l.live > 0:
		if l.live--; l.live < l.poison {
			l.dead, l.moving = l.dead+1, false
		}
	case l.moving && l.dead > 0:
		l.dead, l.live = l.dead-1, l.live+1
	}
}

func TestRedrive(t *testing.T) {
	for name, c := range map[string]struct {
		letters letters
		ticks   int
		want    reconcile.Redriven
		failed  bool
	}{
		"nothing to do":                {letters{}, 100, reconcile.Redriven{Queue: "q"}, false},
		"all of them go":               {letters{dead: 7}, 100, reconcile.Redriven{Queue: "q", Found: 7}, false},
		"one comes back, and stays":    {letters{dead: 1, poison: 1}, 1000, reconcile.Redriven{Queue: "q", Found: 1, Left: 1}, false},
		"the deadline comes too early": {letters{dead: 7}, 3, reconcile.Redriven{Queue: "q", Found: 7, Live: 1, Left: 5}, false},
		"a move that is refused":       {letters{dead: 7, fails: true}, 100, reconcile.Redriven{Queue: "q", Found: 7}, true},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			got, err := reconcile.Redrive(t.Context(), []string{"q"}, map[string]reconcile.Letters{"q": &c.letters}, func(context.Context) error {
				if n++; n > c.ticks {
					return context.DeadlineExceeded
				}
				c.letters.tick()
				return nil
			})
			if diff := cmp.Diff([]reconcile.Redriven{c.want}, got); diff != "" || (err != nil) != c.failed {
				t.Errorf("%v: %s", err, diff)
			}
			if n >= 1000 {
				t.Error("it waited for what will not come")
			}
		})
	}
}
