package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"proactive/shared/health"
	"proactive/shared/language"
	"proactive/shared/layout"
	"proactive/shared/people"
)

// Names of the notices of a factor.
const (
	nameFactor      = "factor"
	nameFactorEvent = "factor-event"
)

// Factors is where factors are kept.
type Factors interface {
	// Told are the names of the notices that were recorded of a factor, strongly consistent.
	Told(ctx context.Context, id string) ([]string, error)
	// Tell records that a notice of a factor was sent. Repeating it changes nothing.
	Tell(ctx context.Context, id, name string) error
}

// Ours knows our own people, strongly consistent.
type Ours interface {
	Ours(ctx context.Context) ([]people.Contact, error)
}

// FactorSteps tell support of what many instruments share. As a case's notices, each is
// archived, sent and recorded, in this order: see the package comment.
type FactorSteps struct {
	Factors Factors
	Ours    Ours
	Archive Archive
	Mail    Mailer
	Topic   Topic
	Sender  string // address that mail comes from
	Now     func() time.Time
}

// Run tells of a factor, by mail and on the topic. It may be repeated at any time.
func (s FactorSteps) Run(ctx context.Context, f health.Factor) (Answer, error) {
	answer := Answer{Notices: map[string]Outcome{}}
	told, err := s.Factors.Told(ctx, f.ID)
	if err != nil {
		return answer, fmt.Errorf("telling of factor %s: %w", f.ID, err)
	}
	contacts, err := s.Ours.Ours(ctx)
	if err != nil {
		return answer, fmt.Errorf("telling of factor %s: %w", f.ID, err)
	}
	letter := factorLetter(f)
	letter.To = people.Everywhere(people.Support, contacts)
	var failed error
	for _, p := range []parcel{
		{
			name: nameFactor, ext: "eml", contentType: "message/rfc822",
			compose: func() ([]byte, error) { return letter.MIME(f.ID, s.Sender, s.Now()) }, send: s.Mail.Send,
		},
		{
			name: nameFactorEvent, ext: "json", contentType: "application/json", compose: func() ([]byte, error) { return encodeFactor(f) },
			send: func(ctx context.Context, body []byte) (string, error) {
				return s.Topic.Publish(ctx, body, map[string]string{"notice": nameFactor, "cause": f.Cause})
			},
		},
	} {
		outcome := NoRecipients
		switch {
		case slices.Contains(told, p.name):
			outcome = AlreadySent
		case p.name != nameFactor || len(letter.To) > 0:
			if err := s.deliver(ctx, f.ID, p); err != nil {
				failed = errors.Join(failed, err) // the other way is tried all the same
				continue
			}
			outcome = Sent
		}
		answer.Notices[p.name] = outcome
		slog.InfoContext(ctx, "notice handled", slog.String("factor", f.ID), slog.String("notice", p.name), slog.String("outcome", string(outcome)))
	}
	return answer, failed
}

func (s FactorSteps) deliver(ctx context.Context, id string, p parcel) error {
	if _, err := p.through(ctx, s.Archive, layout.FactorNoticeKey(id, p.name, p.ext)); err != nil {
		return fmt.Errorf("of factor %s: %w", id, err)
	}
	// A crash here sends it again.
	return s.Factors.Tell(ctx, id, p.name)
}

// FactorFormat is FactorEvent's Format.
const FactorFormat = "proactive-factor/1"

// FactorEvent is a factor for support's own systems, events/factor/v1.
type FactorEvent struct {
	Format string        `json:"format"`
	Notice string        `json:"notice"` // "factor"
	Factor health.Factor `json:"factor"`
}

func encodeFactor(f health.Factor) ([]byte, error) {
	body, err := json.MarshalIndent(FactorEvent{FactorFormat, nameFactor, f}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the event: %w", err)
	}
	return append(body, '\n'), nil
}

// whatItIs says what a factor is, for a subject, and what to do about one.
var whatItIs = map[string]struct{ short, do string }{
	"reagent-lot": {"Reagent lot",
		"Ask the plant for this lot's release data, and hold back what is in stock. Where a run has to go well, offer the lab another lot."},
	"flowcell-lot": {"Flow-cell lot",
		"Ask the plant for this lot's release data. Look at one of its flow cells that was used: what passes the filter is the library's as well, so ask two of the labs what they loaded."},
	"software": {"Software release",
		"Compare with the release notes: a release that reports otherwise is no fault. If runs became worse, tell the software team, and roll no further out."},
}

// factorLetter is the mail to support, without its recipients.
func factorLetter(f health.Factor) Letter {
	what := whatItIs[f.Cause]
	title := fmt.Sprintf("%s %s is unlike the others", what.short, line(f.Level))
	if f.Cause == "software" {
		title = fmt.Sprintf("%s %s moves what instruments report", what.short, line(f.Level))
	}
	rows := []Row{}
	for _, s := range f.Shifts {
		rows = append(rows, Row{Cells: []string{feature(s.Signal).long, moved(s), fmt.Sprintf("%.1f", math.Abs(s.Noises))}})
	}
	if len(rows) == 0 {
		rows = append(rows, Row{Cells: []string{"Unlike the lots before it, not unlike the normal", "\u2013", "\u2013"}})
	}
	since := "Not known"
	if !f.Week.IsZero() {
		since = "Week of " + language.English.Day(f.Week)
	}
	lead := fmt.Sprintf("Judged by %d instruments that have it, each against its own normal; the middle one shows what the table says. It opens no case: what is shared is taken off before an instrument is judged.", f.Instruments)
	return Letter{
		Name: nameFactor, Subject: fmt.Sprintf("[%s] %s (%s)", f.ID, title, line(f.Type)),
		Sheet: Sheet{
			Language: language.English, Tag: "Shared cause", Tone: Amber, Title: title, Under: line(f.Type),
			Lead: []string{lead},
			Sections: []Section{
				{Heading: "What it moves", Table: &Table{Head: []string{"Reading", "Median change", "Healthy run-to-run noise, times"}, Rows: rows},
					Notes: []string{"The median over these instruments, of the weighted mean of each one's last runs with it. A change is of the instrument's own normal."}},
				{Heading: "What to do", Text: []string{what.do}},
				{Heading: "On file", Facts: []Fact{{Label: "Notice", Value: f.ID}, {Label: "Field", Value: f.Field}, {Label: "Found", Value: since}},
					Notes: []string{"proactive notices factors lists these notices. A case on one of these instruments is its own: see there what else it may be owed to."}},
			},
			Footer: []string{"How sure this is: judged on simulated fleets; the model card says how often such notices were right there. On real instruments it has not been measured yet."},
		},
	}
}

// moved says by how much a reading moved: "+12 %", "-4.2 points".
func moved(s health.Shift) string {
	said := fmt.Sprintf("%+.2f\u00a0%s", s.Change, s.Unit)
	switch {
	case s.Relative:
		said = fmt.Sprintf("%+.1f\u00a0%%", 100*s.Change)
	case s.Unit == "%":
		said = fmt.Sprintf("%+.1f points", s.Change)
	}
	return strings.NewReplacer("-", "\u2212", "Cel", "K").Replace(said)
}
