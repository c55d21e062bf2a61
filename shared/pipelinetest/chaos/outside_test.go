package chaos_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/mail"
	"time"

	"proactive/shared/casework"
	"proactive/shared/language"
	"proactive/shared/people"
	"proactive/shared/pipelinetest"
	"proactive/shared/seal"
)

// outside is everything that notices reach: the archive, the mail, the topic, the
// reminders. It fails the test when a notice goes out that is recorded already, that is not
// archived, or that differs from the one before.
type outside struct {
	w                              *world
	archive, mail, topic, reminder pipelinetest.Faults
	kept                           map[string][]byte
	sent                           map[string][][]byte // by X-Proactive-Notice, or the event's key
	reminders                      map[string]bool
}

func newOutside(w *world) *outside {
	o := &outside{w: w, kept: map[string][]byte{}, sent: map[string][][]byte{}, reminders: map[string]bool{}}
	o.archive.Drive(driver{w, "archive"})
	o.mail.Drive(driver{w, "mail"})
	o.topic.Drive(driver{w, "topic"})
	o.reminder.Drive(driver{w, "reminders"})
	return o
}

func (o *outside) Keep(_ context.Context, key, _ string, body []byte) (there []byte, err error) {
	err = o.archive.Call("Keep", func() error {
		if _, ok := o.kept[key]; !ok {
			o.kept[key] = bytes.Clone(body)
		}
		there = bytes.Clone(o.kept[key])
		return nil
	})
	return there, err
}

// note takes a notice that has just gone out.
func (o *outside) note(id, caseID, name, key string, body []byte) {
	if c := o.w.peek(caseID); c.Noticed(name) {
		o.w.t.Errorf("notice %s was recorded, and went out again", id)
	}
	if !bytes.Equal(o.kept[key], body) {
		o.w.t.Errorf("notice %s went out, and is not what is archived", id)
	}
	o.sent[id] = append(o.sent[id], bytes.Clone(body))
}

func (o *outside) Send(_ context.Context, raw []byte) (id string, err error) {
	err = o.mail.Call("Send", func() error {
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		notice := m.Header.Get("X-Proactive-Notice")
		var caseID, name string
		for i := range notice {
			if notice[i] == '/' {
				caseID, name = notice[:i], notice[i+1:]
			}
		}
		if want := "<" + caseID + "." + name + "@proactive.example>"; m.Header.Get("Message-Id") != want {
			o.w.t.Errorf("notice %s has the Message-ID %s, want %s", notice, m.Header.Get("Message-Id"), want)
		}
		o.note(notice, caseID, name, "notices/v1/"+notice+".eml", raw)
		id = fmt.Sprintf("ses-%d", len(o.sent))
		return nil
	})
	return id, err
}

// topicOf is support's topic; its Publish would clash with no other, but its faults are its own.
type topicOf struct{ *outside }

func (o topicOf) Publish(_ context.Context, event []byte, attributes map[string]string) (id string, err error) {
	err = o.topic.Call("Publish", func() error {
		for key, body := range o.kept {
			if bytes.Equal(body, event) {
				caseID := caseIDOf(key)
				name := attributes["notice"] + "-event"
				o.note(caseID+"/"+name, caseID, name, key, event)
				id = "sns"
				return nil
			}
		}
		o.w.t.Error("an event went out that is not archived")
		return nil
	})
	return id, err
}

// caseIDOf is the case of an archive's key.
func caseIDOf(key string) string {
	rest := key[len("notices/v1/"):]
	for i := range rest {
		if rest[i] == '/' {
			return rest[:i]
		}
	}
	return rest
}

func (o *outside) Remind(_ context.Context, r casework.Reminder, _ time.Time) error {
	return o.reminder.Call("Remind", func() error {
		o.reminders[casework.ReminderName(r.Case, r.Round)] = true
		return nil
	})
}

func (o *outside) Mac(_ context.Context, message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	return sum[:], nil
}

func (o *outside) Circle(context.Context, string, string) (people.Circle, error) {
	return people.Circle{
		Tenant:   people.Tenant{ID: "t-1", Name: "Biolab"},
		Site:     people.Site{ID: "s-1", Tenant: "t-1", Name: "Core", Zone: "Europe/Madrid", Language: language.Spanish},
		Contract: people.Contract{Site: "s-1", Tenant: "t-1", Plan: "gold", ResponseDays: 1},
		Contacts: []people.Contact{
			{ID: "p-support", Name: "Support", Mail: "support@proactive.example", Language: "en", Roles: []people.Role{people.Support}},
			{ID: "p-field", Name: "Field", Mail: "field@proactive.example", Language: "en", Roles: []people.Role{people.FieldEngineer}},
			{ID: "p-lab", Tenant: "t-1", Name: "Lab", Mail: "lab@biolab.example", Language: "es", Roles: []people.Role{people.Lab}},
		},
	}, nil
}

// kms refuses what its driver says, and else does as the keys do.
type kms struct {
	pipelinetest.Faults
	keys *pipelinetest.Keys
	open seal.Unwrapper
}

func (k *kms) KeyID(ctx context.Context) (id string, err error) { return k.keys.KeyID(ctx) }

func (k *kms) SignES256(ctx context.Context, id string, digest []byte) (raw []byte, err error) {
	err = k.Call("Sign", func() error { raw, err = k.keys.SignES256(ctx, id, digest); return err })
	return raw, err
}

func (k *kms) Unwrap(ctx context.Context, id string, wrapped []byte) (key []byte, err error) {
	err = k.Call("Decrypt", func() error { key, err = k.open.Unwrap(ctx, id, wrapped); return err })
	return key, err
}
