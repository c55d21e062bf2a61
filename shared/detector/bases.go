package detector

// bases are letters of nucleotides in tokens that follow one another: ACGT TGCA, A C G T.
type bases struct{ start, end, letters, tokens, shouted int }

// apart takes in a token of bases that may be one of several.
func (s *Scanner) apart(start, end int, all uint16) {
	b := &s.bases
	if last := s.line[end-1]; end-start > 1 && (last == '.' || last == ':') {
		return // the end of a sentence: it comes again without
	}
	if b.letters > 0 && (all&nuclear == 0 || start-b.end > 2 || (all&upper != 0) != (b.shouted > 0)) {
		s.endBases()
	}
	if all&nuclear == 0 {
		return
	}
	if b.letters == 0 {
		b.start = start
	}
	b.end, b.letters, b.tokens = end, b.letters+end-start, b.tokens+1
	if all&upper != 0 {
		b.shouted++
	}
}

// endBases decides whether the bases up to here are a sequence. Small letters must be more:
// a cat can act.
func (s *Scanner) endBases() {
	if s.bases.letters == 0 {
		return
	}
	b := s.bases
	s.bases = bases{}
	if b.tokens < 2 || b.letters < minNucleotides {
		return
	}
	if b.shouted == b.tokens || b.letters >= 2*minNucleotides || b.tokens == b.letters {
		s.hit(Nucleotide, b.start, b.end)
	}
}

// spells tells whether a word in letters of one case, all of them codes of nucleotides, is a
// sequence: it has bases only, or is no word. Words with these letters alone are few, have
// few bases, and vowels between.
func spells(t []byte, all uint16) bool {
	if all&nuclear != 0 || len(t) > 11 {
		return true
	}
	unambiguous, consonants, most := 0, 0, 0
	for _, b := range t {
		if classes[b]&nuclear != 0 {
			unambiguous++
		}
		switch b | 0x20 {
		case 'a', 'u', 'y':
			consonants = 0
		default:
			consonants++
			most = max(most, consonants)
		}
	}
	if 4*unambiguous < 3*len(t) && most < 4 {
		return false
	}
	_, ok := lookup(iupacWords, t)
	return !ok
}

// joined tells whether a token is bases with signs between: A-C-G-T, ACGT/TGCA.
func joined(t []byte) bool {
	n := 0
	for _, b := range t {
		switch c := classes[b]; {
		case c&nuclear != 0:
			n++
		case c&(joiner|dot|slash|colon) == 0:
			return false
		}
	}
	return n >= minNucleotides
}

// sequences looks for runs of bases within a token of other signs: R1_ACGTACGT_L001.
func (s *Scanner) sequences(start, end int) bool {
	t := s.line[start:end]
	found := false
	for i := 0; i < len(t); {
		from, all := i, ^uint16(0)
		for i < len(t) && classes[t[i]]&letters != 0 {
			all &= classes[t[i]]
			i++
		}
		if i-from >= minNucleotides && (all&nuclear != 0 || all&iupac != 0 && all&letters != 0 && spells(t[from:i], all)) {
			s.hit(Nucleotide, start+from, start+i)
			found = true
		}
		i++
	}
	return found
}
