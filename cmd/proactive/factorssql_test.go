package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"proactive/infra/local"
	"proactive/shared/clean"
	"proactive/shared/factors"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/layout"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest/emulated"
	"proactive/shared/score"
)

// cleanStore is some instruments' clean batches: a run in two parts, one that was sent
// again, fields that are missing, an index read, readings either side of zero.
func cleanStore() []clean.Batch {
	r := rand.New(rand.NewPCG(3, 4))
	var all []clean.Batch
	for i := range 12 {
		id := fmt.Sprintf("i-%026d", i+1)
		for n := range 40 {
			b := clean.Batch{Instrument: id, Batch: fmt.Sprintf("01HZ%022d", 100*i+n), Sequence: int64(n + 1)}
			text := func(field, v string) {
				b.Observations = append(b.Observations, observation.Observation{Field: field, Text: v})
			}
			value := func(field string, read, minute int, v float64) {
				b.Observations = append(b.Observations, observation.Observation{Field: field, Read: read, Minute: minute, Value: v})
			}
			if n%9 != 8 {
				text("run.token", fmt.Sprintf("%032x", 1000*i+n-n%5/4)) // every fifth belongs to the run before
			}
			text("config.instrument_type", []string{"MiSeq", "NovaSeq 6000"}[i%2])
			if n%7 != 0 {
				text("run.reagent_lot", fmt.Sprint(20000000+r.IntN(4)))
			}
			text("config.control_software", []string{"1.7.0", "1.8.0"}[n/20])
			value("run.week", 0, 0, float64(20000+7*n))
			value("run.read_is_index", 1, 0, 0)
			value("run.read_is_index", 2, 0, 1)
			if n%11 != 3 {
				for tile := range 3 {
					q := float64(r.IntN(50) + 50)
					value("q.bases", 1, 0, 1000)
					value("q.bases_q30", 1, 0, 10*q)
					value("q.bases", 2, 0, 80)
					value("q.bases_q30", 2, 0, float64(r.IntN(80)))
					value("tile.clusters", 0, tile, 900)
					value("tile.clusters_pf", 0, tile, float64(r.IntN(900)))
				}
			}
			for hour := range 4 {
				value("telemetry.stage.error", 0, 60*hour, r.Float64()-.5)
				value("telemetry.chiller.temperature", 0, 60*hour, float64(r.IntN(12)))
				if r.IntN(3) == 0 {
					value("telemetry.valve.retries", 0, 60*hour, 1)
				}
			}
			all = append(all, b)
		}
	}
	return all
}

// TestAthenaAnswersAsFeaturesDo: over the files of the clean store, the question gives the
// runs, the problems and the levels that the Go code makes of the same batches. DuckDB
// stands in for Athena: the question is in words that both have.
func TestAthenaAnswersAsFeaturesDo(t *testing.T) {
	python := withDuckDB(t)
	store := cleanStore()
	dir := t.TempDir()
	for _, b := range store {
		raw, err := clean.Encode(b)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(layout.CleanKey(b.Instrument, b.Batch)))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	problems := []string{
		"q30<72", "q30.r1>75.5", "clusters.pf<50", "chiller.temperature.mean>5.5", "chiller.temperature.max>10",
		"stage.error.mean>0.25", "stage.error.max<0.4", "valve.retries.hourly>0.3", "config.control_software=1.8.0",
	}
	var all []factors.Problem
	var questions []string
	for _, problem := range problems {
		p, err := factors.ParseProblem(problem)
		if err != nil {
			t.Fatal(err)
		}
		sql, err := factors.Query(p)
		if err != nil {
			t.Fatal(err)
		}
		all, questions = append(all, p), append(questions, sql)
	}
	for i, answer := range duckDB(t, python, dir, questions) {
		t.Run(problems[i], func(t *testing.T) { isWhatFeaturesSay(t, store, all[i], []byte(answer)) })
	}
}

// isWhatFeaturesSay compares an answer, as CSV, with what the Go code makes of a store.
func isWhatFeaturesSay(t *testing.T, store []clean.Batch, p factors.Problem, answer []byte) {
	t.Helper()
	customers := map[string]string{}
	for _, b := range store {
		customers[b.Instrument] = "t-" + b.Instrument[len(b.Instrument)-1:]
	}
	got, err := factors.Read(bytes.NewReader(answer), customers)
	if err != nil {
		t.Fatal(err)
	}
	var want []factors.Exposure
	for i := 0; i < len(store); i += 40 {
		var batches []health.Features
		for _, b := range store[i : i+40] {
			batches = append(batches, score.FeaturesOf(handoff.Stored{Instrument: b.Instrument, Batch: b.Batch, Sequence: b.Sequence}, b.Observations))
		}
		want = append(want, factors.OfFeatures(customers[store[i].Instrument], batches, p.Of)...)
	}
	for _, rows := range [][]factors.Exposure{got, want} {
		slices.SortFunc(rows, func(a, b factors.Exposure) int {
			return cmp.Or(cmp.Compare(a.Instrument, b.Instrument), cmp.Compare(a.Run, b.Run))
		})
		for _, e := range rows {
			delete(e.Levels, p.Field)
			for field, level := range e.Levels {
				if level == "" {
					delete(e.Levels, field)
				}
			}
		}
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n := len(want); n < 300 || n > 480 {
		t.Errorf("%d runs: too few to speak of", n)
	}
}

// TestTheEmulatorsAthena asks the emulator's: by its API, of a table in its Glue, over
// objects in its S3.
func TestTheEmulatorsAthena(t *testing.T) {
	e := emulated.Start(t)
	put := func(path string, body []byte) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, e.Endpoint()+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261123/"+local.Region+"/s3/aws4_request, SignedHeaders=host, Signature=0")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("PUT %s: %s", path, res.Status)
		}
	}
	store := cleanStore()
	put("/clean-store", nil)
	for _, b := range store {
		raw, err := clean.Encode(b)
		if err != nil {
			t.Fatal(err)
		}
		put("/clean-store/"+layout.CleanKey(b.Instrument, b.Batch), raw)
	}
	call(t, e, "AWSGlue.CreateDatabase", map[string]any{"DatabaseInput": map[string]string{"Name": "proactive_test"}})
	call(t, e, "AWSGlue.CreateTable", map[string]any{"DatabaseName": "proactive_test", "TableInput": map[string]any{
		"Name": factors.Table, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": map[string]any{
			"Location": "s3://clean-store/clean/v1/", "SerdeInfo": map[string]string{"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
		},
	}})
	p, err := factors.ParseProblem("q30<72")
	if err != nil {
		t.Fatal(err)
	}
	sql, err := factors.Query(p)
	if err != nil {
		t.Fatal(err)
	}
	asked := call(t, e, "AmazonAthena.StartQueryExecution", map[string]any{
		"QueryString": sql, "QueryExecutionContext": map[string]string{"Database": "proactive_test"}, "WorkGroup": "primary",
		"ResultConfiguration": map[string]string{"OutputLocation": "s3://clean-store/answers/"},
	})
	id, _ := asked["QueryExecutionId"].(string)
	isWhatFeaturesSay(t, store, p, athenasAnswer(t, e, id))
}

// athenasAnswer waits for an answer and returns it as CSV.
func athenasAnswer(t *testing.T, e *local.Emulator, id string) []byte {
	t.Helper()
	state, tick := "", time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for state != "SUCCEEDED" {
		<-tick.C
		execution := call(t, e, "AmazonAthena.GetQueryExecution", map[string]string{"QueryExecutionId": id})["QueryExecution"].(map[string]any)
		if state, _ = execution["Status"].(map[string]any)["State"].(string); state == "FAILED" {
			t.Fatal(execution)
		}
	}
	var out bytes.Buffer
	table := csv.NewWriter(&out)
	for token := ""; ; {
		ask := map[string]any{"QueryExecutionId": id}
		if token != "" {
			ask["NextToken"] = token
		}
		answer := call(t, e, "AmazonAthena.GetQueryResults", ask)
		for _, row := range answer["ResultSet"].(map[string]any)["Rows"].([]any) {
			var line []string
			for _, cell := range row.(map[string]any)["Data"].([]any) {
				text, _ := cell.(map[string]any)["VarCharValue"].(string)
				line = append(line, text)
			}
			if err := table.Write(line); err != nil {
				t.Fatal(err)
			}
		}
		if token, _ = answer["NextToken"].(string); token == "" {
			break
		}
	}
	table.Flush()
	return out.Bytes()
}

// The features that Athena is not asked for are refused, and so is what is no field.
func TestAthenaIsNotAsked(t *testing.T) {
	for _, problem := range []string{"phasing.r1>0.3", "nothing<1", "valve.retries.mean>1", "tile.clusters=1", "serial=A1"} {
		p, err := factors.ParseProblem(problem)
		if err != nil {
			t.Fatal(err)
		}
		if sql, err := factors.Query(p); err == nil {
			t.Errorf("%s gave %s", problem, sql)
		}
	}
	p, err := factors.ParseProblem("run.chemistry=S'4")
	if err != nil {
		t.Fatal(err)
	}
	if sql, err := factors.Query(p); err != nil || !strings.Contains(sql, "('S''4')") {
		t.Errorf("%v: a quote in\n%s", err, sql)
	}
}

// withDuckDB is a Python that has DuckDB, as the emulator brings it.
func withDuckDB(t *testing.T) string {
	t.Helper()
	for _, python := range []string{os.Getenv("PROACTIVE_PYTHON"), filepath.Join("..", "..", ".cache", "venv", "bin", "python")} {
		if python == "" {
			continue
		}
		if exec.Command(python, "-c", "import duckdb").Run() == nil {
			return python
		}
	}
	t.Skip("NOT RUN: no Python with DuckDB at PROACTIVE_PYTHON or .cache/venv; `make setup` installs it")
	return ""
}

// duckDB answers questions over the files of a clean store, each as CSV.
func duckDB(t *testing.T, python, dir string, questions []string) (answers []string) {
	t.Helper()
	const script = `
import csv, duckdb, io, json, sys
duckdb.execute("SET enable_progress_bar = false") # on a busy machine it would stand in the answer
duckdb.execute("CREATE TABLE clean AS SELECT * FROM read_parquet('" + sys.argv[1] + "/clean/v1/*/*.parquet', hive_partitioning = false)")
answers = []
for question in json.load(sys.stdin):
    answer, text = duckdb.execute(question), io.StringIO()
    out = csv.writer(text)
    out.writerow([c[0] for c in answer.description])
    out.writerows(answer.fetchall())
    answers.append(text.getvalue())
json.dump(answers, sys.stdout)
`
	asked, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", script, dir)
	cmd.Stdin = bytes.NewReader(asked)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errOut.String())
	}
	if err := json.Unmarshal(out.Bytes(), &answers); err != nil || len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions: %v", len(answers), len(questions), err)
	}
	return answers
}
