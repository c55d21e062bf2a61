package detector

// name is a run of words that may be a person's name.
type name struct {
	start, end int // end is that of the last word that is no particle
	reach      int // of the last word of any kind
	words      int
	capitals   int // written as names are
	given      int // common given names, in whatever case
	family     int // common family names
	sure       int // common names that are hardly anything else, and written as names are
}

// adjacent tells whether a token that begins at start follows what ends at end as one word of
// a name does another: behind a space, a comma, an apostrophe or a caret.
func (s *Scanner) adjacent(end, start int) bool {
	if end < 0 || start-end > 2 {
		return false
	}
	for _, b := range s.line[end:start] {
		switch b {
		case ' ', ',', '^', '\'', '.', '\t':
		default:
			return false
		}
	}
	return true
}

// join begins a name at start, or goes on with the one that ends there.
func (s *Scanner) join(start, end int) *name {
	n := &s.name
	if n.words > 0 && !s.adjacent(n.reach, start) {
		s.endName()
	}
	if n.words == 0 {
		*n = name{start: start}
		if s.adjacent(s.last.end, start) {
			switch s.is {
			case initial: // J. Smith, O'Brien
				n.start = s.last.start
				if s.line[s.last.end-1] == '.' || s.line[start-1] == '\'' {
					n.capitals++
				}
			case shouted: // QUINTERO Maria
				if !isOurs(s.line[s.last.start:s.last.end]) {
					n.start = s.last.start
				}
			}
		}
	}
	n.words++
	n.end, n.reach = end, end
	return n
}

// initial goes on with a name for an initial within it: John A. Smith, Aoife O'Brien.
func (s *Scanner) initial(end int) {
	if s.name.words == 0 {
		return
	}
	if !s.adjacent(s.name.reach, end-2) && !s.adjacent(s.name.reach, end-1) {
		s.endName()
		return
	}
	s.name.reach = end
	if s.line[end-1] == '.' { // Smith, J.
		s.name.capitals++
		s.name.end = end
	}
}

// shout takes in a word in capitals that follows a common name.
func (s *Scanner) shout(start, end int) bool {
	n := &s.name
	if end-start < 3 || n.given+n.family == 0 || !s.adjacent(n.reach, start) || isOurs(s.line[start:end]) {
		return false
	}
	s.join(start, end)
	return true
}

// person takes in a common name, or a particle within a name, in any case.
func (s *Scanner) person(start, end int, kinds uint16) bool {
	what, ok := lookup(people, s.line[start:end])
	if !ok {
		return false
	}
	written := kinds != lower && (kinds == upper && end-start > 3 || kinds == letters && capitalised(s.line[start:end]))
	switch {
	case what == particle:
		if s.name.words == 0 || !s.adjacent(s.name.reach, start) {
			return false
		}
		s.name.reach = end
		return true
	case what&weak != 0 && isOurs(s.line[start:end]) && (s.name.words == 0 || !s.adjacent(s.name.reach, start)):
		return false // Green, Bruno
	}
	n := s.join(start, end)
	if what&given != 0 {
		n.given++
	}
	if what&family != 0 {
		n.family++
	}
	if written && what&weak == 0 {
		n.sure++
	}
	if kinds == letters && written {
		n.capitals++
	}
	return true
}

// endName decides whether the words up to here are a name.
func (s *Scanner) endName() {
	if s.name.words == 0 {
		return
	}
	n := &s.name
	if n.capitals > 1 || n.sure > 0 || n.words > 1 && n.given > 0 && n.family > 0 {
		s.hit(Person, n.start, n.end)
	}
	*n = name{}
}

// within looks for common names in a word of several, MariaLopez, or a code, smith_exome_3.
func (s *Scanner) within(start, end int) bool {
	t := s.line[start:end]
	for i := 0; i < len(t); {
		if classes[t[i]]&letters == 0 {
			i++
			continue
		}
		from := i
		for i++; i < len(t) && classes[t[i]]&letters != 0 && !(classes[t[i]]&upper != 0 && classes[t[i-1]]&lower != 0); i++ {
		}
		if i-from > 3 {
			if what, ok := lookup(people, t[from:i]); ok && what&(weak|particle) == 0 {
				s.hit(Person, start, end)
				return true
			}
		}
	}
	return false
}

// capitalised is a capital and small letters, with another capital only where names have it.
func capitalised(t []byte) bool {
	if len(t) < 2 || classes[t[0]]&upper == 0 {
		return false
	}
	for i := 1; i < len(t); i++ {
		if classes[t[i]]&lower == 0 {
			return i < 5 && i < len(t)-2 && prefix(string(t[:i])) && capitalised(t[i:])
		}
	}
	return true
}

// prefix tells whether a word stands in names before another capital.
func prefix(s string) bool {
	switch s {
	case "Mc", "Mac", "De", "Di", "La", "Le", "Van", "Von", "Fitz", "Del", "Dos", "Da", "O":
		return true
	}
	return false
}
