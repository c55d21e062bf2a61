package rehearsal_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"proactive/shared/batch"
	"proactive/shared/catalog"
	"proactive/shared/consent"
	"proactive/shared/observation"
	plants "proactive/shared/pipelinetest/planted"
)

// attacker is an instrument whose key somebody else has. He seals what he likes, past the agent
// and its first wall, and numbers his batches.
type attacker struct {
	*forger
	t        *testing.T
	l        *lessons
	sequence int64
}

// attack has n identifiers sent by a forger, in everything that he can write into.
func (l *lessons) attack(n int) {
	a := &attacker{forger: newForger(l.t, "FORGED-PLANTS", true), t: l.t, l: l}
	end, rows := len(l.planter.All)+n, n*7/10
	a.rows(rows)
	ways := []func(){a.kinds, a.header, a.row, a.payload, a.envelope, a.object, a.request, a.consented}
	each := (n - rows) / len(ways)
	for _, way := range ways {
		for enough := len(l.planter.All) + each; len(l.planter.All) < enough; {
			way()
		}
	}
	for len(l.planter.All) < end {
		a.object()
	}
}

// text draws a plant for a carrier.
func (a *attacker) text(c plants.Carrier) plants.Plant { return a.l.planter.Text(c) }

// texts are those of some plants for a carrier that has room for them.
func (a *attacker) texts(c plants.Carrier) (all []string) {
	for range 5 {
		all = append(all, a.text(c).Written...)
	}
	return all
}

// upload sends an object of any bytes under the next number.
func (a *attacker) upload(make func(batch string) []byte) {
	a.t.Helper()
	a.sequence++
	id := newBatch(a.t)
	a.send(a.t, id, a.sequence, make(id))
}

// sealing sends a payload of any bytes, soundly sealed.
func (a *attacker) sealing(payload []byte) {
	a.t.Helper()
	a.upload(func(id string) []byte { return sealed(a.t, a.params(a.t, id, a.sequence, payload)) })
}

// good are rows that may be kept, so that a batch is not refused for having none.
var good = []observation.Observation{{Field: "telemetry.chiller.duty", Value: 40}, {Field: "telemetry.chiller.duty", Minute: 120, Value: 41}}

// rows puts n identifiers into rows: texts of all types of fields in their right dimensions,
// names of fields, and texts of fields that nobody knows.
func (a *attacker) rows(n int) {
	a.t.Helper()
	carriers := []plants.Carrier{plants.PayloadOpen, plants.PayloadClosed, plants.PayloadNumber, plants.PayloadField, plants.PayloadUnknown}
	fields := map[plants.Carrier][]catalog.Field{}
	for _, f := range a.l.cat.Fields() {
		c := map[catalog.Type]plants.Carrier{catalog.Pattern: plants.PayloadOpen, catalog.Enum: plants.PayloadClosed, catalog.Number: plants.PayloadNumber, catalog.Count: plants.PayloadNumber}[f.Type]
		fields[c] = append(fields[c], f)
	}
	batches, used := [][]observation.Observation{}, map[observation.Observation]int{}
	for i := range n {
		c := carriers[i%len(carriers)]
		for at, w := range a.text(c).Written {
			o := observation.Observation{Field: "run.operator" + strconv.Itoa(at), Text: w, Minute: 60 * i}
			switch c {
			case plants.PayloadField:
				o = observation.Observation{Field: w, Value: 1}
			case plants.PayloadUnknown:
			default:
				o = plants.Row(fields[c][(i/len(carriers)+at)%len(fields[c])], w)
			}
			row := o
			row.Text, row.Value = "", 0
			in := used[row]
			used[row]++
			for len(batches) <= in {
				batches = append(batches, nil)
			}
			batches[in] = append(batches[in], o)
		}
	}
	for _, rows := range batches {
		a.sealing(encoded(a.t, observation.Payload{Catalog: a.l.cat.Hash(), Observations: append(rows, good...)}))
	}
}

// kinds puts identifiers into the names of what was left behind.
func (a *attacker) kinds() {
	p := observation.Payload{Catalog: a.l.cat.Hash(), Dropped: map[string]observation.Drops{}, Left: map[string]int{}, Observations: good}
	for _, w := range a.text(plants.PayloadDropped).Written {
		p.Dropped[w] = observation.Drops{Unknown: 1}
	}
	for _, w := range a.text(plants.PayloadLeft).Written {
		p.Left["left.patient."+w] = 1
	}
	a.sealing(encoded(a.t, p))
}

// sound is a payload in its two parts.
func (a *attacker) sound() (head map[string]any, rows []byte) {
	raw := encoded(a.t, observation.Payload{Catalog: a.l.cat.Hash(), Observations: good})
	line, rows, _ := bytes.Cut(raw, []byte("\n"))
	if err := json.Unmarshal(line, &head); err != nil {
		a.t.Fatal(err)
	}
	return head, rows
}

func (a *attacker) header() {
	head, rows := a.sound()
	p := a.text(plants.PayloadHeader)
	for i, w := range p.Written {
		head[[]string{"catalog", "operator", "format"}[(p.ID+i)%3]] = w
	}
	a.sealing(append(append(marshal(a.t, head), '\n'), rows...))
}

func (a *attacker) row() {
	head, rows := a.sound()
	for _, w := range a.texts(plants.PayloadRow) {
		rows = append(rows, marshal(a.t, map[string]any{"f": "run.chemistry", "operator": w, "v": 0, "x": "SP"})...)
		rows = append(rows, '\n')
	}
	a.sealing(append(append(marshal(a.t, head), '\n'), rows...))
}

func (a *attacker) payload() {
	a.sealing([]byte(strings.Join(a.texts(plants.PayloadBytes), "\n")))
}

// envelope puts identifiers into each part of an envelope, one after the other.
func (a *attacker) envelope() {
	payload := encoded(a.t, observation.Payload{Catalog: a.l.cat.Hash(), Observations: good})
	parts := func(id string) (format, head, signature, rest []byte) {
		lines := bytes.SplitN(sealed(a.t, a.params(a.t, id, a.sequence, payload)), []byte("\n"), 4)
		return lines[0], lines[1], lines[2], lines[3]
	}
	whole := func(parts ...[]byte) []byte { return bytes.Join(parts, []byte("\n")) }
	a.upload(func(id string) []byte {
		_, head, signature, rest := parts(id)
		return whole([]byte(strings.Join(a.text(plants.EnvelopeFormat).Written, " ")), head, signature, rest)
	})
	for _, member := range []string{"format", "deployment", "instrument", "batch", "catalog", "compression"} {
		a.member(plants.EnvelopeHeader, parts, func(h map[string]any, w string) { h[member] = w })
	}
	a.member(plants.EnvelopeNames, parts, func(h map[string]any, w string) { h[w] = "1" })
	a.member(plants.EnvelopeKey, parts, func(h map[string]any, w string) { h["recipients"].([]any)[0].(map[string]any)["key"] = w })
	a.member(plants.EnvelopeKey, parts, func(h map[string]any, w string) { h["recipients"].([]any)[0].(map[string]any)["algorithm"] = w })
	a.upload(func(id string) []byte {
		p := a.params(a.t, id, a.sequence, payload)
		for _, w := range a.text(plants.EnvelopeSecond).Written {
			second := p.Recipients[0]
			second.ID = w
			p.Recipients = append(p.Recipients, second)
		}
		return sealed(a.t, p)
	})
	a.upload(func(id string) []byte {
		format, head, _, rest := parts(id)
		return whole(format, head, []byte(strings.Join(a.text(plants.EnvelopeSign).Written, " ")), rest)
	})
	a.upload(func(id string) []byte {
		format, head, signature, rest := parts(id)
		return append(whole(format, head, signature, rest), strings.Join(a.text(plants.EnvelopeAfter).Written, " ")...)
	})
	a.upload(func(id string) []byte {
		format, head, _, rest := parts(id)
		clear := []byte(strings.Join(a.text(plants.EnvelopeClear).Written, " "))
		for len(clear) < len(rest) {
			clear = append(clear, ' ')
		}
		return whole(format, head, a.sign(head, clear[:len(rest)]), clear[:len(rest)])
	})
}

// member spoils a header, and signs what came of it.
func (a *attacker) member(c plants.Carrier, parts func(string) (format, head, signature, rest []byte), spoil func(h map[string]any, w string)) {
	a.upload(func(id string) []byte {
		format, head, _, rest := parts(id)
		var h map[string]any
		if err := json.Unmarshal(head, &h); err != nil {
			a.t.Fatal(err)
		}
		for _, w := range a.text(c).Written {
			spoil(h, w)
		}
		head = marshal(a.t, h)
		return bytes.Join([][]byte{format, head, a.sign(head, rest), rest}, []byte("\n"))
	})
}

func (a *attacker) sign(head, rest []byte) []byte {
	return []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(a.key, batch.Message(head, rest))))
}

// object uploads what is no batch at all.
func (a *attacker) object() {
	a.upload(func(string) []byte { return []byte(strings.Join(a.texts(plants.ObjectClear), "\n")) })
}

// request puts identifiers into requests, of those who are proven and of those who are not.
func (a *attacker) request() {
	for _, w := range a.text(plants.RequestPath).Written {
		a.call(a.t, http.MethodGet, "/v1/receipts?after="+url.QueryEscape(w), nil)
		ask(a.t, http.MethodGet, a.base+"/v1/"+url.PathEscape(w), "", nil)
	}
	for _, w := range a.text(plants.RequestHeader).Written {
		ask(a.t, http.MethodPost, a.base+"/v1/authorize", base64.RawURLEncoding.EncodeToString([]byte(`{"kid":"`+w+`"}`))+".e30.AA", []byte("{}"))
	}
	for i, w := range a.text(plants.RequestBody).Written {
		a.call(a.t, http.MethodPost, "/v1/authorize", map[string]any{[]string{"batch", "operator", "sha256"}[(int(a.sequence)+i)%3]: w, "sequence": 1, "bytes": 1})
		a.call(a.t, http.MethodPost, "/v1/consent", map[string]any{"statement": w})
	}
}

// consented signs statements that say more than a statement may.
func (a *attacker) consented() {
	p := a.text(plants.ConsentText)
	for i, w := range p.Written {
		s := map[string]any{
			"format": consent.Format, "deployment": a.deployment, "instrument": a.id, "version": len(a.said) + 1, "previous": consent.Digest(a.said[len(a.said)-1]),
			"on": true, "text": "2026-11", "text_sha256": strings.Repeat("c", 64), "at": "2026-11-23T09:00:00Z",
		}
		s[[]string{"text", "deployment", "at", "operator", "previous"}[(p.ID+i)%5]] = w
		text := base64.RawURLEncoding.EncodeToString
		input := text([]byte(`{"alg":"EdDSA","typ":"`+consent.Type+`"}`)) + "." + text(marshal(a.t, s))
		a.call(a.t, http.MethodPost, "/v1/consent", map[string]any{"statement": input + "." + text(ed25519.Sign(a.key, []byte(input)))})
	}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
