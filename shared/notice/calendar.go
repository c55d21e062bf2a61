package notice

import (
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"proactive/shared/casework"
	"proactive/shared/people"
)

// invitation is an iTIP REQUEST (RFC 5546) for the booked visit. Its UID is the case id,
// so that whatever comes later about the same visit finds it. Times are UTC: a calendar
// shows its owner's clock.
func invitation(c casework.Case, summary, description, location, sender string, attendees []people.Contact, at time.Time) string {
	cal := ics.NewCalendarFor("proactive")
	cal.SetMethod(ics.MethodRequest)
	e := cal.AddEvent(c.ID)
	e.SetDtStampTime(at)
	e.SetSequence(0)
	e.SetStartAt(c.Booked.Start)
	e.SetEndAt(c.Booked.End)
	e.SetSummary(summary)
	e.SetDescription(description)
	e.SetLocation(location)
	e.SetStatus(ics.ObjectStatusConfirmed)
	e.SetTimeTransparency(ics.TransparencyOpaque)
	e.SetOrganizer("mailto:"+sender, ics.WithCN(senderName))
	for _, a := range attendees {
		e.AddAttendee("mailto:"+a.Mail, ics.WithCN(quotable(a.Name)), ics.CalendarUserTypeIndividual,
			ics.ParticipationRoleReqParticipant, ics.ParticipationStatusNeedsAction, rsvp)
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

// rsvp is written in capitals, as every example of RFC 5545 has it; the library's is not.
var rsvp = &ics.KeyValues{Key: string(ics.ParameterRsvp), Value: []string{"TRUE"}}

// quotable is a name as a parameter may hold it without quoting (RFC 5545, 3.1: SAFE-CHAR),
// and without the apostrophe, which the library escapes as nothing reads it.
func quotable(name string) string {
	return strings.NewReplacer(`"`, "", "'", "’", ";", " ", ":", " ", ",", " ", `\`, " ").Replace(line(name))
}
