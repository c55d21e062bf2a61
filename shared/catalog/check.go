package catalog

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"proactive/shared/observation"
)

// Reasons why an observation is not what its catalog entry allows.
const (
	UnknownField    = "unknown-field"      // no entry has this id
	WrongDimension  = "wrong-dimension"    // one is set that may not be, or missing, or out of range
	WrongType       = "wrong-type"         // a text where a number belongs, or the other way round
	NotFinite       = "not-finite"         // NaN or an infinity
	NotWhole        = "not-whole"          // a count that is not a whole number
	OutOfBounds     = "out-of-bounds"      // below min or above max
	TooFine         = "too-fine"           // between the steps: finer than is allowed
	NotInEnum       = "not-in-enumeration" // not one of the values
	TooLong         = "too-long"           // longer than max_length
	PatternMismatch = "pattern-mismatch"
	ReadsAsText     = "reads-as-text" // 32 hex digits that are no sixteen random bytes
	ReadsAsDate     = "reads-as-date" // a day of somebody's life
)

// Ranges of the dimensions.
const (
	maxLane   = 8
	maxRead   = 4     // two reads and two index reads
	maxCycle  = 976   // start of the last window of a read of 1000 cycles
	maxMinute = 43200 // thirty days
)

// Check tells whether o is what f allows: type, bounds and dimensions. If not, reason
// is one of the constants above.
func (f Field) Check(o observation.Observation) (reason string, ok bool) {
	if !f.dimensionsFit(o) {
		return WrongDimension, false
	}
	switch f.Type {
	case Number, Count:
		return f.checkNumber(o)
	default:
		return f.checkText(o)
	}
}

func (f Field) checkNumber(o observation.Observation) (string, bool) {
	switch {
	case o.Text != "":
		return WrongType, false
	case math.IsNaN(o.Value) || math.IsInf(o.Value, 0):
		return NotFinite, false
	case o.Value < *f.Min || o.Value > *f.Max:
		return OutOfBounds, false
	case f.Type == Count && o.Value != math.Trunc(o.Value):
		return NotWhole, false
	case f.Step != 0 && math.Mod(o.Value-*f.Min, f.Step) != 0:
		return TooFine, false
	}
	return "", true
}

func (f Field) checkText(o observation.Observation) (string, bool) {
	if o.Value != 0 || o.Text == "" { // NaN differs from 0 too
		return WrongType, false
	}
	if f.Type == Enum {
		if !slices.Contains(f.Values, o.Text) {
			return NotInEnum, false
		}
		return "", true
	}
	if len(o.Text) > f.MaxLength {
		return TooLong, false
	}
	if !f.pattern.MatchString(o.Text) {
		return PatternMismatch, false
	}
	if readsAsDate(o.Text) {
		return ReadsAsDate, false
	}
	if readsAsText(o.Text) {
		return ReadsAsText, false
	}
	return "", true
}

// lastBirth is the last year in which somebody may be born before this is looked at again.
// Lots of reagents run through 2036 and beyond, and a day there is nobody's.
const lastBirth = 2030

// readsAsDate tells whether a text is a day since 1900 in one of the ways in which people
// write one: eight digits, of which among the lots in use hardly one in a thousand is a day;
// or numbers with dots, if a zero fills one up or they say more than a version does. 1.18.54 is
// a version, and 18.1.54 is none that we know.
func readsAsDate(s string) bool {
	if strings.Contains(s, ".") {
		return dottedDate(s)
	}
	for _, layout := range []string{"20060102", "02012006", "01022006"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1900 && t.Year() <= lastBirth {
			return true
		}
	}
	return false
}

func dottedDate(s string) bool {
	for _, layout := range []string{"2.1.06", "1.2.06", "2.1.2006", "1.2.2006"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		day, _, _ := strings.Cut(s, ".")
		if strings.HasSuffix(layout, "2006") || strings.Contains("."+s, ".0") || len(day) == 2 && t.Year()%100 > 29 {
			return true
		}
	}
	return false
}

// readsAsText tells whether 32 hex digits are written text, in ASCII or in UTF-16, or are
// filled up to be so many. Of the HMACs that stand there hardly one in a hundred thousand is.
func readsAsText(s string) bool {
	if len(s) != 32 {
		return false
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		return false
	}
	if spells(raw) {
		return true
	}
	letters, most, zeroes := 0, 0, 0
	for _, b := range raw {
		if b == 0 {
			zeroes++
		}
		if letters++; (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') && !strings.ContainsRune(" .-_'@", rune(b)) {
			letters = 0
		}
		most = max(most, letters)
	}
	digits := 0
	for _, d := range "0123456789abcdef" {
		if strings.ContainsRune(s, d) {
			digits++
		}
	}
	return most > 9 || zeroes > 4 || digits < 8 || !strings.ContainsAny(s, "abcdef")
}

// spells tells whether 16 bytes are a text in UTF-8 or in two bytes each, perhaps with zeros
// or spaces around it. Of digests, one in some hundred thousand is.
func spells(raw []byte) bool {
	little, big := make([]rune, 8), make([]rune, 8)
	for i := range little {
		little[i], big[i] = rune(binary.LittleEndian.Uint16(raw[2*i:])), rune(binary.BigEndian.Uint16(raw[2*i:]))
	}
	return writing(string(raw), false) || writing(string(little), true) || writing(string(big), true)
}

// Blocks of 256 characters.
const (
	alphabets = 0x5  // the last of Latin, Greek and Cyrillic
	kana      = 0x30 // the first of the scripts of East Asia
)

// writing tells whether a text is printable ASCII and letters of other scripts, with their
// marks: all of the alphabets of Europe, Vietnamese among them, or of one other block, as Arabic
// and Devanagari are, or of East Asia, but not in pairs of bytes, of which nearly half are one
// of those.
func writing(text string, pairs bool) bool {
	text = strings.Trim(text, "\x00 ")
	script := rune(0)
	return !strings.ContainsFunc(text, func(r rune) bool {
		switch {
		case r >= ' ' && r <= '~':
			return false
		case r < 0xc0 || !unicode.IsLetter(r) && !unicode.IsMark(r):
			return true
		}
		of := max(r>>8, alphabets)
		switch {
		case of == 0x1e || of == 0x1f: // more of Latin and Greek
			of = alphabets
		case !pairs:
			of = min(of, kana)
		}
		another := script != 0 && script != of
		script = of
		return another
	})
}

// dimensionsFit tells whether exactly the field's dimensions are set, each in range.
func (f Field) dimensionsFit(o observation.Observation) bool {
	has := func(d Dimension) bool { return slices.Contains(f.Dimensions, d) }
	within := func(d Dimension, v, most int) bool {
		if has(d) {
			return v >= 1 && v <= most
		}
		return v == 0
	}
	if !within(Lane, o.Lane, maxLane) || !within(Surface, o.Surface, 2) || !within(Read, o.Read, maxRead) || !within(Cycle, o.Cycle, maxCycle) {
		return false
	}
	if o.Cycle > 0 && (o.Cycle-1)%observation.WindowCycles != 0 {
		return false
	}
	if has(Tile) != (o.Tile != 0) || o.Tile != 0 && !validTile(o.Tile) {
		return false
	}
	if !has(Minute) {
		return o.Minute == 0
	}
	return o.Minute >= 0 && o.Minute <= maxMinute && o.Minute%60 == 0
}

// validTile knows the two ways of naming a tile: surface, swath and two digits of tile
// number, with a camera segment before the number on two-camera instruments.
func validTile(t int) bool {
	number, rest := t%100, t/100
	if rest >= 100 { // five digits: camera segment 1 to 6
		if s := rest % 10; s < 1 || s > 6 {
			return false
		}
		rest /= 10
	}
	swath, surface := rest%10, rest/10
	return number >= 1 && swath >= 1 && swath <= 6 && (surface == 1 || surface == 2)
}
