package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress goes to standard error, so that standard output stays what was asked for.
// On a terminal it is one bar that comes and goes; elsewhere, one line a step.

// note says what is going on.
func (a *app) note(format string, args ...any) {
	if a.quiet {
		return
	}
	fmt.Fprintf(a.err, "  "+format+"\n", args...)
}

// bar shows the way of one batch. On something that is not a terminal, and when
// quiet, it shows nothing.
type bar struct{ b *progressbar.ProgressBar }

func (a *app) bar(what string, total int64) bar {
	if a.quiet || !a.screen {
		return bar{}
	}
	return bar{progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(a.err),
		progressbar.OptionSetDescription("  "+clip(what, 36)),
		progressbar.OptionSetWidth(24),
		progressbar.OptionShowBytes(total > 0),
		progressbar.OptionShowTotalBytes(total > 0),
		progressbar.OptionUseIECUnits(false),
		progressbar.OptionThrottle(80*time.Millisecond),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(total <= 0),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionClearOnFinish(),
	)}
}

func (b bar) add(n int) {
	if b.b != nil {
		_ = b.b.Add(n)
	}
}

func (b bar) done() {
	if b.b != nil {
		_ = b.b.Finish()
		_ = b.b.Clear()
	}
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return fmt.Sprintf("%-*s", n, s)
	}
	return string(r[:n-1]) + "…"
}
