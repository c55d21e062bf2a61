package notice

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"proactive/shared/language"
	"proactive/shared/people"
)

func TestTheSameLetterIsTheSameBytes(t *testing.T) {
	m := matterOf(caseOf(chillerWarm()), chillerWarm())
	write := func(at time.Time) []byte {
		letter, err := m.letter("support", "support", people.Alert, language.English, m.circle.To(people.Alert), m.view(language.English))
		if err != nil {
			t.Fatal(err)
		}
		letter.Calendar = "BEGIN:VCALENDAR\r\n"
		raw, err := letter.MIME(m.c.ID, "service@proactive.example", at)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	first := write(night)
	for range 10 {
		if !bytes.Equal(first, write(night)) {
			t.Fatal("two writings differ")
		}
	}
	if bytes.Equal(first, write(night.Add(time.Second))) {
		t.Error("the date is not in the mail")
	}
	if n := len(boundary.FindAll(first, -1)); n != 3 {
		t.Errorf("%d boundaries, want mixed, related and alternative", n)
	}
	for i, l := range strings.Split(string(first), "\r\n") {
		if len(l) > 998 || strings.ContainsAny(l, "\r\n") {
			t.Fatalf("line %d is not a line of RFC 5322", i)
		}
	}
	if dir := *preview; dir != "" {
		if err := os.WriteFile(dir+"/support.eml", first, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatPeopleTypedCannotBreakAHeader(t *testing.T) {
	m := matterOf(caseOf(chillerWarm()), chillerWarm())
	m.name = "sequencer X\r\nBcc: thief@evil.example"
	m.circle.Site.Name = "Core\nBcc: thief@evil.example"
	m.circle.Tenant.Name = "<script>alert(1)</script>"
	to := []people.Contact{{ID: "p-1", Name: "Eve\r\nBcc: thief@evil.example", Mail: "eve@biolab.example"}}
	letter, err := m.letter("support", "support", people.Alert, language.English, to, m.view(language.English))
	if err != nil {
		t.Fatal(err)
	}
	letter.Calendar = invitation(booked(m), letter.Subject, "x\r\nATTENDEE:mailto:thief@evil.example", m.circle.Place(), "service@proactive.example", to, night)
	raw, err := letter.MIME(m.c.ID, "service@proactive.example", night)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n") {
		if strings.HasPrefix(l, "Bcc:") || strings.HasPrefix(l, "ATTENDEE:mailto:thief") {
			t.Errorf("a line of its own: %q", l)
		}
	}
	html, err := letter.Sheet.HTML()
	if err != nil || strings.Contains(html, "<script") {
		t.Errorf("the HTML has markup that someone typed (%v)", err)
	}
}
