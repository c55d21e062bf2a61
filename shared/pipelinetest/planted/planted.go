// Package planted makes identifiers that are nobody's and puts them wherever something of a
// lab's could carry one: every element of a run folder's XML, its logs, its file names, a
// payload, an envelope, a request. What comes of them is for the tests to say; package
// traces looks for them afterwards. The same seed plants the same.
package planted

import (
	"fmt"
	"math/rand/v2"

	"proactive/shared/catalog"
)

// Plant is one identifier in one place.
type Plant struct {
	ID       int
	Kind     Kind
	Encoding Encoding
	Carrier  Carrier
	// Value is the identifier as a person would write it.
	Value string
	// Written is what stands in the carrier, before the carrier's own escaping: one text, or
	// the two halves of one that is split over two fields.
	Written []string
}

// Planter draws plants. It is not safe for concurrent use.
type Planter struct {
	// All are the plants that were drawn, by ID.
	All []Plant
	// Closed counts the draws that were not planted because nobody could tell them from a
	// value that is collected: see closed.
	Closed int

	catalog *catalog.Catalog
	places  []slot // of a run folder, once they are shuffled
	next    int    // of places
	spoilt  int
	rng     *rand.Rand
	seen    map[string]bool
	kinds   map[Carrier]int // how far each carrier is in the list of kinds
	codes   map[Carrier]int
}

// New is a planter for the run folders of every family that cat knows.
func New(seed uint64, cat *catalog.Catalog) *Planter {
	return &Planter{catalog: cat, rng: rand.New(rand.NewPCG(seed, 14)), seen: map[string]bool{}, kinds: map[Carrier]int{}, codes: map[Carrier]int{}}
}

// tries bounds how often a plant is drawn again until it fits its carrier.
const tries = 4000

// draw makes a plant that fits. Each carrier goes through all kinds and all encodings, in
// steps that have no factor in common, so that all pairs come.
func (p *Planter) draw(c Carrier, fit func(string) bool) Plant {
	for range tries {
		kind := kinds[(p.kinds[c]+len(c))%len(kinds)]
		code := encodings[(p.codes[c]+len(c))%len(encodings)]
		p.codes[c]++
		if p.codes[c]%len(encodings) == 0 {
			p.kinds[c]++ // a round of encodings begins with the next kind
		}
		p.kinds[c]++
		value := kind.draw(p.rng)
		key := Fold(value)
		written, ok := code.apply(value, p.rng)
		if !ok || p.seen[key] || len(key) < shortest {
			continue
		}
		if !fits(written, fit) {
			continue
		}
		if anyClosed(append(written, value)) {
			p.Closed++
			continue
		}
		p.seen[key] = true
		plant := Plant{ID: len(p.All), Kind: kind.Kind, Encoding: code.Encoding, Carrier: c, Value: value, Written: written}
		p.All = append(p.All, plant)
		return plant
	}
	panic(fmt.Sprintf("planted: nothing fits %q in %d tries", c, tries))
}

// shortest is the shortest identifier, in bytes, that can be told from chance in a search.
const shortest = 8

func fits(written []string, fit func(string) bool) bool {
	for _, w := range written {
		if !fit(w) {
			return false
		}
	}
	return true
}

// Text draws a plant for a carrier of a forger's.
func (p *Planter) Text(c Carrier) Plant { return p.draw(c, forged[c]) }
