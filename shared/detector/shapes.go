package detector

import (
	"bytes"
	"net/netip"
)

// number is a token of digits only: alone, or a group of a longer number.
func (s *Scanner) number(start, end int) {
	if s.groups > 0 && s.last.end+1 == start && s.line[s.last.end] == ' ' {
		s.groups++
	} else {
		s.groups, s.first = 1, start
	}
	n := end - start
	switch {
	case s.groups == 4 && n == 4 && end-s.first == 19 && s.line[s.first+4] == ' ' && s.line[s.first+9] == ' ':
		s.hit(Card, s.first, end)
	case s.groups == 3 && n == 4 && end-s.first == 12 && s.line[s.first+3] == ' ' && s.line[s.first+7] == ' ':
		s.hit(groupsOf334(s.line[s.first:end]), s.first, end)
	case s.groups == 3 && n == 4 && end-s.first == 11 && s.line[s.first+3] == ' ' && s.line[s.first+6] == ' ':
		s.hit(SSN, s.first, end)
	case n >= 13 && n <= 19 && luhn(s.line[start:end]):
		s.hit(Card, start, end)
	case n == 10 && nhs(s.line[start:end]):
		s.hit(NHS, start, end)
	}
}

// mix is a token of several classes.
func (s *Scanner) mix(start, end int, kinds uint16) (name bool) {
	t := s.line[start:end]
	if len(t) > 19 && t[10] == 'T' && t[4] == '-' && t[13] == ':' && kinds&(high|at|slash|percent) == 0 { // a time of the log's own
		return false
	}
	for len(t) > 0 && (t[len(t)-1] == '.' || t[len(t)-1] == ':') { // the end of a sentence
		t = t[:len(t)-1]
	}
	if len(t) == 0 {
		return false
	}
	after := end
	end = start + len(t)
	if kinds&(digit|high) == 0 {
		s.announced(start, end, after)
	}
	switch {
	case kinds&high != 0:
		s.hit(Foreign, start, end)
	case kinds&at != 0:
		if i := bytes.IndexByte(t, '@'); i > 0 && i < len(t)-1 && !firmware(t) {
			s.hit(Email, start, end)
		}
	case kinds&slash != 0:
		s.path(t, start, end)
	case kinds&percent != 0:
		if bytes.Count(t, []byte("%")) > 1 {
			s.hit(Encoded, start, end)
		}
	case kinds&(lower|upper) == 0:
		s.digits(t, start, end, kinds)
	case kinds&colon != 0:
		s.colons(t, start, end)
	case kinds&digit != 0:
		s.code(t, start, end, kinds)
	case kinds&dot != 0 && s.host(t):
		s.hit(Host, start, end)
	case kinds&joiner != 0 && spaced(t) >= minNucleotides:
		s.hit(Nucleotide, start, end)
	case kinds&joiner != 0 && twoNames(t):
		s.hit(Person, start, end)
	}
	return false
}

// digits is a token of digits, dots, hyphens and colons.
func (s *Scanner) digits(t []byte, start, end int, kinds uint16) {
	shape, n := groups(t)
	switch {
	case n == 0:
	case shape == 0x324:
		s.hit(SSN, start, end)
	case shape == 0x422 || shape == 0x224:
		if kinds&colon == 0 && !s.timeFollows(end) {
			s.hit(Date, start, end)
		}
	case shape == 0x1334:
		s.hit(Phone, start, end)
	case shape == 0x334:
		s.hit(groupsOf334(t), start, end)
	case shape == 0x34 && start >= 2 && (s.line[start-1] == ' ' || s.line[start-1] == '-') && s.line[start-2] == ')':
		if open := bytes.LastIndexByte(s.line[:start], '('); open >= 0 && start-open <= 8 {
			s.hit(Phone, open, end)
		}
	case t[0] == '+' && len(t) >= 8:
		s.hit(Phone, start, end)
	case t[0] == '+' && n == 1 && len(t) <= 4 && end+3 < len(s.line) && s.line[end] == ' ' && classes[s.line[end+1]]&classes[s.line[end+2]]&digit != 0:
		last := end // +34 912 345 678: as far as digits and single spaces go
		for last+1 < len(s.line) && (classes[s.line[last]]&digit != 0 || s.line[last] == ' ' && classes[s.line[last+1]]&digit != 0) {
			last++
		}
		if last < len(s.line) && classes[s.line[last]]&digit != 0 {
			last++
		}
		s.hit(Phone, start, last)
	case shape == 0x4444:
		s.hit(Card, start, end)
	case kinds&dot != 0 && n == 4 || kinds&colon != 0:
		if ip(t) {
			s.hit(IP, start, end)
		}
	}
}

// timeFollows tells whether a date is the time of a log's line: 2026-03-12 12:33.
func (s *Scanner) timeFollows(end int) bool {
	rest := s.line[end:]
	return len(rest) >= 6 && rest[0] == ' ' && rest[3] == ':' && classes[rest[1]]&classes[rest[2]]&classes[rest[4]]&digit != 0
}

// groups are the lengths of the runs of digits, a hexadecimal digit each, and how many; 0 of
// more than seven, or one longer than fifteen.
func groups(t []byte) (shape, n int) {
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
			shape, n, run = shape<<4|run, n+1, 0
		}
	}
	return shape, n
}

// ip knows addresses, also with a port; 1.18.54.4 is a version, and no address begins so low
// in a private network.
func ip(t []byte) bool {
	text := string(t)
	a, err := netip.ParseAddr(text)
	if err != nil {
		p, err := netip.ParseAddrPort(text)
		if err != nil {
			return false
		}
		a = p.Addr()
	}
	return !a.Is4() || a.As4()[0] >= 10
}

// colons is a token with letters and colons: a time, an address, a MAC, a drive, a read.
func (s *Scanner) colons(t []byte, start, end int) {
	switch {
	case len(t) == 17 && hexGroups(t, ':', 2):
		s.hit(MAC, start, end)
	case ip(t):
		s.hit(IP, start, end)
	case bytes.Count(t, []byte(":")) >= 2 && classes[t[0]]&(upper|lower) != 0 && classes[t[len(t)-1]]&(digit|upper) != 0:
		s.hit(RunID, start, end)
	}
}

// code is a token of letters and digits.
func (s *Scanner) code(t []byte, start, end int, kinds uint16) {
	switch {
	case kinds&joiner != 0 && runID(t):
		s.hit(RunID, start, end)
	case len(t) == 36 && uuid(t):
		s.hit(UUID, start, end)
	case len(t) == 17 && hexGroups(t, '-', 2), len(t) == 14 && hexGroups(t, '.', 4):
		s.hit(MAC, start, end)
	case record(t):
		s.hit(MRN, start, end)
	case kinds&joiner != 0 && sample(t):
		s.hit(Sample, start, end)
	case kinds&dot == 0 && dni(t):
		s.hit(DNI, start, end)
	case kinds&(dot|joiner) == 0 && flowcell(t) || bytes.HasPrefix(t, []byte("000000000-")):
		s.hit(Flowcell, start, end)
	case kinds&(dot|joiner) == 0 && iban(t):
		s.hit(IBAN, start, end)
	case secret(t):
		s.hit(Secret, start, end)
	case kinds&dot != 0 && s.host(t):
		s.hit(Host, start, end)
	case kinds&(joiner|dot) == 0 && encoded(t):
		s.hit(Encoded, start, end)
	}
}

// path knows drives, shares, homes, addresses of the web; a relative path of the run folder
// and a unit such as k/mm2 are none.
func (s *Scanner) path(t []byte, start, end int) {
	switch {
	case bytes.Contains(t, []byte("://")):
		s.hit(URL, start, end)
	case bytes.IndexByte(t, '\\') >= 0, t[0] == '/' && len(t) > 2, len(t) > 3 && t[1] == ':', bytes.Contains(t, []byte("Users/")), bytes.Contains(t, []byte("home/")):
		// A path with spaces goes on to the next word that has a separator; the user's name
		// comes before.
		s.hit(Path, start, end)
	case bytes.IndexByte(t, ':') >= 0 && ip(t):
		s.hit(IP, start, end)
	default:
		if shape, n := groups(t); n == 3 && (shape == 0x224 || shape == 0x422 || shape == 0x124 || shape == 0x214 || shape == 0x222) && onlyDigits(t) {
			s.hit(Date, start, end)
		}
	}
}
