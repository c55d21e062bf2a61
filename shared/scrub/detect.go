package scrub

import (
	"encoding/hex"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"proactive/shared/catalog"
	"proactive/shared/observation"
)

// Rule is a shape that the detector knows.
type Rule string

// The rules, in the order in which they are tried: the first that hits names the hit.
const (
	RuleNotASCII   Rule = "not-ascii"
	RuleEmail      Rule = "email"
	RulePath       Rule = "path" // also UNC and drive paths
	RuleURL        Rule = "url"
	RuleIP         Rule = "ip"
	RuleMAC        Rule = "mac"
	RuleUUID       Rule = "uuid"
	RuleHost       Rule = "host"
	RuleSSN        Rule = "ssn"
	RuleDNI        Rule = "dni" // with its check letter; NIE too
	RuleDate       Rule = "date"
	RulePhone      Rule = "phone"
	RuleCard       Rule = "card" // 13 to 19 digits that satisfy Luhn
	RuleNucleotide Rule = "nucleotide"
	RuleRunID      Rule = "run-id" // a run folder's or a read's name
	RuleFlowcell   Rule = "flowcell"
	RulePerson     Rule = "person"
	RuleSample     Rule = "sample"  // letters and a number: sample, patient, instrument
	RuleWord       Rule = "word"    // any other word: no open field of the catalog holds one
	RuleEncoded    Rule = "encoded" // the digits of a digest that spell text
	RuleNumber     Rule = "number"  // a number that is neither a lot nor a part
	RuleShape      Rule = "shape"   // anything else that has none of the closed shapes
	RuleField      Rule = "field"   // a field's name that is not ours
)

// Hit says where a rule hit. It does not hold what it hit.
type Hit struct {
	Rule  Rule
	Field string
	Row   int // index into what was searched
}

// Detect searches the strings of kept for what identifies a person, a sample or a place,
// or spells a sequence. It is independent of Project: it does not ask whether a string
// satisfies its field's pattern, and a pattern that is too wide in the catalog shows here.
// The values of enumerations are exempt, for nothing of a lab's can be among them.
//
// It denies by default as well: what has none of the few closed shapes of open fields is a
// hit, and the rules only say of what kind. What it cannot see: eight digits that are no date
// and look like a lot, 32 hex digits that are a digest of anything, a version that is the
// address of a host.
func Detect(cat *catalog.Catalog, kept []observation.Observation) []Hit {
	var hits []Hit
	for i, o := range kept {
		if _, ok := cat.Field(o.Field); !ok {
			hits = append(hits, Hit{Rule: RuleField, Row: i}) // without its name, which is what was hit
			continue
		}
		if o.Text == "" {
			continue
		}
		if f, ok := cat.Field(o.Field); ok && f.Type == catalog.Enum {
			if _, allowed := f.Check(o); allowed {
				continue
			}
		}
		if rule, hit := detect(o.Text); hit {
			hits = append(hits, Hit{Rule: rule, Field: o.Field, Row: i})
		}
	}
	return hits
}

// The closed shapes that open fields hold. They carry no words of a lab's.
var (
	token    = regexp.MustCompile(`^[0-9a-f]{32}$`)
	lot      = regexp.MustCompile(`^[125][0-9]{7}$`) // a part number too
	version  = regexp.MustCompile(`^(HD )?v?[0-9]{1,2}\.[0-9]{1,2}(\.[0-9]{1,3})?(\.[0-9]{1,5})?$`)
	firmware = regexp.MustCompile(`^([0-9]{1,2}\.[0-9]{1,3}-[A-Z][0-9]{2}-R[0-9]{2}|novaseq_[a-z]{3,4}(_[0-9])?@NovaSeq_[0-9]\.[0-9]{1,2}\.[0-9]{1,2})$`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
)

var shapes = []struct {
	rule Rule
	re   *regexp.Regexp
}{
	{RuleEmail, regexp.MustCompile(`[^\s@]@[^\s@]+`)},
	{RuleURL, regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://|^www\.`)},
	{RulePath, regexp.MustCompile(`\\|^[A-Za-z]:/|/[A-Za-z_~.]`)},
	{RuleMAC, regexp.MustCompile(`(?i)\b([0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b|\b([0-9a-f]{4}\.){2}[0-9a-f]{4}\b`)},
	{RuleUUID, regexp.MustCompile(`(?i)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)},
	{RuleHost, regexp.MustCompile(`(?i)\b([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}\b`)},
	{RuleSSN, regexp.MustCompile(`\b[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}\b`)},
	{RuleDate, regexp.MustCompile(`\b(19|20)[0-9]{2}[-/. ][01]?[0-9][-/. ][0-3]?[0-9]\b|\b[0-3]?[0-9][-/. ][01]?[0-9][-/. ](19|20)?[0-9]{2}\b`)},
	{RuleRunID, regexp.MustCompile(`\b[0-9]{6,8}_[A-Za-z0-9-]+_[0-9]{1,5}(_|\b)|[A-Z0-9-]+:[0-9]+:[A-Z0-9-]+`)},
	{RulePerson, regexp.MustCompile(`\b[A-Z][a-z]+[-' ,._]+[A-Z]([a-z]+|\.|\b)|\b(?i:dr|mr|mrs|ms|prof)\.? +[A-Z]`)},
	{RuleFlowcell, regexp.MustCompile(`\b000000000-[A-Z0-9]{5}\b|\b[AB]?H[A-Z0-9]{4,5}[A-Z][A-Z0-9][XYNG2-9]\b`)},
	{RuleSample, regexp.MustCompile(`(?i)\b[a-z]{1,6}[-_ ]?[0-9]{2,}\b|\b[0-9]+[-_]?[a-z]{1,6}[0-9]*\b`)},
	{RuleWord, regexp.MustCompile(`[A-Za-z]{3,}`)},
}

func detect(text string) (Rule, bool) {
	for _, r := range text {
		if r < 0x20 || r > 0x7e {
			return RuleNotASCII, true
		}
	}
	switch {
	case token.MatchString(text):
		return RuleEncoded, spells(text)
	case lot.MatchString(text):
		return RuleDate, isDay(text)
	case firmware.MatchString(text):
		return "", false
	case version.MatchString(text):
		// 2.3.0.3 is a version of control software; no version we know begins with 10 or
		// more and has four parts, while every private network does.
		if a, err := netip.ParseAddr(text); err == nil && a.Is4() && a.As4()[0] >= 10 {
			return RuleIP, true
		}
		return "", false
	}
	if holdsIP(text) {
		return RuleIP, true
	}
	if holdsDNI(text) {
		return RuleDNI, true
	}
	if spellsNucleotides(text) {
		return RuleNucleotide, true
	}
	if holdsCard(text) {
		return RuleCard, true
	}
	for _, s := range shapes {
		if s.re.MatchString(text) {
			return s.rule, true
		}
	}
	switch {
	case phone.MatchString(text):
		return RulePhone, true
	case digits.MatchString(text):
		return RuleNumber, true
	}
	return RuleShape, true
}

// spells tells whether hex digits are the bytes of a text: of a digest's, one in ten million
// is.
func spells(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && !slices.ContainsFunc(raw, func(b byte) bool { return b < 0x20 || b > 0x7e })
}

// isDay tells whether eight digits are a day since 1900, however it is written.
func isDay(text string) bool {
	for _, layout := range []string{"20060102", "02012006", "01022006"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1900 && t.Year() < 2040 {
			return true
		}
	}
	return false
}

// phone is a number written for people: a leading plus, or groups.
var phone = regexp.MustCompile(`\+[0-9]{7,15}\b|\b\(?[0-9]{2,4}\)?([-. /]+[0-9]{2,4}){2,5}\b`)

func holdsIP(text string) bool {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;[]()/=\\@", r) }) {
		if _, err := netip.ParseAddr(part); err == nil {
			return true
		}
		if _, err := netip.ParseAddrPort(part); err == nil {
			return true
		}
	}
	return false
}

var (
	dni        = regexp.MustCompile(`(?i)\b([xyz]?)-?([0-9]{7,8})-?([a-z])\b`)
	dniLetters = "TRWAGMYFPDXBNJZSQVHLCKE"
)

// holdsDNI knows the Spanish DNI (8 digits) and NIE (X, Y or Z and 7 digits) by their
// check letter: the number modulo 23.
func holdsDNI(text string) bool {
	for _, m := range dni.FindAllStringSubmatch(text, -1) {
		digits := m[2]
		if prefix := strings.ToUpper(m[1]); prefix != "" {
			digits = string('0'+prefix[0]-'X') + digits
		}
		if len(digits) != 8 {
			continue
		}
		n := 0
		for _, d := range digits {
			n = n*10 + int(d-'0')
		}
		if strings.ToUpper(m[3])[0] == dniLetters[n%23] {
			return true
		}
	}
	return false
}

// minNucleotides is the shortest index in use.
const minNucleotides = 8

// spellsNucleotides tells whether bases follow one another, whatever separates them.
func spellsNucleotides(text string) bool {
	run := 0
	for _, r := range strings.ToUpper(text) {
		switch {
		case strings.ContainsRune("ACGTUN", r):
			if run++; run >= minNucleotides {
				return true
			}
		case strings.ContainsRune(" -+_.,:;/|", r):
		default:
			run = 0
		}
	}
	return false
}

// holdsCard tells whether 13 to 19 digits, however grouped, satisfy the Luhn check.
func holdsCard(text string) bool {
	var digits []int
	flush := func() bool {
		defer func() { digits = digits[:0] }()
		if len(digits) < 13 || len(digits) > 19 {
			return false
		}
		sum := 0
		for i, d := range digits {
			if (len(digits)-i)%2 == 0 {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		return sum%10 == 0
	}
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, int(r-'0'))
		case r == ' ' || r == '-':
		default:
			if flush() {
				return true
			}
		}
	}
	return flush()
}
