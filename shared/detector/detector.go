// Package detector finds in lines of text what identifies a person, a sample or a place, or
// spells a sequence. It knows shapes and the few words that stand before a name; it does not
// know what the text is for. It is written for speed: one pass by a table of classes cuts a
// line into tokens, and only a token whose classes could be an identifier's is looked at.
//
// It is the second wall behind the catalog, and what a lab searches its own logs with. What
// has no shape it cannot see: a family name in lower case that no word announces.
package detector

// Rule is a kind of identifier.
type Rule string

// The rules. Each has its reason, and its test in TestRules.
const (
	Email      Rule = "email"
	Path       Rule = "path" // a drive, a share, a home: paths name hosts and people
	URL        Rule = "url"
	IP         Rule = "ip"
	MAC        Rule = "mac"
	UUID       Rule = "uuid"
	Host       Rule = "host"
	SSN        Rule = "ssn" // also an Individual Taxpayer Identification Number
	DNI        Rule = "dni" // with its check letter; NIE too
	NHS        Rule = "nhs" // ten digits in groups of 3, 3, 4, with their check digit
	Date       Rule = "date"
	Phone      Rule = "phone"
	Card       Rule = "card" // 13 to 19 digits in groups, or that satisfy Luhn
	IBAN       Rule = "iban"
	MRN        Rule = "mrn" // a record number that says it is one
	Nucleotide Rule = "nucleotide"
	RunID      Rule = "run-id"
	Flowcell   Rule = "flowcell"
	Person     Rule = "person"
	Sample     Rule = "sample"
	Named      Rule = "named" // what follows a word such as user= or patient
	Secret     Rule = "secret"
	Foreign    Rule = "foreign" // letters beyond ASCII: names in other scripts, or in disguise
	Encoded    Rule = "encoded" // text in base64, hex or percent signs that holds one of the above
)

// Hit is where a rule hit: bytes [Start, End) of the line. It does not hold what it hit.
type Hit struct {
	Rule       Rule
	Start, End int
}

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
)

var classes = func() (c [256]uint16) {
	for b := 'a'; b <= 'z'; b++ {
		c[b], c[b-'a'+'A'] = token|lower, token|upper
	}
	for b := '0'; b <= '9'; b++ {
		c[b] = token | digit
	}
	for _, b := range "ACGTUNacgtun" {
		c[b] |= nuclear
	}
	for b := 0x80; b < 0x100; b++ {
		c[b] = token | high
	}
	c['.'], c['@'], c['/'], c['\\'], c[':'] = token|dot, token|at, token|slash, token|slash, token|colon
	c['-'], c['_'], c['+'], c['%'], c['~'] = token|joiner, token|joiner, token|joiner, token|percent, token|joiner
	return c
}()

// Scanner looks at lines, one after the other. It is not safe for concurrent use.
type Scanner struct {
	line []byte
	hits []Hit

	// The token before: for names, which are two words, and numbers in groups.
	last     span
	lastName bool // it could be half a name
	groups   int  // digits in groups that it ends: their tokens
	first    int  // where the groups begin
}

type span struct{ start, end int }

// Line returns the hits of one line, in order, each for one token or more. They are valid
// until the next call.
func (s *Scanner) Line(line []byte) []Hit {
	s.line, s.hits = line, s.hits[:0]
	s.last, s.lastName, s.groups = span{-2, -2}, false, 0
	for i := 0; i < len(line); {
		any := classes[line[i]]
		if any&token == 0 {
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
	return s.hits
}

// token looks at one token, if its classes call for it.
func (s *Scanner) token(start, end int, any, all uint16) {
	kinds := any &^ (token | nuclear)
	name := false
	switch {
	case kinds == lower || kinds == upper:
		if all&nuclear != 0 && end-start >= minNucleotides {
			s.hit(Nucleotide, start, end)
		} else if end-start == 9 && kinds == upper && flowcell(s.line[start:end]) {
			s.hit(Flowcell, start, end)
		} else {
			s.announced(start, end, end)
		}
	case kinds == lower|upper:
		name = s.mixed(start, end, all)
	case kinds == digit:
		s.number(start, end)
		s.last = span{start, end}
		s.lastName = false
		return
	case kinds == digit|dot && end-start < 7 && s.line[end-1] != '.': // 1.23, 3.4.4
	default:
		name = s.mix(start, end, kinds)
	}
	s.last, s.lastName, s.groups = span{start, end}, name, 0
}

func (s *Scanner) hit(r Rule, start, end int) { s.hits = append(s.hits, Hit{r, start, end}) }

// minNucleotides is the shortest index in use.
const minNucleotides = 8
