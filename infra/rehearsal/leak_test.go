package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"proactive/shared/clean"
	"proactive/shared/simulate"
)

// A run folder is full of names. None of them is anywhere afterwards: not in a table, a
// bucket, a log, a queue or a notice.
func TestNoNameLeavesTheLab(t *testing.T) {
	t.Parallel()
	all, folders := fleet(t, 14, 1, 12, 1)
	one := all[0]
	planted := [][]byte{[]byte(simulate.Planted)}
	for _, folder := range folders[one.Serial] {
		planted = append(planted, []byte(filepath.Base(folder))) // the run's name, in every public read name
	}
	raw, err := os.ReadFile(filepath.Join(folders[one.Serial][0], "SampleSheet.csv"))
	if err != nil || !bytes.Contains(raw, planted[0]) {
		t.Fatalf("nothing is planted: %v", err)
	}
	lab, err := stage.Enrol(t.Context(), one.Serial)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lab.Send(t.Context(), folders[one.Serial]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a case", func() bool { return len(casesOf(t, lab.ID)) == 1 })
	eventually(t, "a notice", func() bool { return len(casesOf(t, lab.ID)[0].Notices) > 1 })

	places := map[string][]byte{}
	for name, value := range stage.Outputs {
		switch {
		case strings.HasSuffix(name, "Table"):
			places["table "+name] = scanned(t, value)
		case strings.HasSuffix(name, "Bucket"):
			for _, v := range back.versions(t, value, "") {
				place := "bucket " + name + " " + aws.ToString(v.Key)
				body, there := back.read(t, value, v)
				if !there {
					continue
				}
				if strings.HasSuffix(place, ".parquet") {
					body = rows(t, body)
				}
				places[place] = append([]byte(aws.ToString(v.Key)), body...)
			}
		}
	}
	for name, lines := range logs(t) {
		places["log "+name] = lines
	}
	kinds := map[string]int{}
	for place, content := range places {
		kinds[strings.Fields(place)[0]]++
		for _, name := range planted {
			if bytes.Contains(bytes.ToLower(content), bytes.ToLower(name)) {
				t.Errorf("%s has %q", place, name)
			}
		}
	}
	if kinds["table"] < 7 || kinds["bucket"] < 24 || kinds["log"] < 8 {
		t.Errorf("searched only %v", kinds)
	}
}

func scanned(t testing.TB, table string) []byte {
	t.Helper()
	request := map[string]any{"TableName": table}
	var all bytes.Buffer
	for {
		page := plain(t, "dynamodb", "DynamoDB_20120810.Scan", request)
		if err := json.NewEncoder(&all).Encode(page["Items"]); err != nil {
			t.Fatal(err)
		}
		if page["LastEvaluatedKey"] == nil {
			return all.Bytes()
		}
		request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
	}
}

// rows are a clean batch as text: its parquet is compressed.
func rows(t testing.TB, file []byte) []byte {
	t.Helper()
	b, err := clean.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// logs are the lines of every log group.
func logs(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	groups, _ := plain(t, "logs", "Logs_20140328.DescribeLogGroups", map[string]any{})["logGroups"].([]any)
	for _, g := range groups {
		name := g.(map[string]any)["logGroupName"].(string)
		request := map[string]any{"logGroupName": name}
		for {
			page := plain(t, "logs", "Logs_20140328.FilterLogEvents", request)
			events, _ := page["events"].([]any)
			for _, e := range events {
				all[name] = append(all[name], e.(map[string]any)["message"].(string)+"\n"...)
			}
			if page["nextToken"] == nil || len(events) == 0 {
				break
			}
			request["nextToken"] = page["nextToken"]
		}
	}
	return all
}
