// Package slot is the page on which a lab picks a visit: GET shows, POST acts, for mail
// scanners follow every link they find. The secret in the path is the capability: who
// has the link may pick, and nothing else. The page reads cases only: it knows nobody's
// name and no serial number, so a link that leaks tells little.
//
// A pick is booked on the case first, on condition that nothing is booked; then the
// waiting execution is answered with the token that is kept on our side. If we crash
// between the two, the lab may press again, which changes nothing but answers; if it
// does not, the reminder finds the booking and answers in its place.
package slot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"proactive/shared/casework"
	"proactive/shared/language"
)

// Cases is the cases table as the page needs it. The contracts are casework's.
type Cases interface {
	casework.Store
	// SlotByDigest: see casework.Links.
	SlotByDigest(ctx context.Context, digest string, now time.Time) (casework.SlotLink, error)
	// Token: see casework.Links.
	Token(ctx context.Context, caseID string) (casework.Token, error)
}

// Page serves /slot/<secret>. It is an http.Handler.
type Page struct {
	Cases  Cases
	Answer casework.Answerer
	Now    func() time.Time
}

// Reason is what a request came to; it is logged and tested.
type Reason string

// The reasons.
const (
	Shown      Reason = "shown"
	Picked     Reason = "picked"       // booked now, or the very same before; the case knows
	PickedLate Reason = "picked-late"  // booked, and nobody waited any more: the next step finds it
	OtherTaken Reason = "other-booked" // the first pick won, and it was another
	NotOffered Reason = "not-on-offer" // no such slot, or it has passed
	Nothing    Reason = "nothing-picked"
	Over       Reason = "case-over"
	NoLink     Reason = "no-such-link" // unknown, expired or not a link: one page
	CrossSite  Reason = "cross-site"
	BadMethod  Reason = "bad-method"
	BadForm    Reason = "bad-form"
	Failed     Reason = "failed"
)

// statuses of the reasons.
var statuses = map[Reason]int{
	Shown: http.StatusOK, Picked: http.StatusOK, PickedLate: http.StatusOK,
	OtherTaken: http.StatusConflict, NotOffered: http.StatusUnprocessableEntity, Nothing: http.StatusUnprocessableEntity,
	Over: http.StatusGone, NoLink: http.StatusNotFound, CrossSite: http.StatusForbidden,
	BadMethod: http.StatusMethodNotAllowed, BadForm: http.StatusBadRequest, Failed: http.StatusServiceUnavailable,
}

// maxForm bounds the body of a POST: one field of 14 characters.
const maxForm = 4 << 10

// Field is the name of the form's field; its values are casework.Slot ids.
const Field = "slot"

// ServeHTTP implements http.Handler. No path, address or form value is logged.
func (p Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l := language.Accept(r.Header.Get("Accept-Language"))
	if asked := r.URL.Query().Get("lang"); language.Known(asked) {
		l = language.Language(asked)
	}
	c, reason, err := p.serve(r)
	log := []slog.Attr{slog.String("case", c.ID), slog.String("method", method(r)), slog.String("reason", string(reason))}
	level := slog.LevelInfo
	if err != nil {
		level, log = slog.LevelError, append(log, slog.String("error", err.Error()))
	}
	slog.LogAttrs(r.Context(), level, "slot page answered", log...)
	write(w, r, reason, viewOf(l, c, reason, p.Now()))
}

// method is the request's, if it is one we know: it comes from outside.
func method(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodPost {
		return r.Method
	}
	return "other"
}

func (p Page) serve(r *http.Request) (casework.Case, Reason, error) {
	switch {
	case method(r) == "other":
		return casework.Case{}, BadMethod, nil
	case r.Method == http.MethodPost && !sameOrigin(r):
		return casework.Case{}, CrossSite, nil
	}
	c, err := p.find(r)
	switch {
	case errors.Is(err, casework.ErrNoLink) || errors.Is(err, casework.ErrNoCase):
		return casework.Case{}, NoLink, nil
	case err != nil:
		return c, Failed, err
	case r.Method != http.MethodPost:
		return c, Shown, nil
	}
	choice, reason := chosen(r, c, p.Now())
	if reason != "" {
		return c, reason, nil
	}
	return p.pick(r.Context(), c, choice)
}

// find is the case behind the request's link.
func (p Page) find(r *http.Request) (casework.Case, error) {
	path := r.URL.Path
	digest, ok := casework.SlotDigest(path[strings.LastIndexByte(path, '/')+1:])
	if !ok {
		return casework.Case{}, casework.ErrNoLink
	}
	link, err := p.Cases.SlotByDigest(r.Context(), digest, p.Now())
	if err != nil {
		return casework.Case{}, fmt.Errorf("looking up a slot link: %w", err)
	}
	c, err := p.Cases.Get(r.Context(), link.Case)
	if err != nil {
		return casework.Case{}, fmt.Errorf("reading case %s: %w", link.Case, err)
	}
	return c, nil
}

// chosen is the slot that a form names, or why there is none. A booked or closed case
// does not look at the clock: pick tells.
func chosen(r *http.Request, c casework.Case, now time.Time) (casework.Slot, Reason) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil || len(body) > maxForm {
		return casework.Slot{}, BadForm
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form[Field]) > 1 {
		return casework.Slot{}, BadForm
	}
	id := form.Get(Field)
	if c.Booked != nil && c.Booked.ID() == id {
		return *c.Booked, ""
	}
	i := slices.IndexFunc(c.Slots, func(s casework.Slot) bool { return s.ID() == id })
	switch {
	case c.Booked != nil:
		return casework.Slot{}, OtherTaken
	case id == "":
		return casework.Slot{}, Nothing
	case i < 0 || !c.Slots[i].Start.After(now):
		return casework.Slot{}, NotOffered
	}
	return c.Slots[i], ""
}

// pick books and then answers, in this order: see the package comment. The token is read
// after the booking, so that an offer made meanwhile either sees the booking or has its
// token answered here.
func (p Page) pick(ctx context.Context, c casework.Case, choice casework.Slot) (casework.Case, Reason, error) {
	booked, reason, err := casework.Book(ctx, p.Cases, c.ID, choice, p.Now())
	if err != nil {
		return c, Failed, fmt.Errorf("booking a visit of case %s: %w", c.ID, err)
	}
	switch reason {
	case casework.Done, casework.Already:
	case casework.Taken:
		return booked, OtherTaken, nil
	case casework.NotOnOffer:
		return booked, NotOffered, nil
	default:
		return booked, Over, nil
	}
	token, err := p.Cases.Token(ctx, c.ID)
	if errors.Is(err, casework.ErrNoToken) {
		return booked, PickedLate, nil
	}
	if err != nil {
		return c, Failed, fmt.Errorf("reading the token of case %s: %w", c.ID, err)
	}
	err = p.Answer.Answer(ctx, token.Value, casework.OfferAnswer{Answer: casework.AnswerPicked, Round: token.Round})
	if errors.Is(err, casework.ErrNobodyWaits) {
		return booked, PickedLate, nil
	}
	if err != nil {
		return c, Failed, fmt.Errorf("answering case %s: %w", c.ID, err)
	}
	return booked, Picked, nil
}

// sameOrigin tells whether a form was sent from our own page. Browsers say so in
// Sec-Fetch-Site (Fetch Metadata); one too old for that sends Origin, which our own
// Referrer-Policy turns into "null". A page of another site can send neither "same-origin"
// nor our host, and would need the secret first.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "null" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.Host == r.Host
}
