package year

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"proactive/shared/fleet"
	"proactive/shared/layout"
)

func small(seed uint64) fleet.Settings {
	return fleet.Settings{Seed: seed, Instruments: 24, Days: 200, Null: 8, Start: monday, Nuisance: fleet.Usual()}
}

func written(t *testing.T, s fleet.Settings) *fleet.Fleet {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fleet")
	if _, err := Write(context.Background(), dir, s, func(int) {}); err != nil {
		t.Fatal(err)
	}
	f, err := fleet.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// frozen is the digest of the fleet small(1), on every machine. A change that changes it
// makes another fleet: raise Version, and begin every evaluation anew.
const frozen = "sha256:bebe6e553ffa1f21aed2cc35438fd72330bc24f9d788b0596ec8cce8f01c5727"

func TestFrozen(t *testing.T) {
	if got := written(t, small(1)).Digest(); got != frozen {
		t.Errorf("digest %s, want %s", got, frozen)
	}
}

// TestNothingFused: in the code for arm64 no product is fused with a sum, so that it
// computes the same bits as that for amd64.
func TestNothingFused(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for arm64")
	}
	cmd := exec.Command("go", "build", "-gcflags=-S", ".")
	cmd.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) < 1000 {
		t.Fatalf("compiling: %v, %d bytes of assembly", err, len(out))
	}
	fused := regexp.MustCompile(`\(([^)]+\.go:\d+)\)\s+FN?M(?:ADD|SUB)[DS]\b`)
	for _, m := range fused.FindAllSubmatch(out, -1) {
		t.Errorf("%s: a product is fused with a sum: round it, float64(x*y)", m[1])
	}
}

// TestExact holds our functions against the library's, which may differ in the last bit
// from machine to machine.
func TestExact(t *testing.T) {
	near := func(got, want float64) bool { return math.Abs(got-want) <= 1e-14*max(1, math.Abs(want)) }
	for x := -40.0; x <= 40; x += .0137 {
		if !near(exp(x)/math.Exp(x), 1) {
			t.Fatalf("exp(%v) = %v, want %v", x, exp(x), math.Exp(x))
		}
		if v := math.Exp(x); !near(ln(v), x) {
			t.Fatalf("ln(%v) = %v, want %v", v, ln(v), x)
		}
		if !near(sine(x), math.Sin(2*math.Pi*(x-math.Floor(x)))) {
			t.Fatalf("sine(%v) = %v", x, sine(x))
		}
	}
	for u := .0005; u < 1; u += .0007 {
		if back := .5 * math.Erfc(-quantile(u)/math.Sqrt2); math.Abs(back-u) > 1e-8 {
			t.Fatalf("quantile(%v) = %v, of which the share is %v", u, quantile(u), back)
		}
	}
	for v, want := range map[float64]float64{123456: 123456, 1.2345678: 1.2346, -.000123456: -.00012346, 0: 0, 99.9999: 100} {
		if got := rounded(v); math.Abs(got-want) > 1e-15+1e-12*math.Abs(want) {
			t.Errorf("rounded(%v) = %v, want %v", v, got, want)
		}
	}
}

// TestStory checks what every reader of a fleet relies on.
func TestStory(t *testing.T) {
	s := small(5)
	f := written(t, s)
	failures, services := map[string][]fleet.Failure{}, map[string][]fleet.Service{}
	for _, x := range f.Failures() {
		failures[x.Instrument] = append(failures[x.Instrument], x)
	}
	for _, v := range f.Services() {
		services[v.Instrument] = append(services[v.Instrument], v)
	}
	nulls, seen := 0, 0
	for _, i := range f.Instruments() {
		if !layout.ValidInstrument(i.ID) {
			t.Errorf("%q is no instrument id", i.ID)
		}
		if f.Null(i.ID) {
			nulls++
			if len(failures[i.ID]) > 0 {
				t.Errorf("%s never fails, but %+v", i.ID, failures[i.ID])
			}
		}
		var runs []fleet.Run
		for r, err := range f.Runs(i.ID) {
			if err != nil {
				t.Fatal(err)
			}
			if n := len(runs); n > 0 && (!r.At.After(runs[n-1].At) || r.Sequence <= runs[n-1].Sequence) {
				t.Errorf("%s: run %d at %v follows run %d at %v", i.ID, r.Sequence, r.At, runs[n-1].Sequence, runs[n-1].At)
			}
			if !layout.ValidBatch(r.Batch) || r.At.Before(s.Start) || !r.At.Before(s.Until()) || r.Week.Weekday() != time.Monday {
				t.Errorf("%s: run %d: batch %q at %v, week %v", i.ID, r.Sequence, r.Batch, r.At, r.Week)
			}
			if _, phix := r.Values["error.r1"]; phix != (r.Values["aligned.r1"] > 0) {
				t.Errorf("%s: run %d: error %v, aligned %v", i.ID, r.Sequence, phix, r.Values["aligned.r1"])
			}
			runs = append(runs, r)
		}
		for _, x := range failures[i.ID] {
			if x.Abrupt == x.Precursor || x.Abrupt && !x.Failed.Equal(x.Onset) || !x.Failed.IsZero() && x.Failed.Before(x.Onset) || !x.Ended.IsZero() && x.Ended.Before(x.Failed) {
				t.Errorf("%+v", x)
			}
			if !x.Failed.IsZero() && !x.Ended.IsZero() {
				seen++
				repaired(t, x, services[i.ID], runs)
			}
		}
		for o, err := range f.Oracle(i.ID) {
			if err != nil {
				t.Fatal(err)
			}
			if !(0 <= o.P1 && o.P1 <= o.P7 && o.P7 <= o.P14 && o.P14 <= o.P30 && o.P30 <= 1) || f.Null(i.ID) && o.P30 > 0 {
				t.Fatalf("%+v", o)
			}
		}
	}
	if nulls != s.Null || seen < 10 {
		t.Errorf("%d null instruments, %d failures repaired", nulls, seen)
	}
}

// repaired: a failure is followed by a repair in 1 to 6 days after a run that shows it,
// and the runs from then on are judged anew.
func repaired(t *testing.T, x fleet.Failure, services []fleet.Service, runs []fleet.Run) {
	t.Helper()
	n := slices.IndexFunc(services, func(v fleet.Service) bool {
		return v.Kind == fleet.Repair && v.Component == x.Component && v.At.Equal(x.Ended)
	})
	if n < 0 {
		t.Errorf("no repair of %+v", x)
		return
	}
	for _, r := range runs {
		if r.Sequence >= services[n].Since && r.At.Before(x.Ended) || r.Sequence < services[n].Since && r.At.After(x.Ended.Add(8*24*time.Hour)) {
			t.Errorf("run %d at %v, repair at %v of runs from %d on", r.Sequence, r.At, x.Ended, services[n].Since)
		}
	}
}

// TestFailureShows: a failed laser gives no light, and so on: a component that has failed
// is plain in the run.
func TestFailureShows(t *testing.T) {
	shows := map[string]struct {
		signal string
		beyond float64
		above  bool
	}{
		laser: {"laser.power.mean", 500, false}, camera: {"camera.temperature.mean", 16, true}, focus: {"focus.score.mean", .75, false},
		stage: {"stage.error.mean", .2, true}, zdrive: {"log.stage.home.failed.hourly", .3, true}, chiller: {"chiller.temperature.mean", 8, true},
		heater: {"heater.error.mean", .5, true}, fan: {"fan.speed.mean", 1800, false}, pump: {"pump.delivered.mean", .9, false},
		valve: {"valve.move.mean", 550, true}, line: {"line.pressure.mean", 38, true},
	}
	f := written(t, small(7))
	hits, misses := map[string]int{}, map[string]int{}
	for _, x := range f.Failures() {
		if x.Failed.IsZero() || x.Ended.IsZero() {
			continue
		}
		for r, err := range f.Runs(x.Instrument) {
			if err != nil {
				t.Fatal(err)
			}
			if r.At.Before(x.Failed) || r.At.After(x.Ended) {
				continue
			}
			w := shows[x.Component]
			if v, ok := r.Values[w.signal]; ok && (v > w.beyond) == w.above {
				hits[x.Component]++
			} else if ok {
				misses[x.Component]++
			}
			break // the first run after it
		}
	}
	total, missed := 0, 0
	for c := range shows {
		total, missed = total+hits[c], missed+misses[c]
	}
	if total < 10 || missed*10 > total {
		t.Errorf("%d failures show, %d do not: %v %v", total, missed, hits, misses)
	}
}

// TestCancelled: a fleet that was not finished is none.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := filepath.Join(t.TempDir(), "fleet")
	if _, err := Write(ctx, dir, small(1), func(int) {}); err == nil {
		t.Fatal("written")
	}
	if _, err := fleet.Open(dir); err == nil {
		t.Error("half a fleet was opened")
	}
}
