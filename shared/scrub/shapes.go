package scrub

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"proactive/shared/detector"
)

// shapes are what open fields hold, by field or, with a star, by how fields begin or end. They
// are written a second time here, and not derived from the catalog, so that both have to be
// wrong for a text to leave.
var shapes = []struct {
	field string
	holds *regexp.Regexp
	but   func(text string) (Rule, bool) // a hit although it fits
}{
	{"*_token", hex32, notRandom},
	{"run.token", hex32, notRandom},
	{"*_lot", regexp.MustCompile(`^[125][0-9]{7}$`), day},
	{"*_part", regexp.MustCompile(`^[12][05][01][0-9]{5}$`), day},
	{"config.board.*", regexp.MustCompile(`^novaseq_(bim|chm|flu|rca|syst|(cib|fib|fch)(_[0-9])?)@NovaSeq_[1-9]\.[0-9]{1,2}\.[0-9]{1,2}$`), nil},
	{"config.firmware", regexp.MustCompile(`^[1-9]\.([0-9]{1,2}(\.[0-9]{1,2})?|[0-9]{2}-[A-Z][0-9]{2}-R[0-9]{2})$`), dotted},
	{"config.fpga", regexp.MustCompile(`^[1-9][0-9]?\.[0-9]{1,2}\.[0-9]{1,2}$`), dotted},
	{"config.fpga_code", regexp.MustCompile(`^0x[0-9a-f]{2}0000[0-9a-f]{2}$`), nil},
	{"config.control_software", regexp.MustCompile(`^(HD )?v?[1-9]\.[0-9]{1,2}(\.[0-9]{1,2}(\.[0-9]{1,5})?)?$`), dotted},
	{"config.rta", regexp.MustCompile(`^v?[1-9]\.[0-9]{1,2}(\.[0-9]{1,2}){0,2}$`), dotted},
}

var (
	hex32  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	digits = regexp.MustCompile(`^[0-9]+$`)
	word   = regexp.MustCompile(`[A-Za-z]{3,}`)
)

// notRandom tells whether 32 hex digits are anything but the sixteen bytes of an HMAC: a text,
// a number, bases, something with zeroes to fill it up. Of random ones, less than one in a
// hundred thousand is taken for that.
func notRandom(text string) (Rule, bool) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return RuleShape, true
	}
	ascii := func(b byte) bool { return b >= ' ' && b <= '~' }
	letter := func(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || strings.IndexByte(" .-_'@", b) >= 0 }
	even, odd := make([]byte, 0, 8), make([]byte, 0, 8)
	for i := 0; i < len(raw); i += 2 {
		even, odd = append(even, raw[i]), append(odd, raw[i+1])
	}
	base := func(b byte) bool { return strings.IndexByte("acbd", b) >= 0 } // what hex has of bases, and of their ambiguities
	switch {
	case longest(raw, ascii) == len(raw), longest(raw, letter) > 9, spelled(raw), different(even) < 3, different(odd) < 3: // in UTF-16 either half says which script it is
		return detector.Encoded, true
	case longest([]byte(text), base) > 15:
		return detector.Nucleotide, true
	case different([]byte(text)) < 8, !strings.ContainsAny(text, "abcdef"), strings.Contains(text, strings.Repeat("0", 8)):
		return RuleNumber, true
	}
	return "", false
}

// spelled tells whether bytes are a text in UTF-8: of the letters of Europe, of East Asia, or
// of one other script.
func spelled(raw []byte) bool {
	scripts := map[rune]bool{}
	return utf8.Valid(raw) && !bytes.ContainsFunc(raw, func(r rune) bool {
		switch {
		case r >= ' ' && r <= '~' || unicode.Is(unicode.Inherited, r):
			return false
		case !unicode.IsLetter(r) && !unicode.IsMark(r):
			return true
		case unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic):
			scripts[0] = true
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			scripts[1] = true
		default:
			scripts[r>>8] = true
		}
		return len(scripts) > 1
	})
}

// longest is the longest run of bytes of a kind.
func longest(b []byte, kind func(byte) bool) int {
	most, run := 0, 0
	for _, c := range b {
		if run++; !kind(c) {
			run = 0
		}
		most = max(most, run)
	}
	return most
}

func different(s []byte) int {
	seen := map[byte]struct{}{}
	for _, b := range s {
		seen[b] = struct{}{}
	}
	return len(seen)
}

// lastBirth is the last year in which somebody may be born before this is looked at again.
// Lots of reagents run through 2036 and beyond, and a day there is nobody's.
const lastBirth = 2030

// day tells whether eight digits are a day since 1900, however it is written.
func day(text string) (Rule, bool) {
	for _, layout := range []string{"20060102", "02012006", "01022006"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1900 && t.Year() <= lastBirth {
			return detector.Date, true
		}
	}
	return "", false
}

// dotted tells whether a version is a day, 2.03.84 or 12.11.54. A version has no zero to fill a
// part up; that of an FPGA is told from a day by its month or its year, and 1.18.54, a version of
// RTA, from no day at all. An address of a private network is none: with four parts, the shapes
// allow one digit for the first.
func dotted(text string) (Rule, bool) {
	p := strings.Split(text, ".")
	if len(p) != 3 {
		return "", false
	}
	padded := slices.ContainsFunc(p, func(s string) bool { return len(s) == 2 && s[0] == '0' })
	n := func(i int) int { v, _ := strconv.Atoi(p[i]); return v }
	isDay := n(0) >= 1 && n(0) <= 31 && n(1) >= 1 && n(1) <= 12 || n(0) >= 1 && n(0) <= 12 && n(1) >= 1 && n(1) <= 31
	if isDay && (padded || n(0) > 9 && n(2) > 29) {
		return detector.Date, true
	}
	return "", false
}
