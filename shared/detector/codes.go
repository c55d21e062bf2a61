package detector

import "bytes"

// numbered is a token of letters and digits, with dots or hyphens or without.
func (s *Scanner) numbered(start, end int, kinds uint16) {
	t := s.line[start:end]
	separate := kinds & (dot | joiner)
	if separate&joiner != 0 && runID(t) {
		s.hit(RunID, start, end)
		return
	}
	is := survey(t)
	switch {
	case len(t) == 36 && uuid(t):
		if !s.ofAPart(start, end) {
			s.hit(UUID, start, end)
		}
	case len(t) == 17 && hexGroups(t, '-', 2), len(t) == 14 && hexGroups(t, '.', 4):
		s.hit(MAC, start, end)
	case len(t) > 17 && hexGroups(t, '-', 2) && s.holdsText(unhex(bytes.ReplaceAll(t, []byte("-"), nil))):
		s.hit(Encoded, start, end)
	case bytes.HasPrefix(t, []byte("S-1-5-21-")):
		s.hit(UUID, start, end)
	case is&telling != 0 && record(t):
		s.hit(MRN, start, end)
	case is&telling != 0 && sample(t), is&names != 0 && separate != 0 && sample(t), cellLine(t):
		s.hit(Sample, start, end)
	case dni(t):
		s.hit(DNI, start, end)
	case national(t):
		s.hit(National, start, end)
	case separate == 0 && flowcell(t), separate == joiner && cartridge(t):
		s.hit(Flowcell, start, end)
	case separate == 0 && iban(t):
		s.hit(IBAN, start, end)
	case secret(t):
		s.hit(Secret, start, end)
	case separate&dot != 0 && host(t), separate == joiner && is&telling != 0 && computer(t), separate == 0 && is&telling != 0 && computer(t):
		s.hit(Host, start, end)
	case is&telling != 0 && s.month(start, end):
		s.hit(Date, start, end)
	case is&spelling != 0 && s.sequences(start, end):
	case is&telling != 0 && s.within(start, end):
	case s.encoded(start, end, kinds), kinds&joiner != 0 && s.form(start, end):
	}
}

// compound is words with signs between: a host, a name, bases.
func (s *Scanner) compound(start, end int, kinds uint16) {
	t := s.line[start:end]
	is := survey(t)
	switch {
	case is&bare != 0 && joined(t):
		s.hit(Nucleotide, start, end)
	case kinds&dot != 0 && host(t), is&telling != 0 && computer(t):
		s.hit(Host, start, end)
	case is&(telling|names) != 0 && named(t):
		s.hit(Person, start, end)
	case secret(t), bytes.HasPrefix(t, []byte("-----BEGIN")):
		s.hit(Secret, start, end)
	case is&spelling != 0 && s.sequences(start, end):
	case is&telling != 0 && s.within(start, end):
	case s.encoded(start, end, kinds), kinds&joiner != 0 && s.form(start, end):
	case is&telling != 0:
		s.announced(start, end)
	}
}

// What the words of a token may be.
const (
	telling  = 1 << iota // in a table
	names                // written as names are
	spelling             // bases, eight or more
	bare                 // bases and nothing else
)

// survey looks at the words of a token once, so that most need no other look.
func survey(t []byte) (is uint8) {
	is = bare
	for i := 0; i < len(t); {
		if classes[t[i]]&letters == 0 {
			i++
			continue
		}
		from, all, camel := i, ^uint16(0), false
		for ; i < len(t); i++ {
			c := classes[t[i]]
			if c&letters == 0 {
				break
			}
			if c&upper != 0 && i > from && classes[t[i-1]]&lower != 0 { // of MariaLopez, each
				camel = true
				if tellings.passes(t[from:i]) {
					is |= telling
				}
				from = i
			}
			all &= c
		}
		if all&nuclear == 0 {
			is &^= bare
		}
		if i-from > 1 && tellings.passes(t[from:i]) {
			is |= telling
		}
		switch n := i - from; {
		case n >= minNucleotides && all&iupac != 0:
			is |= spelling
		case n > 2 && classes[t[from]]&upper != 0 && classes[t[i-1]]&lower != 0 && !camel:
			is |= names
		}
	}
	return is
}

// tellings pass what is in a table that codes are looked up in.
var tellings = union(&announcers.filter, &peopleByName.filter, &sampleWords.filter, &records.filter, &computers.filter, &months.filter)

// runID knows a run folder's name: date, instrument, number, flow cell.
func runID(t []byte) bool {
	i := 0
	for i < len(t) && classes[t[i]]&digit != 0 {
		i++
	}
	return (i == 6 || i == 8) && bytes.Count(t[i:], []byte("_")) >= 3 && t[i] == '_'
}

// readName knows how a sequencer names a read, or the run and flow cell of it:
// A01934:156:HJF77DRX5:1:1101:1000:2000.
func readName(t []byte) bool {
	p := bytes.Split(t, []byte(":"))
	return len(p) >= 3 && len(p[0]) > 3 && len(p[1]) > 0 && isDigits(p[1]) && len(p[2]) >= 9 && digitCount(p[0]) > 1 && classes[p[0][0]]&upper != 0
}

// sample knows a code with a name in it, S12_Smith_tumor, or with a word for what samples
// are: tumor_12, Sample-003, TCGA-02-0001.
func sample(t []byte) bool {
	digits, words, kinds := 0, 0, 0
	for p, rest := cut(t); len(p)+len(rest) > 0; p, rest = cut(rest) {
		n := letterRun(p)
		if n < len(p) {
			digits++
		}
		if n < 3 {
			continue
		}
		if needs, ok := lookup(sampleWords, p[:n]); ok {
			if needs && n == len(p) && len(rest) > 0 && classes[rest[0]]&digit == 0 {
				continue // sample_rate_100
			}
			kinds++
		} else if n == len(p) && n > 3 && capitalised(p) && !isOurs(p) {
			words++
		}
	}
	return digits > 0 && words+kinds > 0
}

// cellLine knows those that everyone sequences: NA12878, HG00096.
func cellLine(t []byte) bool {
	return len(t) == 7 && (t[0] == 'N' && t[1] == 'A' || t[0] == 'H' && t[1] == 'G') && isDigits(t[2:])
}

// flowcell knows the ids of flow cells: nine characters that end in the product's, perhaps
// with the side before.
func flowcell(t []byte) bool {
	if len(t) == 10 && (t[0] == 'A' || t[0] == 'B') {
		t = t[1:]
	}
	if len(t) != 9 {
		return false
	}
	for _, b := range t {
		if classes[b]&(upper|digit) == 0 {
			return false
		}
	}
	if t[7] != 'X' && t[7] != 'T' && t[8] != 'X' && t[8] != '5' && t[8] != 'V' {
		return false
	}
	any, _ := classesOf(t[:6])
	return any&upper != 0 && (flowcells[string(t[6:])] || flowcells[string(t[7:])])
}

// cartridge knows the ids of MiSeq's and iSeq's.
func cartridge(t []byte) bool {
	switch {
	case bytes.HasPrefix(t, []byte("000000000-")):
		return true
	case len(t) == 13:
		return fits(t, "AAA99999-9999")
	}
	return false
}

// secret knows the forms of keys and tokens that services give out.
func secret(t []byte) bool {
	if len(t) < 16 || !secretInitials[t[0]] {
		return false
	}
	for _, prefix := range secrets {
		if bytes.HasPrefix(t, []byte(prefix)) {
			return true
		}
	}
	return false
}

// ofAPart tells whether a UUID is of a kind of device: in braces, or after a word that says so.
func (s *Scanner) ofAPart(start, end int) bool {
	s.around = true
	if start > 0 && end < len(s.line) && s.line[start-1] == '{' && s.line[end] == '}' {
		return true
	}
	if s.last.end < 0 || start-s.last.end > 2 {
		return false
	}
	_, ok := lookup(parts, bytes.TrimRight(s.line[s.last.start:s.last.end], ":"))
	return ok
}

func uuid(t []byte) bool {
	for i, b := range t {
		switch i {
		case 8, 13, 18, 23:
			if b != '-' {
				return false
			}
		default:
			if !isHex(b) {
				return false
			}
		}
	}
	return true
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f'
}

// hexGroups tells whether hex digits stand in groups of size, with sep between.
func hexGroups(t []byte, sep byte, size int) bool {
	for i, b := range t {
		if i%(size+1) == size {
			if b != sep {
				return false
			}
		} else if !isHex(b) {
			return false
		}
	}
	return true
}

// cut is the first word of a token, and what is behind the sign after it.
func cut(t []byte) (word, rest []byte) {
	for i, b := range t {
		if classes[b]&(joiner|dot) != 0 {
			return t[:i], t[i+1:]
		}
	}
	return t, nil
}

// named knows Maria_Lopez, maria.lopez and Lopez-Garcia.
func named(t []byte) bool {
	capitals, known, words := 0, uint8(0), 0
	for p, rest := cut(t); len(p)+len(rest) > 0; p, rest = cut(rest) {
		words++
		if what, ok := lookup(people, p); ok && what != particle {
			known |= what
			if capitalised(p) {
				capitals++
			}
			continue
		}
		if capitalised(p) && len(p) > 2 && !isOurs(p) {
			capitals++
		}
	}
	return words < 5 && (capitals > 1 || words > 1 && known&given != 0 && known&family != 0)
}
