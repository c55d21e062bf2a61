// Package erasure is the signed certificate that an instrument's data is gone: what was
// erased, where a copy remains and until when, what is kept and why. See
// events/erasure/v1/SPEC.md.
package erasure

import (
	"errors"
	"slices"
	"strings"
	"time"

	"proactive/shared/layout"
)

// Format is the first member of a certificate.
const Format = "proactive-erasure/1"

// Type is the "typ" of the JWS header.
const Type = "proactive-erasure+jws"

// TimeFormat is how times are written, DateFormat how days are.
const (
	TimeFormat = "2006-01-02T15:04:05Z"
	DateFormat = time.DateOnly
)

// Who may ask for an erasure.
const (
	ByInstrument = "instrument" // by a request that its key signed
	ByOperator   = "operator"   // by letter, entered by the operator
)

// Certificate says what became of an instrument's data. It names the instrument by its
// opaque id only: the serial number is among what was erased.
type Certificate struct {
	Format     string     `json:"format"`
	Deployment string     `json:"deployment"`
	Instrument string     `json:"instrument"`
	Asked      string     `json:"asked"`
	By         string     `json:"by"`
	Erased     string     `json:"erased"` // when a search found nothing any more
	Stores     []Store    `json:"stores"`
	Residual   []Residual `json:"residual"`
	// Models are those that were trained on the instrument's data.
	Models []string `json:"models"`
	Kept   []Kept   `json:"kept"`
}

// Store is a place that was searched, and how much was found there and erased.
type Store struct {
	Store string `json:"store"`
	What  string `json:"what"`
	Count int    `json:"count"`
}

// Residual is a copy that cannot be taken out of its store, and ends by itself.
type Residual struct {
	Store string `json:"store"`
	Holds string `json:"holds"`
	Until string `json:"until"` // the first day without it
}

// Kept is what is kept on purpose.
type Kept struct {
	What  string `json:"what"`
	Why   string `json:"why"`
	Until string `json:"until"` // a day, or in words how it ends
}

// Check refuses a certificate that contradicts itself, before it is signed and after it
// is verified.
func (c Certificate) Check() error {
	asked, askedErr := time.Parse(TimeFormat, c.Asked)
	erased, erasedErr := time.Parse(TimeFormat, c.Erased)
	switch {
	case c.Format != Format:
		return errors.New("format")
	case c.Deployment == "":
		return errors.New("deployment")
	case !layout.ValidInstrument(c.Instrument):
		return errors.New("instrument")
	case c.By != ByInstrument && c.By != ByOperator:
		return errors.New("by")
	case askedErr != nil || erasedErr != nil || erased.Before(asked):
		return errors.New("times")
	case len(c.Stores) == 0 || slices.ContainsFunc(c.Stores, func(s Store) bool { return s.Store == "" || s.Count < 0 }):
		return errors.New("stores")
	case !slices.IsSortedFunc(c.Stores, func(a, b Store) int { return strings.Compare(a.Store, b.Store) }):
		return errors.New("order of stores")
	case len(c.Residual) == 0 || slices.ContainsFunc(c.Residual, func(r Residual) bool { return !day(r.Until) }):
		return errors.New("residual")
	case c.Models == nil || len(c.Kept) == 0:
		return errors.New("models and kept")
	}
	return nil
}

func day(s string) bool {
	t, err := time.Parse(DateFormat, s)
	return err == nil && t.Format(DateFormat) == s
}
