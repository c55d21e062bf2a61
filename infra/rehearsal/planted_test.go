package rehearsal_test

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/infra/rehearsal"
	"proactive/shared/catalog"
	"proactive/shared/layout"
	plants "proactive/shared/pipelinetest/planted"
	trace "proactive/shared/pipelinetest/traces"
	"proactive/shared/simulate"
)

// lessons are the labs of the drill with planted identifiers, and what comes of them.
type lessons struct {
	t       *testing.T
	dir     string
	cat     *catalog.Catalog
	planter *plants.Planter
	labs    []*rehearsal.Lab
	log     bytes.Buffer // of every agent
	spools  []place      // the agents' homes while batches waited
	pages   bytes.Buffer
	folders int      // that were to be sent
	refused int      // by the agents
	stored  int      // batches
	marks   []string // what must be found again where it belongs
}

// place is what was somewhere.
type place struct {
	name    string
	content []byte
}

// TestPlantedIdentifiers puts identifiers into everything that run folders, payloads, envelopes
// and requests consist of, lets the agents and a forger send them to the deployed stack, waits
// for the case and its mails, and searches all that is left. PRIVACY_PLANTS says how many.
func TestPlantedIdentifiers(t *testing.T) {
	t.Parallel()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("PRIVACY_PLANTS"), "1500"))
	if err != nil || n < 1000 {
		t.Fatalf("PRIVACY_PLANTS=%s", os.Getenv("PRIVACY_PLANTS"))
	}
	const seed = 20261124
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := &lessons{t: t, dir: t.TempDir(), cat: cat, planter: plants.New(seed, cat)}
	l.fleet(seed, 1+n/10_000, n*6/10)
	l.follow()
	l.families(seed, n*2/10)
	l.attack(n - len(l.planter.All))
	drained(t)
	l.export()

	report := trace.NewReport("deployed", seed, l.planter)
	marks := trace.Of(marked(l.marks))
	none := func(found int) bool { return found == 0 }
	service := trace.Of(l.planter.All)
	both := func(f *trace.Finder) func(string, []byte) {
		return func(place string, content []byte) {
			f.In(place, content)
			marks.In(place, content)
		}
	}
	places(t, both(service))
	l.answers(both(service))
	at := report.Add("the service", service, l.planter, len(l.planter.All), "0", none)
	at.Details["run folders"], at.Details["of which agents refused"], at.Details["batches stored"] = l.folders, l.refused, l.stored

	lab := trace.Of(l.planter.All)
	both(lab)("agent-log", l.log.Bytes())
	l.homes(both(lab))
	l.opened(both(lab))
	report.Add("the agents", lab, l.planter, len(l.planter.All), "0", none)
	if dir := os.Getenv("PRIVACY_REPORT"); dir != "" {
		text, err := report.Save(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(text)
	}
	for _, o := range report.Parts {
		if !o.OK {
			t.Errorf("%s: %d of %d plants found:\n%s", o.Name, o.Found, o.Plants, strings.Join(o.Traces, "\n"))
		}
	}
	l.seen(marks)
	if len(report.Kinds) < 14 || len(report.Encodings) < 10 || len(report.Carriers) < 40 || report.Plants < n {
		t.Errorf("%d plants of %d kinds, %d encodings, %d carriers", report.Plants, len(report.Kinds), len(report.Encodings), len(report.Carriers))
	}
}

// fleet sends twelve runs of each of some simulated instruments, one of which fails.
func (l *lessons) fleet(seed uint64, instruments, n int) {
	l.t.Helper()
	const runs = 12
	f := simulate.Fleet{Seed: seed, Instruments: instruments, Failing: 1, Start: time.Now().AddDate(0, 0, 1).UTC().Truncate(24 * time.Hour)}
	if err := f.Write(l.dir, 0, runs); err != nil {
		l.t.Fatal(err)
	}
	for _, truth := range f.Truths() {
		lab := l.enrol(truth.Serial)
		found, err := filepath.Glob(filepath.Join(l.dir, truth.Serial, "*"))
		if err != nil || len(found) != runs {
			l.t.Fatalf("%d run folders: %v", len(found), err)
		}
		for i, folder := range found {
			l.plant(lab, folder, n/runs/instruments, i%6 == 5)
		}
		l.send(lab, filepath.Join(l.dir, truth.Serial))
	}
}

// families sends a run of each kind of instrument that is not simulated, or of as many as write
// their settings in different ways.
func (l *lessons) families(seed uint64, n int) {
	l.t.Helper()
	others := plants.Families
	if n < 2000 {
		layouts := map[string]bool{}
		others = slices.DeleteFunc(slices.Clone(others), func(f plants.Family) bool {
			again := layouts[f.Layout]
			layouts[f.Layout] = true
			return again
		})
	}
	dir := filepath.Join(l.dir, "others")
	f := simulate.Fleet{Seed: seed + 1, Instruments: 1, Start: time.Now().AddDate(0, 0, 1).UTC().Truncate(24 * time.Hour)}
	if err := f.Write(dir, 0, len(others)); err != nil {
		l.t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "*", "RunInfo.xml"))
	if err != nil || len(found) != len(others) {
		l.t.Fatalf("%d run folders: %v", len(found), err)
	}
	for i, fam := range others {
		serial := fmt.Sprintf(fam.Serial, 70_000+i)
		folder, err := plants.Reshape(filepath.Dir(found[i]), fam, serial, l.cat)
		if err != nil {
			l.t.Fatal(err)
		}
		lab := l.enrol(serial)
		own := filepath.Join(l.dir, "of "+serial)
		if err := os.MkdirAll(own, 0o750); err != nil {
			l.t.Fatal(err)
		}
		if err := os.Rename(folder, filepath.Join(own, filepath.Base(folder))); err != nil {
			l.t.Fatal(err)
		}
		l.plant(lab, filepath.Join(own, filepath.Base(folder)), n/len(others), false)
		l.send(lab, own)
	}
}

// enrol is a lab with a key of its own, so that what its agent sealed can be opened.
func (l *lessons) enrol(serial string) *rehearsal.Lab {
	l.t.Helper()
	lab, err := stage.Enrol(l.t.Context(), serial)
	if err != nil {
		l.t.Fatal(err)
	}
	l.auditor()
	if err := os.MkdirAll(l.archive(lab), 0o750); err != nil {
		l.t.Fatal(err)
	}
	if _, err := lab.Agent(l.t.Context(), "auditor", "add", filepath.Join(l.dir, "auditor.pem"), "--archive", l.archive(lab)); err != nil {
		l.t.Fatal(err)
	}
	l.labs = append(l.labs, lab)
	l.marks = append(l.marks, lab.ID)
	return lab
}

func (l *lessons) archive(lab *rehearsal.Lab) string {
	return filepath.Join(l.dir, "archive", lab.Serial)
}

// auditor makes the labs' key, once.
func (l *lessons) auditor() {
	l.t.Helper()
	private := filepath.Join(l.dir, "auditor.key")
	if _, err := os.Stat(private); err == nil {
		return
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		l.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		l.t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		l.t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{private: {Type: "PRIVATE KEY", Bytes: secret}, filepath.Join(l.dir, "auditor.pem"): {Type: "PUBLIC KEY", Bytes: public}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
}

// plant plants n identifiers in a run folder.
func (l *lessons) plant(lab *rehearsal.Lab, folder string, n int, spoil bool) {
	l.t.Helper()
	if _, err := l.planter.Into(folder, n, spoil); err != nil {
		l.t.Fatalf("%s: %v", lab.Serial, err)
	}
}

// send sends what is in a directory in both ways that an agent has: the first folder by
// command, and the others as the agent on an instrument's computer does, which spools them in
// hours that are to be quiet and delivers afterwards.
func (l *lessons) send(lab *rehearsal.Lab, dir string) {
	l.t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		l.t.Fatal(err)
	}
	sent, err := lab.Send(l.t.Context(), []string{filepath.Join(dir, found[0].Name())}, "--quiet")
	if err == nil && sent[0].Verdict != "stored" {
		l.t.Errorf("%s: %s %q", lab.Serial, sent[0].Verdict, sent[0].Reason)
	}
	log, err := lab.Watch(l.t.Context(), dir, "--quiet-hours", "00:00-23:59")
	l.log.Write(log)
	l.refused += bytes.Count(log, []byte("run folder not spooled"))
	l.folders += len(found)
	if err != nil || len(found) > 1 && len(waiting(l.t, lab)) == 0 {
		l.t.Fatalf("spooling: %v: %s", err, log)
	}
	l.homeOf(lab, "spool", func(name string, content []byte) { l.spools = append(l.spools, place{name, content}) })
	eventually(l.t, "the receipts of "+lab.Serial, func() bool {
		log, err := lab.Watch(l.t.Context(), dir)
		l.log.Write(log)
		if err != nil {
			l.t.Fatalf("%v: %s", err, log)
		}
		return len(waiting(l.t, lab)) == 0
	})
	stored := ledgerOf(l.t, lab.ID)
	l.stored += len(stored)
	for _, b := range stored {
		if b.State != "stored" {
			l.t.Errorf("%s: batch %d is %s %q", lab.Serial, b.Sequence, b.State, b.Reason)
		}
		l.marks = append(l.marks, b.Batch)
	}
}

// waiting are the sealed batches in the lab's spool.
func waiting(t *testing.T, lab *rehearsal.Lab) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(lab.Home(), "outbox", "*.batch"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// follow waits for the case of the instrument that failed, and is the lab that answers.
func (l *lessons) follow() {
	l.t.Helper()
	var c caseView
	eventually(l.t, "a case, offered to the lab", func() bool {
		for _, lab := range l.labs {
			if all := casesOf(l.t, lab.ID); len(all) > 0 && len(all[0].Notices) > 1 {
				c = all[0]
				return true
			}
		}
		return false
	})
	l.marks = append(l.marks, c.ID, "Sequencing core, Building 3")
	link := ""
	eventually(l.t, "the lab's mail", func() bool { link = l.link(c.ID); return link != "" })
	page, answer, err := rehearsal.PickSlot(l.t.Context(), link)
	if err != nil {
		l.t.Fatal(err)
	}
	l.pages.Write(append(page, answer...))
}

// link is the slot link in the mails of a case.
func (l *lessons) link(id string) string {
	dir := l.t.TempDir()
	for _, v := range back.versions(l.t, stage.Outputs["NoticesBucket"], layout.NoticePrefix(id)) {
		out, err := back.s3.GetObject(l.t.Context(), &s3.GetObjectInput{Bucket: aws.String(stage.Outputs["NoticesBucket"]), Key: v.Key, VersionId: v.VersionId})
		if err != nil {
			l.t.Fatal(err)
		}
		raw, err := io.ReadAll(out.Body)
		_ = out.Body.Close()
		if err != nil {
			l.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(aws.ToString(v.Key))), raw, 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
	link, err := rehearsal.SlotLink(dir)
	if err != nil {
		l.t.Fatal(err)
	}
	return link
}

// answers are what the service says to those who ask: pages, and the operator's own list.
func (l *lessons) answers(visit func(string, []byte)) {
	l.t.Helper()
	visit("page", l.pages.Bytes())
	commands := [][]string{{"cases", "list"}, {"reconcile"}}
	for _, lab := range l.labs {
		commands = append(commands, []string{"batches", "list", "--instrument", lab.ID}, []string{"findings", "list", "--instrument", lab.ID})
	}
	for _, c := range commands {
		said, err := stage.Operator(l.t.Context(), c...)
		if err != nil && c[0] != "reconcile" { // which speaks of other tests' batches too
			l.t.Fatal(err)
		}
		visit("answer "+strings.Join(c, " "), said)
	}
}

// homes are the agents' homes, as they were and as they are.
func (l *lessons) homes(visit func(string, []byte)) {
	l.t.Helper()
	for _, one := range l.spools {
		visit(one.name, one.content)
	}
	for _, lab := range l.labs {
		l.homeOf(lab, "home", visit)
	}
}

// homeOf is the home of one agent. Of a batch that waits, the folder that it was made of stands
// in its entry, for whoever asks this very agent what waits: that alone is passed over.
func (l *lessons) homeOf(lab *rehearsal.Lab, kind string, visit func(string, []byte)) {
	l.t.Helper()
	filesIn(l.t, kind, lab.Home(), func(place string, content []byte) {
		if strings.HasPrefix(place, kind+" outbox") && strings.HasSuffix(place, ".json") {
			var entry map[string]any
			if err := json.Unmarshal(content, &entry); err != nil {
				l.t.Fatal(err)
			}
			delete(entry, "folder")
			var err error
			if content, err = json.Marshal(entry); err != nil {
				l.t.Fatal(err)
			}
		}
		visit(place, content)
	})
}

// opened are the payloads that the agents sealed, opened with the lab's own key, and what an
// audit says of them.
func (l *lessons) opened(visit func(string, []byte)) {
	l.t.Helper()
	for _, lab := range l.labs {
		out := filepath.Join(l.dir, "opened", lab.Serial)
		if err := os.MkdirAll(out, 0o750); err != nil {
			l.t.Fatal(err)
		}
		said, err := lab.Agent(l.t.Context(), "audit", "--key", filepath.Join(l.dir, "auditor.key"), "--out", out, l.archive(lab))
		if err != nil {
			l.t.Errorf("%s: the audit: %v", lab.Serial, err)
		}
		visit("audit "+lab.Serial, said)
		filesIn(l.t, "payload", out, visit)
		filesIn(l.t, "sealed", l.archive(lab), visit)
	}
	filesIn(l.t, "export", filepath.Join(l.dir, "exports"), visit)
}

// export has each lab fetch all that is held of it: one more place in which to search, in the
// service and in the lab.
func (l *lessons) export() {
	l.t.Helper()
	for _, lab := range l.labs {
		if _, err := lab.Agent(l.t.Context(), "export", filepath.Join(l.dir, "exports", lab.Serial+".zip")); err != nil {
			l.t.Errorf("%s: the export: %v", lab.Serial, err)
		}
	}
}

// marked are plants that are none: words that must be found.
func marked(words []string) (all []plants.Plant) {
	for i, w := range words {
		all = append(all, plants.Plant{ID: i, Value: w, Written: []string{w}})
	}
	return all
}

// seen checks that the search sees: in each kind of place something of ours was found.
func (l *lessons) seen(marks *trace.Finder) {
	l.t.Helper()
	found := map[string]int{}
	for _, one := range marks.Found() {
		kind, _, _ := strings.Cut(one.Place, " ")
		found[kind]++
	}
	for _, kind := range []string{"object", "table", "log", "execution", "mails", "page", "answer", "agent-log", "home", "spool", "audit", "sealed", "export"} {
		if found[kind] == 0 {
			l.t.Errorf("the search sees nothing of ours in any %s", kind)
		}
	}
}
