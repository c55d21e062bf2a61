package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"proactive/shared/health"
	"proactive/shared/settings"
)

// load reads each kind of settings as its function does at start.
var load = map[string]func() (any, error){
	"Enrol":     loads[settings.Enrol],
	"Authorize": loads[settings.Authorize],
	"Validate":  loads[settings.Validate],
	"Scrub":     loads[settings.Scrub],
	"Score":     loads[settings.Score],
	"Starter":   loads[settings.Starter],
	"Casework":  loads[settings.Casework],
	"Notify":    loads[settings.Notify],
	"Factor":    loads[settings.Factor],
	"Remind":    loads[settings.Remind],
	"Slot":      loads[settings.Slot],
	"Reconcile": loads[settings.Reconcile],
	"Erase":     loads[settings.Erase],
	"Export":    loads[settings.Export],
}

func loads[T any]() (any, error) { return settings.Load[T]() }

var loadCall = regexp.MustCompile(`settings\.Load\[settings\.(\w+)\]\(\)`)

// folder is the function's folder in functions/, from its description.
func folder(fn resource) string {
	return strings.TrimPrefix(fmt.Sprint(fn.Props["Description"]), "functions/")
}

func variables(fn resource) map[string]string {
	out := map[string]string{}
	vars, _ := at(fn.Props, "Environment", "Variables").(map[string]any)
	for k, v := range vars {
		out[k] = fmt.Sprint(v)
	}
	return out
}

func TestEveryFolderIsOneFunction(t *testing.T) {
	folders, err := functionFolders()
	if err != nil {
		t.Fatal(err)
	}
	flavours(t, func(t *testing.T, d deployment) {
		var deployed []string
		for _, fn := range d.of(t, "AWS::Lambda::Function") {
			deployed = append(deployed, folder(fn))
		}
		slices.Sort(deployed)
		slices.Sort(folders)
		if !slices.Equal(deployed, folders) {
			t.Errorf("functions/ has %v, the templates %v", folders, deployed)
		}
	})
}

// TestEveryFunctionIsToldWhatItReads starts from the source: which settings main.go
// loads, loaded from the environment in the template, and nothing in it unread.
func TestEveryFunctionIsToldWhatItReads(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, fn := range d.of(t, "AWS::Lambda::Function") {
			t.Run(folder(fn), func(t *testing.T) {
				source, err := os.ReadFile(filepath.Join("..", "functions", filepath.Base(folder(fn)), "main.go"))
				if err != nil {
					t.Fatal(err)
				}
				found := loadCall.FindAllSubmatch(source, -1)
				if len(found) != 1 || load[string(found[0][1])] == nil {
					t.Fatalf("main.go loads %q: want one of the settings that this test knows", found)
				}
				for name := range known() { // not what happens to be set where the test runs
					t.Setenv(name, "")
				}
				for name, value := range variables(fn) {
					t.Setenv(name, value)
				}
				got, err := load[string(found[0][1])]()
				if err != nil {
					t.Fatal(err)
				}
				for name := range variables(fn) {
					if _, read := settings.Environ(got)[name]; !read {
						t.Errorf("%s is set and not read", name)
					}
				}
			})
		}
	})
}

// known are the names of all settings.
func known() map[string]bool {
	out := map[string]bool{}
	for _, l := range load {
		v, _ := l() // its error is of what is not set; its type is what matters
		for i := range reflect.TypeOf(v).NumField() {
			out[reflect.TypeOf(v).Field(i).Tag.Get("env")] = true
		}
	}
	return out
}

// TestEnvironmentsHoldNamesAndNoSecrets: a variable is a reference to what its name
// says, or a plain word from this list. Nothing is resolved from a secret store.
func TestEnvironmentsHoldNamesAndNoSecrets(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		arn := func(service, rest string) string { return fmt.Sprintf(arnOf, service) + rest }
		words := map[string]string{
			"DEPLOYMENT": "proactive-" + d.Name, "PACE": fmt.Sprint(d.Pace), "SENDER": d.Sender, "MODELS": d.Models, "PREDICTIONS": d.Predictions,
			"SCHEDULE_GROUP": "proactive-" + d.Name + "-reminders", "STATE_MACHINE": arn("states", "stateMachine:proactive-"+d.Name+"-case"),
			"UNWRAP_KEYS": "${data/UnwrapKey.Arn}", "RECEIPT_KEYS": "${data/ReceiptKey.Arn}", // the first generation
			"BASE_URL": "${app/Api.ApiEndpoint}", "EVENT_BUS": "${app/Bus}",
			"SUPPORT_TOPIC": "${app/Support}", "REMINDER_ROLE": "${app/ReminderRole.Arn}", "REMINDER_FUNCTION": "${app/Remind.Arn}",
			"WORK_QUEUES":  "${app/ValidateQueue},${app/ScrubQueue},${app/ScoreQueue},${app/ExportQueue}",
			"DEAD_LETTERS": "${app/ValidateDeadLetters},${app/ScrubDeadLetters},${app/ScoreDeadLetters},${app/EraseDeadLetters},${app/ExportDeadLetters},${app/UndeliveredLetters}",
		}
		if d.Port != 0 {
			words["BASE_URL"] = fmt.Sprintf("http://127.0.0.1:%d/_aws/execute-api/${app/Api}/$default", d.Port)
		}
		for _, fn := range d.of(t, "AWS::Lambda::Function") {
			for name, got := range variables(fn) {
				want, ok := words[name]
				if !ok {
					want = referent(name)
				}
				if got != want {
					t.Errorf("%s: %s is %q, want %q", fn, name, got, want)
				}
				if strings.HasPrefix(got, "${") && name != "BASE_URL" {
					for one := range strings.SplitSeq(got, ",") {
						d.find(t, one) // of a resource that is there
					}
				}
			}
		}
		for stack, template := range d.templates {
			if strings.Contains(string(template), "{{resolve:") {
				t.Errorf("%s: a secret is resolved into the template", stack)
			}
		}
	})
}

// referent is what a variable's name says it holds: INBOX_BUCKET is the bucket Inbox.
func referent(name string) string {
	i := strings.LastIndex(name, "_")
	if i < 0 {
		return ""
	}
	thing := name[:1] + strings.ToLower(name[1:i])
	switch name[i:] {
	case "_TABLE", "_BUCKET":
		return "${data/" + thing + "}"
	case "_KEY":
		return "${data/" + thing + "Key.Arn}"
	case "_QUEUE":
		return "${app/" + thing + "Queue}"
	}
	return ""
}

func TestEveryFunctionIsOfTheHouse(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		arch := map[string]string{"arm64": "arm64", "amd64": "x86_64"}[d.Arch]
		roles, logs := map[any]string{}, map[any]string{}
		for _, fn := range d.of(t, "AWS::Lambda::Function") {
			if fn.Props["Runtime"] != "provided.al2023" || fn.Props["Handler"] != "bootstrap" {
				t.Errorf("%s: runs on %v", fn, fn.Props["Runtime"])
			}
			if got := list(fn.Props["Architectures"]); !slices.Equal(got, []string{arch}) {
				t.Errorf("%s: is built for %v, want %s", fn, got, arch)
			}
			if at(fn.Props, "TracingConfig", "Mode") != "Active" {
				t.Errorf("%s: is not traced", fn)
			}
			if other := roles[fn.Props["Role"]]; other != "" {
				t.Errorf("%s shares its role with %s", fn, other)
			}
			roles[fn.Props["Role"]] = fn.String()
			if role := d.find(t, fn.Props["Role"]); role.Props["Description"] != "functions/"+folder(fn)+" and nothing else" {
				t.Errorf("%s: its role is for %v", fn, role.Props["Description"])
			}
			group := d.find(t, at(fn.Props, "LoggingConfig", "LogGroup"))
			if other := logs[group.ref()]; other != "" || group.Type != "AWS::Logs::LogGroup" {
				t.Errorf("%s: logs to %s, as %s", fn, group, other)
			}
			logs[group.ref()] = fn.String()
			if seconds, _ := fn.Props["Timeout"].(float64); seconds < 10 || seconds > 60 {
				t.Errorf("%s: may run for %v s", fn, seconds)
			}
		}
	})
}

func TestOneBadMessageDoesNotTakeTheOthersWithIt(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		fed := []string{}
		for _, m := range d.of(t, "AWS::Lambda::EventSourceMapping") {
			fn := d.find(t, m.Props["FunctionName"])
			fed = append(fed, folder(fn))
			if got := list(m.Props["FunctionResponseTypes"]); !slices.Equal(got, []string{"ReportBatchItemFailures"}) {
				t.Errorf("%s of %s: answers %v", m, fn, got)
			}
			source := fmt.Sprint(m.Props["EventSourceArn"])
			if strings.HasSuffix(source, ".StreamArn}") {
				if at(m.Props, "DestinationConfig", "OnFailure", "Destination") == nil || m.Props["BisectBatchOnFunctionError"] != true {
					t.Errorf("%s: a record that always fails blocks the stream", m)
				}
				// -1, the default, is until the record expires.
				if n, _ := m.Props["MaximumRetryAttempts"].(float64); n < 1 {
					t.Errorf("%s: a record is tried %v times", m, n)
				}
				continue
			}
			// A message that is still being worked on must not appear again.
			queue := d.find(t, source)
			hidden, _ := queue.Props["VisibilityTimeout"].(float64)
			if timeout, _ := fn.Props["Timeout"].(float64); hidden < 6*timeout {
				t.Errorf("%s: hidden for %v s, and %s may take %v s", queue, hidden, fn, timeout)
			}
			if n, _ := at(m.Props, "ScalingConfig", "MaximumConcurrency").(float64); n < 2 {
				t.Errorf("%s: without a bound, the function is throttled and sound batches become dead letters", m)
			}
			if fn.Props["ReservedConcurrentExecutions"] != nil {
				t.Errorf("%s: a reserve throttles deliveries, and each counts as a receive", fn)
			}
		}
		slices.Sort(fed)
		if want := []string{"erase", "export", "factor", "score", "scrub", "starter", "validate"}; !slices.Equal(fed, want) {
			t.Errorf("fed by an event source: %v, want %v", fed, want)
		}
	})
}

// TestOnlyActiveFindingsWakeTheStarter: the row that every decision writes, and a
// finding that is withdrawn, do not.
func TestOnlyActiveFindingsWakeTheStarter(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		var patterns []string
		for _, m := range d.of(t, "AWS::Lambda::EventSourceMapping") {
			if m.Props["EventSourceArn"] != "${data/Findings.StreamArn}" {
				continue
			}
			filters, _ := at(m.Props, "FilterCriteria", "Filters").([]any)
			for _, f := range filters {
				patterns = append(patterns, fmt.Sprint(at(f, "Pattern")))
			}
		}
		factor := slices.IndexFunc(patterns, func(p string) bool { return strings.Contains(p, `"INSERT"`) && strings.Contains(p, `"noticed"`) })
		if len(patterns) != 2 || factor < 0 {
			t.Fatalf("the filters are %v, want the starter's, and factor's for what is new", patterns)
		}
		patterns = slices.Delete(patterns, factor, factor+1)
		var pattern struct {
			Dynamodb struct {
				NewImage map[string]struct{ S []string }
			} `json:"dynamodb"`
		}
		if err := json.Unmarshal([]byte(patterns[0]), &pattern); err != nil {
			t.Fatal(err)
		}
		image := pattern.Dynamodb.NewImage
		if names := slices.Collect(maps.Keys(image)); len(names) != 1 || !slices.Equal(image["state"].S, []string{string(health.Active)}) {
			t.Errorf("the filter is %s, want state %s", patterns[0], health.Active)
		}
		// The attribute is the one that the table's adapter writes.
		source, err := os.ReadFile(filepath.Join("..", "shared", "aws", "tables", "findings.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(source), `"state": text(string(f.State))`) {
			t.Error("shared/aws/tables/findings.go no longer writes the attribute state so: does the filter still match?")
		}
	})
}

// TestAReminderThatFailsIsKept: Scheduler is content once Lambda took the call.
func TestAReminderThatFailsIsKept(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		for _, c := range d.of(t, "AWS::Lambda::EventInvokeConfig") {
			if d.find(t, c.Props["FunctionName"]).ref() != "${app/Remind}" || d.find(t, at(c.Props, "DestinationConfig", "OnFailure", "Destination")).Type != "AWS::SQS::Queue" {
				t.Errorf("%s: %v", c, c.Props)
			}
		}
	})
}

// TestEveryRouteReachesAFunction: the functions' own doors, and no path that a function
// does not know. The API logs no path and no address.
func TestEveryRouteReachesAFunction(t *testing.T) {
	want := map[string]string{
		"POST /v1/enrol": "enrol", "POST /v1/consent": "enrol", "POST /v1/erasure": "enrol", "GET /v1/erasure": "enrol",
		"POST /v1/export": "enrol", "GET /v1/export": "enrol",
		"GET /v1/challenge": "authorize", "GET /v1/keys": "authorize", "POST /v1/authorize": "authorize", "GET /v1/receipts": "authorize",
		"GET /slot/{secret}": "slot", "POST /slot/{secret}": "slot",
	}
	flavours(t, func(t *testing.T, d deployment) {
		got := map[string]string{}
		for _, r := range d.of(t, "AWS::ApiGatewayV2::Route") {
			integration := d.find(t, strings.TrimPrefix(fmt.Sprint(r.Props["Target"]), "integrations/"))
			got[fmt.Sprint(r.Props["RouteKey"])] = folder(d.find(t, integration.Props["IntegrationUri"]))
			if integration.Props["PayloadFormatVersion"] != "2.0" {
				t.Errorf("%s: payload format %v", r, integration.Props["PayloadFormatVersion"])
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("the routes are %v, want %v", got, want)
		}
		for _, stage := range d.of(t, "AWS::ApiGatewayV2::Stage") {
			format := fmt.Sprint(at(stage.Props, "AccessLogSettings", "Format"))
			for _, secret := range []string{"path", "identity", "sourceIp", "header", "body", "authorizer"} {
				if strings.Contains(strings.ToLower(format), strings.ToLower(secret)) {
					t.Errorf("%s: logs %s: %s", stage, secret, format)
				}
			}
			if at(stage.Props, "DefaultRouteSettings", "ThrottlingRateLimit") == nil {
				t.Errorf("%s: is not throttled", stage)
			}
		}
	})
}
