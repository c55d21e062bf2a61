package sequence_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"proactive/shared/catalog"
	"proactive/shared/observe"
	"proactive/shared/scrub"
)

// runs is how many runs the attacker learns from, and as many he attacks: fewer show less of
// what there is to be had, and more take longer.
func runs(t *testing.T) int {
	t.Helper()
	s := os.Getenv("SEQUENCE_RUNS")
	if s == "" {
		return 400
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 100 {
		t.Fatalf("SEQUENCE_RUNS=%q", s)
	}
	return n
}

// manyRuns are enough for the interval to be narrower than what is allowed.
const manyRuns = 1500

// What a guess is worth that knows nothing, and by how much one may be better: %≥Q30 of a read
// is exact, for the lab has to find its own there, and tells a little of how many the read has of
// the base that is called worst. With costs as high as ours, it is a third of one base in a
// hundred.
const (
	chance = .25
	exact  = .003
)

// numbersOf is all that the attacker has of a run: every number that leaves, by where it is, and
// what he makes of several.
func numbersOf(t *testing.T, cat *catalog.Catalog, r run) map[string]float64 {
	t.Helper()
	report, err := observe.Run(t.Context(), r.folder, observe.Options{LabKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := scrub.Project(cat, report.Observations)
	numbers := map[string]float64{}
	for _, o := range kept {
		if o.Text != "" {
			continue
		}
		numbers[fmt.Sprintf("%s %d/%d/%d/%d/%d/%d", o.Field, o.Lane, o.Surface, o.Tile, o.Read, o.Cycle, o.Minute)] = o.Value
	}
	for _, pair := range []struct{ part, whole, share string }{{"q.bases_q30", "q.bases", "q30.share"}, {"tile.clusters_pf", "tile.clusters", "pf.share"}} {
		for name, whole := range numbers {
			if at, ok := strings.CutPrefix(name, pair.whole+" "); ok && whole > 0 {
				numbers[pair.share+" "+at] = numbers[pair.part+" "+at] / whole
			}
		}
	}
	return numbers
}

// study is what the attacker knows: runs with their numbers and their bases, and others with
// their numbers alone.
type study struct {
	known, secret []run
	names         []string // of the numbers: the columns
	have, got     [][]float64
}

func newStudy(t *testing.T, cat *catalog.Catalog, c chemistry, rng *rand.Rand) study {
	n := runs(t)
	var s study
	var all []map[string]float64
	seen := map[string]bool{}
	for i := range 2 * n {
		r := newRun(t, c, rng)
		numbers := numbersOf(t, cat, r)
		for name := range numbers {
			seen[name] = true
		}
		all = append(all, numbers)
		r.folder = nil
		if i < n {
			s.known = append(s.known, r)
		} else {
			s.secret = append(s.secret, r)
		}
	}
	for name := range seen {
		s.names = append(s.names, name)
	}
	slices.Sort(s.names)
	for i, numbers := range all {
		row := make([]float64, len(s.names))
		for j, name := range s.names {
			row[j] = numbers[name] // none is 0: an hour in which nothing was lost
		}
		if i < n {
			s.have = append(s.have, row)
		} else {
			s.got = append(s.got, row)
		}
	}
	standardise(s.have, s.got)
	return s
}

// of is the study with the numbers of one field alone.
func (s study) of(field string) study {
	var columns []int
	for j, name := range s.names {
		if strings.HasPrefix(name, field+" ") {
			columns = append(columns, j)
		}
	}
	pick := func(rows [][]float64) [][]float64 {
		all := make([][]float64, len(rows))
		for i, row := range rows {
			for _, j := range columns {
				all[i] = append(all[i], row[j])
			}
		}
		return all
	}
	s.have, s.got = pick(s.have), pick(s.got)
	return s
}

// The numbers that leave, the catalog, and hundreds of runs whose sequence he knows: with all
// of that, whoever attacks a run guesses its bases no better than who has nothing.
func TestSequenceFromNumbersIsChance(t *testing.T) {
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range chemistries {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStudy(t, cat, c, rand.New(rand.NewPCG(20261124, uint64(n))))
			s.attack(t, "every field", 2.5)
			if runs(t) < manyRuns {
				return
			}
			fields := map[string]bool{}
			for _, name := range s.names {
				fields[name[:strings.LastIndexByte(name, ' ')]] = true
			}
			for field := range fields {
				if strings.HasPrefix(field, "run.") || strings.HasPrefix(field, "config.") {
					continue // the same in all runs, or a token
				}
				s.of(field).attack(t, field, 3.5) // the best of a hundred attacks
			}
		})
	}
}

// attack guesses insert and index by each attack, and fails if the best is better than chance by
// more than that many standard errors.
func (s study) attack(t *testing.T, with string, errors float64) {
	for _, target := range []struct {
		name string
		at   span
		most float64
	}{{"insert", span{0, insertBases}, .26}, {"index", span{insertBases, bases}, .27}} {
		best, name := rate{}, ""
		for attack, guess := range attacks {
			r := score(s.secret, target.at, guess(s.known, s.have, s.got, target.at))
			if r.mean > best.mean {
				best, name = r, attack
			}
		}
		t.Logf("%s from %s: %.2f %% ± %.2f, by %s", target.name, with, 100*best.mean, 100*errors*best.error, name)
		low, high := best.mean-errors*best.error, best.mean+errors*best.error
		if low > chance+exact || runs(t) >= manyRuns && high > target.most {
			t.Errorf("%s: %s guesses %.2f %% of the bases from %s, [%.2f, %.2f]; chance is 25 %%", target.name, name, 100*best.mean, with, 100*low, 100*high)
		}
	}
}

// Every number of the catalog that could depend on the bases is among those attacked; the
// others are of parts that do not know what is imaged, or say how the run was set up.
func TestEveryNumberIsAttacked(t *testing.T) {
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	attacked := map[string]bool{}
	for n, c := range chemistries {
		for name := range numbersOf(t, cat, newRun(t, c, rand.New(rand.NewPCG(uint64(n), 9)))) {
			attacked[name[:strings.LastIndexByte(name, ' ')]] = true
		}
	}
	for _, f := range cat.Fields() {
		if f.Type != catalog.Number && f.Type != catalog.Count || attacked[f.ID] {
			continue
		}
		blind := strings.HasPrefix(f.ID, "telemetry.") || strings.HasPrefix(f.ID, "log.") || strings.HasPrefix(f.ID, "run.")
		if !blind || strings.Contains(f.ID, "focus") {
			t.Errorf("%s is not attacked", f.ID)
		}
	}
}

// The attacks work: on the files as they are in the run folder they read nearly all bases, of
// insert and indexes.
func TestSequenceFromRawNumbers(t *testing.T) {
	for n, c := range chemistries {
		rng := rand.New(rand.NewPCG(7, uint64(n)))
		hits := map[string][2]int{}
		const tries = 6
		for range tries {
			r := newRun(t, c, rng)
			for how, spell := range map[string]func(*testing.T, chemistry, run) []int{"brightness by channel": spellIntensity, "quality by cycle": spellQuality} {
				h := hits[how]
				for i, base := range spell(t, c, r) {
					if truth, read, _ := r.imaged(i); base == truth {
						h[read%3&1|read%3>>1]++ // 0 of an insert read, 1 of an index read
					}
				}
				hits[how] = h
			}
		}
		for how, h := range hits {
			insert, index := float64(h[0])/(tries*2*insertBases), float64(h[1])/(tries*2*indexBases)
			t.Logf("%s: by %s %.1f %% of the insert, %.1f %% of the indexes", c.name, how, 100*insert, 100*index)
			if math.Min(insert, index) < .9 {
				t.Errorf("%s: the attack on raw data by %s reads %.2f and %.2f: it proves nothing", c.name, how, insert, index)
			}
		}
	}
}
