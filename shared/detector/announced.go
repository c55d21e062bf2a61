package detector

// What a word says of what follows it.
const (
	alone   = 1 << iota // a space between is enough: patient Smith
	whole               // in a field of that name all is meant, not the next word only
	counted             // only with a digit in it
	title               // of a person, if it has a capital: Dr. Smith, and not 120 ms
	loose               // often of something of ours: index=3, contact: closed
	dated               // the name of a month
	spelled             // bases
)

// announced looks at what follows a word that could announce an identifier.
func (s *Scanner) announced(start, end int) {
	if end >= len(s.line) {
		return // nothing does
	}
	how, ok := lookup(announcers, s.line[start:end])
	if !ok || how&title != 0 && (classes[s.line[start]]&upper == 0 || end-start > 1 && classes[s.line[start+1]]&lower == 0) {
		return
	}
	s.around = true
	if how&dated != 0 {
		s.written(start, end)
		return
	}
	from, assigned, tagged := s.separator(end, how)
	if !assigned { // user id 17, sample name: x
		for {
			to := s.word(from)
			if what, ok := lookup(connectors, s.line[from:to]); !ok || !what {
				break
			}
			if from, assigned, tagged = s.separator(to, how); assigned {
				break
			}
		}
	}
	if from >= len(s.line) || !assigned && (how&alone == 0 || from == end || s.line[from-1] != ' ') {
		return
	}
	from, to := s.value(from, assigned && how&whole != 0, tagged)
	if identifies(s.line[from:to], how, assigned) {
		s.hit(Named, from, to)
	}
}

// separator is where what follows a word begins, and how it is set off: by a sign of
// assignment, perhaps behind the quote that ends the word, or as the text of an XML element.
func (s *Scanner) separator(end int, how uint8) (from int, assigned, tagged bool) {
	from = end
	at := func() byte {
		if from < len(s.line) {
			return s.line[from]
		}
		return 0
	}
	if at() == '"' || at() == '\'' || at() == '.' && how&title != 0 {
		from++
	}
	if at() == '>' {
		return from + 1, true, true
	}
	for at() == ' ' {
		from++
	}
	for at() == '=' || at() == ':' || at() == '#' {
		from, assigned = from+1, true
		for at() == ' ' {
			from++
		}
	}
	return from, assigned, false
}

// word is the end of the letters at from.
func (s *Scanner) word(from int) int {
	for from < len(s.line) && classes[s.line[from]]&letters != 0 {
		from++
	}
	return from
}

// longest is how far a field of free text is followed, in bytes.
const longest = 120

// value is what stands at from: what is quoted, the text of an element, a whole field, or
// what comes before the next space.
func (s *Scanner) value(from int, whole, tagged bool) (start, end int) {
	quote := byte(0)
	if b := s.line[from]; b == '"' || b == '\'' {
		quote = b
		from++
	}
	to := from
	for to < len(s.line) && to-from < longest {
		b := s.line[to]
		switch {
		case quote != 0 && b == quote, quote == 0 && (b == '<' || b == '"' || b == ';' || b == '|' || b == '}' || b == '\t'):
			return from, to
		case quote == 0 && !tagged && (b == ',' || b == ' ' && !whole || b == ')' || b == ']'):
			return from, to
		}
		to++
	}
	return from, to
}

// identifies tells whether a value could be one, and is not a word of ours.
func identifies(v []byte, how uint8, assigned bool) bool {
	for len(v) > 0 && (v[0] == ' ' || v[0] == '(') {
		v = v[1:]
	}
	for len(v) > 0 && (classes[v[len(v)-1]]&token == 0 || v[len(v)-1] == '.' || v[len(v)-1] == ':') {
		v = v[:len(v)-1]
	}
	any, _ := classesOf(v)
	switch {
	case len(v) == 0, any&(letters|digit|high) == 0, how&counted != 0 && any&digit == 0:
		return false
	case !assigned && (any&(letters|high) == 0 && len(v) < 4 || how&title != 0 && classes[v[0]]&(upper|high) == 0):
		return false
	case how&loose != 0 && (any&(letters|high) == 0 && len(v) < 7 || len(v) < 3 || letterRun(v) == 1 && len(v) < 5 || classes[v[0]]&upper != 0 && letterRun(v) == len(v) && !capitalised(v)):
		return false
	case how&spelled != 0:
		n := letterRun(v)
		_, all := classesOf(v[:n])
		return n > 3 && all&iupac != 0
	}
	if to := letterRun(v); to > 0 {
		if what, ok := lookup(people, v[:to]); ok && what != particle && (what&weak == 0 || classes[v[0]]&upper != 0 && how&(loose|whole) != loose) {
			return true // Green, for one
		}
	}
	return !allOurs(v)
}

// letterRun is how many letters v begins with.
func letterRun(v []byte) int {
	n := 0
	for n < len(v) && classes[v[n]]&letters != 0 {
		n++
	}
	return n
}

// allOurs tells whether all words of v are ours, or say that there is nothing; a small number
// is, too.
func allOurs(v []byte) bool {
	words, digits := 0, 0
	for i := 0; i < len(v); {
		switch c := classes[v[i]]; {
		case c&high != 0:
			return false
		case c&digit != 0:
			if digits++; digits > 3 {
				return false
			}
			i++
			continue
		case c&letters == 0:
			digits = 0
			i++
			continue
		}
		n := letterRun(v[i:])
		if words++; n > 1 && !isOurs(v[i:i+n]) {
			return false
		}
		i, digits = i+n, 0
	}
	return words > 0
}
