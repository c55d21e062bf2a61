package detector

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf8"
)

// escape tells whether t begins with a character that is written in another way, so that the
// line has to be read as what it says. Of the equals sign that mail escapes with, there have to
// be two: key=4D is an assignment.
func escape(t []byte) bool {
	if t[0] == '=' && (len(t) < 6 || t[3] != '=' || !isHex(t[4]) || !isHex(t[5])) {
		return false
	}
	_, n := reference(t)
	return n > 1
}

// reference is what one reference to a character says, and how long it is: by its number,
// &#74; or &#x4a;, also without the semicolon or with the ampersand written out; by its name,
// &aacute;, but for the five that every XML file has; or as mail has it, =4D. What is none says
// its first byte.
func reference(t []byte) (said []byte, n int) {
	switch {
	case len(t) < 3:
	case t[0] == '=':
		if isHex(t[1]) && isHex(t[2]) {
			return unhex(t[1:3]), 3
		}
	case t[1] == '#':
		if r, n := byNumber(t[2:]); n > 0 {
			return utf8.AppendRune(nil, r), n + 2
		}
	case bytes.HasPrefix(t, []byte("&amp;#")):
		if r, n := byNumber(t[6:]); n > 0 {
			return utf8.AppendRune(nil, r), n + 6
		}
	default:
		if i := 1 + letterRun(t[1:min(len(t), 12)]); i > 2 && i < len(t) && t[i] == ';' && !inXML[string(t[1:i])] {
			if text := html.UnescapeString(string(t[:i+1])); len(text) < i+1 {
				return []byte(text), i + 1
			}
		}
	}
	return t[:1], 1
}

// inXML are the names that every XML file knows.
var inXML = plainSet("amp lt gt quot apos")

// byNumber is the character of a number, and how long it is with the semicolon that may end it.
func byNumber(t []byte) (r rune, n int) {
	base := 10
	if len(t) > 0 && t[0]|0x20 == 'x' {
		base, t, n = 16, t[1:], 1
	}
	i := 0
	for i < len(t) && i < 8 && (classes[t[i]]&digit != 0 || base == 16 && isHex(t[i])) {
		i++
	}
	v, err := strconv.ParseInt(string(t[:i]), base, 32)
	if err != nil || v > utf8.MaxRune {
		return 0, 0
	}
	if n += i; i < len(t) && t[i] == ';' {
		n++
	}
	return rune(v), n
}

// begins looks at a short token that may begin something in groups: a bank account, bytes of
// a text.
func (s *Scanner) begins(start, end int) {
	t := s.line[start:end]
	if len(t) == 4 && fits(t, "AA99") {
		s.account(start)
		return
	}
	if len(t) == 4 && t[0] == '0' && t[1]|0x20 == 'x' {
		t = t[2:]
	}
	if len(t) == 2 && isHex(t[0]) && isHex(t[1]) {
		s.dump(start, end)
	}
}

// account is a bank account in groups of four with spaces between.
func (s *Scanner) account(start int) {
	text := make([]byte, 0, 34)
	for i := start; i < len(s.line) && len(text) < cap(text); i++ {
		switch c := classes[s.line[i]]; {
		case c&(upper|digit) != 0:
			text = append(text, s.line[i])
			continue
		case s.line[i] == ' ' && len(text)%4 == 0:
			continue
		}
		break
	}
	end := start + len(text) + (len(text)-1)/4
	if iban(text) {
		s.hit(IBAN, start, end)
	}
}

// leastDumped is how many bytes apart, in hex, are taken for more than a few codes.
const leastDumped = 8

// dump looks at bytes in hex with a sign or two between, 4d 61 72 or 0x4d, 0x61, of which the
// token at hand is one: if they are a text, they are a hit.
func (s *Scanner) dump(start, end int) {
	if n := len(s.hits); n > 0 && s.hits[n-1].End >= end {
		return // it is in one already
	}
	size, raw := end-start, make([]byte, 0, 32)
	pair := func(at int) bool {
		if at < 0 || at+size > len(s.line) || size == 4 && s.line[at+1]|0x20 != 'x' {
			return false
		}
		at += size - 2
		return isHex(s.line[at]) && isHex(s.line[at+1])
	}
	var gap int
	for gap = 1; gap < 3 && !pair(end+gap) && !pair(start-gap-size); gap++ {
	}
	if gap == 3 {
		return
	}
	from := start
	for pair(from-gap-size) && classes[s.line[from-1]]&token == 0 {
		from -= gap + size
	}
	to := from
	for pair(to) && len(raw) < mostEncoded {
		raw = append(raw, unhex(s.line[to+size-2:to+size])...)
		if to += size + gap; classes[s.line[min(to-gap, len(s.line)-1)]]&token != 0 {
			break
		}
	}
	if len(raw) >= leastDumped && s.holdsText(raw) {
		s.hit(Encoded, from, min(to-gap, len(s.line)))
	}
}

func allHex(t []byte) bool {
	for _, b := range t {
		if !isHex(b) {
			return false
		}
	}
	return true
}
