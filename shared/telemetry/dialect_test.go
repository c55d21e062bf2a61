package telemetry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/telemetry"
)

// tabbed is a dialect in another look: a table like any other.
const tabbed = `{"dialect": "tabbed", "files": ["sys.txt"], "begin": "<_>\t<time>\t[<level>]\t", "time": "02.01.2006 15:04:05", "levels": ["I", "E"],
 "templates": [{"id": "fan", "level": "I", "text": "FAN speed=<rpm:int:0:50000>", "reading": {"component": "fan", "metric": "speed", "unit": "/min", "value": "rpm"}},
  {"id": "saved", "level": "I", "text": "SAVED to <_:skip> (<n:int:0:9>)"}]}`

func plainDialect(t testing.TB) *telemetry.Dialect {
	t.Helper()
	all, err := telemetry.Dialects()
	if err != nil || len(all) == 0 || all[0].Name != "plain" {
		t.Fatalf("%v, %v", all, err)
	}
	return all[0]
}

func madeUp(t testing.TB) *telemetry.Dialect {
	t.Helper()
	d, err := telemetry.ReadDialect([]byte(tabbed))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const log = `2026-11-24T09:15:00Z INFO door: opened
2026-11-24T09:20:00Z WARN stage: homing retry 2 of 5
2026-11-24T09:21:00Z WARN stage: homing retry 3 of 5
2026-11-24T10:30:00Z INFO laser: power 796.4 mW at 1200 mA
2026-11-24T10:40:00Z INFO sample Jane_Doe loaded
2026-11-24T10:50:00Z INFO run: saved to \\nas\users\jane
2026-11-24T11:00:00Z ERROR stage: homing failed on axis w
2026-11-24T11:01:00Z INFO stage: homing retry 2 of 5
2026-11-24T11:01:30Z WARN stage: homing retry 200 of 5
    at Jane.Doe(line 5)
2026-11-24T08:00:00Z INFO door: closed
2026-11-24T11:02:00Z INFO door: clo`

func TestReadLog(t *testing.T) {
	got, err := telemetry.ReadLog(strings.NewReader(log), plainDialect(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []telemetry.Count{{"door.opened", 0, 1}, {"laser.power", 1, 1}, {"run.saved", 1, 1}, {"stage.home.retry", 0, 2}}
	if diff := cmp.Diff(want, got.Counts); diff != "" {
		t.Error(diff)
	}
	// Unknown: the sample, an axis that is none, a retry of another level, one beyond its
	// bounds, a stack trace.
	// Malformed: what is earlier than the first line. The last line is under way.
	if diff := cmp.Diff(telemetry.Account{Lines: 11, Taken: 5, Unknown: 5, Malformed: 1}, got.Account); diff != "" {
		t.Error(diff)
	}
	if len(got.Hours) != 2 || got.Hours[0].Value != 796.4 || got.Hours[1].Value != 2 {
		t.Errorf("%+v", got.Hours)
	}
	if raw, err := json.Marshal(got); err != nil || strings.Contains(strings.ToLower(string(raw)), "jane") {
		t.Errorf("a name is kept: %s %v", raw, err)
	}
}

func TestAnotherDialectIsAnotherTable(t *testing.T) {
	const raw = "host7\t24.11.2026 09:15:00\t[I]\tFAN speed=2400\nJane\t24.11.2026 09:16:00\t[I]\tSAVED to C:\\Users\\Jane (3)\n"
	got, err := telemetry.ReadLog(strings.NewReader(raw), madeUp(t))
	if err != nil || got.Account.Taken != 2 || len(got.Hours) != 1 || got.Hours[0].Value != 2400 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A table that cannot be used is refused, with the template and why.
func TestBrokenDialects(t *testing.T) {
	for name, change := range map[string][2]string{
		"unknown member":              {`"dialect": "tabbed"`, `"dialekt": "tabbed"`},
		"no name":                     {`"dialect": "tabbed"`, `"dialect": ""`},
		"no time":                     {`<time>`, `<_>`},
		"a layout without a time":     {`02.01.2006 15:04:05`, `xx.yy`},
		"an id twice":                 {`"id": "saved"`, `"id": "fan"`},
		"free text":                   {`<rpm:int:0:50000>`, `<rpm:text>`},
		"no bounds":                   {`<rpm:int:0:50000>`, `<rpm:int>`},
		"bounds the wrong way":        {`<rpm:int:0:50000>`, `<rpm:int:9:1>`},
		"parameters side by side":     {`<_:skip> (`, `<_:skip><x:int:0:1>(`},
		"a parameter without its end": {`<n:int:0:9>)`, `<n:int:0:9`},
		"no first word":               {`FAN speed`, `<n:int:0:1> speed`},
		"a level of another dialect":  {`"level": "I", "text": "FAN`, `"level": "W", "text": "FAN`},
		"an unknown metric":           {`"metric": "speed"`, `"metric": "mood"`},
		"another unit":                {`"unit": "/min"`, `"unit": "rpm"`},
		"a value of no parameter":     {`"value": "rpm"`, `"value": "rps"`},
	} {
		if !strings.Contains(tabbed, change[0]) {
			t.Fatalf("%s: nothing to change", name)
		}
		if _, err := telemetry.ReadDialect([]byte(strings.Replace(tabbed, change[0], change[1], 1))); !errors.Is(err, telemetry.ErrDialect) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A line made from a template says which, and its parameters; whatever is stepped over is
// in nothing that is returned.
func TestEveryTemplateReadsItsLines(t *testing.T) {
	d := plainDialect(t)
	rapid.Check(t, func(t *rapid.T) {
		tpl := d.Templates[rapid.IntRange(0, len(d.Templates)-1).Draw(t, "template")]
		text, want := tpl.Text, []telemetry.Param(nil)
		for strings.Contains(text, "<") {
			before, rest, _ := strings.Cut(text, "<")
			inner, after, _ := strings.Cut(rest, ">")
			f := strings.Split(inner, ":")
			var value string
			switch f[1] {
			case "skip":
				value = "Jane_Doe/ACGTACGTACGT"
			case "word":
				value = rapid.SampledFrom(strings.Split(f[2], "|")).Draw(t, "word")
				want = append(want, telemetry.Param{Name: f[0], Word: value})
			default:
				var low, high int
				_, _ = fmt.Sscan(f[2], &low)
				_, _ = fmt.Sscan(f[3], &high)
				n := rapid.IntRange(low, high).Draw(t, "number")
				value = fmt.Sprint(n)
				want = append(want, telemetry.Param{Name: f[0], Value: float64(n)})
			}
			text = before + value + after
		}
		line := "2026-11-24T09:15:00+01:00 " + tpl.Level + " " + text
		e, ok := d.Line([]byte(line))
		if !ok || e.Template.ID != tpl.ID || !e.Time.Equal(time.Date(2026, 11, 24, 8, 15, 0, 0, time.UTC)) {
			t.Fatalf("%q: %v %+v", line, ok, e)
		}
		if diff := cmp.Diff(want, append([]telemetry.Param(nil), e.Params...)); diff != "" {
			t.Fatal(diff)
		}
		if _, ok := d.Line([]byte(line + " for Jane_Doe")); ok && !strings.HasSuffix(tpl.Text, "<_:skip>") {
			t.Fatalf("a line with more behind it is taken: %q", line)
		}
	})
}

// FuzzLog holds the reader to: no panic, every line accounted once, the same however the
// bytes come, and nothing of an unknown line in what it returns.
func FuzzLog(f *testing.F) {
	f.Add(log)
	f.Add("2026-11-24T09:15:00Z INFO door: opened\n" + strings.Repeat("x", 5000) + "\n")
	f.Add("host7\t24.11.2026 09:15:00\t[I]\tFAN speed=2400\n")
	f.Fuzz(func(t *testing.T, raw string) {
		for _, d := range []*telemetry.Dialect{plainDialect(t), madeUp(t)} {
			one, err := telemetry.ReadLog(strings.NewReader(raw), d)
			if a := one.Account; a.Lines != a.Taken+a.Unknown+a.Malformed {
				t.Fatalf("%+v", a)
			}
			two, err2 := telemetry.ReadLog(iotest.OneByteReader(strings.NewReader(raw)), d)
			if fmt.Sprint(err) != fmt.Sprint(err2) || !cmp.Equal(one, two) {
				t.Fatal("not the same again")
			}
			n := 0
			for _, c := range one.Counts {
				n += c.N
			}
			if n > one.Account.Taken {
				t.Fatalf("%d counted of %d taken", n, one.Account.Taken)
			}
		}
	})
}

func BenchmarkReadLog(b *testing.B) {
	d := plainDialect(b)
	raw := strings.Repeat(log[:strings.LastIndex(log, "\n")+1], 200)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := telemetry.ReadLog(strings.NewReader(raw), d); err != nil {
			b.Fatal(err)
		}
	}
}
