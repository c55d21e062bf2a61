// Package hostile makes files of any size for tests without holding them, and measures what
// reading them holds.
package hostile

import (
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"time"
)

// Megabyte is 2²⁰ bytes.
const Megabyte = 1 << 20

// Repeat gives a text over and over, as often as it fits into size bytes.
func Repeat(piece string, size int) io.Reader {
	return io.LimitReader(&endless{piece: piece}, int64(size/len(piece)*len(piece)))
}

type endless struct {
	piece string
	at    int
}

func (e *endless) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		m := copy(p[n:], e.piece[e.at:])
		n += m
		e.at = (e.at + m) % len(e.piece)
	}
	return len(p), nil
}

// Numbered gives n texts that differ by a number, from 0.
func Numbered(format string, n int) io.Reader { return &series{format: format, n: n} }

type series struct {
	format string
	i, n   int
	rest   []byte
}

func (s *series) Read(p []byte) (int, error) {
	for len(s.rest) < len(p) && s.i < s.n {
		s.rest = fmt.Appendf(s.rest, s.format, s.i)
		s.i++
	}
	n := copy(p, s.rest)
	if s.rest = append(s.rest[:0], s.rest[n:]...); n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Peak is the most that the heap holds while f runs, beyond what it held before.
func Peak(f func()) (bytes uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	held := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before, most := held(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				most = max(most, held())
			}
		}
	}()
	f()
	now := held()
	close(stop)
	<-done
	return max(most, now, before) - before
}
