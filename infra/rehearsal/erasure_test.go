package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/infra/rehearsal"
	"proactive/shared/clean"
	"proactive/shared/erasure"
	"proactive/shared/layout"
)

// TestErasureDrill: labs ask to be erased, ERASURES of them (make test does two, make
// erasure-drill fifty). Of each there are uploads, clean data, a copy of all of it that was
// just fetched, something quarantined, dead letters, one of them in an operator's hand, an
// unused enrolment code and an open case with its notices; afterwards no version of an object, no row and no message has anything
// of it in any form, logs and histories have opaque ids at the most, and another lab's are
// all there.
func TestErasureDrill(t *testing.T) {
	t.Parallel()
	n, err := strconv.Atoi(os.Getenv("ERASURES"))
	if err != nil {
		n = 2
	}
	all, folders := fleet(t, 300, 1, 2, 0)
	other, err := stage.Enrol(t.Context(), all[0].Serial)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Send(t.Context(), folders[other.Serial]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other lab's runs are scored", func() bool { return len(missing(t, other.ID, "--patience", "0s")) == 0 && waitingFor(t, other.ID) == 0 })
	before := residue(held(t), other.ID, other.Serial)

	var drill account
	t.Run("labs", func(t *testing.T) {
		for i := range n {
			t.Run(strconv.Itoa(i+1), func(t *testing.T) {
				t.Parallel()
				drill.add(erased(t, i+1))
			})
		}
	})
	if t.Failed() {
		return
	}
	if len(drill.done) != n {
		t.Fatalf("%d of %d labs were erased", len(drill.done), n)
	}
	after := held(t)
	if got := residue(after, other.ID, other.Serial); !slices.Equal(got, before) {
		t.Errorf("of the other lab there was\n%s\nand now\n%s", strings.Join(before, "\n"), strings.Join(got, "\n"))
	}
	// All labs at once, when all is quiet; and what nobody can erase.
	var left, told []string
	kept := traces(t)
	for _, e := range drill.done {
		left = append(left, residue(withoutTombstone(t, after, e), e.marks()...)...)
		told = append(told, residue(kept, e.names...)...)
	}
	for _, l := range slices.Concat(left, told) {
		t.Error(l)
	}
	drill.report(t, after, kept, len(left), len(told))
}

// erasedLab is a lab that was erased: what names it or its data, which nothing may have
// afterwards, and its opaque ids, which its tombstone and the logs have.
type erasedLab struct {
	id         string
	names, ids []string
	took       time.Duration
	counts     map[string]int
}

func (e erasedLab) marks() []string { return append([]string{e.id}, slices.Concat(e.names, e.ids)...) }

func erased(t *testing.T, n int) erasedLab {
	all, folders := fleet(t, 300+n, 1, 12, 1)
	lab, err := stage.Enrol(t.Context(), all[0].Serial)
	if err != nil {
		t.Fatal(err)
	}
	lot := strconv.Itoa(17730900 + n)
	for _, folder := range folders[lab.Serial] {
		relabel(t, folder, lot)
	}
	sent, err := lab.Send(t.Context(), folders[lab.Serial])
	if err != nil {
		t.Fatal(err)
	}
	// How many cases there are is another test's concern: models see what other labs sent.
	var cases []caseView
	eventually(t, "a case that was offered", func() bool {
		cases = casesOf(t, lab.ID)
		slices.SortStableFunc(cases, func(a, b caseView) int { return len(b.Notices) - len(a.Notices) })
		return len(cases) > 0 && len(cases[0].Notices) > 1
	})
	if _, err := lab.Agent(t.Context(), "export", filepath.Join(t.TempDir(), "export")); err != nil {
		t.Fatal(err)
	}
	e := erasedLab{id: lab.ID, names: []string{lab.Serial, lot}, ids: []string{cases[0].ID}}
	for _, s := range sent {
		e.ids = append(e.ids, s.Batch)
	}
	for _, c := range casesOf(t, lab.ID) {
		if c.ID != cases[0].ID {
			t.Logf("%s (%s) has another case, on the %s", lab.ID, all[0].Component, c.Component)
			e.ids = append(e.ids, c.ID)
		}
	}
	e.names = append(e.names, tokensOf(t, lab.ID)...)
	scoreLetters.RLock()
	gone := sync.OnceFunc(scoreLetters.RUnlock)
	t.Cleanup(gone)
	plant(t, lab, e.ids[1], e.ids[0])
	there := held(t)
	for place, things := range map[string][]thing{"is scheduled": reminders(t), "runs": running(t)} {
		if len(residue(things, e.ids[0])) == 0 {
			t.Errorf("nothing %s of the case: no erasure has to stop it", place)
		}
	}
	for _, m := range e.marks() {
		if len(residue(there, m)) == 0 {
			t.Errorf("%s is nowhere before: nothing is tested by it", m)
		}
	}

	var letGo func()
	if n%5 == 1 { // it takes two rounds more
		letGo = inHand(t, "UndeliveredLetters", lab.ID)
	}
	by := erasure.ByInstrument
	if n%5 == 2 { // the key is revoked, and the lab asks by letter; then its agent joins
		by = erasure.ByOperator
		byLetter(t, lab)
	}
	var raw []byte
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		raw, err = lab.Agent(t.Context(), "erase", "--yes")
	}()
	if letGo != nil {
		eventually(t, "rounds that cannot see all", func() bool { return roundOf(t, lab.ID) > 2 })
		letGo()
	}
	<-asked
	gone()
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Valid       bool
		File        string
		Certificate erasure.Certificate
	}
	if err := json.Unmarshal(raw, &told); err != nil || !told.Valid || told.Certificate.Instrument != lab.ID || told.Certificate.By != by {
		t.Fatalf("the agent says %s: %v", raw, err)
	}
	e.counts, e.took = map[string]int{}, span(t, told.Certificate)
	for _, s := range told.Certificate.Stores {
		e.counts[s.Store] = s.Count
	}
	for store, least := range map[string]int{
		"executions": 1, "reminders": 1, "inbox": 14, "clean": 12, "quarantine": 1, "notices": 2, "dossiers": 3, "ledger": 12 * 3, "health": 12 + 2, "cohorts": 1, "findings": 2, "cases": 4, "codes": 2, "consents": 1, "queues": 4, "instrument": 1,
	} {
		if e.counts[store] < least {
			t.Errorf("the certificate counts %d of %s, want %d at least", e.counts[store], store, least)
		}
	}
	// Who asks twice, by letter and by its agent, has two messages on the way; the one that did
	// not end it finds the certificate when its pause is over. It has the opaque id, as the
	// tombstone does.
	eventually(t, "no message is left", func() bool { return waitingFor(t, lab.ID) == 0 })
	nothing(t, e)

	// What was late finds that it is not wanted.
	back.post(t, "ScrubQueue", map[string]any{"instrument": lab.ID, "batch": sent[0].Batch, "sequence": 1, "bucket": stage.Outputs["InboxBucket"], "key": layout.InboxKey(lab.ID, sent[0].Batch), "version": "gone"})
	back.post(t, "ScoreQueue", map[string]any{"instrument": lab.ID, "batch": sent[0].Batch, "sequence": 1, "bucket": stage.Outputs["CleanBucket"], "key": layout.CleanKey(lab.ID, sent[0].Batch), "version": "gone"})
	back.post(t, "ValidateQueue", arrivalOf(lab.ID, sent[0].Batch, ""))
	back.post(t, "ExportQueue", map[string]any{"instrument": lab.ID, "request": newBatch(t), "part": 1})
	back.post(t, "EraseQueue", map[string]any{"instrument": lab.ID})
	eventually(t, "late messages dropped", func() bool { return waitingFor(t, lab.ID) == 0 })
	nothing(t, e)
	if _, err := lab.Send(t.Context(), folders[lab.Serial][:1]); err == nil {
		t.Error("an erased lab still sends")
	}
	if _, err := lab.Agent(t.Context(), "export", filepath.Join(t.TempDir(), "export")); err == nil {
		t.Error("an erased lab is still given something")
	}

	if _, err := lab.Agent(t.Context(), "erase", "verify", told.File); err != nil {
		t.Errorf("the certificate, again: %v", err)
	}
	kept, err := os.ReadFile(told.File)
	if err != nil {
		t.Fatal(err)
	}
	verifiedElsewhere(t, lab, kept)
	forged := filepath.Join(t.TempDir(), "forged.jws")
	if err := os.WriteFile(forged, bytes.Replace(kept, []byte("."), []byte(".e"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lab.Agent(t.Context(), "erase", "verify", forged); exitCode(err) != 7 {
		t.Errorf("a changed certificate: %v", err)
	}
	return e
}

// byLetter has a lab erased by the operator, who names it twice.
func byLetter(t *testing.T, lab *rehearsal.Lab) {
	t.Helper()
	if _, err := stage.Operator(t.Context(), "instruments", "revoke", lab.ID); err != nil {
		t.Fatal(err)
	}
	for _, serial := range []string{"", "M99999"} {
		if _, err := stage.Operator(t.Context(), "instruments", "erase", lab.ID, "--serial", serial); exitCode(err) != 3 || roundOf(t, lab.ID) != 0 {
			t.Errorf("erased under the serial number %q: %v", serial, err)
		}
	}
	raw, err := stage.Operator(t.Context(), "instruments", "erase", lab.ID, "--serial", lab.Serial)
	if err != nil || !bytes.Contains(raw, []byte(`"state":"erasing"`)) {
		t.Fatalf("%s, %v", raw, err)
	}
}

// verifiedElsewhere has the operator fetch the certificate too, and somebody who has
// nothing of ours verify it.
func verifiedElsewhere(t *testing.T, lab *rehearsal.Lab, certificate []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "certificate.jws")
	if _, err := stage.Operator(t.Context(), "instruments", "erase", lab.ID, "--out", file); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(certificate)) {
		t.Errorf("the operator has another certificate: %s, %v", got, err)
	}
	raw, err := stage.Operator(t.Context(), "keys", "show")
	if err != nil {
		t.Fatal(err)
	}
	var keys struct{ Root string }
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(stage.Root, "docs", "verify", "verify_certificate.py")
	cmd := exec.CommandContext(t.Context(), filepath.Join(stage.Root, ".cache", "venv", "bin", "python"), "-B", program, file, "--root", keys.Root, "--instrument", lab.ID)
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("Valid: instrument "+lab.ID)) {
		t.Errorf("the independent verifier: %v: %s", err, out)
	}
}

// span is how long an erasure took.
func span(t *testing.T, c erasure.Certificate) time.Duration {
	t.Helper()
	asked, err := time.Parse(erasure.TimeFormat, c.Asked)
	if err != nil {
		t.Fatal(err)
	}
	done, err := time.Parse(erasure.TimeFormat, c.Erased)
	if err != nil {
		t.Fatal(err)
	}
	return done.Sub(asked)
}

var lotNumber = regexp.MustCompile(`(LotNumber>)\d{8}(<)`)

// relabel gives a run reagents of a lot of its own, by which its data can be told.
func relabel(t *testing.T, folder, lot string) {
	t.Helper()
	changed := 0
	for _, name := range []string{"RunParameters.xml", "runParameters.xml"} {
		path := filepath.Join(folder, name)
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		changed += len(lotNumber.FindAll(raw, -1))
		if err := os.WriteFile(path, lotNumber.ReplaceAll(raw, []byte("${1}"+lot+"${2}")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if changed == 0 {
		t.Fatalf("%s names no lot", folder)
	}
}

// tokensOf are the tokens of flow cells and runs in a lab's clean data: what its rows could
// be told by, had they another name.
func tokensOf(t *testing.T, instrument string) []string {
	t.Helper()
	tokens := map[string]bool{}
	for _, v := range back.versions(t, stage.Outputs["CleanBucket"], layout.CleanPrefix(instrument)) {
		b, err := clean.Decode(back.object(t, stage.Outputs["CleanBucket"], v))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range b.Observations {
			if token.MatchString(o.Text) {
				tokens[o.Text] = true
			}
		}
	}
	if len(tokens) < 12 {
		t.Fatalf("only %d tokens", len(tokens))
	}
	return slices.Sorted(maps.Keys(tokens))
}

var token = regexp.MustCompile(`^[0-9a-f]{32}$`)

// plant puts what an ordinary month leaves behind: an old version, a delete marker,
// quarantined ciphertext, dead letters, a call of the eraser that failed, an enrolment
// code that nobody used.
func plant(t *testing.T, lab *rehearsal.Lab, batch, id string) {
	t.Helper()
	inbox := stage.Outputs["InboxBucket"]
	back.put(t, inbox, layout.InboxKey(lab.ID, newBatch(t)), []byte("of "+lab.Serial))
	key := layout.InboxKey(lab.ID, newBatch(t))
	back.put(t, inbox, key, []byte("of "+lab.Serial))
	if _, err := back.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(inbox), Key: aws.String(key)}); err != nil {
		t.Fatal(err)
	}
	back.put(t, stage.Outputs["QuarantineBucket"], layout.QuarantineKey(lab.ID, batch), []byte("of "+lab.Serial))
	back.post(t, "UndeliveredLetters", arrivalOf(lab.ID, batch, "v1"))
	back.post(t, "UndeliveredLetters", map[string]any{"requestPayload": map[string]any{"case": id, "round": 1}})
	back.bury(t, "EraseQueue", fmt.Sprintf(`{"instrument":%q}`, lab.ID))
	back.bury(t, "ScoreQueue", fmt.Sprintf(`{"instrument":%q,"batch":%q}`, lab.ID, batch))
	codeFor(t, lab.Serial)
	// An earlier case on the component, which was foretold: what is looked back to.
	plain(t, "dynamodb", "DynamoDB_20120810.PutItem", map[string]any{"TableName": stage.Outputs["CasesTable"], "Item": map[string]any{
		"pk": map[string]string{"S": layout.PastRow("laser")}, "sk": map[string]string{"S": layout.PastCase(time.Now(), id)},
		"case": map[string]string{"S": id}, "because": map[string]string{"S": "[]"},
	}})
}

// inHand receives a message that has a mark, as an operator does who looks at it, and lets
// the others go; the function lets this one go too.
func inHand(t *testing.T, queue, mark string) (letGo func()) {
	t.Helper()
	url := aws.String(stage.Outputs[queue])
	free := func(receipt *string) {
		if _, err := back.sqs.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: 0}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "a message of "+mark, func() bool {
		out, err := back.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 3600})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Messages {
			if letGo == nil && strings.Contains(aws.ToString(m.Body), mark) {
				letGo = func() { free(m.ReceiptHandle) }
				continue
			}
			free(m.ReceiptHandle)
		}
		return letGo != nil
	})
	return letGo
}

// roundOf is in which round an erasure is.
func roundOf(t *testing.T, instrument string) int {
	t.Helper()
	item, _ := plain(t, "dynamodb", "DynamoDB_20120810.GetItem", map[string]any{
		"TableName": stage.Outputs["InstrumentsTable"],
		"Key":       map[string]any{"pk": map[string]string{"S": layout.ErasedRow(instrument)}, "sk": map[string]string{"S": layout.Erased}},
	})["Item"].(map[string]any)
	if item == nil {
		return 0
	}
	document, _ := item["document"].(map[string]any)
	var stone struct{ Round int }
	if err := json.Unmarshal([]byte(fmt.Sprint(document["S"])), &stone); err != nil {
		t.Fatal(err)
	}
	return stone.Round
}

// arrivalOf is an event of S3's, as EventBridge tells it.
func arrivalOf(instrument, batch, version string) map[string]any {
	object := map[string]any{"key": layout.InboxKey(instrument, batch)}
	if version != "" {
		object["version-id"] = version
	}
	return map[string]any{"source": "aws.s3", "detail-type": "Object Created", "detail": map[string]any{
		"reason": "PutObject", "bucket": map[string]any{"name": stage.Outputs["InboxBucket"]}, "object": object,
	}}
}

// waitingFor counts the messages of any queue that have a mark.
func waitingFor(t testing.TB, mark string) int {
	t.Helper()
	return len(residue(messages(t), mark))
}

// nothing asserts that no mark is anywhere, but the opaque id on its tombstone.
func nothing(t *testing.T, e erasedLab) {
	t.Helper()
	for _, left := range residue(withoutTombstone(t, held(t), e), e.marks()...) {
		t.Error(left)
	}
}

// withoutTombstone leaves out the one row that may name the instrument: by its id, in the
// row's key and in its certificate.
func withoutTombstone(t *testing.T, things []thing, e erasedLab) []thing {
	t.Helper()
	name := layout.ErasedRow(e.id) + " / " + layout.Erased
	at := slices.IndexFunc(things, func(one thing) bool { return one.name == name })
	if at < 0 {
		t.Fatalf("%s has no tombstone", e.id)
	}
	for _, left := range residue(things[at:at+1], slices.Concat(e.names, e.ids)...) {
		t.Error(left)
	}
	if len(residue(things[at:at+1], e.id)) == 0 {
		t.Errorf("the tombstone of %s does not name it", e.id)
	}
	return slices.Delete(slices.Clone(things), at, at+1)
}

// account is what a drill tells.
type account struct {
	mu   sync.Mutex
	done []erasedLab
}

func (a *account) add(e erasedLab) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done = append(a.done, e)
}

// report says what was erased, how long it took and what was searched at the end.
func (a *account) report(t *testing.T, after, kept []thing, left, told int) {
	t.Helper()
	total, marks := map[string]int{}, 0
	var took []time.Duration
	for _, e := range a.done {
		for store, n := range e.counts {
			total[store] += n
		}
		took, marks = append(took, e.took), marks+len(e.marks())
	}
	slices.Sort(took)
	size := func(things []thing) (n int) {
		for _, one := range things {
			n += len(one.content)
		}
		return n
	}
	t.Logf("%d labs erased, each certificate verified; %s median, %s longest", len(took), took[(len(took)-1)/2], took[len(took)-1])
	for _, store := range slices.Sorted(maps.Keys(total)) {
		t.Logf("  %-12s %6d erased", store, total[store])
	}
	t.Logf("%d marks: %d found in %d things (%d bytes with all that decodes) at rest", marks, left, len(after), size(after))
	t.Logf("names and data: %d found in %d lines, events and records (%d bytes) that end by themselves", told, len(kept), size(kept))
}
