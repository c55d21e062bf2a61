package scrub

import (
	"encoding/hex"
	"net/netip"
	"regexp"
	"slices"
	"time"

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
	RuleNumber Rule = "number" // a number that is neither a lot nor a part
	RuleShape  Rule = "shape"  // anything else
	RuleField  Rule = "field"  // a field's name that is not ours
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
			rule := RuleField
			if r, hit := detect(o.Text); hit && o.Text != "" {
				rule = r
			}
			hits = append(hits, Hit{Rule: rule, Row: i}) // without its name, which is a hit itself
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
	word     = regexp.MustCompile(`[A-Za-z]{3,}`)
)

func detect(text string) (Rule, bool) {
	switch {
	case token.MatchString(text):
		return detector.Encoded, spells(text)
	case lot.MatchString(text):
		return detector.Date, isDay(text)
	case firmware.MatchString(text):
		return "", false
	case version.MatchString(text):
		// 2.3.0.3 is a version of control software; no version we know begins with 10 or
		// more and has four parts, while every private network does.
		a, err := netip.ParseAddr(text)
		return detector.IP, err == nil && a.Is4() && a.As4()[0] >= 10
	}
	var scanner detector.Scanner
	if hits := scanner.Line([]byte(text)); len(hits) > 0 {
		return hits[0].Rule, true
	}
	switch {
	case word.MatchString(text):
		return RuleWord, true
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
