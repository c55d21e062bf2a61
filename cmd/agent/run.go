package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime/debug"
	"time"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/fault"
	"proactive/shared/labkey"
)

type runCmd struct {
	Watch      []string      `required:"" help:"Directories in which run folders appear; may be repeated." type:"path"`
	Every      time.Duration `default:"1m" help:"How often to look."`
	QuietFor   time.Duration `default:"24h" help:"A run that does not say that it has ended is taken to have, when nothing in its folder changed for so long."`
	Parts      time.Duration `default:"6h" help:"How often a run under way sends a part; 0 sends at its end only."`
	QuietHours string        `help:"No uploads in these hours of this computer's clock: 22:00-06:00." placeholder:"FROM-TO"`
	Rate       int64         `default:"1024" help:"Uploads are no faster than this, in KiB a second; 0 has no limit."`
	Imaging    int64         `default:"64" help:"The same while a run is under way."`
	Spool      int64         `default:"2048" help:"What may wait on this disk, in MiB. Beyond it the oldest batches that never left are dropped, and counted."`
	Once       bool          `help:"One round, then exit: for a scheduler, and for tests."`
}

// memory is what the runtime is asked to stay under, in bytes. It is a wish, not a
// bound: the bounds are those of what is read.
const memory = 40 << 20

// Run watches until it is stopped. Each round is made of steps that may be interrupted
// anywhere and are taken up again by the next, in this process or another.
func (c *runCmd) Run(a *app) error {
	hours, err := parseHours(c.QuietHours)
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(memory)
	log := slog.New(slog.NewJSONHandler(a.err, nil))
	if err := lowerPriority(); err != nil {
		log.WarnContext(a.ctx, "priority not lowered", slog.String("error", err.Error()))
	}
	a.quiet = true // progress bars are for a person who waits
	log.InfoContext(a.ctx, "watching", slog.Int("directories", len(c.Watch)))
	for failures := 0; ; {
		w := &watch{cmd: c, app: a, log: log, quiet: hours}
		err := w.round()
		switch {
		case a.ctx.Err() != nil:
			return nil //nolint:nilerr // stopped, as asked: what was under way is taken up again
		case err != nil:
			failures++
			log.WarnContext(a.ctx, "round failed", slog.String("reason", advice.For(err).Reason))
		default:
			failures = 0
		}
		if c.Once {
			return err
		}
		select {
		case <-a.ctx.Done():
			log.InfoContext(a.ctx, "stopped")
			return nil
		case <-time.After(c.pause(failures)):
		}
	}
}

// longestPause bounds the pause between two rounds that fail.
const longestPause = 30 * time.Minute

// pause is full jitter over an exponential bound after failures, so that a service that
// comes back is not met by every instrument at once; else it is the usual time.
func (c *runCmd) pause(failures int) time.Duration {
	if failures == 0 {
		return c.Every
	}
	bound := min(longestPause, c.Every<<min(failures, 10))
	return c.Every/2 + rand.N(max(bound, time.Millisecond)) //nolint:gosec // G404: jitter is no secret
}

// dayHours are hours of the day, from and to, as time since midnight.
type dayHours struct{ from, to time.Duration }

const badHours = "bad-hours"

func parseHours(s string) (dayHours, error) {
	var h dayHours
	if s == "" {
		return h, nil
	}
	var fh, fm, th, tm int
	n, err := fmt.Sscanf(s, "%d:%d-%d:%d", &fh, &fm, &th, &tm)
	if err != nil || n != 4 || min(fh, fm, th, tm) < 0 || max(fh, th) > 23 || max(fm, tm) > 59 {
		return h, fault.New(fault.Malformed, badHours, err)
	}
	at := func(hour, minute int) time.Duration {
		return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	}
	return dayHours{at(fh, fm), at(th, tm)}, nil
}

// cover tells whether t is in these hours; they may span midnight.
func (h dayHours) cover(t time.Time) bool {
	if h.from == h.to {
		return false
	}
	now := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	if h.from < h.to {
		return now >= h.from && now < h.to
	}
	return now >= h.from || now < h.to
}

// round looks at every run folder once, spools what there is to send, and delivers what
// waits. It holds the home only as long as it takes: `agent off` gets its turn.
func (w *watch) round() error {
	h, unlock, err := w.open()
	if err != nil {
		return err
	}
	defer unlock()
	s, err := (&sendCmd{}).prepare(w.app, h)
	if _, reason := fault.Public(err); err != nil && reason == notOn {
		w.log.InfoContext(w.ctx, "sending is off")
		return nil
	}
	if err != nil {
		return err
	}
	w.sending = s
	s.cmd = &sendCmd{}
	s.uncopied = func(e outbox.Entry, told advice.Advice) {
		w.log.WarnContext(w.ctx, "auditor's copy not written", slog.String("batch", e.Batch), slog.String("reason", told.Reason))
	}
	if err := s.connect(); err != nil {
		return err
	}
	if s.offline != nil {
		w.log.WarnContext(w.ctx, "service not reached", slog.String("reason", advice.For(s.offline).Reason))
	}
	var failed error
	for i, dir := range w.cmd.Watch {
		folders, err := runFolders(dir)
		if err != nil {
			// A network share that is away comes back, or a person is told by doctor.
			w.log.WarnContext(w.ctx, "watched directory not read", slog.Int("directory", i+1))
			failed = errors.Join(failed, fault.New(fault.Unavailable, watchUnreadable, err))
			continue
		}
		for _, folder := range folders {
			if w.ctx.Err() != nil {
				return w.ctx.Err()
			}
			if err := w.look(folder); err != nil {
				// A log is sent to people: the folder's name, which may be anybody's, stays here.
				name := labkey.Token(w.key, labkey.Folder, filepath.Base(folder))
				w.log.WarnContext(w.ctx, "run folder not spooled", slog.String("folder", name), slog.String("reason", advice.For(err).Reason))
				if kind, _ := fault.Public(err); kind == fault.Internal {
					failed = errors.Join(failed, err)
				}
			}
		}
	}
	if err := w.trim(h); err != nil {
		return err
	}
	return errors.Join(failed, w.deliverAll())
}

const watchUnreadable = "watch-unreadable"

// trim keeps the spool within its bounds. What is dropped counts as covered, or the next
// round would spool it again.
func (w *watch) trim(h *home.Home) error {
	dropped, err := w.courier.Box.Trim(w.cmd.Spool << 20)
	for _, e := range dropped {
		if e.Run != "" {
			err = errors.Join(err, h.Cover(e.Run, e.Rows, e.Last))
		}
		err = errors.Join(err, h.AddDropped(1, e.Bytes))
		w.log.WarnContext(w.ctx, "spool full, batch dropped", slog.String("batch", e.Batch), slog.Int64("bytes", e.Bytes))
	}
	return err
}

// deliverAll takes what waits to the service, oldest first, and brings the receipts.
func (w *watch) deliverAll() error {
	waiting, err := w.courier.Box.List()
	if err != nil || w.offline != nil {
		return errors.Join(err, w.offline)
	}
	if w.quiet.cover(w.now()) {
		w.log.InfoContext(w.ctx, "quiet hours", slog.Int("waiting", len(waiting)))
		return nil
	}
	rate := w.cmd.Rate
	if w.imaging && w.cmd.Imaging > 0 {
		rate = w.cmd.Imaging
	}
	w.courier.Client.Limit(rate << 10)
	var failed error
	for _, e := range waiting {
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		if err := w.deliver(e); err != nil {
			told := advice.For(err)
			w.log.WarnContext(w.ctx, "batch not delivered", slog.String("batch", e.Batch), slog.String("reason", told.Reason))
			failed = errors.Join(failed, err)
			if w.offline != nil {
				break // the others would find the same
			}
			continue
		}
		w.log.InfoContext(w.ctx, "batch delivered", slog.String("batch", e.Batch), slog.Int64("sequence", e.Sequence), slog.Int64("bytes", e.Bytes))
	}
	if w.offline == nil {
		failed = errors.Join(failed, w.courier.Fetch(w.ctx, w.keys))
	}
	return failed
}
