package summary

import (
	"fmt"
	"io"
	"io/fs"
	"sync"

	"proactive/shared/interop"
)

// work is one metric: the whole file, or one of each cycle.
type work struct {
	kind  kind
	notes []int
}

// load reads every metric file of the run folder that it can.
func load(folder fs.FS, p *plan, o options) (*metrics, []FileNote, error) {
	notes, err := list(folder)
	if err != nil {
		return nil, nil, err
	}
	m := &metrics{plan: p}
	jobs := choose(notes, o)
	sinks := make([]sink, len(jobs))
	var wait sync.WaitGroup
	next := make(chan int)
	for range max(1, min(o.workers, len(jobs))) {
		wait.Go(func() {
			for i := range next {
				sinks[i] = jobs[i].run(folder, m, notes)
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, s := range sinks {
		if s != nil {
			s.keep(m)
		}
	}
	return m, notes, nil
}

// run reads the files of one kind in their order. The sink is returned if what it took
// in is to be used: a file that turns out foreign in its midst is not, nor what came of
// its kind before.
func (w work) run(folder fs.FS, m *metrics, notes []FileNote) sink {
	s := w.kind.open(m)
	used := false
	for _, i := range w.notes {
		n := &notes[i]
		err := n.into(folder, s, nil)
		if t := s.index(); err == nil && t != nil && t.late && len(w.notes) == 1 { // files of single cycles have each once
			s, err = w.again(folder, m, n, s)
		}
		n.Took(n.File, err)
		used = used || n.Read
		if err != nil && n.Records > 0 {
			for _, j := range w.notes {
				notes[j].Read = false
			}
			return nil
		}
	}
	if !used {
		return nil
	}
	return s
}

// into reads the file into a sink, but for some of its records.
func (n *FileNote) into(folder fs.FS, s sink, skip []int64) error {
	in, err := folder.Open(n.Name)
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	defer func() { _ = in.Close() }() // it was only read
	var from io.Reader = in
	if len(skip) > 0 {
		from = interop.Without(in, n.File, skip)
	}
	n.File, err = s.read(from)
	return err
}
