package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/infra/rehearsal"
	"proactive/shared/erasure"
	"proactive/shared/layout"
)

// TestErasureDrill: labs ask to be erased, ERASURES of them (make test does two, a drill
// fifty). Of each there are uploads, clean data, something quarantined, dead letters, an
// unused enrolment code and an open case with its notices; afterwards no version of an
// object, no row and no message has anything of it, and another lab's are all there.
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
	drained(t)
	before := about(t, other.ID)
	t.Run("labs", func(t *testing.T) {
		for i := range n {
			t.Run(strconv.Itoa(i+1), func(t *testing.T) {
				t.Parallel()
				erased(t, i+1)
			})
		}
	})
	if after := about(t, other.ID); after != before {
		t.Errorf("of the other lab there were %d mentions, and now %d", before, after)
	}
}

func erased(t *testing.T, n int) {
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
	eventually(t, "a case that was offered", func() bool {
		c := casesOf(t, lab.ID)
		return len(c) == 1 && len(c[0].Notices) > 1
	})
	id := casesOf(t, lab.ID)[0].ID
	plant(t, lab, sent[0].Batch, id)

	marks := []string{lab.Serial, lab.ID, lot, id}
	for _, s := range sent {
		marks = append(marks, s.Batch)
	}
	for _, m := range marks {
		if about(t, m) == 0 {
			t.Errorf("%s is nowhere before: nothing is tested by it", m)
		}
	}

	raw, err := lab.Agent(t.Context(), "erase", "--yes")
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Valid       bool
		File        string
		Certificate erasure.Certificate
	}
	if err := json.Unmarshal(raw, &told); err != nil || !told.Valid || told.Certificate.Instrument != lab.ID {
		t.Fatalf("the agent says %s: %v", raw, err)
	}
	counts := map[string]int{}
	for _, s := range told.Certificate.Stores {
		counts[s.Store] = s.Count
	}
	for store, least := range map[string]int{
		"inbox": 14, "clean": 12, "quarantine": 1, "notices": 2, "ledger": 12 * 3, "health": 12, "findings": 2, "cases": 3, "codes": 2, "consents": 1, "queues": 2, "instrument": 1,
	} {
		if counts[store] < least {
			t.Errorf("the certificate counts %d of %s, want %d at least", counts[store], store, least)
		}
	}
	nothing(t, lab, marks)

	// What was late finds that it is not wanted.
	back.post(t, "ScrubQueue", map[string]any{"instrument": lab.ID, "batch": sent[0].Batch, "sequence": 1, "bucket": stage.Outputs["InboxBucket"], "key": layout.InboxKey(lab.ID, sent[0].Batch), "version": "gone"})
	back.post(t, "ScoreQueue", map[string]any{"instrument": lab.ID, "batch": sent[0].Batch, "sequence": 1, "bucket": stage.Outputs["CleanBucket"], "key": layout.CleanKey(lab.ID, sent[0].Batch), "version": "gone"})
	back.post(t, "ValidateQueue", arrivalOf(lab.ID, sent[0].Batch, ""))
	back.post(t, "EraseQueue", map[string]any{"instrument": lab.ID})
	eventually(t, "late messages dropped", func() bool { return len(letters(t, lab.ID)) == 0 && len(back.waiting(t)) == 0 })
	nothing(t, lab, marks)
	if _, err := lab.Send(t.Context(), folders[lab.Serial][:1]); err == nil {
		t.Error("an erased lab still sends")
	}

	if _, err := lab.Agent(t.Context(), "erase", "verify", told.File); err != nil {
		t.Errorf("the certificate, again: %v", err)
	}
	kept, err := os.ReadFile(told.File)
	if err != nil {
		t.Fatal(err)
	}
	forged := filepath.Join(t.TempDir(), "forged.jws")
	if err := os.WriteFile(forged, bytes.Replace(kept, []byte("."), []byte(".e"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lab.Agent(t.Context(), "erase", "verify", forged); exitCode(err) != 7 {
		t.Errorf("a changed certificate: %v", err)
	}
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

// plant puts what an ordinary month leaves behind: an old version, a delete marker,
// quarantined ciphertext, dead letters, an enrolment code that nobody used.
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
	codeFor(t, lab.Serial)
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

// nothing asserts that no mark is anywhere, but the opaque id on its tombstone.
func nothing(t *testing.T, lab *rehearsal.Lab, marks []string) {
	t.Helper()
	searched := 0
	for place, content := range held(t) {
		searched++
		for _, m := range marks {
			left := mentions(content, m)
			if m == lab.ID && place == "table InstrumentsTable" {
				left -= mentions(tombstone(t, content, lab.ID), m)
			}
			if left != 0 {
				t.Errorf("%s still has %q, %d times", place, m, left)
			}
		}
	}
	if searched < 11 {
		t.Errorf("searched only %d places", searched)
	}
	if found := letters(t, marks...); len(found) != 0 {
		t.Errorf("messages are left: %v", found)
	}
}

// tombstone is the row that may name the instrument: its key and its certificate.
func tombstone(t *testing.T, table []byte, id string) []byte {
	t.Helper()
	for line := range bytes.Lines(table) {
		if bytes.Contains(line, []byte(layout.ErasedRow(id))) {
			return line
		}
	}
	t.Errorf("%s has no tombstone", id)
	return nil
}

func mentions(content []byte, mark string) int {
	return len(regexp.MustCompile(`(?i)(^|[^0-9a-z])`+regexp.QuoteMeta(mark)+`($|[^0-9a-z])`).FindAll(content, -1))
}

// about counts what mentions a mark in stores and queues.
func about(t *testing.T, mark string) int {
	t.Helper()
	n := len(letters(t, mark))
	for _, content := range held(t) {
		n += mentions(content, mark)
	}
	return n
}

// held is everything at rest: each table as lines of rows, each version of each object
// with its name, in the clear as far as anybody can read it.
func held(t *testing.T) map[string][]byte {
	t.Helper()
	places := map[string][]byte{}
	for name, value := range stage.Outputs {
		switch {
		case strings.HasSuffix(name, "Table"):
			places["table "+name] = lines(t, scanned(t, value))
		case strings.HasSuffix(name, "Bucket"):
			var all bytes.Buffer
			for _, v := range back.versions(t, value, "") {
				fmt.Fprintln(&all, aws.ToString(v.Key))
				body := back.object(t, value, v)
				if strings.HasSuffix(aws.ToString(v.Key), ".parquet") {
					body = rows(t, body)
				}
				all.Write(append(body, '\n'))
			}
			for _, key := range back.markers(t, value) {
				fmt.Fprintln(&all, key)
			}
			places["bucket "+name] = all.Bytes()
		}
	}
	return places
}

// lines puts each row of a scan on a line of its own.
func lines(t *testing.T, scan []byte) []byte {
	t.Helper()
	var all bytes.Buffer
	for dec := json.NewDecoder(bytes.NewReader(scan)); dec.More(); {
		var page []json.RawMessage
		if err := dec.Decode(&page); err != nil {
			t.Fatal(err)
		}
		for _, row := range page {
			all.Write(append(row, '\n'))
		}
	}
	return all.Bytes()
}

// markers are the delete markers of a bucket.
func (b behind) markers(t *testing.T, bucket string) (keys []string) {
	t.Helper()
	pages := s3.NewListObjectVersionsPaginator(b.s3, &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.DeleteMarkers {
			keys = append(keys, aws.ToString(m.Key))
		}
	}
	return keys
}

// letters are the messages of every queue that mention one of the marks. What is received
// is on its queue again after two seconds.
func letters(t *testing.T, marks ...string) (found []string) {
	t.Helper()
	list, err := back.sqs.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range list.QueueUrls {
		if !strings.Contains(url, "Letters") { // what others work on is left to them
			continue
		}
		for range 50 {
			out, err := back.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(url), MaxNumberOfMessages: 10, VisibilityTimeout: 2})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range out.Messages {
				for _, mark := range marks {
					if strings.Contains(aws.ToString(m.Body), mark) {
						found = append(found, url[strings.LastIndex(url, "/")+1:]+": "+mark)
					}
				}
			}
			if len(out.Messages) == 0 {
				break
			}
		}
	}
	return found
}
