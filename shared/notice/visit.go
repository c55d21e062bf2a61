package notice

import (
	"context"
	"fmt"
	"log/slog"

	"proactive/shared/casework"
	"proactive/shared/language"
	"proactive/shared/layout"
	"proactive/shared/people"
)

// invite sends the calendar invite to the lab and to who travels, and answers how long it
// is until the visit is over. Without a booking there is nothing to wait for.
func (s Steps) invite(ctx context.Context, m matter) (InviteAnswer, error) {
	answer := InviteAnswer{Answer: Answer{Notices: map[string]Outcome{}}}
	answer.WaitSeconds = 1
	if m.c.Booked == nil {
		slog.WarnContext(ctx, "invite without a booking", slog.String("case", m.c.ID))
		return answer, nil
	}
	answer.WaitSeconds = casework.Seconds(m.c.Booked.End.Sub(m.now), m.c.Pace)
	lab, travels := m.circle.To(people.Invite), m.circle.To(people.Assignment)
	attendees := append(append([]people.Contact{}, lab...), travels...)
	none := func(language.Language) func(*view) { return func(*view) {} }
	letters, err := m.labLetters(nameInvite, "invite", people.Invite, none)
	if err != nil {
		return answer, err
	}
	v := m.view(language.English)
	own, err := m.letter(nameAssignment, "assignment", people.Assignment, language.English, travels, v)
	if err != nil {
		return answer, fmt.Errorf("writing the engineer's invite of case %s: %w", m.c.ID, err)
	}
	letters = append(letters, own)
	for i, l := range letters {
		letters[i].Calendar = m.calendar(l, attendees, s.Sender)
	}
	if err := s.keepCalendar(ctx, m, letters[0].Calendar); err != nil {
		return answer, err
	}
	return answer, s.mail(ctx, m, answer.Answer, letters...)
}

// calendar is the invite in the language of the letter it goes with.
func (m matter) calendar(l Letter, attendees []people.Contact, sender string) string {
	v := m.view(language.English)
	summary := "Service visit: " + v.Instrument
	description := "About " + v.Hours + " hours, with the instrument free of runs. Case " + m.c.ID + "."
	if l.Sheet.Language == language.Spanish {
		summary = "Visita técnica: " + v.Instrument
		description = "Unas " + m.view(language.Spanish).Hours + " horas, con el equipo libre. Caso " + m.c.ID + "."
	}
	if l.Name == nameAssignment && m.c.Diagnosis != nil {
		description += "\nBring: " + m.c.Diagnosis.Part + " (" + m.c.Diagnosis.Skill + ")."
	}
	place := v.Place
	if v.Address != "" {
		place += ", " + v.Address
	}
	return invitation(m.c, summary, description, place, sender, attendees, m.now)
}

// keepCalendar archives the invite beside the mails, for whoever looks. It is not a
// notice of its own.
func (s Steps) keepCalendar(ctx context.Context, m matter, calendar string) error {
	if calendar == "" || m.c.Noticed(nameInvite) {
		return nil
	}
	_, err := s.Archive.Keep(ctx, layout.NoticeKey(m.c.ID, nameInvite, "ics"), "text/calendar", []byte(calendar))
	if err != nil {
		return fmt.Errorf("archiving the invite of case %s: %w", m.c.ID, err)
	}
	return nil
}
