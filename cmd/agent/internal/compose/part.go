package compose

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"proactive/shared/observation"
	"proactive/shared/observe"
)

// Part is what can be sent of a run now, and what it covers.
type Part struct {
	Composition
	// Rows name the measurements in it, each exactly once over all parts of a run. What
	// identifies run and instrument is in every part and not among them.
	Rows []string
	// Last tells that no part follows.
	Last bool
}

// NextPart is the part of a run that follows those whose Rows are in sent; false if
// there is nothing new to say yet. ended says that the run will not change any more, by
// its own word or because nothing has for long: then the part holds all that is left.
//
// Parts of one run never overlap, and together they hold what the run, read when it has
// ended, holds; a measurement that could still change waits. If nothing was sent of a
// run that has ended, its part is the whole composition, byte for byte.
func NextPart(made Composition, sent map[string]bool, ended bool) (Part, bool, error) {
	p := Part{Composition: made, Last: ended || made.Report.Complete}
	var kept []observation.Observation
	for _, o := range made.Content.Observations {
		switch name := rowName(o); {
		case observe.Fixed(o):
			kept = append(kept, o)
		case !sent[name] && (p.Last || made.Report.Settled(o)):
			kept = append(kept, o)
			p.Rows = append(p.Rows, name)
		}
	}
	if len(p.Rows) == 0 {
		return Part{}, false, nil
	}
	p.Content.Observations = kept
	var b bytes.Buffer
	if err := observation.Encode(&b, p.Content); err != nil {
		return Part{}, false, fmt.Errorf("encoding a part: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	p.Payload, p.Digest = b.Bytes(), hex.EncodeToString(sum[:])
	return p, true, nil
}

// rowName names a measurement, whatever its value: its field and dimensions.
func rowName(o observation.Observation) string {
	return fmt.Sprintf("%s %d %d %d %d %d %d", o.Field, o.Lane, o.Surface, o.Tile, o.Read, o.Cycle, o.Minute)
}
