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
			ics.ParticipationRoleReqParticipant, ics.ParticipationStatusNeedsAction, ics.WithRSVP(true))
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

// quotable is a name as a parameter may hold it: no quotes, no line breaks (RFC 5545, 3.2).
func quotable(name string) string { return strings.ReplaceAll(line(name), `"`, "'") }
