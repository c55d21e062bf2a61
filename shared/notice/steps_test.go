package notice_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/casework"
	"proactive/shared/fault"
	"proactive/shared/health"
	"proactive/shared/notice"
	"proactive/shared/people"
	"proactive/shared/pipelinetest"
)

func digest(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] }

// diagnosed is a world with one diagnosed case that support has not heard of.
func diagnosed(t *testing.T, findings ...health.Finding) (*world, casework.Case) {
	t.Helper()
	if len(findings) == 0 {
		findings = []health.Finding{notice.ChillerWarm()}
	}
	w := &world{
		t: t, cases: pipelinetest.NewCases(t), findings: findings, circle: notice.Circle, archive: map[string][]byte{},
		reminders: map[string]time.Time{}, waiting: "token-1", now: notice.Night, serial: "A00834",
	}
	c := notice.CaseOf(findings...)
	if err := w.cases.Create(t.Context(), casework.Standing{}, c); err != nil {
		t.Fatal(err)
	}
	return w, c
}

// offeredCase takes the case's steps up to the offer, and the offer.
func offeredCase(t *testing.T) (*world, casework.Case) {
	t.Helper()
	w, c := diagnosed(t)
	w.must(c, casework.StepSupport, nil)
	w.must(c, casework.StepOffer, nil)
	return w, w.stored(c.ID)
}

func (w *world) stored(id string) casework.Case {
	w.t.Helper()
	c, err := w.cases.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func call(c casework.Case, step casework.Step, more func(*casework.Call)) casework.Call {
	in := casework.Call{Step: step, Input: casework.Progress{Input: c.Input()}}
	if step == casework.StepOffer {
		in.Token = "token-1"
	}
	if more != nil {
		more(&in)
	}
	return in
}

func (w *world) must(c casework.Case, step casework.Step, more func(*casework.Call)) any {
	w.t.Helper()
	answer, err := w.steps().Run(w.t.Context(), call(c, step, more))
	if err != nil {
		w.t.Fatalf("%s: %v", step, err)
	}
	return answer
}

func round(n int) func(*casework.Call) {
	return func(c *casework.Call) { c.Input.Offer = &casework.OfferAnswer{Answer: casework.AnswerRemind, Round: n} }
}

// letter is a mail taken apart.
type letter struct {
	header mail.Header
	parts  map[string]string // by content type and disposition
}

func open(t *testing.T, raw []byte) letter {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	l := letter{header: m.Header, parts: map[string]string{}}
	var walk func(header map[string][]string, body io.Reader)
	walk = func(header map[string][]string, body io.Reader) {
		get := mail.Header(header).Get
		kind, params, err := mime.ParseMediaType(get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(kind, "multipart/") {
			if get("Content-Transfer-Encoding") == "quoted-printable" {
				body = quotedprintable.NewReader(body)
			}
			b, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			if id := get("Content-Id"); id != "" {
				kind += " " + id
			}
			if params["method"] != "" {
				kind += " " + params["method"]
			}
			l.parts[kind] = string(b)
			return
		}
		l.parts[kind] = ""
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			walk(p.Header, p)
		}
	}
	walk(map[string][]string(m.Header), m.Body)
	return l
}

func TestSupportIsToldByMailAndTopic(t *testing.T) {
	w, c := diagnosed(t)
	w.must(c, casework.StepSupport, nil)
	if len(w.mails) != 1 || len(w.events) != 1 {
		t.Fatalf("%d mails, %d events", len(w.mails), len(w.events))
	}
	l := open(t, w.mails[0])
	if got := l.header.Get("To"); got != `"Remote support" <support@proactive.example>` {
		t.Errorf("To %s", got)
	}
	if got := l.header.Get("Message-Id"); got != "<"+c.ID+".support@proactive.example>" {
		t.Errorf("Message-ID %s", got)
	}
	if got := l.header.Get("X-Proactive-Notice"); got != c.ID+"/support" {
		t.Errorf("X-Proactive-Notice %s", got)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(l.header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "["+c.ID+"] Chiller warm on NovaSeq 6000 A00834") || !strings.Contains(subject, "2 of the last 3 runs above 8 °C (act today)") {
		t.Errorf("subject %q, %v", subject, err)
	}
	for _, part := range []string{"text/plain", "text/html", "image/png <chart-1>", "multipart/related", "multipart/alternative"} {
		if _, ok := l.parts[part]; !ok {
			t.Errorf("no part %s", part)
		}
	}
	if !strings.Contains(l.parts["text/html"], `src="cid:chart-1"`) {
		t.Error("the HTML does not show the chart")
	}
	if got := w.stored(c.ID); got.State != casework.Notified || got.Notices[0].MessageID != "ses-1" {
		t.Errorf("the case is %s, its notices %+v", got.State, got.Notices)
	}
	if diff := cmp.Diff([]string{"support", "support-event"}, w.notices(c.ID)); diff != "" {
		t.Error(diff)
	}
}

// Support is told what became of similar cases, and never whose they were: the notice is
// archived, and another's erasure does not find it. A lab is told nothing of others.
func TestSupportIsToldOfSimilarCases(t *testing.T) {
	f := notice.LaserForetold()
	w, c := diagnosed(t, f)
	past := c
	past.Instrument, past.Tenant, past.Because = "i-another", "t-other", f.Foretold.Because
	past.ID, past.Label = casework.ID(past.Instrument, past.Component, 1), &casework.Label{Verdict: casework.Confirmed, Part: "laser driver board"}
	if err := w.cases.Create(t.Context(), casework.Standing{}, past); err != nil {
		t.Fatal(err)
	}
	past.Close(casework.Fixed, past.OpenedAt.AddDate(0, 0, 12))
	if err := w.cases.Finish(t.Context(), past, 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := casework.Update(t.Context(), w.cases, c.ID, func(c *casework.Case) casework.Reason {
		c.Because = f.Foretold.Because
		return casework.Done
	}); err != nil {
		t.Fatal(err)
	}
	w.cases.Fail("Past", pipelinetest.NotPersisted)
	if _, err := w.steps().Run(t.Context(), call(c, casework.StepSupport, nil)); err == nil {
		t.Error("the step did not fail")
	}
	w.must(c, casework.StepSupport, nil)
	w.cases.Fail("Past", pipelinetest.NotPersisted) // who was told is not told again, and nobody looks
	w.must(c, casework.StepSupport, nil)
	w.must(c, casework.StepOffer, nil)
	told, words := 0, regexp.MustCompile(`Alike\s+100\s%:\s+confirmed,\s+laser\s+driver\s+board\s+replaced;\s+closed\s+as\s+fixed\s+after\s+12\s+days\.`)
	for key, raw := range w.archive {
		says := string(raw)
		if strings.HasSuffix(key, ".eml") {
			says = open(t, raw).parts["text/plain"]
		}
		if words.MatchString(says) {
			told++
		}
		if strings.Contains(says, "driver board") && !strings.Contains(key, "support") {
			t.Errorf("%s tells of another's case", key)
		}
		for _, theirs := range []string{past.ID, past.Instrument, past.Tenant} {
			if strings.Contains(says, theirs) {
				t.Errorf("%s names %s", key, theirs)
			}
		}
	}
	if told != 1 {
		t.Errorf("%d notices tell of it", told)
	}
}

// Each failure of each store, whether it was written or not: the step fails, is taken
// again, and ends with every notice recorded once. It is sent twice only where sending
// itself, or recording what was sent, failed after the fact.
func TestEachFailureThenTakenAgain(t *testing.T) {
	doubled := map[string]bool{"Send lost": true, "Publish lost": true, "Save not": true}
	for _, step := range []casework.Step{casework.StepSupport, casework.StepOffer} {
		for _, method := range []string{"Findings", "Instrument", "Circle", "Keep", "Send", "Publish", "Remind", "Mac", "Get", "Save", "SetToken", "PutSlotLink"} {
			for kind, failure := range map[string]pipelinetest.Failure{"not": pipelinetest.NotPersisted, "lost": pipelinetest.ReplyLost} {
				if step == casework.StepSupport && slices.Contains([]string{"Remind", "Mac", "SetToken", "PutSlotLink"}, method) ||
					step == casework.StepOffer && method == "Publish" {
					continue
				}
				t.Run(string(step)+" "+method+" "+kind, func(t *testing.T) {
					w, c := diagnosed(t)
					want := []string{"support", "support-event"}
					if step == casework.StepOffer {
						w.must(c, casework.StepSupport, nil)
						want = []string{"offer-1", "offer-1-en", "support", "support-event"}
					}
					mails, events := len(w.mails), len(w.events)
					if slices.Contains([]string{"Get", "Save", "SetToken", "PutSlotLink"}, method) {
						w.cases.Fail(method, failure)
					} else {
						w.fail(method, failure)
					}
					if _, err := w.steps().Run(t.Context(), call(c, step, nil)); err == nil {
						t.Fatal("the step did not fail")
					}
					w.now = w.now.Add(time.Minute)
					w.must(c, step, nil)
					w.must(c, step, nil) // and a repetition changes nothing
					if diff := cmp.Diff(want, w.notices(c.ID)); diff != "" {
						t.Error(diff)
					}
					sent := len(w.mails) - mails + len(w.events) - events
					if sent > 2 && !doubled[method+" "+kind] && !(step == casework.StepSupport && method+" "+kind == "Get not") {
						t.Errorf("%d notices were sent, want 2", sent)
					}
					if sent > 3 {
						t.Errorf("%d notices were sent", sent)
					}
					for _, pair := range [][][]byte{w.mails[mails:]} {
						for i := 1; i < len(pair); i++ {
							a, b := open(t, pair[i-1]), open(t, pair[i])
							if a.header.Get("Message-Id") == b.header.Get("Message-Id") && !bytes.Equal(pair[i-1], pair[i]) {
								t.Error("a doubled mail is not the same mail")
							}
						}
					}
				})
			}
		}
	}
}

func TestOfferGoesToEachLanguageWithTheSameLink(t *testing.T) {
	w, c := offeredCase(t)
	spanish, english := open(t, w.mails[2]), open(t, w.mails[1])
	if strings.Contains(english.header.Get("To"), "ana@") || !strings.Contains(spanish.header.Get("To"), "ana@biolab.example") {
		t.Fatalf("English to %s, Spanish to %s", english.header.Get("To"), spanish.header.Get("To"))
	}
	link := regexp.MustCompile(`https://service\.proactive\.example/slot/([A-Za-z0-9_-]{43})`)
	a, b := link.FindStringSubmatch(english.parts["text/plain"]), link.FindStringSubmatch(spanish.parts["text/plain"])
	if a == nil || b == nil || a[1] != b[1] || !strings.Contains(spanish.parts["text/plain"], b[0]+"?lang=es") {
		t.Fatal("the mails do not carry the same link")
	}
	if !strings.Contains(english.parts["text/html"], a[0]) || english.header.Get("Reply-To") != "<support@proactive.example>" {
		t.Error("the English mail has no link, or no one to reply to")
	}
	d, _ := casework.SlotDigest(a[1])
	l, err := w.cases.SlotByDigest(t.Context(), d, w.now)
	if err != nil || l.Case != c.ID || !l.Expires.Equal(w.now.Add(casework.SlotLife)) {
		t.Errorf("the link leads to %+v, %v", l, err)
	}
	if got := w.reminders[casework.ReminderName(c.ID, 1)]; !got.Equal(w.now.Add(72 * time.Hour)) {
		t.Errorf("the reminder comes at %s", got)
	}
	if c.State != casework.Offered || c.Zone != "Europe/Madrid" || len(c.Slots) != 6 {
		t.Errorf("the case is %s in zone %s with %d slots", c.State, c.Zone, len(c.Slots))
	}
	token, err := w.cases.Token(t.Context(), c.ID)
	if err != nil || token != (casework.Token{Round: 1, Value: "token-1"}) {
		t.Errorf("the token is %+v, %v", token, err)
	}
	for _, raw := range w.mails {
		if bytes.Contains(raw, []byte("token-1")) {
			t.Error("a mail carries the task token")
		}
	}
}

func TestReminderIsANewRoundWithItsOwnLink(t *testing.T) {
	w, c := offeredCase(t)
	first := w.mails[1]
	w.now = w.now.Add(72 * time.Hour)
	w.must(c, casework.StepOffer, round(1))
	w.must(c, casework.StepOffer, round(2))
	if diff := cmp.Diff([]string{"offer-1", "offer-1-en", "reminder-2", "reminder-2-en", "reminder-3", "reminder-3-en", "support", "support-event"}, w.notices(c.ID)); diff != "" {
		t.Error(diff)
	}
	if c := w.stored(c.ID); c.Round != 3 || len(w.reminders) != 3 {
		t.Errorf("round %d, %d reminders", c.Round, len(w.reminders))
	}
	link := regexp.MustCompile(`slot/[A-Za-z0-9_-]{43}`)
	if a, b := link.FindString(open(t, first).parts["text/plain"]), link.FindString(open(t, w.mails[3]).parts["text/plain"]); a == "" || a == b {
		t.Errorf("links %q and %q", a, b)
	}
	if !strings.Contains(open(t, w.mails[5]).header.Get("Subject"), "Last reminder") {
		t.Errorf("the third mail says %q", open(t, w.mails[5]).header.Get("Subject"))
	}
}

// The lab's answer was lost on its way: the next offer finds the booking and answers.
func TestOfferFindsTheLabHasPickedMeanwhile(t *testing.T) {
	w, c := offeredCase(t)
	if _, reason, err := casework.Book(t.Context(), w.cases, c.ID, c.Slots[0], w.now); err != nil || reason != casework.Done {
		t.Fatal(reason, err)
	}
	mails := len(w.mails)
	w.must(c, casework.StepOffer, round(1))
	if diff := cmp.Diff([]casework.OfferAnswer{{Answer: "picked", Round: 2}}, w.answered); diff != "" || len(w.mails) != mails {
		t.Errorf("answered %v, %d mails more", w.answered, len(w.mails)-mails)
	}
}

func TestOfferOfAClosedCaseGivesUp(t *testing.T) {
	w, c := offeredCase(t)
	closed := c
	closed.Close(casework.NoAnswer, w.now)
	if err := w.cases.Finish(t.Context(), closed, 0); err != nil {
		t.Fatal(err)
	}
	w.must(c, casework.StepOffer, round(1))
	if len(w.answered) != 1 || w.answered[0].Answer != casework.AnswerGiveUp {
		t.Errorf("answered %v", w.answered)
	}
}

func TestInviteGoesToLabAndEngineer(t *testing.T) {
	w, c := offeredCase(t)
	if _, _, err := casework.Book(t.Context(), w.cases, c.ID, c.Slots[2], w.now); err != nil {
		t.Fatal(err)
	}
	mails := len(w.mails)
	answer := w.must(c, casework.StepInvite, nil).(notice.InviteAnswer)
	if want := int(c.Slots[2].End.Sub(w.now).Seconds()); answer.WaitSeconds != want {
		t.Errorf("waits %d s, want %d", answer.WaitSeconds, want)
	}
	raw, err := json.Marshal(answer)
	if err != nil || !strings.Contains(string(raw), `"wait_seconds":`) {
		t.Errorf("the execution is told %s, %v", raw, err)
	}
	if len(w.mails)-mails != 3 {
		t.Fatalf("%d mails", len(w.mails)-mails)
	}
	for _, raw := range w.mails[mails:] {
		l := open(t, raw)
		calendar := strings.ReplaceAll(l.parts["text/calendar REQUEST"], "\r\n ", "") // unfolded
		for _, want := range []string{
			"METHOD:REQUEST", "UID:" + c.ID, "DTSTART:20261127T080000Z", "DTEND:20261127T120000Z", "ORGANIZER;CN=Proactive service:mailto:service@proactive.example",
			"mailto:ana@biolab.example", "mailto:joe@biolab.example", "mailto:field@proactive.example", "RSVP=TRUE", "STATUS:CONFIRMED", "SEQUENCE:0",
		} {
			if !strings.Contains(calendar, want) {
				t.Errorf("the invite to %s lacks %q:\n%s", l.header.Get("To"), want, calendar)
			}
		}
		if !strings.Contains(string(raw), `filename="invite.ics"`) {
			t.Error("the invite is not attached")
		}
	}
	if diff := cmp.Diff([]string{"invite", "invite-en", "invite-engineer", "offer-1", "offer-1-en", "support", "support-event"}, w.notices(c.ID)); diff != "" {
		t.Error(diff)
	}
	if _, ok := w.archive["notices/v1/"+c.ID+"/invite.ics"]; !ok {
		t.Error("the invite is not archived")
	}
}

func TestInviteWaitIsDividedByThePace(t *testing.T) {
	w, c := diagnosed(t)
	c.Pace = 17280
	w.cases = pipelinetest.NewCases(t)
	if err := w.cases.Create(t.Context(), casework.Standing{}, c); err != nil {
		t.Fatal(err)
	}
	w.must(c, casework.StepSupport, nil)
	w.must(c, casework.StepOffer, nil)
	if got := w.reminders[casework.ReminderName(c.ID, 1)].Sub(w.now); got != 15*time.Second {
		t.Errorf("the reminder comes after %s, want three days in 15 s", got)
	}
	c = w.stored(c.ID)
	if _, _, err := casework.Book(t.Context(), w.cases, c.ID, c.Slots[0], w.now); err != nil {
		t.Fatal(err)
	}
	answer := w.must(c, casework.StepInvite, nil).(notice.InviteAnswer)
	if answer.WaitSeconds < 15 || answer.WaitSeconds > 20 {
		t.Errorf("waits %d s for a visit in three days and a half", answer.WaitSeconds)
	}
}

func TestNobodyOnFileIsSaidAndStopsNothing(t *testing.T) {
	w, c := diagnosed(t)
	w.circle = people.Circle{Tenant: people.Tenant{ID: "t-demo"}, Site: people.Site{ID: "s-demo"}}
	w.serial = ""
	answer := w.must(c, casework.StepSupport, nil).(notice.Answer)
	if answer.Notices["support"] != notice.NoRecipients || answer.Notices["support-event"] != notice.Sent {
		t.Errorf("answered %v", answer.Notices)
	}
	answer = w.must(c, casework.StepOffer, nil).(notice.Answer)
	if answer.Notices["offer-1"] != notice.NoRecipients || len(w.reminders) != 1 {
		t.Errorf("answered %v with %d reminders", answer.Notices, len(w.reminders))
	}
	if len(w.mails) != 0 || len(w.events) != 1 {
		t.Errorf("%d mails, %d events", len(w.mails), len(w.events))
	}
}

func TestEscalationAndClosing(t *testing.T) {
	w, c := offeredCase(t)
	w.must(c, casework.StepEscalate, nil)
	closed := w.stored(c.ID)
	closed.Close(casework.NoAnswer, w.now)
	if err := w.cases.Finish(t.Context(), closed, 0); err != nil {
		t.Fatal(err)
	}
	w.must(c, casework.StepClosed, nil)
	want := []string{"closed", "closed-event", "closed-lab", "closed-lab-en", "escalation", "escalation-event", "offer-1", "offer-1-en", "support", "support-event"}
	if diff := cmp.Diff(want, w.notices(c.ID)); diff != "" {
		t.Error(diff)
	}
}

func TestBadCalls(t *testing.T) {
	w, c := diagnosed(t)
	for reason, in := range map[string]casework.Call{
		"unknown-step":  call(c, "dance", nil),
		"no-such-case":  call(c, casework.StepSupport, func(in *casework.Call) { in.Input.Case = "c-aaaaaaaaaaaaaaaa-1" }),
		"not-this-case": call(c, casework.StepSupport, func(in *casework.Call) { in.Input.Component = "pump" }),
		"no-task-token": call(c, casework.StepOffer, func(in *casework.Call) { in.Token = "" }),
	} {
		if _, err := w.steps().Run(t.Context(), in); err == nil {
			t.Errorf("%s: taken", reason)
		} else if _, got := fault.Public(err); got != reason {
			t.Errorf("%s: refused as %s", reason, got)
		}
	}
}

// Names, addresses, the serial number, the link and the token stand in mails, never in a
// log line, an archive's key or an event.
func TestNothingPersonalOutsideTheMails(t *testing.T) {
	var log bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(was) })
	w, c := offeredCase(t)
	w.fail("Send", pipelinetest.NotPersisted)
	if _, err := notice.Logged(w.steps())(t.Context(), call(c, casework.StepOffer, round(1))); err == nil {
		t.Fatal("the step did not fail")
	}
	w.must(c, casework.StepEscalate, nil)
	outside := log.String()
	for key := range w.archive {
		outside += key + "\n"
	}
	for _, e := range w.events {
		outside += string(e)
	}
	secrets := []string{"A00834", "Biolab", "Bilbao", "ana@", "Núñez", "support@", "token-1", "service.proactive.example/slot"}
	for _, secret := range secrets {
		if strings.Contains(outside, secret) {
			t.Errorf("%q stands outside the mails:\n%s", secret, outside)
		}
	}
	if !strings.Contains(outside, c.ID) {
		t.Error("the log does not name the case")
	}
}
