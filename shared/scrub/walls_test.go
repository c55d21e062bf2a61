package scrub_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"proactive/shared/catalog"
	"proactive/shared/layout"
	"proactive/shared/observation"
	"proactive/shared/observe"
	plants "proactive/shared/pipelinetest/planted"
	"proactive/shared/pipelinetest/traces"
	"proactive/shared/receipt"
	"proactive/shared/scrub"
	"proactive/shared/simulate"
)

// drill is identifiers, and the rows that carry them out of a lab whose reader and first wall
// are broken.
type drill struct {
	t       *testing.T
	cat     *catalog.Catalog
	planter *plants.Planter
	defects defects
	folders []string
	stolen  [][]observation.Observation // of each plant that was
	missed  map[plants.Carrier]int      // that were not
}

const perFolder = 600

func newDrill(t *testing.T, seed uint64, n int) *drill {
	t.Helper()
	d := &drill{t: t, cat: load(t), planter: plants.New(seed, load(t)), missed: map[plants.Carrier]int{}}
	d.defects = seededDefects(seed, d.cat)
	d.plant(seed, n*4/5)
	d.steal()
	d.forge(n - len(d.planter.All))
	return d
}

// plant writes run folders with n plants.
func (d *drill) plant(seed uint64, n int) {
	dir := d.t.TempDir()
	runs := (n/perFolder + 3) / 3
	f := simulate.Fleet{Seed: seed, Instruments: 3, Start: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
	if err := f.Write(dir, 0, runs); err != nil {
		d.t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(dir, "*", "*", "RunInfo.xml"))
	if err != nil || len(all) != 3*runs {
		d.t.Fatalf("%d run folders: %v", len(all), err)
	}
	for i, name := range all {
		folder := filepath.Dir(name)
		if i%4 == 1 {
			fam := plants.Families[i/4%len(plants.Families)]
			if folder, err = plants.Reshape(folder, fam, serialOf(fam, i), d.cat); err != nil {
				d.t.Fatal(err)
			}
		}
		if folder, err = d.planter.Into(folder, n/len(all), i%7 == 6); err != nil {
			d.t.Fatal(err)
		}
		d.folders = append(d.folders, folder)
	}
}

func serialOf(f plants.Family, n int) string {
	return fmt.Sprintf(f.Serial, 700+n)
}

// steal reads the run folders as nothing of ours does, and seals what a broken first wall at
// the instrument lets out.
func (d *drill) steal() {
	finder := traces.Of(d.planter.All)
	parts, times := map[traces.Part]observation.Observation{}, map[plants.Source]int{}
	for _, folder := range d.folders {
		texts, err := plants.Everything(os.DirFS(folder))
		if err != nil {
			d.t.Fatal(err)
		}
		texts = append(texts, plants.Text{Source: plants.FolderNames, Text: filepath.Base(folder)})
		for _, text := range texts {
			if row, err := json.Marshal(text.Text); err != nil || len(row) > 370 { // it fits in no row
				continue
			}
			for _, p := range finder.Parts([]byte(text.Text)) {
				if _, there := parts[p]; !there {
					parts[p] = d.defects.read(text, times[text.Source])
					times[text.Source]++
				}
			}
		}
	}
	for _, p := range d.planter.All {
		rows := []observation.Observation{parts[traces.Part{Plant: p.ID}]}
		if rows[0].Field == "" {
			rows = []observation.Observation{parts[traces.Part{Plant: p.ID, Half: 1}], parts[traces.Part{Plant: p.ID, Half: 2}]}
		}
		if len(rows) == 2 && where(rows[0]) == where(rows[1]) {
			rows[1].Minute += 60
		}
		if rows[0].Field != "" && rows[len(rows)-1].Field != "" {
			d.stolen = append(d.stolen, rows)
		} else {
			d.missed[p.Carrier]++
		}
	}
}

// forge seals n plants that an attacker puts into rows of a batch, in the right dimensions
// where the field is one of ours.
func (d *drill) forge(n int) {
	fields := d.cat.Fields()
	for i := range n {
		carrier := []plants.Carrier{plants.PayloadOpen, plants.PayloadClosed, plants.PayloadNumber, plants.PayloadField, plants.PayloadUnknown}[i%5]
		p := d.planter.Text(carrier)
		var rows []observation.Observation
		for at, w := range p.Written {
			o := observation.Observation{Field: "run.operator" + strconv.Itoa(at), Text: w}
			switch carrier {
			case plants.PayloadField:
				o = observation.Observation{Field: w, Value: 1}
			case plants.PayloadUnknown:
			default:
				o = plants.Row(ofType(fields, carrier, i+at), w)
			}
			rows = append(rows, o)
		}
		d.stolen = append(d.stolen, rows)
	}
}

// ofType is the nth field in which a forger's carrier puts text.
func ofType(fields []catalog.Field, c plants.Carrier, n int) catalog.Field {
	types := map[plants.Carrier][]catalog.Type{
		plants.PayloadOpen: {catalog.Pattern}, plants.PayloadClosed: {catalog.Enum}, plants.PayloadNumber: {catalog.Number, catalog.Count},
	}[c]
	var all []catalog.Field
	for _, f := range fields {
		if slices.Contains(types, f.Type) {
			all = append(all, f)
		}
	}
	return all[n%len(all)]
}

// alone puts each plant into a batch of its own, so that none is stopped for another's sake.
func (d *drill) alone() (all [][]observation.Observation) { return d.stolen }

// where is a row without what it says.
func where(o observation.Observation) observation.Observation {
	o.Text, o.Value = "", 0
	return o
}

// together puts as many into a batch as there is room for: a row is there once.
func (d *drill) together() (all [][]observation.Observation) {
	room := map[observation.Observation]int{} // the first batch without such a row
	for _, rows := range d.stolen {
		at := 0
		for _, o := range rows {
			at = max(at, room[where(o)])
		}
		for _, o := range rows {
			room[where(o)] = at + 1
		}
		for len(all) <= at {
			all = append(all, nil)
		}
		all[at] = append(all[at], rows...)
	}
	return all
}

// seal makes a batch of rows, past a broken first wall, beside two rows that may be kept.
func (d *drill) seal(n int, rows []observation.Observation) []byte {
	d.t.Helper()
	rows = append(slices.Clone(rows), observation.Observation{Field: "telemetry.chiller.duty", Value: 40}, observation.Observation{Field: "telemetry.chiller.duty", Minute: 120, Value: 41})
	kept, _ := d.defects.project(d.cat, rows)
	return sealed(d.t, params(n, encode(d.t, observation.Payload{Catalog: d.cat.Hash(), Observations: kept})))
}

// pass puts batches through a stage and searches what it leaves of them: clean data, receipts,
// log, and the ciphertext in quarantine.
func (d *drill) pass(t *testing.T, batches [][]observation.Observation, breach func(*scrub.Stage)) (*bench, *traces.Finder) {
	t.Helper()
	b, f := newBench(t), traces.Of(d.planter.All)
	breach(b.stage)
	for i, rows := range batches {
		if err := b.stage.Handle(t.Context(), b.upload(i+1, d.seal(i+1, rows))); err != nil {
			t.Fatalf("batch %d: %v", i+1, err)
		}
		for name, versions := range map[string][][]byte{
			"clean": b.clean.Versions(layout.CleanKey(instrument, batchID(i+1))), "quarantined": b.quarantine.Versions(layout.QuarantineKey(instrument, batchID(i+1))),
		} {
			for _, version := range versions {
				f.In(name+" batch", version)
			}
		}
	}
	f.In("receipts", []byte(strings.Join(b.chain.Receipts(instrument), "\n")))
	f.In("log", b.log.Bytes())
	return b, f
}

// TestTwoWalls: identifiers that a broken reader and a broken first wall let out of the lab
// meet the first wall alone, the second alone, both, and none.
func TestTwoWalls(t *testing.T) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("PRIVACY_PLANTS"), "800"))
	if err != nil || n < 100 {
		t.Fatalf("PRIVACY_PLANTS=%s", os.Getenv("PRIVACY_PLANTS"))
	}
	const seed = 20261123
	d := newDrill(t, seed, n)
	report := traces.NewReport("walls", seed, d.planter)
	if len(d.stolen) < n*98/100 {
		t.Errorf("only %d of %d plants were stolen", len(d.stolen), n)
	}
	none := func(found int) bool { return found == 0 }
	for _, one := range []struct {
		name, wanted  string
		first, second bool // stand
		batches       [][]observation.Observation
		ok            func(found int) bool
	}{
		{"both walls", "0", true, true, d.together(), none},
		{"the projection alone", "0", true, false, d.together(), none},
		{"the detector alone", "1 % at most", false, true, d.alone(), func(found int) bool { return found*100 <= len(d.stolen) }},
		{"neither", "more than 99 %", false, false, d.together(), func(found int) bool { return found*100 > len(d.stolen)*99 }},
	} {
		b, f := d.pass(t, one.batches, func(s *scrub.Stage) {
			first, second := d.defects.project, blind
			if one.first {
				first = nil
			}
			if one.second {
				second = nil
			}
			s.Breach(first, second)
		})
		o := report.Add(one.name, f, d.planter, len(d.stolen), one.wanted, one.ok)
		verdicts := map[receipt.Verdict]int{}
		for _, r := range b.receipts() {
			verdicts[r.Verdict]++
		}
		o.Details["verdicts"], o.Details["defects at both ends"] = verdicts, d.defects.count()
		if !o.OK {
			t.Errorf("%s: %d of %d found, wanted %s: %s", one.name, o.Found, o.Plants, one.wanted, strings.Join(o.Traces, "\n"))
		}
	}
	report.Parts[0].Details["not reached, by carrier"] = d.missed
	d.honest(t, report)
	if dir := os.Getenv("PRIVACY_REPORT"); dir != "" {
		text, err := report.Save(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(text)
	}
}

// honest puts the run folders through a sound agent's reader and first wall, and through the
// cloud's first wall alone.
func (d *drill) honest(t *testing.T, report *traces.Report) {
	t.Helper()
	b := newBench(t)
	b.stage.Breach(nil, blind)
	sent := 0
	f := traces.Of(d.planter.All)
	for i, folder := range d.folders {
		r, err := observe.Run(t.Context(), os.DirFS(folder), observe.Options{LabKey: []byte("the lab's key of thirty-two byte")})
		if err != nil {
			t.Fatal(err)
		}
		kept, tally := scrub.Project(d.cat, r.Observations)
		raw := encode(t, observation.Payload{Catalog: d.cat.Hash(), Dropped: tally.Files, Left: r.Left, Observations: kept})
		f.In("payload "+strconv.Itoa(i), raw)
		if len(kept) == 0 {
			continue
		}
		if err := b.stage.Handle(t.Context(), b.upload(i+1, sealed(t, params(i+1, raw)))); err != nil {
			t.Fatal(err)
		}
		for _, version := range b.clean.Versions(layout.CleanKey(instrument, batchID(i+1))) {
			f.In("clean "+strconv.Itoa(i), version)
			sent++
		}
	}
	for _, jws := range b.chain.Receipts(instrument) {
		f.In("receipt", []byte(jws))
	}
	o := report.Add("the projection, at both ends", f, d.planter, len(d.planter.All), "0", func(found int) bool { return found == 0 })
	o.Details["run folders"], o.Details["stored"] = len(d.folders), sent
	if !o.OK || sent < len(d.folders)*3/4 {
		t.Errorf("the projection at both ends: %d found, %d of %d folders sent: %s", o.Found, sent, len(d.folders), strings.Join(o.Traces, "\n"))
	}
}

func encode(t *testing.T, p observation.Payload) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := observation.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
