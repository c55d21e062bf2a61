package slot

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"proactive/shared/casework"
	"proactive/shared/language"
)

//go:embed page.html.tmpl
var pageSource string

//go:embed page.css
var style string

var page = template.Must(template.New("page").Parse(pageSource))

// policy allows the one style, by its digest, and a form to ourselves; nothing else.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// view is what the page shows. Exactly one of Days, Booked and Message carries it.
type view struct {
	words
	Style    template.CSS
	Lang     language.Language
	Other    language.Language // to switch to
	OtherIs  string
	Heading  string
	Tone     string // "", "good", "bad"
	Problem  string // an error about the form, said first
	Intro    string
	Days     []day
	ZoneLine string
	Booked   string // the visit, in words
	Message  []string
	Case     string
	Ours     bool // offer the form
}

// day is the visits of one day.
type day struct {
	Name  string
	Slots []option
}

// option is one visit to pick.
type option struct {
	ID, Hours, Full string
}

func viewOf(l language.Language, c casework.Case, reason Reason, now time.Time) view {
	v := view{words: said[l], Lang: l, Other: language.Spanish, OtherIs: "Español", Style: template.CSS(style), Case: c.ID} //nolint:gosec // G203: our own embedded style
	if l == language.Spanish {
		v.Other, v.OtherIs = language.English, "English"
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		zone = time.UTC
	}
	switch {
	case reason == NoLink:
		v.say(v.GoneTitle, "", v.GoneLead, v.GoneNext)
	case reason == CrossSite || reason == BadForm || reason == BadMethod:
		v.say(v.RefusedTitle, "bad", v.RefusedLead, v.RefusedNext)
	case reason == Failed:
		v.say(v.FailedTitle, "bad", v.FailedLead, v.FailedNext)
	case c.Booked != nil:
		v.booked(c, reason, zone)
	case reason == Over || c.State != casework.Offered:
		v.say(v.OverTitle, "", v.OverLead)
	default:
		v.offer(c, reason, zone, now)
	}
	return v
}

func (v *view) say(heading, tone string, lines ...string) {
	v.Heading, v.Tone, v.Message = heading, tone, lines
}

func (v *view) booked(c casework.Case, reason Reason, zone *time.Location) {
	start := c.Booked.Start.In(zone)
	v.Booked, v.ZoneLine = v.Lang.Span(start, c.Booked.End), fmt.Sprintf(v.Zone, language.Zone(start))
	next := v.BookedNext
	if reason == PickedLate {
		next = v.BookedLate
	}
	v.Heading, v.Tone, v.Intro, v.Message = v.BookedTitle, "good", v.BookedLead, []string{next, v.ChangeIt}
	if reason == OtherTaken {
		v.Heading, v.Tone, v.Intro, v.Message = v.TakenTitle, "bad", v.TakenLead, []string{v.ChangeIt}
	}
	if c.State == casework.Closed {
		v.say(v.OverTitle, "", v.OverLead)
		v.Booked = ""
	}
}

func (v *view) offer(c casework.Case, reason Reason, zone *time.Location, now time.Time) {
	v.Heading, v.Intro = v.Title, fmt.Sprintf(v.Lead, v.Lang.Component(c.Component))
	switch reason {
	case Nothing:
		v.Problem = v.PickOne
	case NotOffered:
		v.Problem = v.words.NotOffered
	}
	for _, s := range c.Slots {
		if !s.Start.After(now) {
			continue
		}
		start := s.Start.In(zone)
		name := v.Lang.Day(start)
		if n := len(v.Days); n == 0 || v.Days[n-1].Name != name {
			v.Days = append(v.Days, day{Name: name})
			v.ZoneLine = fmt.Sprintf(v.Zone, language.Zone(start))
		}
		last := &v.Days[len(v.Days)-1]
		last.Slots = append(last.Slots, option{ID: s.ID(), Hours: v.Lang.Hours(start, s.End), Full: v.Lang.Span(start, s.End)})
	}
	v.Ours = len(v.Days) > 0
	if !v.Ours {
		v.Message = []string{v.NoSlots}
	}
}

// write sends the page with the headers that keep its address to itself.
func write(w http.ResponseWriter, r *http.Request, reason Reason, v view) {
	var body bytes.Buffer
	if err := page.Execute(&body, v); err != nil {
		slog.ErrorContext(r.Context(), "rendering the slot page failed", slog.String("error", err.Error()))
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	for name, value := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Content-Language":             string(v.Lang),
		"Vary":                         "Accept-Language",
		"Content-Security-Policy":      policy,
		"Referrer-Policy":              "no-referrer", // the path is a secret
		"X-Robots-Tag":                 "noindex, nofollow, noarchive",
		"Cache-Control":                "no-store",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
		"Strict-Transport-Security":    "max-age=31536000",
	} {
		h.Set(name, value)
	}
	if reason == BadMethod {
		h.Set("Allow", "GET, HEAD, POST")
	}
	w.WriteHeader(statuses[reason])
	if r.Method != http.MethodHead {
		if _, err := w.Write(body.Bytes()); err != nil {
			slog.WarnContext(r.Context(), "sending the slot page failed", slog.String("error", err.Error()))
		}
	}
}
