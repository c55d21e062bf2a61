package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"proactive/shared/journal"
	"proactive/shared/receipt"
	"proactive/shared/scrub"
)

// shown is a metric on the dashboard.
type shown struct {
	namespace, name string
	dimensions      map[string]string
}

// dashboard are the metrics of every widget; a dot stands for what the line above has.
func dashboard(t *testing.T, d deployment) (all []shown) {
	t.Helper()
	boards := d.of(t, "AWS::CloudWatch::Dashboard")
	if len(boards) != 1 {
		t.Fatalf("%d dashboards", len(boards))
	}
	var body struct {
		Widgets []struct {
			Type       string
			Properties struct {
				Metrics [][]any
				Alarms  []string
			}
		}
	}
	if err := json.Unmarshal([]byte(fmt.Sprint(boards[0].Props["DashboardBody"])), &body); err != nil {
		t.Fatalf("the dashboard's body: %v", err)
	}
	for _, w := range body.Widgets {
		if w.Type == "alarm" && len(w.Properties.Alarms) != len(d.of(t, "AWS::CloudWatch::Alarm")) {
			t.Errorf("the dashboard shows %d alarms of %d", len(w.Properties.Alarms), len(d.of(t, "AWS::CloudWatch::Alarm")))
		}
		for _, line := range w.Properties.Metrics {
			s := shown{dimensions: map[string]string{}}
			var words []string
			for _, word := range line {
				if text, ok := word.(string); ok {
					words = append(words, text)
				}
			}
			s.namespace, s.name = words[0], words[1]
			for i := 2; i+1 < len(words); i += 2 {
				s.dimensions[words[i]] = words[i+1]
			}
			all = append(all, s)
		}
	}
	if len(all) < 30 {
		t.Fatalf("%d metrics on the dashboard", len(all))
	}
	return all
}

// TestTheDashboardShowsWhatExists: a widget over a metric that nobody writes is a flat
// line, and a flat line looks like a good day.
func TestTheDashboardShowsWhatExists(t *testing.T) {
	names, stages := journalCounters(t), journalStages(t)
	// What AWS writes of itself (each service's developer guide, "CloudWatch metrics").
	known := map[string]struct {
		names     []string
		dimension string
		kind      string
	}{
		"AWS/SQS":        {[]string{"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}, "QueueName", "AWS::SQS::Queue"},
		"AWS/Lambda":     {[]string{"Errors", "Throttles", "Duration"}, "FunctionName", "AWS::Lambda::Function"},
		"AWS/States":     {[]string{"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"}, "StateMachineArn", "AWS::StepFunctions::StateMachine"},
		"AWS/ApiGateway": {[]string{"Count", "4xx", "5xx"}, "ApiId", "AWS::ApiGatewayV2::Api"},
		"AWS/SES":        {[]string{"Reputation.BounceRate"}, "", ""},
	}
	flavours(t, func(t *testing.T, d deployment) {
		drawn := map[string]map[string]bool{} // namespace to the resources that are on the dashboard
		for _, s := range dashboard(t, d) {
			if s.namespace == journal.Namespace {
				if !slices.Contains(names, s.name) || !slices.Contains(stages, s.dimensions["stage"]) || len(s.dimensions) != 1 {
					t.Errorf("nobody counts %s of %v", s.name, s.dimensions)
				}
				continue
			}
			k, ok := known[s.namespace]
			if !ok || !slices.Contains(k.names, s.name) {
				t.Errorf("%s %s: a metric we do not know of", s.namespace, s.name)
				continue
			}
			if k.dimension == "" {
				continue
			}
			reference := strings.Replace(s.dimensions[k.dimension], ".QueueName}", "}", 1)
			if r := d.find(t, reference); r.Type != k.kind {
				t.Errorf("%s %s: is of %s", s.namespace, s.name, r)
			}
			if drawn[s.namespace] == nil {
				drawn[s.namespace] = map[string]bool{}
			}
			drawn[s.namespace][reference] = true
		}
		for namespace, k := range known {
			if k.kind == "" {
				continue
			}
			for _, r := range d.of(t, k.kind) {
				if !drawn[namespace][r.ref()] && !drawn[namespace][r.arn()] {
					t.Errorf("%s is not on the dashboard", r)
				}
			}
		}
	})
}

// TestEveryCounterIsOnTheDashboard: what is counted is looked at.
func TestEveryCounterIsOnTheDashboard(t *testing.T) {
	on := map[string]bool{}
	for _, s := range dashboard(t, onAWS(t)) {
		on[s.name] = true
	}
	for _, name := range journalCounters(t) {
		if !on[name] {
			t.Errorf("%s is counted, and not on the dashboard: add it to counters in dashboard.go", name)
		}
	}
}

// journalCounters are the names of all counters: the constants of shared/journal, and
// those that scrub makes of a prefix and a verdict, or of a rule of the detector.
func journalCounters(t *testing.T) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "shared", "journal", "journal.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			if literal, ok := value.Values[0].(*ast.BasicLit); ok && value.Names[0].Name != "Namespace" {
				name, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, name)
			}
		}
	}
	if len(names) < 4 {
		t.Fatalf("shared/journal has the counters %v only", names)
	}
	raw, err := os.ReadFile(filepath.Join("..", "shared", "scrub", "stage.go"))
	if err != nil {
		t.Fatal(err)
	}
	prefix := regexp.MustCompile(`countPrefix\s+= "(\w+)"`).FindSubmatch(raw)
	if prefix == nil {
		t.Fatal("scrub counts batches in another way")
	}
	for _, v := range []receipt.Verdict{receipt.Stored, receipt.Quarantined, receipt.Rejected} {
		names = append(names, string(prefix[1])+string(v))
	}
	for rule := range scrub.Reasons() {
		names = append(names, scrub.Counter(rule))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// journalStages are the stages whose functions write a journal.
func journalStages(t *testing.T) (stages []string) {
	t.Helper()
	mains, err := filepath.Glob(filepath.Join("..", "functions", "*", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range mains {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`journal\.New\(os\.Stdout, "(\w+)"\)`).FindSubmatch(raw); m != nil {
			stages = append(stages, string(m[1]))
		}
	}
	if len(stages) < 4 {
		t.Fatalf("the stages that write a journal are %v", stages)
	}
	return stages
}
