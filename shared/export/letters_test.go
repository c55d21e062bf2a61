package export_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"proactive/shared/export"
)

// mailed is a letter as notify archives it.
const mailed = "From: Service <service@proactive.example>\r\nTo: Ana <ana@biolab.example>\r\nReply-To: sam@proactive.example\r\n" +
	"Subject: =?utf-8?q?Visita_reservada:_27_de_noviembre_de_2026,_09:00=E2=80=9313:00?=\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed;\r\n boundary=out\r\n\r\n--out\r\nContent-Type: multipart/related; boundary=in\r\n\r\n--in\r\n" +
	"Content-Disposition: attachment; filename=x.txt\r\nContent-Type: text/plain\r\n\r\nnot this\r\n--in\r\n" +
	"Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n" +
	"Elija una hora:\r\nhttps://service.proactive.example/slot/bK3mQ0vYw8rT1xZ6uJ9hN4cS7=\r\ndF2gL5pA_eRiOqWtUy?lang=3Des\r\n\r\nM=C3=A1s\r\n" +
	"--in\r\nContent-Type: text/html\r\n\r\n<b>html</b>\r\n--in--\r\n--out--\r\n"

type archive map[string]string

func (a archive) Notice(_ context.Context, key string) ([]byte, error) {
	raw, ok := a[key]
	if !ok {
		return nil, export.ErrGone
	}
	return []byte(raw), nil
}

type caseFile []export.Case

func (c caseFile) Of(_ context.Context, instrument string) ([]export.Case, error) {
	if instrument != ours {
		return nil, nil
	}
	return c, nil
}

// What the lab was told is told as it read it: without addresses, and without the link that
// books a visit. What our own people were told is not.
func TestLettersAreThoseToTheLab(t *testing.T) {
	sent := now().Add(-time.Hour)
	var of []export.Notice
	in := archive{}
	for _, name := range []string{
		"support", "support-event", "offer-1", "offer-1-en", "reminder-2", "invite", "invite-es", "invite-engineer", "escalation", "escalation-event",
		"closed", "closed-lab", "closed-lab-en", "closed-event", "something-new",
	} {
		key := "notices/v1/c-1/" + name + ".eml"
		in[key] = mailed
		if strings.HasSuffix(name, "-event") {
			key = "notices/v1/c-1/" + name + ".json"
			in[key] = `{"notice":"support"}`
		}
		of = append(of, export.Notice{Name: name, Key: key, SentAt: sent})
	}
	of = append(of, export.Notice{Name: "offer-9", Key: "ended", SentAt: now().Add(-export.NoticeLife - time.Hour)})
	letters := export.Letters{Cases: caseFile{{ID: "c-1", Row: 1, Notices: of}}, Archive: in, Now: now}
	items, more, err := letters.After(t.Context(), ours, "")
	if err != nil || more {
		t.Fatal(more, err)
	}
	var names []string
	for _, item := range items {
		files, err := item.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			names = append(names, f.Name)
			body := string(f.Body)
			if strings.HasSuffix(f.Name, ".json") {
				continue
			}
			const want = "Subject: Visita reservada: 27 de noviembre de 2026, 09:00–13:00\n\nElija una hora:\nhttps://service.proactive.example/slot/…?lang=es\n\nMás"
			if body != want {
				t.Errorf("%s reads %q", f.Name, body)
			}
		}
	}
	want := []string{
		"notices/c-1/closed-event.json", "notices/c-1/closed-lab.txt", "notices/c-1/closed-lab-en.txt", "notices/c-1/escalation-event.json", "notices/c-1/invite.txt", "notices/c-1/invite-es.txt",
		"notices/c-1/offer-1.txt", "notices/c-1/offer-1-en.txt", "notices/c-1/reminder-2.txt", "notices/c-1/support-event.json",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if rest, _, err := letters.After(t.Context(), ours, "c-1/reminder-2"); err != nil || len(rest) != 1 {
		t.Errorf("after the last but one: %d, %v", len(rest), err)
	}
	if others, _, err := letters.After(t.Context(), theirs, ""); err != nil || len(others) != 0 {
		t.Errorf("of another instrument: %v, %v", others, err)
	}
}

func TestALetterThatCannotBeRead(t *testing.T) {
	for name, raw := range map[string]string{
		"missing before its time": "", "no mail": "hello", "no text": "Subject: x\r\nContent-Type: text/html\r\n\r\n<b>x</b>",
		"torn": mailed[:400],
	} {
		in := archive{"k.eml": raw}
		if raw == "" {
			in = archive{}
		}
		letters := export.Letters{Cases: caseFile{{ID: "c-1", Notices: []export.Notice{{Name: "offer-1", Key: "k.eml", SentAt: now()}}}}, Archive: in, Now: now}
		items, _, err := letters.After(t.Context(), ours, "")
		if err != nil || len(items) != 1 {
			t.Fatal(err)
		}
		if files, err := items[0].Open(t.Context()); err == nil {
			t.Errorf("%s: %+v", name, files)
		}
	}
}

func TestCaseRowsAreInOrder(t *testing.T) {
	rows := export.CaseRows{Cases: caseFile{{ID: "c-2", Row: 2}, {ID: "c-1", Row: 1}, {ID: "c-3", Row: 3}}}
	items, more, err := rows.After(t.Context(), ours, "c-1")
	if err != nil || more || len(items) != 2 || items[0].Row != 2 || items[1].Row != 3 {
		t.Errorf("%+v, %v, %v", items, more, err)
	}
}
