package notice

import (
	"context"
	"fmt"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/language"
	"proactive/shared/people"
)

// Names of notices that are sent once a case.
const (
	nameSupport    = "support"
	nameEscalation = "escalation"
	nameClosed     = "closed"
	nameInvite     = "invite"
	nameAssignment = "invite-engineer"
)

// charts bounds how many findings' evidence a mail carries.
const charts = 3

// support tells support of a case, by mail and on the topic, then marks the case as
// notified. If we crash between the two, the retried step finds the notices recorded.
func (s Steps) support(ctx context.Context, m matter) (Answer, error) {
	answer := Answer{Notices: map[string]Outcome{}}
	if len(m.c.Because) > 0 && !m.c.Noticed(nameSupport) {
		var err error
		if m.similar, err = casework.SimilarTo(ctx, s.Cases, m.c.Component, m.c.ID, m.c.Because); err != nil {
			return answer, fmt.Errorf("looking for cases like %s: %w", m.c.ID, err)
		}
	}
	err := s.ours(ctx, m, answer, nameSupport, "support", people.Alert, func(v *view) { v.Similar = pastly(m.similar) })
	if err != nil {
		return answer, err
	}
	_, reason, err := casework.Update(ctx, s.Cases, m.c.ID, func(c *casework.Case) casework.Reason { return c.Advance(casework.StepSupport) })
	if err != nil {
		return answer, fmt.Errorf("marking support as notified: %w", err)
	}
	note(ctx, m.c.ID, "step-"+nameSupport, Outcome(reason))
	return answer, nil
}

// pastly says of past cases what became of them, and not whose they were: this is archived,
// and would outlive the erasure of another's.
func pastly(all []casework.Similar) (lines []string) {
	for _, p := range all {
		says := "nobody told what was true"
		if p.Label != nil {
			says = verdicts[p.Label.Verdict]
			if p.Label.Part != "" {
				says += ", " + line(p.Label.Part) + " replaced"
			}
		}
		lines = append(lines, fmt.Sprintf("Alike %s: %s; closed as %s after %.0f days", percent(p.Likeness), says, outcomeWords[p.Outcome], p.Days))
	}
	return lines
}

// verdicts are what people say was true, in words.
var verdicts = map[casework.Verdict]string{
	casework.Confirmed: "confirmed", casework.OtherCause: "something else was wrong", casework.NoFault: "no fault was found",
}

// escalate tells support that a case needs a person: the lab never picked a visit, or the
// runs after it still fail.
func (s Steps) escalate(ctx context.Context, m matter) (Answer, error) {
	answer := Answer{Notices: map[string]Outcome{}}
	return answer, s.ours(ctx, m, answer, nameEscalation, "escalation", people.Escalation, func(v *view) {
		v.Failing = m.call.Input.Verify != nil && m.call.Input.Verify.Result == casework.ResultFailing
	})
}

// closed tells support and the lab how a case ended.
func (s Steps) closed(ctx context.Context, m matter) (Answer, error) {
	answer := Answer{Notices: map[string]Outcome{}}
	closing := func(l language.Language) func(*view) {
		return func(v *view) {
			if m.c.ClosedAt != nil {
				v.Closed = m.moment(l, *m.c.ClosedAt)
			}
		}
	}
	if err := s.ours(ctx, m, answer, nameClosed, "closed-ours", people.ClosedOurs, closing(language.English)); err != nil {
		return answer, err
	}
	letters, err := m.labLetters(nameClosed+"-lab", "closed-lab", people.ClosedLab, closing)
	if err != nil {
		return answer, err
	}
	return answer, s.mail(ctx, m, answer, letters...)
}

// ours sends a notice to our own people, in English, and its event on the topic.
func (s Steps) ours(ctx context.Context, m matter, answer Answer, name, words string, kind people.Kind, more func(*view)) error {
	v := m.view(language.English)
	if more != nil {
		more(&v)
	}
	letter, err := m.letter(name, words, kind, language.English, m.circle.To(kind), v)
	if err != nil {
		return fmt.Errorf("writing notice %s of case %s: %w", name, m.c.ID, err)
	}
	if err := s.mail(ctx, m, answer, letter); err != nil {
		return err
	}
	return s.publish(ctx, m, answer, name)
}

// evidence is one section a finding: chart and table. Only who repairs needs them.
func (m matter) evidence(kind people.Kind) ([]Section, error) {
	if kind != people.Alert && kind != people.Escalation && kind != people.Assignment {
		return nil, nil
	}
	var all []Section
	for i, f := range m.findings[:min(charts, len(m.findings))] {
		chart, err := chartOf(fmt.Sprintf("chart-%d", i+1), f)
		if err != nil {
			return nil, err
		}
		s := Section{Heading: "Evidence: " + feature(f.Evidence.Feature).long, Chart: chart, Table: evidenceTable(f), Notes: captions(f)}
		all = append(all, s)
	}
	return all, nil
}

func captions(f health.Finding) []string {
	notes := []string{
		"Red triangles and shaded rows are runs " + side(f.Evidence.Above) + " the " + bound(f) + ". Runs are numbered in the order in which they were sent.",
	}
	if n := len(f.Evidence.Points); n > tableRows {
		notes = append(notes, fmt.Sprintf("The table has the last %d of the %d runs in the chart.", tableRows, n))
	}
	if len(f.Evidence.Support) > 0 {
		notes = append(notes, "The columns to the right are what else this fault is known to move. They made no finding: library and loading move them too.")
	}
	return notes
}
