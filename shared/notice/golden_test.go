package notice

import (
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/language"
	"proactive/shared/people"
)

var (
	update  = flag.Bool("update", false, "rewrite the golden files")
	preview = flag.String("preview", "", "write the mails, pictures in place, to this folder")
)

// sheets are the mails of the golden files, by file name.
func sheets(t *testing.T) map[string]Letter {
	t.Helper()
	chiller, laser := caseOf(chillerWarm()), caseOf(laserFalling())
	all := map[string]Letter{}
	put := func(name string, m matter, words string, kind people.Kind, l language.Language, more func(*view)) {
		v := m.view(l)
		if more != nil {
			more(&v)
		}
		letter, err := m.letter(name, words, kind, l, m.circle.To(kind), v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = letter
	}
	put("support-limit", matterOf(chiller, chillerWarm()), "support", people.Alert, language.English, nil)
	put("support-drift", matterOf(laser, laserFalling()), "support", people.Alert, language.English, nil)
	both := []health.Finding{chillerWarm(), chillerSaturated()}
	put("support-two-findings", matterOf(caseOf(both...), both...), "support", people.Alert, language.English, nil)
	bare := chiller
	bare.Diagnosis = nil
	alone := matterOf(bare)
	alone.circle = people.Circle{Tenant: people.Tenant{ID: "t-demo"}, Site: people.Site{ID: "s-demo"}, Contacts: []people.Contact{remote}}
	put("support-nothing-on-file", alone, "support", people.Alert, language.English, nil)

	foretold := caseOf(laserForetold())
	put("support-foretold", matterOf(foretold, laserForetold()), "support", people.Alert, language.English, nil)
	put("support-foretold-before", matterOf(foretold, laserForetold()), "support", people.Alert, language.English, func(v *view) {
		v.Similar = pastly([]casework.Similar{
			{Case: "c-theirs-1", Likeness: .97, Days: 8.6, Outcome: casework.Fixed, Label: &casework.Label{Verdict: casework.Confirmed, Part: "laser\nmodule"}},
			{Case: "c-theirs-2", Likeness: .81, Days: 21, Outcome: casework.NoAnswer}, {Case: "c-theirs-3", Likeness: .4, Days: 3, Outcome: casework.Unverified, Label: &casework.Label{Verdict: casework.NoFault}},
		})
	})
	come := laserForetold()
	come.Reason, come.Foretold.Failed = "failure-has-come", .97
	put("support-has-come", matterOf(caseOf(come), come), "support", people.Alert, language.English, nil)
	foretold.State, foretold.Round, foretold.Slots = casework.Offered, 1, casework.Slots(night, madrid, 6)
	for _, l := range language.All {
		put("offer-foretold-"+string(l), matterOf(foretold, laserForetold()), "offer", people.Offer, l, asOffered(foretold, 1, l))
	}

	offered := chiller
	offered.State, offered.Round, offered.Slots = casework.Offered, 1, casework.Slots(night, madrid, 4)
	late := laser
	late.State, late.Round, late.Slots = casework.Offered, 3, casework.Slots(night, madrid, 6)
	for _, l := range language.All {
		put("offer-"+string(l), matterOf(offered, chillerWarm()), "offer", people.Offer, l, asOffered(offered, 1, l))
		put("reminder-"+string(l), matterOf(late, laserFalling()), "offer", people.Offer, l, asOffered(late, 3, l))
	}
	put("escalation-no-answer", matterOf(late, laserFalling()), "escalation", people.Escalation, language.English, nil)

	booked := offered
	booked.State, booked.Booked = casework.Booked, &offered.Slots[2]
	put("assignment", matterOf(booked, chillerWarm()), "assignment", people.Assignment, language.English, nil)
	put("escalation-failing", matterOf(booked, chillerWarm()), "escalation", people.Escalation, language.English, func(v *view) { v.Failing = true })
	for _, l := range language.All {
		put("invite-"+string(l), matterOf(booked, chillerWarm()), "invite", people.Invite, l, nil)
		for _, outcome := range []casework.Outcome{casework.Fixed, casework.NotFixed, casework.NoAnswer, casework.Unverified} {
			closed := booked
			at := night.Add(9 * 24 * time.Hour)
			closed.State, closed.Outcome, closed.ClosedAt = casework.Closed, outcome, &at
			if outcome == casework.NoAnswer {
				closed.Booked = nil
			}
			m := matterOf(closed, chillerWarm())
			ended := func(v *view) { v.Closed = m.moment(l, at) }
			put("closed-"+string(outcome)+"-"+string(l), m, "closed-lab", people.ClosedLab, l, ended)
			if l == language.English {
				put("closed-"+string(outcome)+"-ours", m, "closed-ours", people.ClosedOurs, l, ended)
			}
		}
	}
	for name, f := range Noticed {
		letter := factorLetter(f)
		letter.To = people.Everywhere(people.Support, circle.Contacts)
		all["factor-"+name] = letter
	}
	return all
}

func asOffered(c casework.Case, round int, l language.Language) func(*view) {
	m := matterOf(c)
	return func(v *view) {
		v.Link = "https://service.proactive.example/slot/bK3mQ0vYw8rT1xZ6uJ9hN4cS7dF2gL5pA_eRiOqWtUy"
		v.Expires, v.SlotsSpan = m.moment(l, night.Add(casework.SlotLife)), m.slotsSpan(l)
		v.Reminder, v.Last = round > 1, round >= casework.OfferRounds
	}
}

func TestMailsReadAsAgreed(t *testing.T) {
	for name, letter := range sheets(t) {
		html, err := letter.Sheet.HTML()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := letter.Sheet.Text()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden(t, name+".html", html)
		golden(t, name+".txt", "Subject: "+letter.Subject+"\n\n"+text)
		if *preview != "" {
			show(t, name, letter, html)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./shared/notice -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", name, diff)
	}
}

func show(t *testing.T, name string, letter Letter, html string) {
	t.Helper()
	for _, s := range letter.Sheet.Sections {
		if c := s.Chart; c != nil {
			html = strings.ReplaceAll(html, "cid:"+c.ID+`"`, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(c.PNG)+`"`)
		}
	}
	if err := os.WriteFile(filepath.Join(*preview, name+".html"), []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
}
