package telemetry_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/telemetry"
)

const (
	jsonLine = `{"time":"2026-11-24T%s:00Z","subsystem":"optical","component":"%s","metric":"%s","value":%s,"unit":"%s"}` + "\n"
	csvHead  = "time,subsystem,component,metric,value,unit\n"
)

func asJSON(rows ...[5]string) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, jsonLine, r[0], r[1], r[2], r[3], r[4])
	}
	return b.String()
}

func asCSV(rows ...[5]string) string {
	var b strings.Builder
	b.WriteString(csvHead)
	for _, r := range rows {
		fmt.Fprintf(&b, "2026-11-24T%s:00Z,optical,%s,%s,%s,%s\n", r[0], r[1], r[2], r[3], r[4])
	}
	return b.String()
}

// The two forms of one file give the same hours.
func TestTwins(t *testing.T) {
	rows := [][5]string{
		{"09:00", "laser", "power", "800", "mW"}, {"09:30", "laser", "power", "790", "mW"}, {"10:10", "laser", "power", "780", "mW"},
		{"09:10", "stage", "retries", "2", "1"}, {"09:50", "stage", "retries", "3", "1"}, {"11:59", "stage", "retries", "1", "1"},
		{"09:20", "laser", "power", "0.8", "W"}, {"09:20", "laser", "mood", "1", "1"}, {"09:20", "sample", "name", "1", "1"},
	}
	want := map[string]float64{"laser.power 0": 795, "laser.power 1": 780, "stage.retries 0": 5, "stage.retries 2": 1}
	for name, read := range map[string]func() ([]telemetry.Hour, telemetry.Account, error){
		"json": func() ([]telemetry.Hour, telemetry.Account, error) {
			return telemetry.ReadJSON(strings.NewReader(asJSON(rows...)))
		},
		"csv": func() ([]telemetry.Hour, telemetry.Account, error) {
			return telemetry.ReadCSV(iotest.OneByteReader(strings.NewReader(asCSV(rows...))))
		},
		"csv with other line ends": func() ([]telemetry.Hour, telemetry.Account, error) {
			return telemetry.ReadCSV(strings.NewReader(strings.ReplaceAll(asCSV(rows...), "\n", "\r\n")))
		},
	} {
		hours, account, err := read()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := map[string]float64{}
		for _, h := range hours {
			got[fmt.Sprintf("%s.%s %d", h.Metric.Component, h.Metric.Metric, h.Hour)] = h.Value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", name, diff)
		}
		if account.Taken != 6 || account.Unknown != 3 || account.Malformed != 0 {
			t.Errorf("%s: %+v", name, account)
		}
	}
}

// A line that is no reading costs itself and nothing else.
func TestMalformedLines(t *testing.T) {
	good := asJSON([5]string{"09:00", "laser", "power", "800", "mW"})
	for name, bad := range map[string]string{
		"no JSON":                      "Jane Doe was here\n",
		"not a number":                 strings.Replace(good, "800", "NaN", 1),
		"no time":                      strings.Replace(good, "2026-11-24T09:00:00Z", "", 1),
		"before the first":             strings.Replace(good, "09:00", "08:59", 1),
		"a year on":                    strings.Replace(good, "2026", "2027", 1),
		"longer than any reading":      `{"time":"` + strings.Repeat("9", 9000) + "\"}\n",
		"an array":                     "[1,2]\n",
		"under way, without its brace": `{"time":"2026-11-24T09:10:00Z","component":"laser","metric":"power","value":79`,
	} {
		hours, account, err := telemetry.ReadJSON(strings.NewReader(good + bad))
		if err != nil || len(hours) != 1 || hours[0].Value != 800 || account.Malformed != 1 || account.Taken != 1 {
			t.Errorf("%s: %+v %+v %v", name, hours, account, err)
		}
	}
	rows := asCSV([5]string{"09:00", "laser", "power", "800", "mW"})
	for name, bad := range map[string]string{
		"a column too few": "2026-11-24T09:10:00Z,optical\n", "a quote in the middle": "a\"b,c,d,e,f,g\n",
		"longer than any reading": strings.Repeat("x", 9000) + ",,,,,\n", "no number": "2026-11-24T09:10:00Z,optical,laser,power,many,mW\n",
	} {
		hours, account, err := telemetry.ReadCSV(strings.NewReader(rows + bad))
		if err != nil || len(hours) != 1 || account.Malformed != 1 {
			t.Errorf("csv, %s: %+v %+v %v", name, hours, account, err)
		}
	}
	// 79 may become 796: what nothing ends is not used.
	hours, account, err := telemetry.ReadCSV(strings.NewReader(rows + "2026-11-24T09:10:00Z,optical,laser,power,79"))
	if err != nil || len(hours) != 1 || hours[0].Value != 800 || account.Taken != 1 {
		t.Errorf("a row under way: %+v %+v %v", hours, account, err)
	}
	if _, _, err := telemetry.ReadJSON(strings.NewReader("\n\n")); !errors.Is(err, telemetry.ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	if _, _, err := telemetry.ReadJSON(iotest.ErrReader(errors.New("gone"))); err == nil || errors.Is(err, telemetry.ErrEmpty) {
		t.Errorf("a share that is gone: %v", err)
	}
}

// The table in the specification is the code's.
func TestSpecHasTheTable(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "events", "telemetry", "v1", "SPEC.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got []telemetry.Metric
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z]+) \| ([a-z]+) \| (\S+) \| (mean|sum) \|`).FindAllStringSubmatch(string(raw), -1) {
		got = append(got, telemetry.Metric{Component: m[1], Metric: m[2], Unit: m[3], Sum: m[4] == "sum"})
	}
	if diff := cmp.Diff(telemetry.Metrics, got); diff != "" {
		t.Errorf("SPEC.md (- code, + page):\n%s", diff)
	}
}

// FuzzLines holds both readers to: no panic, the same again however the bytes come, each
// line accounted for, and no more hours than fit.
func FuzzLines(f *testing.F) {
	f.Add(asJSON([5]string{"09:00", "laser", "power", "800", "mW"}))
	f.Add(asCSV([5]string{"09:00", "laser", "power", "800", "mW"}))
	f.Fuzz(func(t *testing.T, raw string) {
		for _, read := range []func(string) ([]telemetry.Hour, telemetry.Account, error){
			func(s string) ([]telemetry.Hour, telemetry.Account, error) {
				return telemetry.ReadJSON(iotest.HalfReader(strings.NewReader(s)))
			},
			func(s string) ([]telemetry.Hour, telemetry.Account, error) {
				return telemetry.ReadCSV(iotest.HalfReader(strings.NewReader(s)))
			},
		} {
			one, account, err := read(raw)
			two, again, err2 := read(raw)
			if !reflect.DeepEqual(one, two) || account != again || (err == nil) != (err2 == nil) {
				t.Fatal("not the same again")
			}
			if account.Lines != account.Taken+account.Unknown+account.Malformed || len(one) > 24*21*len(telemetry.Metrics) {
				t.Fatalf("%+v, %d hours", account, len(one))
			}
		}
	})
}
