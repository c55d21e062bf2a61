package factors_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/factors"
)

var update = flag.Bool("update", false, "write the golden files anew")

func analyze(t *testing.T, rows []factors.Exposure, q factors.Question) factors.Report {
	t.Helper()
	r, err := factors.Analyze(rows, q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func level(t *testing.T, r factors.Report, factor, name string) factors.Level {
	t.Helper()
	for _, f := range r.Factors {
		for _, l := range f.Levels {
			if f.Factor == factor && l.Level == name {
				return l
			}
		}
	}
	t.Fatalf("no %s=%s in the report", factor, name)
	return factors.Level{}
}

func isAnswered(t *testing.T, l factors.Level, answer factors.Answer, reason string, by ...string) {
	t.Helper()
	if l.Answer != answer || l.Reason != reason || !slices.Equal(l.By, by) {
		raw, _ := json.Marshal(l)
		t.Errorf("%s is answered %q, %q, by %q; want %q, %q, %q\n%s", l.Level, l.Answer, l.Reason, l.By, answer, reason, by, raw)
	}
}

// fleet is made of runs, a line each: so many of an instrument at some levels, so many of
// them with the problem.
type fleet struct {
	rows []factors.Exposure
	next int
}

func (f *fleet) add(tenant, instrument string, runs, problems int, levels ...string) {
	for n := range runs {
		e := factors.Exposure{Tenant: tenant, Instrument: instrument, Run: fmt.Sprint(f.next), Levels: map[string]string{}, Problem: n < problems}
		for i := 0; i < len(levels); i += 2 {
			e.Levels[levels[i]] = levels[i+1]
		}
		f.next++
		f.rows = append(f.rows, e)
	}
}

// each instrument of a fleet of n, of customers in turn.
func each(n, tenants int, of func(i int, tenant, instrument string)) {
	for i := range n {
		of(i, fmt.Sprintf("t-%d", i%tenants), fmt.Sprintf("i-%03d", i))
	}
}

// The same rows give the same bytes, in whatever order they come, and on every processor:
// the golden file is checked on arm64 too, see docs/factors.md.
func TestSameRowsSameBytes(t *testing.T) {
	for _, s := range scenarios {
		if s.name != "bad lot: instruments differ" && s.name != "bad type: 10 instruments of 50" && s.name != "null: 30 small lots" {
			continue
		}
		rows := s.world.make(3)
		r := analyze(t, rows, factors.Question{Problem: s.name})
		want, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		got, err := json.MarshalIndent(analyze(t, rows, factors.Question{Problem: s.name}), "", " ")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: another order gives another report: %v\n%s", s.name, err, cmp.Diff(string(want), string(got)))
		}
		golden(t, slug(s.name)+".golden.json", append(want, '\n'))
	}
}

func slug(name string) string {
	return string(bytes.Map(func(r rune) rune {
		if r == ' ' || r == ':' {
			return '-'
		}
		return r
	}, []byte(name)))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-update writes it anew):\n%s", name, d)
	}
}

// A lot that doubles the problem on every instrument that has it.
func TestABadLotIsFound(t *testing.T) {
	var f fleet
	each(20, 6, func(_ int, tenant, i string) {
		f.add(tenant, i, 30, 3, "lot", "good")
		f.add(tenant, i, 10, 4, "lot", "bad")
	})
	r := analyze(t, f.rows, factors.Question{})
	bad := level(t, r, "lot", "bad")
	isAnswered(t, bad, factors.Higher, "")
	if got := *bad.Test.OddsRatio; got != 6 || !bad.Test.Within {
		t.Errorf("odds ratio %g, want 6 = (4/6)/(3/27), each instrument its own control: %v", got, bad.Test.Within)
	}
	isAnswered(t, level(t, r, "lot", "good"), factors.Explained, "", "lot=bad")
	if len(r.Findings) != 1 || r.Findings[0].Level != "bad" {
		t.Errorf("%+v", r.Findings)
	}
}

// One instrument that breaks does not convict the lot that it happens to run.
func TestOneBadInstrumentDoesNotConvictItsLot(t *testing.T) {
	var f fleet
	each(20, 6, func(n int, tenant, i string) {
		f.add(tenant, i, 20, 2, "lot", "1")
		if n == 0 {
			f.add(tenant, i, 20, 20, "lot", "2")
		} else {
			f.add(tenant, i, 5, n%2, "lot", "2")
		}
	})
	l := level(t, analyze(t, f.rows, factors.Question{}), "lot", "2")
	if l.Answer == factors.Higher {
		t.Errorf("convicted: %+v", l.Test)
	}
	if l.Test.PRuns > .005 || l.Test.PInstruments < .1 {
		t.Errorf("counting runs P %g should convict, counting instruments %g should not", l.Test.PRuns, l.Test.PInstruments)
	}
}

// Nor does one laboratory convict the type that it happens to have most of.
func TestOneBadLabDoesNotConvictItsType(t *testing.T) {
	var f fleet
	each(60, 6, func(n int, tenant, i string) {
		kind := "a"
		if n%3 == 0 || n%6 == 1 { // all of t-0, t-3 and t-1
			kind = "b"
		}
		problems := 2
		if n%6 == 0 {
			problems = 12
		}
		f.add(tenant, i, 20, problems, "type", kind)
	})
	l := level(t, analyze(t, f.rows, factors.Question{Tenant: ""}), "type", "b")
	isAnswered(t, l, factors.Withheld, factors.FewTenants) // three customers
	f = fleet{}
	each(120, 12, func(n int, tenant, i string) {
		kind := "a"
		if n%2 == 0 {
			kind = "b"
		}
		problems := 2
		if n%12 == 0 {
			problems = 14
		}
		f.add(tenant, i, 20, problems, "type", kind)
	})
	l = level(t, analyze(t, f.rows, factors.Question{}), "type", "b")
	if l.Answer == factors.Higher || l.Answer == factors.Inseparable {
		t.Errorf("convicted: %+v", l)
	}
}

// Three names of one thing: none of them alone.
func TestWhatCannotBeToldApart(t *testing.T) {
	var f fleet
	each(60, 6, func(n int, tenant, i string) {
		kind, problems := "a", 2
		if n%12 < 6 {
			kind, problems = "b", 8
		}
		f.add(tenant, i, 20, problems, "type", kind, "software", kind+"1", "firmware", kind+"2")
	})
	r := analyze(t, f.rows, factors.Question{})
	isAnswered(t, level(t, r, "type", "b"), factors.Inseparable, "", "firmware=b2", "software=b1")
	isAnswered(t, level(t, r, "software", "b1"), factors.Inseparable, "", "firmware=b2", "type=b")
	isAnswered(t, level(t, r, "firmware", "b2"), factors.Inseparable, "", "software=b1", "type=b")
}

// A kit that only one type takes is bad: it is the kit, and not the type.
func TestAPartOfALevelExplainsIt(t *testing.T) {
	var f fleet
	each(90, 9, func(n int, tenant, i string) {
		if n%18 < 9 {
			f.add(tenant, i, 10, 1, "type", "a", "kit", "a1")
			f.add(tenant, i, 10, 1, "type", "a", "kit", "a2")
			return
		}
		f.add(tenant, i, 10, 1, "type", "b", "kit", "b1")
		f.add(tenant, i, 10, 6, "type", "b", "kit", "b2")
	})
	r := analyze(t, f.rows, factors.Question{})
	isAnswered(t, level(t, r, "kit", "b2"), factors.Higher, "")
	isAnswered(t, level(t, r, "type", "b"), factors.Explained, "", "kit=b2")
	isAnswered(t, level(t, r, "kit", "b1"), factors.Explained, "", "kit=b2")
}

func TestNotEnoughData(t *testing.T) {
	some := func(runs, problems int) fleet {
		var f fleet
		each(12, 6, func(_ int, tenant, i string) { f.add(tenant, i, runs, problems, "lot", "usual") })
		return f
	}
	for name, c := range map[string]struct {
		f      fleet
		add    func(f *fleet)
		reason string
	}{
		"one level":      {some(10, 1), func(*fleet) {}, factors.OneLevel},
		"few runs":       {some(10, 1), func(f *fleet) { each(6, 6, func(_ int, t, i string) { f.add(t, i, 1, 0, "lot", "x") }) }, factors.FewRuns},
		"no problem":     {some(10, 0), func(f *fleet) { each(6, 6, func(_ int, t, i string) { f.add(t, i, 4, 0, "lot", "x") }) }, factors.FewProblems},
		"too few to say": {some(10, 1), func(f *fleet) { each(6, 6, func(n int, t, i string) { f.add(t, i, 3, n%2, "lot", "x") }) }, factors.WideInterval},
	} {
		t.Run(name, func(t *testing.T) {
			c.add(&c.f)
			r := analyze(t, c.f.rows, factors.Question{})
			found := r.Factors[0].Levels[len(r.Factors[0].Levels)-1]
			isAnswered(t, found, factors.NotEnoughData, c.reason)
		})
	}
	t.Run("few instruments", func(t *testing.T) {
		f := some(10, 1)
		for n := range 2 {
			f.add("t-0", fmt.Sprint("own-", n), 20, 10, "lot", "x")
		}
		isAnswered(t, level(t, analyze(t, f.rows, factors.Question{}), "lot", "x"), factors.Withheld, factors.FewTenants)
		own := analyze(t, f.rows, factors.Question{Tenant: "t-0"}) // what is t-0's own is not withheld from it
		isAnswered(t, level(t, own, "lot", "x"), factors.NotEnoughData, factors.FewInstruments)
	})
}

// What fewer than five customers stand behind has no figure, wherever in the report.
func TestWhatIsWithheldHasNoFigure(t *testing.T) {
	var f fleet
	each(40, 8, func(n int, tenant, i string) {
		f.add(tenant, i, 10, 1, "lot", "all")
		if n%8 < 5 {
			f.add(tenant, i, 7, 1, "lot", "five")
		}
		if n%8 < 2 {
			f.add(tenant, i, 13, 13, "lot", "two")
		}
		if n%8 == 7 {
			f.add(tenant, i, 3, 3) // does not say
		}
	})
	r := analyze(t, f.rows, factors.Question{})
	isAnswered(t, level(t, r, "lot", "two"), factors.Withheld, factors.FewTenants)
	// Five customers' figures, taken from the total, would leave those of three.
	isAnswered(t, level(t, r, "lot", "five"), factors.Withheld, factors.WouldBetrayAnother)
	for _, l := range r.Factors[0].Levels {
		if l.Answer == factors.Withheld && (l.Rate != nil || l.Test != nil || l.Shrunk != nil || l.Instruments != 0 || l.Tenants != 0) {
			t.Errorf("a figure of %s: %+v", l.Level, l)
		}
	}
	few := slices.DeleteFunc(slices.Clone(f.rows), func(e factors.Exposure) bool { return e.Tenant > "t-3" })
	if r := analyze(t, few, factors.Question{}); r.Overall != nil {
		t.Errorf("four customers' rate: %+v", r.Overall)
	}
}

func TestRefused(t *testing.T) {
	good := factors.Exposure{Tenant: "t", Instrument: "i", Run: "r"}
	with := func(change func(*factors.Exposure)) factors.Exposure {
		e := good
		change(&e)
		return e
	}
	for name, rows := range map[string][]factors.Exposure{
		"nothing":       nil,
		"no tenant":     {with(func(e *factors.Exposure) { e.Tenant = "" })},
		"no instrument": {with(func(e *factors.Exposure) { e.Instrument = "" })},
		"no run":        {with(func(e *factors.Exposure) { e.Run = "" })},
		"a run twice":   {good, good},
		"two owners":    {good, with(func(e *factors.Exposure) { e.Tenant, e.Run = "u", "s" })},
	} {
		if _, err := factors.Analyze(rows, factors.Question{}); err == nil {
			t.Errorf("%s: analysed", name)
		}
	}
	if _, err := factors.Analyze([]factors.Exposure{good}, factors.Question{Factors: []string{"lot"}}); err == nil {
		t.Error("a factor that no run has: analysed")
	}
}

// docs/factors.md says what each answer and each reason means.
func TestThePageHasEveryAnswer(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "factors.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{
		string(factors.Higher), string(factors.Lower), string(factors.Explained), string(factors.Inseparable), string(factors.NotHigher),
		string(factors.NotEnoughData), string(factors.Withheld), factors.OneLevel, factors.FewRuns, factors.FewInstruments, factors.FewProblems,
		factors.NothingToCompare, factors.WideInterval, factors.RestsOnInstrument, factors.RestsOnTenant, factors.FewTenants, factors.WouldBetrayAnother,
	} {
		if !bytes.Contains(page, []byte("`"+word+"`")) {
			t.Errorf("%s is not explained", word)
		}
	}
}
