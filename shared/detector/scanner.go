package detector

import "hash/maphash"

// Classes of bytes. A token is a run of bytes of class token; what its bytes have in common,
// and what any of them has, decides whether it is looked at.
const (
	lower = 1 << iota
	upper
	digit
	dot
	at
	slash // either
	colon
	joiner // hyphen, underscore, plus
	high   // beyond ASCII
	percent
	token   // part of a token
	nuclear // a letter of a nucleotide
	iupac   // one of an ambiguous nucleotide, too
	odd     // not of a text, or an ampersand or equals sign: the line may be written in another way
)

const letters = lower | upper

var classes = func() (c [256]uint16) {
	for b := 'a'; b <= 'z'; b++ {
		c[b], c[b-'a'+'A'] = token|lower, token|upper
	}
	for b := '0'; b <= '9'; b++ {
		c[b] = token | digit
	}
	for _, b := range "ACGTUNacgtun" {
		c[b] |= nuclear | iupac
	}
	for _, b := range "RYSWKMBDHVryswkmbdhv" {
		c[b] |= iupac
	}
	for b := 0x80; b < 0x100; b++ {
		c[b] = token | high
	}
	c['.'], c['@'], c['/'], c['\\'], c[':'] = token|dot, token|at, token|slash, token|slash, token|colon
	c['-'], c['_'], c['+'], c['%'], c['~'] = token|joiner, token|joiner, token|joiner, token|percent, token|joiner
	for b := range ' ' {
		if b != '\t' && b != '\n' && b != '\r' && b != 0x1b {
			c[b] = odd
		}
	}
	c['&'], c['='] = odd, odd
	return c
}()

// classesOf are what any byte of t has, and what all have.
func classesOf(t []byte) (any, all uint16) {
	all = ^uint16(0)
	for _, b := range t {
		any |= classes[b]
		all &= classes[b]
	}
	return any, all
}

// Scanner looks at lines, one after the other. It is not safe for concurrent use.
type Scanner struct {
	line []byte
	hits []Hit

	last  span  // the token before
	is    kind  // what it was
	name  name  // words up to last that may be a name
	bases bases // bases up to last that stand apart
	// The token before ends a number in groups: their lengths, a hexadecimal digit each, where
	// they begin, and what came before.
	shape uint32
	first int
	lead  span

	nothing [1024]uint64 // hashes of tokens that are nothing
	hash    uint64       // of the token at hand
	around  bool         // it was told by what stands around it

	raw    []byte   // what a token decodes to
	narrow bool     // the line was tried as UTF-16 and is none
	depth  int      // of text within text
	inner  *Scanner // for what the line or a token of it decodes to
}

type span struct{ start, end int }

// kind is what a token was, to the one after it.
type kind uint8

const (
	other   kind = iota
	shouted      // a word in capitals
	initial      // one capital, or one and a dot
)

// Line returns the hits of one line, each for one token or more; they may overlap. They are
// valid until the next call.
func (s *Scanner) Line(line []byte) []Hit {
	s.line, s.hits = line, s.hits[:0]
	s.last, s.is, s.shape, s.narrow = span{-9, -9}, other, 0, false
	for i := 0; i < len(line); {
		any := classes[line[i]]
		if any&token == 0 {
			if any&odd != 0 && s.rewritten(i) {
				return s.hits
			}
			i++
			continue
		}
		start, all := i, any
		for i++; i < len(line); i++ {
			c := classes[line[i]]
			if c&token == 0 {
				break
			}
			any |= c
			all &= c
		}
		s.token(start, i, any, all)
	}
	s.endName()
	s.endBases()
	return s.hits
}

// token looks at one token, if its classes call for it.
func (s *Scanner) token(start, end int, any, all uint16) {
	kinds := any &^ (token | nuclear | iupac)
	if all&nuclear != 0 || s.bases.letters > 0 {
		s.apart(start, end, all)
	}
	is := other
	switch {
	case kinds == digit:
		s.endName()
		s.number(start, end)
		s.last, s.is = span{start, end}, other
		return
	case kinds == lower || kinds == upper:
		is = s.plain(start, end, kinds, all)
	case kinds == letters:
		is = s.mixed(start, end, all)
	case kinds == digit|dot && end-start < 7 && s.line[end-1] != '.': // 1.23, 3.4.4
		s.endName()
	default:
		is = s.mix(start, end, kinds)
	}
	s.last, s.is, s.shape = span{start, end}, is, 0
}

func (s *Scanner) hit(r Rule, start, end int) { s.hits = append(s.hits, Hit{r, start, end}) }

// plain is a word in letters of one case.
func (s *Scanner) plain(start, end int, kinds, all uint16) kind {
	if end-start >= minNucleotides && all&iupac != 0 && spells(s.line[start:end], all) {
		s.hit(Nucleotide, start, end)
		return other
	}
	known := known.passes(s.line[start:end])
	if known {
		s.announced(start, end)
	}
	switch {
	case known && s.person(start, end, kinds):
		return shouted
	case kinds == lower:
		s.endName()
		return other
	case end-start == 1:
		s.initial(end)
		return initial
	case (end-start == 9 || end-start == 10) && flowcell(s.line[start:end]):
		s.hit(Flowcell, start, end)
	case end-start >= 16 && secret(s.line[start:end]):
		s.hit(Secret, start, end)
	case end-start >= shortestEncoded && s.encoded(start, end, kinds):
	case s.shout(start, end):
		return shouted
	}
	s.endName()
	return shouted
}

// mixed is a word of capital and small letters: half a name, bases, or a word of ours.
func (s *Scanner) mixed(start, end int, all uint16) kind {
	if all&nuclear != 0 && end-start >= minNucleotides {
		s.hit(Nucleotide, start, end)
		return other
	}
	if known.passes(s.line[start:end]) {
		s.announced(start, end)
		if s.person(start, end, letters) {
			return other
		}
	}
	t := s.line[start:end]
	seen, slot := s.seen(t)
	switch {
	case seen:
	case capitalised(t):
		if !isOurs(t) {
			s.join(start, end).capitals++
			return other
		}
		*slot = s.hash
	case end-start >= shortestEncoded && s.encoded(start, end, letters), s.within(start, end):
	default:
		*slot = s.hash
	}
	s.endName()
	return other
}

// mix is a token of several classes.
func (s *Scanner) mix(start, end int, kinds uint16) kind {
	t := s.line[start:end]
	if kinds&(digit|joiner|colon) == digit|joiner|colon && s.stamp(start, end) {
		return other
	}
	if trimmed := trim(t); len(trimmed) < len(t) {
		return s.trimmed(start, end, len(trimmed))
	}
	switch {
	case kinds&high != 0:
		return s.foreign(start, end)
	case kinds&percent != 0:
		s.escaped(start, end)
	case kinds&at != 0:
		s.mail(start, end)
	case kinds&letters == 0:
		if kinds&slash != 0 {
			s.path(start, end)
		} else {
			s.digits(start, end, kinds)
		}
	case len(t) > 5 || kinds&(slash|colon) != 0: // and not V12, v3.4.4, P1
		s.code(start, end, kinds)
	case len(t) == 2 || len(t) == 4:
		s.begins(start, end)
	}
	s.endName()
	return other
}

// code is a token of letters and other signs, if none such was looked at before and found to
// be nothing, whatever stands around it.
func (s *Scanner) code(start, end int, kinds uint16) {
	seen, slot := s.seen(s.line[start:end])
	if seen {
		return
	}
	hash, hits := s.hash, len(s.hits)
	s.around = false
	switch {
	case kinds&slash != 0:
		s.path(start, end)
	case kinds&colon != 0:
		s.colons(start, end)
	case kinds&digit != 0:
		s.numbered(start, end, kinds)
	default:
		s.compound(start, end, kinds)
	}
	if len(s.hits) == hits && !s.around && (kinds&digit == 0 || digitCount(s.line[start:end]) < 6) { // and no serial number
		*slot = hash
	}
}

// seen tells whether a token was looked at before and found to be nothing; if not, its hash
// goes into slot once it is. A log writes few tokens over and over.
func (s *Scanner) seen(t []byte) (yes bool, slot *uint64) {
	s.hash = maphash.Bytes(seed, t) | 1
	slot = &s.nothing[s.hash>>1%uint64(len(s.nothing))]
	return *slot == s.hash, slot
}

var seed = maphash.MakeSeed()

// trim leaves out what ends a sentence or a clause.
func trim(t []byte) []byte {
	for len(t) > 0 && (t[len(t)-1] == '.' || t[len(t)-1] == ':' || t[len(t)-1] == '-') {
		t = t[:len(t)-1]
	}
	return t
}

// trimmed looks at what a sentence ends with: its last n bytes are no part of it.
func (s *Scanner) trimmed(start, end, n int) kind {
	if n == 1 && end-start < 4 && classes[s.line[start]]&upper != 0 && s.line[start+1] == '.' {
		s.initial(start + 2)
		return initial // and not the end of a sentence
	}
	if n > 0 {
		any, all := classesOf(s.line[start : start+n])
		s.token(start, start+n, any, all)
	}
	is := s.is
	s.endName()
	return is
}

// parts looks at the pieces of a token between the bytes sep one after the other.
func (s *Scanner) parts(start, end int, sep func(byte) bool) {
	for from := start; from <= end; {
		to := from
		for to < end && !sep(s.line[to]) {
			to++
		}
		if to > from {
			any, all := classesOf(s.line[from:to])
			s.token(from, to, any, all)
		}
		from = to + 1
	}
}
