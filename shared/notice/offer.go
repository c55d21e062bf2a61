package notice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"proactive/shared/casework"
	"proactive/shared/fault"
	"proactive/shared/language"
	"proactive/shared/people"
)

// remindAfter is how long a lab has before it is asked again, divided by the pace [G].
const remindAfter = 3 * 24 * time.Hour

// offer asks the lab to pick a visit. The execution waits on the call's token until the
// slot page or the reminder answers it. The order matters:
//
//  1. the token is stored before anyone can click, and before the case is read again;
//  2. the slots are put on the case, unless the lab has booked meanwhile: then we answer
//     in its place. The page books first and reads the token after, so one of the two
//     always sees the other;
//  3. the link, the reminder, and only then the mail.
//
// If we crash anywhere, the retried task has a new token and finds the rest in place.
func (s Steps) offer(ctx context.Context, m matter) (Answer, error) {
	answer := Answer{Notices: map[string]Outcome{}}
	if m.call.Token == "" {
		return answer, fault.New(fault.Malformed, "no-task-token", nil)
	}
	round := 1
	if before := m.call.Input.Offer; before != nil {
		round = before.Round + 1
	}
	if err := s.Cases.SetToken(ctx, m.c.ID, casework.Token{Round: round, Value: m.call.Token}); err != nil {
		return answer, fmt.Errorf("storing the token of case %s: %w", m.c.ID, err)
	}
	c, reason, err := casework.Update(ctx, s.Cases, m.c.ID, func(c *casework.Case) casework.Reason {
		// A zone that is not ours to know is told in UTC, on page and mail alike.
		c.Zone = m.zone.String()
		return c.Offer(round, casework.Slots(m.now, m.zone, m.visitHours()))
	})
	if err != nil {
		return answer, fmt.Errorf("offering visits of case %s: %w", m.c.ID, err)
	}
	slog.InfoContext(ctx, "visits offered", slog.String("case", c.ID), slog.Int("round", round), slog.String("reason", string(reason)))
	if early, ok := nothingToOffer(c, reason); ok {
		err := s.Answer.Answer(ctx, m.call.Token, casework.OfferAnswer{Answer: early, Round: round})
		if err != nil && !errors.Is(err, casework.ErrNobodyWaits) {
			return answer, fmt.Errorf("answering case %s in the lab's place: %w", c.ID, err)
		}
		return answer, nil
	}
	m.c = c
	link, err := s.link(ctx, m, round)
	if err != nil {
		return answer, err
	}
	if err := s.Reminders.Remind(ctx, casework.Reminder{Case: c.ID, Round: round}, m.now.Add(paced(remindAfter, c.Pace))); err != nil {
		return answer, fmt.Errorf("scheduling the reminder of case %s: %w", c.ID, err)
	}
	name := fmt.Sprintf("offer-%d", round)
	if round > 1 {
		name = fmt.Sprintf("reminder-%d", round)
	}
	letters, err := m.labLetters(name, "offer", people.Offer, func(l language.Language) func(*view) {
		return func(v *view) {
			v.Link = link
			if l != language.English {
				v.Link += "?lang=" + string(l)
			}
			v.Expires = m.moment(l, m.now.Add(paced(casework.SlotLife, c.Pace)))
			v.SlotsSpan = m.slotsSpan(l)
			v.Reminder, v.Last = round > 1, round >= casework.OfferRounds
			if len(c.Slots) > 0 {
				v.Zone = language.Zone(c.Slots[0].Start.In(m.zone))
			}
		}
	})
	if err != nil {
		return answer, err
	}
	return answer, s.mail(ctx, m, answer, letters...)
}

// nothingToOffer tells what to answer in the lab's place, if anything.
func nothingToOffer(c casework.Case, reason casework.Reason) (answer string, ok bool) {
	switch {
	case c.Booked != nil:
		return casework.AnswerPicked, true
	case reason == casework.IsClosed || reason == casework.NotAllowed:
		return casework.AnswerGiveUp, true
	}
	return "", false
}

// link makes the slot link of a round and stores its digest. Made again it is the same.
func (s Steps) link(ctx context.Context, m matter, round int) (string, error) {
	mac, err := s.Mac.Mac(ctx, casework.SlotMessage(m.c.ID, round))
	if err != nil {
		return "", fmt.Errorf("making the slot link of case %s: %w", m.c.ID, err)
	}
	secret := casework.SlotSecret(mac)
	digest, ok := casework.SlotDigest(secret)
	if !ok {
		return "", fmt.Errorf("making the slot link of case %s: the MAC is not 32 bytes", m.c.ID)
	}
	l := casework.SlotLink{Case: m.c.ID, Expires: m.now.Add(paced(casework.SlotLife, m.c.Pace)).UTC()}
	if err := s.Cases.PutSlotLink(ctx, digest, l); err != nil {
		return "", fmt.Errorf("storing the slot link of case %s: %w", m.c.ID, err)
	}
	return strings.TrimSuffix(s.BaseURL, "/") + "/slot/" + secret, nil
}

func (m matter) visitHours() float64 {
	if m.c.Diagnosis != nil && m.c.Diagnosis.Hours > 0 {
		return m.c.Diagnosis.Hours
	}
	return defaultHours
}

// slotsSpan is from when to when visits are on offer.
func (m matter) slotsSpan(l language.Language) string {
	slots := m.c.Slots
	if len(slots) == 0 {
		return "–"
	}
	first, last := l.Day(slots[0].Start.In(m.zone)), l.Day(slots[len(slots)-1].Start.In(m.zone))
	if l == language.Spanish {
		return fmt.Sprintf("%d, entre el %s y el %s", len(slots), first, last)
	}
	return fmt.Sprintf("%d, between %s and %s", len(slots), first, last)
}

// paced divides a duration by a case's pace, to no less than a second.
func paced(d time.Duration, pace int) time.Duration {
	return time.Duration(casework.Seconds(d, pace)) * time.Second
}

// labLetters writes a mail to the lab's contacts, one for each language among them. The
// site's language carries the plain name; any other is named beside it.
func (m matter) labLetters(name, words string, kind people.Kind, more func(language.Language) func(*view)) ([]Letter, error) {
	to := m.circle.To(kind)
	main := m.circle.Site.Language
	if len(to) > 0 && !slices.ContainsFunc(to, func(c people.Contact) bool { return read(c) == main }) {
		main = read(to[0])
	}
	if len(to) == 0 {
		return []Letter{{Name: name}}, nil
	}
	var all []Letter
	for _, l := range language.All {
		readers := slices.DeleteFunc(slices.Clone(to), func(c people.Contact) bool { return read(c) != l })
		if len(readers) == 0 {
			continue
		}
		v := m.view(l)
		more(l)(&v)
		own := name
		if l != main {
			own += "-" + string(l)
		}
		letter, err := m.letter(own, words, kind, l, readers, v)
		if err != nil {
			return nil, fmt.Errorf("writing notice %s of case %s: %w", own, m.c.ID, err)
		}
		letter.ReplyTo = m.replyTo()
		all = append(all, letter)
	}
	return all, nil
}

// read is the language a contact reads us in.
func read(c people.Contact) language.Language { return language.Of(string(c.Language)) }

// replyTo is where a lab's answer goes: to the first of support's contacts.
func (m matter) replyTo() string {
	if ours := m.circle.To(people.Alert); len(ours) > 0 {
		return ours[0].Mail
	}
	return ""
}
