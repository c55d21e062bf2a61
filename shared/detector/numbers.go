package detector

import "bytes"

// number is a token of digits only: alone, or a group of a longer number.
func (s *Scanner) number(start, end int) {
	n := uint32(min(end-start, 15)) //nolint:gosec // G115: 1 to 15
	if s.shape != 0 && s.last.end+1 == start && s.line[s.last.end] == ' ' && s.shape < 1<<24 {
		s.shape = s.shape<<4 | n
	} else {
		s.shape, s.first, s.lead = n, start, s.last
	}
	if s.shape < 0x8 || n == 1 { // most
		return
	}
	if end+1 < len(s.line) && s.line[end] == ' ' && classes[s.line[end+1]]&digit != 0 {
		return // there is more of it, or it is one of a row of numbers
	}
	if s.shape < 0x10 {
		s.bare(start, end)
		return
	}
	s.grouped(end)
}

// grouped is a number in groups with spaces between, from s.first.
func (s *Scanner) grouped(end int) {
	if s.lead.end >= 0 && s.lead.end+2 >= s.first && s.line[s.first-1] == ' ' {
		if _, ok := lookup(rows, bytes.TrimRight(s.line[s.lead.start:s.lead.end], ":")); ok {
			return
		}
	}
	t := s.line[s.first:end]
	first := t[0]
	switch s.shape {
	case 0x324:
		if !bytes.HasPrefix(t, []byte("000")) {
			s.hit(SSN, s.first, end)
		}
	case 0x334:
		s.hit(groupsOf334(t), s.first, end)
	case 0x422, 0x224:
		s.date(s.first, end, false)
	case 0x4444, 0x465:
		if card(digitsOf(t)) {
			s.hit(Card, s.first, end)
		}
	case 0x444:
		if d := digitsOf(t); first > '2' && verhoeff(d) {
			s.hit(National, s.first, end)
		}
	case 0x333, 0x3222: // Spanish, and others of nine digits
		if first >= '6' {
			s.hit(Phone, s.first, end)
		}
	case 0x22222, 0x344, 0x434, 0x244, 0x56, 0x28, 0x433, 0x3322: // French, British, Japanese, Italian, Australian, Swiss
		if first == '0' && t[1] != '0' {
			s.hit(Phone, s.first, end)
		}
	case 0x4333, 0x43222: // 0034 612 345 678
		if first == '0' && t[1] == '0' {
			s.hit(Phone, s.first, end)
		}
	case 0x44, 0x34: // what follows an area code in parentheses
		if open := s.areaCode(s.first); open >= 0 {
			s.hit(Phone, open, end)
		}
	case 0x12223332, 0x1222333: // a French number of social security
		if first == '1' || first == '2' {
			s.hit(National, s.first, end)
		}
	case 0x1222332:
		if french(digitsOf(t)) {
			s.hit(National, s.first, end)
		}
	case 0x2333:
		if german(digitsOf(t)) {
			s.hit(National, s.first, end)
		}
	case 0x222:
		if nino(s.line, s.first, end) {
			s.hit(National, s.first-3, end+2)
		}
	}
}

// areaCode is where an area code in parentheses begins, with the country's before it, that
// what begins at at follows; -1 if none does.
func (s *Scanner) areaCode(at int) int {
	i := at - 1
	if i >= 0 && (s.line[i] == ' ' || s.line[i] == '-') {
		i--
	}
	if i < 0 || s.line[i] != ')' {
		return -1
	}
	open := i - 1
	for open >= 0 && classes[s.line[open]]&digit != 0 {
		open--
	}
	if open < 0 || s.line[open] != '(' || i-open < 2 || i-open > 6 {
		return -1
	}
	country := open
	if country > 0 && s.line[country-1] == ' ' {
		country--
	}
	from := country
	for from > 0 && classes[s.line[from-1]]&digit != 0 {
		from--
	}
	if from > 0 && from < country && s.line[from-1] == '+' {
		return from - 1
	}
	return open
}

// bare is a number of eight digits or more that stands alone. Most are counts.
func (s *Scanner) bare(start, end int) {
	t := s.line[start:end]
	if s.counts(end) || s.follows(units, start) {
		return
	}
	switch n := len(t); {
	case n == 8 && s.longAgo(start), (n == 12 || n == 14) && t[0] == '1' && t[1] == '9' && s.longAgo(start):
		s.hit(Date, start, end)
	case n == 10 && (t[0] == '4' || t[0] == '6' || t[0] == '7' || t[0] == '9') && nhs(t):
		s.hit(NHS, start, end)
	case n == 15 && french(t), n == 11 && eleven(t), n == 13 && thirteen(t), n == 18 && chinese(t):
		s.hit(National, start, end)
	case n >= 11 && n <= 15 && t[0] == '0' && t[1] == '0' && t[2] != '0': // 0034612345678
		s.hit(Phone, start, end)
	case n >= 13 && n <= 19 && card(t) && luhn(t):
		s.hit(Card, start, end)
	case n >= 16 && n%2 == 0:
		s.encoded(start, end, digit)
	}
}

// counts tells whether a unit follows: 12031954 bytes.
func (s *Scanner) counts(end int) bool {
	if end+1 >= len(s.line) || s.line[end] != ' ' {
		return false
	}
	_, ok := lookup(units, s.line[end+1:s.word(end+1)])
	return ok
}

// digits is a token of digits, dots, hyphens, plus signs and colons.
func (s *Scanner) digits(start, end int, kinds uint16) {
	t := s.line[start:end]
	shape, n := groups(t)
	if n == 0 || n == 2 && kinds&(joiner|colon) == 0 { // 12000.25
		return
	}
	separator := func(b byte) bool { return bytes.Count(t, []byte{b}) == n-1 && len(t) == digitCount(t)+n-1 }
	hyphens, dots := separator('-') || separator('+'), separator('.')
	switch {
	case n == 6 && shape == 0x222222 && (hyphens || separator(':')), shape == 0x444 && dots:
		s.hit(MAC, start, end)
	case kinds&colon != 0:
		if ip(t) {
			s.hit(IP, start, end)
		}
	case t[0] == '+':
		s.international(start, end)
	case kinds&dot != 0 && n == 4 && ip(t):
		s.hit(IP, start, end)
	case shape == 0x324 && (hyphens || dots):
		s.hit(SSN, start, end)
	case n == 3 && (hyphens || dots):
		s.three(start, end, shape, hyphens)
	case shape == 0x1334 && (hyphens || dots):
		s.hit(Phone, start, end)
	case (shape == 0x3222 && t[0] >= '6' || shape == 0x22222 && t[0] == '0' && t[1] != '0') && (hyphens || dots):
		s.hit(Phone, start, end)
	case (shape == 0x34 || shape == 0x54 || shape == 0x322) && s.areaCode(start) >= 0:
		s.hit(Phone, s.areaCode(start), end)
	case shape == 0x4444 && hyphens:
		if card(digitsOf(t)) {
			s.hit(Card, start, end)
		} else if orcid(t) {
			s.hit(National, start, end)
		}
	case n == 2 && hyphens && t[0] == '0' && t[1] != '0' && len(t) > 9 && len(t) < 13: // 0171-1234567
		s.hit(Phone, start, end)
	case shape == 0x67 && kinds&joiner != 0 && day(two(t[4:]), two(t[2:])) && t[7] > '0' && t[7] < '9': // Korean
		s.hit(National, start, end)
	case shape == 0x3442 && dots && thirteen(digitsOf(t)), shape == 0x2331 && t[len(t)-2] == '-':
		s.hit(National, start, end)
	case shape == 0x22232 && eleven(digitsOf(t)): // 85.07.30-033.28
		s.hit(National, start, end)
	case shape == 0x3332 && kinds&joiner != 0 && cpf(digitsOf(t)):
		s.hit(National, start, end)
	case (shape == 0x64 || shape == 0x84) && kinds&joiner != 0 && personnummer(digitsOf(t)):
		s.hit(National, start, end)
	case shape == 0x433 && hyphens && t[0] == '0':
		s.hit(Phone, start, end)
	default:
		s.form(start, end)
	}
}

// three is a token of three numbers: a date, a telephone number, or a version.
func (s *Scanner) three(start, end int, shape uint64, hyphens bool) {
	t := s.line[start:end]
	switch {
	case shape == 0x334:
		s.hit(groupsOf334(t), start, end)
	case shape == 0x333 && hyphens && luhn(digitsOf(t)):
		s.hit(National, start, end) // a Canadian Social Insurance Number
	case shape == 0x281 && hyphens && cuit(digitsOf(t)):
		s.hit(National, start, end)
	case shape == 0x333 && hyphens && t[0] >= '6':
		s.hit(Phone, start, end)
	case (shape == 0x344 || shape == 0x244 || shape == 0x434) && t[0] == '0':
		s.hit(Phone, start, end)
	case shape == 0x465:
		if card(digitsOf(t)) {
			s.hit(Card, start, end)
		}
	default:
		s.date(start, end, !hyphens)
	}
}

// international is a number that begins with a plus sign: as far as digits go, with single
// signs between.
func (s *Scanner) international(start, end int) {
	last, digits := start+1, 0
	for i := start + 1; i < len(s.line) && i-start < 24; i++ {
		switch b := s.line[i]; {
		case classes[b]&digit != 0:
			last, digits = i+1, digits+1
			continue
		case b == ' ' || b == '-' || b == '.' || b == '(' || b == ')' || b == '/':
			if i-last < 2 {
				continue
			}
		}
		break
	}
	if digits >= 7 && digits <= 15 {
		s.hit(Phone, start, max(last, end))
	}
}

// groups are the lengths of the runs of digits, a hexadecimal digit each, and how many; 0 of
// more than seven, or one longer than fifteen.
func groups(t []byte) (shape uint64, n int) {
	run := 0
	for i := 0; i <= len(t); i++ {
		if i < len(t) && classes[t[i]]&digit != 0 {
			run++
			continue
		}
		if run > 15 || n == 7 {
			return 0, 0
		}
		if run > 0 {
			shape, n, run = shape<<4|uint64(run), n+1, 0
		}
	}
	return shape, n
}

func digitCount(t []byte) int {
	n := 0
	for _, b := range t {
		if classes[b]&digit != 0 {
			n++
		}
	}
	return n
}

func digitsOf(t []byte) []byte {
	d := make([]byte, 0, 20)
	for _, b := range t {
		if classes[b]&digit != 0 {
			d = append(d, b)
		}
	}
	return d
}

func isDigits(t []byte) bool { return len(t) > 0 && digitCount(t) == len(t) }
