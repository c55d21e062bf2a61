package scrub

import (
	"maps"
	"slices"
	"strings"

	"proactive/shared/catalog"
	"proactive/shared/detector"
	"proactive/shared/observation"
)

// Rule is what hit: one of the detector's, or one of those below.
type Rule = detector.Rule

// Rules for open fields beside the detector's: no open field of the catalog holds a word, and
// what has none of the few closed shapes is a hit whatever it is.
const (
	RuleWord   Rule = "word"
	RuleNumber Rule = "number" // a number that is not of the field's kind
	RuleShape  Rule = "shape"  // anything else
	RuleField  Rule = "field"  // a field's name that is not ours
)

// Reasons are why each rule is there, by name: the detector's, and those above.
func Reasons() map[Rule]string {
	all := maps.Clone(detector.Reasons)
	all[RuleWord] = "a word: no open field of the catalog holds one"
	all[RuleNumber] = "a number that is not of the kind that the field holds"
	all[RuleShape] = "any other text that has not the shape of what the field holds"
	all[RuleField] = "a field that is not in the catalog"
	return all
}

// Hit says where a rule hit. It does not hold what it hit.
type Hit struct {
	Rule  Rule
	Field string
	Row   int // index into what was searched
}

// Detect searches the strings of kept for what identifies a person, a sample or a place,
// or spells a sequence. It is independent of Project: it does not ask whether a string
// satisfies its field's pattern, and a pattern that is too wide in the catalog shows here.
// The values of enumerations are exempt, for nothing of a lab's can be among them; any other
// text in an enumeration's field is a hit.
//
// It denies by default as well: a text that has not the closed shape that its field holds is
// a hit, and the rules only say of what kind. What it cannot see: eight digits that are no
// date and look like a lot or a part, random hex digits that are a digest of anything, a
// version that is the address of a host below 10.0.0.0.
func Detect(cat *catalog.Catalog, kept []observation.Observation) []Hit {
	var hits []Hit
	var scanner detector.Scanner
	for i, o := range kept {
		f, ok := cat.Field(o.Field)
		switch {
		case !ok:
			hits = append(hits, Hit{Rule: named(&scanner, o.Text, RuleField), Row: i}) // without the field's name, which is a hit itself
		case o.Text == "":
		case f.Type == catalog.Enum && slices.Contains(f.Values, o.Text):
		default:
			if rule, hit := detect(&scanner, o.Field, o.Text); hit {
				hits = append(hits, Hit{Rule: rule, Field: o.Field, Row: i})
			}
		}
	}
	return hits
}

func detect(scanner *detector.Scanner, field, text string) (Rule, bool) {
	for _, s := range shapes {
		if !is(field, s.field) || !s.holds.MatchString(text) {
			continue
		}
		if s.but == nil {
			return "", false
		}
		return s.but(text)
	}
	switch {
	case word.MatchString(text):
		return named(scanner, text, RuleWord), true
	case digits.MatchString(text):
		return named(scanner, text, RuleNumber), true
	}
	return named(scanner, text, RuleShape), true
}

// is tells whether a field is one of those that a pattern with one star means.
func is(field, pattern string) bool {
	before, after, _ := strings.Cut(pattern, "*")
	if !strings.Contains(pattern, "*") {
		return field == pattern
	}
	return strings.HasPrefix(field, before) && strings.HasSuffix(field, after)
}

// named is the rule of the detector's that says what a text is, or else rule.
func named(scanner *detector.Scanner, text string, rule Rule) Rule {
	if hits := scanner.Line([]byte(text)); len(hits) > 0 {
		return hits[0].Rule
	}
	if _, hit := day(text); hit {
		return detector.Date
	}
	return rule
}
