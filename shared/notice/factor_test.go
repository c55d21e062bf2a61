package notice_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	wire "proactive/events"
	"proactive/shared/notice"
	"proactive/shared/people"
	"proactive/shared/pipelinetest"
)

// room is a world with factors: what was recorded of them, by id.
type room struct {
	*world
	told map[string][]string
}

func (r room) Told(_ context.Context, id string) (names []string, err error) {
	err = r.meet("Told", func() error { names = slices.Clone(r.told[id]); return nil })
	return names, err
}

func (r room) Tell(_ context.Context, id, name string) error {
	return r.meet("Tell", func() error {
		if !slices.Contains(r.told[id], name) {
			r.told[id] = append(r.told[id], name)
		}
		return nil
	})
}

func (r room) Ours(context.Context) (all []people.Contact, err error) {
	err = r.meet("Ours", func() error { all = r.circle.Contacts; return nil })
	return all, err
}

func newRoom(t *testing.T) (room, notice.FactorSteps) {
	w, _ := offeredCase(t)
	w.mails, w.events, w.archive = nil, nil, map[string][]byte{}
	r := room{w, map[string][]string{}}
	return r, notice.FactorSteps{Factors: r, Ours: r, Archive: w, Mail: w, Topic: w, Sender: "service@proactive.example", Now: func() time.Time { return w.now }}
}

// Whatever fails, and wherever: repeated until it is done, everybody is told, once, but for
// what was lost between sending and recording, which comes again byte for byte.
func TestAFactorIsToldOnce(t *testing.T) {
	f := notice.Noticed["reagent-lot"]
	for method, mayDouble := range map[string]bool{"Told": false, "Ours": false, "Keep": false, "Send": true, "Publish": true, "Tell": true} {
		for _, how := range []pipelinetest.Failure{pipelinetest.NotPersisted, pipelinetest.ReplyLost} {
			r, steps := newRoom(t)
			r.fail(method, how)
			if _, err := steps.Run(t.Context(), f); !errors.Is(err, pipelinetest.ErrStore) {
				t.Errorf("%s %v: %v", method, how, err)
			}
			r.now = r.now.Add(time.Hour) // the retry comes later; the bytes stay what they were
			for range 2 {
				if _, err := steps.Run(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			most := 1
			if mayDouble && (method == "Tell" || how == pipelinetest.ReplyLost) {
				most = 2
			}
			for what, all := range map[string][][]byte{"mails": r.mails, "events": r.events} {
				if len(all) < 1 || len(all) > most || len(all) == 2 && !bytes.Equal(all[0], all[1]) {
					t.Errorf("%s %v: %d %s", method, how, len(all), what)
				}
			}
			if !slices.Equal(slices.Sorted(slices.Values(r.told[f.ID])), []string{"factor", "factor-event"}) {
				t.Errorf("%s %v: recorded is %v", method, how, r.told)
			}
		}
	}
}

// Support is told, whichever site they serve, and no lab; with nobody on file the event is
// sent all the same.
func TestWhoIsToldOfAFactor(t *testing.T) {
	r, steps := newRoom(t)
	r.circle.Contacts = append(r.circle.Contacts, people.Contact{ID: "p-far", Name: "Far", Mail: "far@proactive.example", Language: "en", Roles: []people.Role{people.Support}, Sites: []string{"s-other"}})
	if _, err := steps.Run(t.Context(), notice.Noticed["software"]); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(r.mails[0]), "\r\n\r\n")
	for address, want := range map[string]bool{"support@proactive.example": true, "far@proactive.example": true, "field@proactive.example": false, "biolab": false} {
		if strings.Contains(head, address) != want {
			t.Errorf("%s: %v in\n%s", address, !want, head)
		}
	}
	r, steps = newRoom(t)
	r.circle.Contacts = nil
	answer, err := steps.Run(t.Context(), notice.Noticed["software"])
	if err != nil || answer.Notices["factor"] != notice.NoRecipients || answer.Notices["factor-event"] != notice.Sent || len(r.events) != 1 {
		t.Errorf("%+v, %v", answer, err)
	}
}

// The samples in events/factor are what is really published, and keep the schema.
func TestFactorSamplesAreWhatIsPublished(t *testing.T) {
	raw, err := wire.Files.ReadFile("factor/v1/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:proactive:factor:v1", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("urn:proactive:factor:v1")
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range notice.Noticed {
		r, steps := newRoom(t)
		if _, err := steps.Run(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		event, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.events[0]))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(event); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		file := "factor/v1/samples/" + name + ".json"
		if flag.Lookup("update").Value.String() == "true" {
			if err := os.WriteFile(filepath.Join("../../events", file), r.events[0], 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := wire.Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(r.events[0])); diff != "" {
			t.Errorf("%s (-update writes it anew):\n%s", file, diff)
		}
	}
}
