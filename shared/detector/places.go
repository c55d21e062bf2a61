package detector

import (
	"bytes"
	"net/netip"
)

// mail is a token with an at sign: an address, or the name of a read.
func (s *Scanner) mail(start, end int) {
	t := s.line[start:end]
	if t[0] == '@' { // as a read begins
		for start < end && s.line[start] == '@' {
			start++
		}
		if start < end {
			any, all := classesOf(s.line[start:end])
			s.token(start, end, any, all)
		}
		return
	}
	i := bytes.LastIndexByte(t, '@')
	if i == len(t)-1 || firmware(t) {
		return
	}
	domain := t[i+1:]
	any, _ := classesOf(domain)
	if any&letters == 0 && !ip(domain) || classes[domain[0]]&digit != 0 && any&dot == 0 { // fpga@7.4.7, 12@532nm
		return
	}
	s.hit(Email, start, end)
}

// firmware is an instrument's, and looks like mail: novaseq_flu@NovaSeq_1.26.1.
func firmware(t []byte) bool {
	board, version, _ := bytes.Cut(t, []byte("@NovaSeq_"))
	code, ok := bytes.CutPrefix(board, []byte("novaseq_"))
	if !ok || len(version) == 0 || len(version) > 9 || bytes.Count(version, []byte(".")) != 2 {
		return false
	}
	for _, b := range version {
		if classes[b]&(digit|dot) == 0 {
			return false
		}
	}
	n := letterRun(code)
	if what, ok := lookup(people, code[:n]); n < 3 || n > 4 || ok && what != particle {
		return false
	}
	return n == len(code) || len(code) == n+2 && code[n] == '_' && classes[code[n+1]]&digit != 0
}

// path knows drives, shares, homes, addresses of the web; a relative path of the run folder
// and a unit such as k/mm2 are none.
func (s *Scanner) path(start, end int) {
	t := s.line[start:end]
	if len(t) == 1 || len(t) < 6 && t[1] == '/' && classes[t[0]]&letters != 0 { // k/mm2
		return
	}
	cut := bytes.IndexByte(t, '/')
	back := cut < 0 || bytes.IndexByte(t, '\\') >= 0
	first := t[:max(cut, 0)]
	switch {
	case cut > 1 && cut+1 < len(t) && t[cut-1] == ':' && t[cut+1] == '/':
		s.hit(URL, start, end)
	case back, t[0] == '/' && bytes.IndexByte(t[1:], '/') >= 0, t[0] == '~' && len(t) > 2, cut > 0 && t[cut-1] == ':':
		s.hit(Path, start, end)
	case home(t):
		s.hit(Path, start, end)
	case ip(first), ip(t):
		s.hit(IP, start, end)
	case len(first) > 0 && host(first):
		s.hit(URL, start, end)
	case joined(t):
		s.hit(Nucleotide, start, end)
	case secret(t):
		s.hit(Secret, start, end)
	case s.month(start, end) && !clock(t):
		s.hit(Date, start, end)
	default:
		if shape, n := groups(t); n > 1 && digitCount(t) == len(t)-n+1 && bytes.Count(t, []byte("/")) == n-1 {
			s.slashed(start, end, shape)
			return
		}
		if s.encoded(start, end, letters|digit) {
			return
		}
		if survey(t)&(telling|names|spelling) != 0 || digitCount(t) > 5 {
			s.parts(start, end, func(b byte) bool { return b == '/' || b == ':' })
		}
	}
}

// slashed is a token of numbers with slashes between.
func (s *Scanner) slashed(start, end int, shape uint64) {
	t := s.line[start:end]
	switch {
	case shape == 0x324:
		s.hit(SSN, start, end)
	case shape == 0x282 && nuss(digitsOf(t)), shape == 0x64 && rodneCislo(digitsOf(t)):
		s.hit(National, start, end)
	case shape < 0x100 && len(t) > 9 && len(t) < 13 && t[0] == '0' && t[1] != '0': // 0171/1234567
		s.hit(Phone, start, end)
	case shape >= 0x100 && shape < 0x1000:
		s.date(start, end, false)
	}
}

// home tells whether a path has the folder of users in it.
func home(t []byte) bool {
	return bytes.Contains(t, []byte("Users/")) || bytes.Contains(t, []byte("home/"))
}

// clock tells whether a time of day ends a token: 12/Mar/2026:12:33:44.
func clock(t []byte) bool { return bytes.Count(t, []byte(":")) >= 2 }

// ip knows addresses, also with a port; 1.18.54.4 is a version, and no address begins so low
// in a private network.
func ip(t []byte) bool {
	if len(t) < 3 || len(t) > 56 || bytes.Count(t, []byte(".")) != 3 && bytes.Count(t, []byte(":")) < 2 {
		return false
	}
	text := string(bytes.Trim(t, "[]"))
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

// colons is a token with letters and colons: a time, an address, a MAC, a read, a name and
// what it stands for.
func (s *Scanner) colons(start, end int) {
	t := s.line[start:end]
	switch {
	case len(t) == 17 && hexGroups(t, ':', 2):
		s.hit(MAC, start, end)
	case ip(t):
		s.hit(IP, start, end)
	case readName(t):
		s.hit(RunID, start, end)
	case bytes.HasPrefix(t, []byte("arn:aws")):
		s.hit(URL, start, end)
	case joined(t):
		s.hit(Nucleotide, start, end)
	case len(t) >= 20 && hexGroups(t, ':', 2) && s.holdsText(unhex(bytes.ReplaceAll(t, []byte(":"), nil))):
		s.hit(Encoded, start, end)
	default:
		s.parts(start, end, func(b byte) bool { return b == ':' })
	}
}

// host knows a name of labels that ends in a domain of the kind that is no file's: of at least
// three labels, or of two that end in a domain of organisations or countries.
func host(t []byte) bool {
	i := len(t) - 1
	for i >= 0 && classes[t[i]]&letters != 0 {
		i--
	}
	if i < 1 || t[i] != '.' {
		return false
	}
	least, ok := lookup(domains, t[i+1:])
	if !ok || bytes.Count(t, []byte("."))+1 < int(least) {
		return false
	}
	last, _ := classesOf(t[i+1:])
	all, _ := classesOf(t)
	return last&letters == lower || last&letters == upper && all&lower == 0 // and not Laser.UK
}

// computer knows how computers are named: DESKTOP-4F2K1, HWI-D00410, lab-nas01, srv-lims.
func computer(t []byte) bool {
	for p, rest := cut(t); len(p)+len(rest) > 0; p, rest = cut(rest) {
		n := letterRun(p)
		needs, ok := lookup(computers, p[:n])
		next, _ := cut(rest)
		if ok && isDigitsOrNone(p[n:]) && (n < len(p) || isDigits(next) || needs && len(p)+1+len(rest) == len(t) && len(rest) > 3) {
			return true
		}
	}
	return false
}

func isDigitsOrNone(t []byte) bool { return len(t) == 0 || isDigits(t) }
