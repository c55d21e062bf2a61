package detector

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// foreign is a token with bytes beyond ASCII: a name in another script, letters in disguise,
// signs that cannot be seen. A sign of a unit is none: 3 µm, 60 °C, ±2.
func (s *Scanner) foreign(start, end int) kind {
	if measured(s.line[start:end]) {
		s.endName()
		return other
	}
	s.hit(Foreign, start, end)
	if any, _ := classesOf(s.line[start:end]); any&(digit|at|slash) == 0 {
		s.join(start, end).capitals++ // José Lopez is one name
		return other
	}
	s.endName()
	return other
}

// measured tells whether the bytes beyond ASCII of a token are signs of units or of
// typography, and the rest a number and a unit.
func measured(t []byte) bool {
	letters := 0
	for i := 0; i < len(t); {
		if t[i] < 0x80 {
			if classes[t[i]]&(lower|upper) != 0 {
				letters++
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(t[i:])
		switch r {
		case 'µ', 'μ', '°', 'Ω', '\u2126', '²', '³', '±', '×', '·', 'Δ', '–', '—', '…', '“', '”', '‘', '’', '«', '»', '≥', '≤', '→', '•', '√', '≈', '−':
		default:
			return false
		}
		i += n
	}
	return letters < 3 || letters < 6 && bytes.IndexByte(t, '/') > 0
}

// escaped is a token with percent signs: what is written in them is looked at, and what stands
// between those that write nothing.
func (s *Scanner) escaped(start, end int) {
	t := s.line[start:end]
	text, escapes, telling := make([]byte, 0, len(t)), 0, 0
	for i := 0; i < len(t); i++ {
		if t[i] == '%' && i+5 < len(t) && t[i+1]|0x20 == 'u' && allHex(t[i+2:i+6]) { // as a browser's escape() writes it
			b := unhex(t[i+2 : i+6])
			text = utf8.AppendRune(text, rune(b[0])<<8|rune(b[1]))
			escapes, telling = escapes+1, telling+1
			i += 5
			continue
		}
		if t[i] == '%' && i+2 < len(t) && isHex(t[i+1]) && isHex(t[i+2]) {
			b := unhex(t[i+1 : i+3])[0]
			text = append(text, b)
			escapes++
			if classes[b]&(lower|upper|digit|high|at|slash) != 0 || b == ' ' {
				telling++
			}
			i += 2
			continue
		}
		b := t[i]
		if b == '+' {
			b = ' '
		}
		text = append(text, b)
	}
	if zone := bytes.IndexByte(t, '%'); zone > 0 && ip(t[:zone]) {
		s.hit(IP, start, end)
		return
	}
	switch {
	case telling > 1, escapes > 0 && s.holds(append(text, '.')):
		s.hit(Encoded, start, end)
	case bytes.IndexByte(t, '\\') >= 0:
		s.hit(Path, start, end)
	default:
		s.parts(start, end, func(b byte) bool { return b == '%' })
	}
}

// rewritten looks at a line that is in UTF-16, or has characters by their numbers or names, as
// what it says; at is the first byte that tells.
func (s *Scanner) rewritten(at int) bool {
	escapes := s.line[at] == '&' || s.line[at] == '='
	if s.depth > 1 || escapes && !escape(s.line[at:]) || !escapes && s.narrow {
		return false
	}
	if !escapes {
		if text, from := wide(s.line, true); text != nil {
			s.replace(text, from)
			return true
		}
		s.narrow = true
		if s.line[at] != 0 {
			return false
		}
	}
	text, from, quoted := make([]byte, 0, len(s.line)), make([]int, 0, len(s.line)+1), -1
	for i := 0; i < len(s.line); {
		n := 1
		switch s.line[i] {
		case 0:
		case '&', '=':
			said := s.line[i : i+1]
			if s.line[i] == '&' || i == quoted || escape(s.line[i:]) {
				said, n = reference(s.line[i:])
			}
			if s.line[i] == '=' && n > 1 {
				quoted = i + n // the last of several has no other behind it
			}
			text = append(text, said...)
			for range said {
				from = append(from, i)
			}
		default:
			text, from = append(text, s.line[i]), append(from, i)
		}
		i += n
	}
	s.replace(text, append(from, len(s.line)))
	return true
}

// replace looks at a text in the line's place; from is where each of its bytes stands in the
// line, and where the line ends.
func (s *Scanner) replace(text []byte, from []int) {
	s.hits, s.name, s.bases = s.hits[:0], name{}, bases{}
	for _, h := range s.again(text) {
		s.hit(h.Rule, from[h.Start], from[h.End])
	}
}

// wide reads a line as UTF-16, from whichever end and whichever byte gives letters for the most
// part; nil if none does. Chinese, Japanese and Korean fill half of what two bytes can say, so
// that they are read where the line is known to be no other text.
func wide(line []byte, east bool) (text []byte, from []int) {
	for _, first := range []int{0, 1} { // a line feed leaves its zero to the next line
		for _, high := range []int{1, 0} {
			text, from = text[:0], from[:0]
			letters, units := 0, 0
			for i := first; i+1 < len(line); i += 2 {
				r := rune(line[i+high])<<8 | rune(line[i+1-high])
				units++
				switch {
				case r == 0xfeff:
					continue
				case r < ' ' && r != '\t' && r != '\r', r >= 0xd800 && r < 0xf900, r >= 0x1000 && !east && (r < 0x1e00 || r >= 0x2200):
					units += len(line)
				case unicode.IsLetter(r) || unicode.IsDigit(r):
					letters++
				}
				size := len(text)
				text = utf8.AppendRune(text, r)
				for range len(text) - size {
					from = append(from, i)
				}
			}
			if units > 2 && 2*letters >= units && narrow(text) {
				return text, append(from, len(line))
			}
		}
	}
	return nil, nil
}

// narrow tells whether the letters of a text are of few scripts, as those of a text are; bytes
// read as UTF-16 that are none give letters of many.
func narrow(text []byte) bool {
	blocks := map[rune]bool{}
	for _, r := range string(text) {
		switch {
		case !unicode.IsLetter(r):
		case r >= 0x3000 && r < 0xe000:
			blocks[0x30] = true
		default:
			blocks[r>>8] = true
		}
	}
	return len(blocks) <= 3
}

// form looks at a token with plus signs as what a form of the web sends: words with spaces.
func (s *Scanner) form(start, end int) bool {
	t := s.line[start:end]
	if bytes.IndexByte(t, '+') < 1 || !s.holds(append(bytes.ReplaceAll(t, []byte("+"), []byte(" ")), '.')) { // Smith J.
		return false
	}
	s.hit(Encoded, start, end)
	return true
}

// again are the hits of a text that the line holds.
func (s *Scanner) again(text []byte) []Hit {
	if s.depth > 1 {
		return nil
	}
	if s.inner == nil {
		s.inner = &Scanner{depth: s.depth + 1}
	}
	return s.inner.Line(text)
}

// holds tells whether a text that the line holds has a hit.
func (s *Scanner) holds(text []byte) bool { return len(s.again(text)) > 0 }

// What is decoded of a token: its beginning tells.
const (
	shortestEncoded = 10
	mostEncoded     = 256
)

// encoded looks through hex, base64 and base32 at what they hold: if it is text, it is a hit.
// Digests are not.
func (s *Scanner) encoded(start, end int, kinds uint16) bool {
	t := s.line[start:end]
	if len(t) < shortestEncoded {
		return false
	}
	if t[0] == '0' && t[1] == 'x' {
		t = t[2:]
	}
	t = t[:min(len(t), mostEncoded)]
	if s.writes(hexadecimal, t) || s.writes(base64, t) || kinds&letters != letters && s.writes(base32, t) || compressed(t) || packed(t) {
		s.hit(Encoded, start, end)
		return true
	}
	return false
}

// compressed tells whether base64 begins as archives and pictures do.
func compressed(t []byte) bool {
	return len(t) >= 16 && slices.ContainsFunc(archives, func(begin string) bool { return bytes.HasPrefix(t, []byte(begin)) })
}

// packed tells whether hex begins as gzip and zip do.
func packed(t []byte) bool {
	return len(t) >= 20 && (bytes.HasPrefix(t, []byte("1f8b08")) || bytes.HasPrefix(t, []byte("504b0304"))) && allHex(t)
}

// encoding is a way to write bytes in letters and digits: each is worth some bits.
type encoding struct {
	bits    int
	least   int
	letters [256]uint8 // one more than what a letter is worth; 0 of what is none
}

var (
	hexadecimal = newEncoding(4, 12, "0123456789abcdef", "0123456789ABCDEF")
	base64      = newEncoding(6, 10, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
	base32      = newEncoding(5, 10, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "abcdefghijklmnopqrstuvwxyz234567")
)

func newEncoding(bits, least int, alphabets ...string) *encoding {
	e := &encoding{bits: bits, least: least}
	for _, a := range alphabets {
		for i := range len(a) {
			e.letters[a[i]] = uint8(i + 1)
		}
	}
	return e
}

// writes tells whether t is a text in an encoding. It gives up at the first letter that is none
// of the alphabet's, and at the first byte that is of no text, which is soon.
func (s *Scanner) writes(e *encoding, t []byte) bool {
	if len(t) < e.least {
		return false
	}
	raw := s.raw[:0]
	var in reading
	held, bits := uint(0), 0
	for _, b := range t {
		v := e.letters[b]
		if v == 0 {
			return false
		}
		held, bits = held<<e.bits|uint(v-1), bits+e.bits
		if bits < 8 {
			continue
		}
		bits -= 8
		raw = append(raw, byte(held>>bits)) //nolint:gosec // G115: the lowest eight bits are meant
		if !in.goesOn(raw) {
			s.raw = raw
			return false
		}
	}
	s.raw = raw
	return s.holdsText(raw)
}

// reading is how far bytes are a text.
type reading struct {
	wide   bool // in UTF-16
	broken bool // in no other
	more   int  // bytes to come of a character
}

// goesOn tells whether bytes, of which the last is new, may be the beginning of a text: in
// UTF-8, or in UTF-16, where every other byte says which script it is.
func (r *reading) goesOn(raw []byte) bool {
	if r.wide {
		return true
	}
	b := raw[len(raw)-1]
	switch {
	case r.broken:
	case r.more > 0:
		r.more--
		r.broken = b>>6 != 2
	case b < 0x80:
		r.broken = b < ' ' && b != '\n' && b != '\t' && b != '\r' || b == 0x7f
	case b >= 0xc3 && b < 0xf4:
		r.more = 1
		if b >= 0xe0 {
			r.more = 2
		}
		if b >= 0xf0 {
			r.more = 3
		}
	default:
		r.broken = true
	}
	if !r.broken || len(raw) < 4 {
		return true
	}
	r.wide = len(raw) == 4 && (raw[0] == raw[2] && raw[0] < 0x10 || raw[1] == b && b < 0x10)
	return r.wide
}

// holdsText tells whether decoded bytes are a text: of a dozen random ones hardly any are.
// Fewer must look like an identifier themselves.
func (s *Scanner) holdsText(raw []byte) bool {
	if len(raw) < 6 {
		return false
	}
	if !readable(raw) {
		if raw, _ = wide(raw, false); raw == nil {
			return false
		}
	}
	return len(raw) >= 12 || utf8.Valid(raw) && narrow(raw) && s.holds(raw)
}

// readable tells whether bytes are letters for the most part, and signs that stand in lines.
func readable(raw []byte) bool {
	letters := 0
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		switch {
		case r == utf8.RuneError && n < 2 && i < len(raw)-3, r < ' ' && r != '\n' && r != '\t' && r != '\r', r == 0x7f:
			return false
		case r > 0x7f || classes[r]&(lower|upper|digit) != 0:
			letters += n
		}
		i += n
	}
	return 2*letters >= len(raw)
}

// unhex gives the bytes of hex digits.
func unhex(t []byte) []byte {
	raw := make([]byte, 0, len(t)/2)
	for i := 0; i+1 < len(t); i += 2 {
		raw = append(raw, (hexadecimal.letters[t[i]]-1)<<4|(hexadecimal.letters[t[i+1]]-1))
	}
	return raw
}
