// Package traces looks for planted identifiers in whatever a run left: as they were written,
// as a person would write them, and in every form that the bytes can be decoded to.
package traces

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"proactive/shared/pipelinetest/planted"
)

// Trace says that a plant was found.
type Trace struct {
	Plant int
	Place string // as it was given to In
	View  string // how the bytes were decoded, from the outside in
}

// Finder looks for plants. It is not safe for concurrent use.
type Finder struct {
	// Bytes counts what was given to In, Views the bytes of all its decoded forms.
	Bytes, Views int64
	// Kinds counts the places by the first word of their names.
	Kinds map[string]int

	needles []needle
	first   map[uint64][]int32 // by the first eight bytes
	filter  []uint64           // a bit for each hash of them
	found   map[[2]int32]string
	traces  []Trace
}

// needle is one form of a plant.
type needle struct {
	text  []byte
	plant int32
	part  int32 // of a split plant, 1 or 2; 0 is the whole
	form  form
	alone bool // only where no letter or digit adjoins it: it is too short, or a mere number
}

// form is what of a view a needle is compared with.
type form uint8

const (
	asWritten form = iota // the bytes
	folded                // planted.Fold of them
	squeezed              // of that, letters and digits only
)

const prefix = 8 // bytes that every needle has

// Of is a finder of plants.
func Of(plants []planted.Plant) *Finder {
	f := &Finder{Kinds: map[string]int{}, first: map[uint64][]int32{}, filter: make([]uint64, 1<<filterBits/64), found: map[[2]int32]string{}}
	for _, p := range plants {
		id := int32(p.ID) //nolint:gosec // G115: tens of thousands
		f.add(p.Value, id, 0, folded)
		f.add(p.Value, id, 0, squeezed)
		for i, w := range p.Written {
			part := int32(0)
			if len(p.Written) > 1 {
				part = int32(i) + 1
			}
			f.add(w, id, part, asWritten)
			f.add(w, id, part, folded)
		}
	}
	return f
}

func (f *Finder) add(text string, plant, part int32, as form) {
	n := needle{[]byte(text), plant, part, as, false}
	switch as {
	case folded:
		n.text = []byte(planted.Fold(text))
	case squeezed:
		n.text = squeeze([]byte(planted.Fold(text)))
		if len(n.text) < 10 || !bytes.ContainsFunc(n.text, letter) {
			return // by chance it would be anywhere
		}
	}
	if len(n.text) < prefix {
		return
	}
	n.alone = as != squeezed && !bytes.ContainsFunc(n.text, func(c rune) bool { return c > 0x7f || !wordBytes[c] }) &&
		(len(n.text) < 12 || !bytes.ContainsFunc(n.text, letter))
	key := binary.LittleEndian.Uint64(n.text)
	f.filter[hash(key)/64] |= 1 << (hash(key) % 64)
	f.first[key] = append(f.first[key], int32(len(f.needles))) //nolint:gosec // G115: hundreds of thousands
	f.needles = append(f.needles, n)
}

const filterBits = 22

func hash(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> (64 - filterBits) }

func letter(c rune) bool { return c > 0x7f || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func wordByte(b byte) bool { return wordBytes[b] }

// In searches the bytes that are at place, and its name.
func (f *Finder) In(place string, content []byte) {
	kind, _, _ := strings.Cut(place, " ")
	f.Kinds[kind]++
	f.Bytes += int64(len(content))
	clear(f.found)
	f.view("name", []byte(place), 4)
	f.view("", content, 5)
	told := map[int32]bool{}
	for at, view := range f.found {
		if at[1] != 0 {
			if _, both := f.found[[2]int32{at[0], 3 - at[1]}]; !both {
				continue
			}
		}
		if !told[at[0]] {
			told[at[0]] = true
			f.traces = append(f.traces, Trace{int(at[0]), place, view})
		}
	}
}

// Part is a plant, or half of one that was split.
type Part struct{ Plant, Half int }

// Parts are the plants in content, and the halves; they are not among Found.
func (f *Finder) Parts(content []byte) (all []Part) {
	clear(f.found)
	f.view("", content, 5)
	for at := range f.found {
		all = append(all, Part{int(at[0]), int(at[1])})
	}
	return all
}

// Found are the traces so far, by plant.
func (f *Finder) Found() []Trace {
	slices.SortFunc(f.traces, func(a, b Trace) int {
		return cmp.Or(cmp.Compare(a.Plant, b.Plant), cmp.Compare(a.Place, b.Place))
	})
	return f.traces
}

// view searches bytes in all three forms, and then what they can be decoded to.
func (f *Finder) view(name string, b []byte, depth int) {
	if len(b) < prefix {
		return
	}
	f.Views += int64(len(b))
	f.scan(b, asWritten, name)
	use := binaryDecoders
	if utf8.Valid(b) {
		fold := []byte(planted.Fold(string(b)))
		f.scan(fold, folded, name)
		f.scan(squeeze(fold), squeezed, name)
		use = decoders
	}
	if depth == 0 {
		return
	}
	for _, d := range use {
		if out := d.decode(b); len(out) >= prefix && !bytes.Equal(out, b) {
			f.view(name+"/"+d.name, out, depth-1)
		}
	}
}

// scan compares every place of b with the needles of a form.
func (f *Finder) scan(b []byte, as form, view string) {
	for i := 0; i+prefix <= len(b); i++ {
		key := binary.LittleEndian.Uint64(b[i:])
		if h := hash(key); f.filter[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, at := range f.first[key] {
			n := &f.needles[at]
			if n.form != as || !bytes.HasPrefix(b[i:], n.text) || n.alone && !alone(b, i, i+len(n.text)) {
				continue
			}
			if id := [2]int32{n.plant, n.part}; f.found[id] == "" {
				f.found[id] = cmp.Or(view, "plain")
			}
		}
	}
}

// alone tells whether what adjoins is no part of a longer word or number.
func alone(b []byte, start, end int) bool {
	if start > 0 && wordByte(b[start-1]) || end < len(b) && wordByte(b[end]) {
		return false
	}
	// Digits after a point are a fraction.
	return start < 2 || b[start-1] != '.' || b[start-2] < '0' || b[start-2] > '9'
}

func squeeze(fold []byte) []byte {
	out := make([]byte, 0, len(fold))
	for _, c := range fold {
		if c > 0x7f || wordByte(c) {
			out = append(out, c)
		}
	}
	return out
}
