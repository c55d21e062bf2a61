package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proactive/infra/local"
	"proactive/shared/enrolment"
	"proactive/shared/keyset"
	"proactive/shared/layout"
	"proactive/shared/pipelinetest/emulated"
)

// operator runs the command line on an emulator that has empty tables and the keys.
type operator struct {
	t       *testing.T
	outputs string
}

func newOperator(t *testing.T) operator {
	e := emulated.Start(t)
	for _, pair := range e.Env() {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value)
		}
	}
	names := map[string]string{"Deployment": "proactive-test", "ApiUrl": "https://api.example.com/"}
	for _, table := range []string{"Instruments", "People", "Ledger", "Cases", "Findings", "Health"} {
		names[table+"Table"] = strings.ToLower(table)
		call(t, e, "DynamoDB_20120810.CreateTable", map[string]any{
			"TableName": strings.ToLower(table), "BillingMode": "PAY_PER_REQUEST",
			"AttributeDefinitions": []map[string]string{{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}},
			"KeySchema":            []map[string]string{{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}},
		})
	}
	for output, spec := range map[string][2]string{
		"RootKey": {"ECC_NIST_P256", "SIGN_VERIFY"}, "ReceiptKey": {"ECC_NIST_P256", "SIGN_VERIFY"}, "UnwrapKey": {"RSA_4096", "ENCRYPT_DECRYPT"},
		"NewerUnwrapKey": {"RSA_4096", "ENCRYPT_DECRYPT"},
	} {
		answer := call(t, e, "TrentService.CreateKey", map[string]any{"KeySpec": spec[0], "KeyUsage": spec[1]})
		names[output] = answer["KeyMetadata"].(map[string]any)["Arn"].(string)
	}
	raw, err := json.Marshal(map[string]any{"proactive-test-app": names, "proactive-test-data": map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	o := operator{t: t, outputs: filepath.Join(t.TempDir(), "outputs.json")}
	if err := os.WriteFile(o.outputs, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

// call speaks AWS's JSON protocol: this test sets up what the stack would have, and the
// SDK stays where it belongs.
func call(t *testing.T, e *local.Emulator, target string, body any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.Endpoint()+"/", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	service := map[bool]string{true: "dynamodb", false: "kms"}[strings.HasPrefix(target, "Dynamo")]
	req.Header.Set("X-Amz-Target", target)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261123/"+local.Region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", target, res.Status, answer, err)
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (o operator) run(args ...string) (out, errOut string, code int) {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	code = execute(context.Background(), append([]string{"--outputs", o.outputs, "--json"}, args...), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

func (o operator) must(into any, args ...string) {
	o.t.Helper()
	out, errOut, code := o.run(args...)
	if code != 0 {
		o.t.Fatalf("%v: exit %d: %s", args, code, errOut)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		o.t.Fatalf("%v: %v in %q", args, err, out)
	}
}

func (o operator) refused(want string, args ...string) {
	o.t.Helper()
	_, errOut, code := o.run(args...)
	if code != 3 || !strings.Contains(errOut, want) {
		o.t.Errorf("%v: exit %d: %q, want %q", args, code, errOut, want)
	}
}

var firstDay = [][]string{
	{"tenant", "add", "--tenant", "t-1", "--name", "Biolab"},
	{"site", "add", "--tenant", "t-1", "--site", "s-1", "--name", "Core", "--time-zone", "Europe/Madrid", "--language", "es"},
	{"contract", "add", "--tenant", "t-1", "--site", "s-1", "--plan", "gold", "--response-days", "1"},
	{"contact", "add", "--tenant", "t-1", "--contact", "p-lab", "--name", "Lab", "--mail", "lab@biolab.example", "--language", "es", "--role", "lab"},
	{"contact", "add", "--contact", "p-us", "--name", "Support", "--mail", "support@proactive.example", "--language", "en", "--role", "support"},
}

func TestAnOperatorsFirstDay(t *testing.T) {
	o := newOperator(t)
	issue := []string{"enrolment", "issue", "--tenant", "t-1", "--site", "s-1", "--serial", "M04034"}
	o.refused(unknownSite, issue...)
	for range 2 { // the same again changes nothing
		for _, step := range firstDay {
			o.must(nil, step...)
		}
	}
	o.refused(unknownInstrument, "instruments", "erase", "i-01hzzzzzzzzzzzzzzzzzzzzzzz", "--serial", "M04034", "--erase-queue", "http://127.0.0.1/none")
	o.refused("already-entered", "tenant", "add", "--tenant", "t-1", "--name", "Another")
	o.refused("bad-time-zone", "site", "add", "--tenant", "t-1", "--site", "s-2", "--name", "x", "--time-zone", "Nowhere", "--language", "es")
	if _, errOut, code := o.run(issue...); code != 1 || !strings.Contains(errOut, "keys publish") {
		t.Errorf("a code without a key set: exit %d: %s", code, errOut)
	}

	var one, two, shown published
	o.must(&one, "keys", "publish")
	o.must(&two, "keys", "publish")
	o.must(&shown, "keys", "show")
	if one.Serial != 1 || two.Serial != 2 || one.Root != two.Root || fmt.Sprint(one.Unwrap, one.Receipt) != "[unwrap-1] [receipt-1]" || fmt.Sprint(two) != fmt.Sprint(shown) {
		t.Errorf("got %+v, then %+v, shown as %+v", one, two, shown)
	}

	var first, second issued
	o.must(&first, issue...)
	o.must(&second, issue...)
	code, err := enrolment.Parse(first.Code)
	if err != nil {
		t.Fatal(err)
	}
	if code.URL != "https://api.example.com" || fmt.Sprintf("%x", code.Fingerprint) != one.Root || !layout.ValidInstrument(first.Instrument) {
		t.Errorf("got %+v for %+v", code, first)
	}
	if first.Code == second.Code {
		t.Error("the same code twice")
	}
	o.refused(badSerial, append(issue[:len(issue)-1:len(issue)-1], "M04034; rm")...)
	o.refused(badURL, append(issue[:len(issue):len(issue)], "--url", "http://api.example.com")...)

	for _, list := range [][]string{{"cases", "list"}, {"batches", "list"}, {"findings", "list", "--instrument", "i-1"}, {"instruments", "list"}} {
		var lines []any
		o.must(&lines, list...)
		if lines == nil || len(lines) != 0 {
			t.Errorf("%v: got %v, want an empty list", list, lines)
		}
	}
	o.refused(badCase, "notices", "fetch", "--notices-bucket", "b", "--case", "../x", "--out", t.TempDir())
}

// A new unwrap key does not turn the old one out: batches sealed for it are still under
// way.
func TestKeysOverlap(t *testing.T) {
	spki := map[string][]byte{"a": []byte("A"), "b": []byte("B")}
	public := func(arn string) ([]byte, error) { return spki[arn], nil }
	then, now := time.Unix(1000, 0), time.Unix(2000, 0)
	old, err := overlap("unwrap", []string{"a"}, nil, then, public)
	if err != nil || len(old) != 1 || old[0].ID != "unwrap-1" {
		t.Fatalf("got %+v, %v", old, err)
	}
	set, err := overlap("unwrap", []string{"b"}, old, now, public)
	if err != nil || len(set) != 2 {
		t.Fatalf("got %+v, %v", set, err)
	}
	want := []keyset.Key{{ID: "unwrap-2", SPKI: []byte("B"), NotAfter: now}, {ID: "unwrap-1", SPKI: []byte("A"), NotAfter: then}}
	if fmt.Sprint(set) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", set, want)
	}
	again, err := overlap("unwrap", []string{"b", "a"}, set, now, public)
	if err != nil || len(again) != 2 || again[0].ID != "unwrap-2" || again[1].ID != "unwrap-1" {
		t.Errorf("published again: %v, %v", again, err)
	}
}

func TestOutputsAnswerFlags(t *testing.T) {
	flat := map[string]string{}
	var tree map[string]any
	if err := json.Unmarshal([]byte(`{"stack-app":{"PeopleTable":"p","ApiUrl":"https://x"},"RootKey":"arn"}`), &tree); err != nil {
		t.Fatal(err)
	}
	flatten(tree, flat)
	for flag, want := range map[string]string{"people-table": "p", "api-url": "https://x", "root-key": "arn"} {
		if flat[key(flag)] != want {
			t.Errorf("--%s is %q, want %q", flag, flat[key(flag)], want)
		}
	}
	var out, errOut bytes.Buffer
	if code := execute(t.Context(), []string{"keys", "show"}, &out, &errOut); code != 2 || !strings.Contains(errOut.String(), "--outputs FILE") {
		t.Errorf("without outputs: exit %d: %s", code, errOut.String())
	}
}
