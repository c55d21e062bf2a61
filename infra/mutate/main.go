// Command mutate puts small faults into a package, one at a time, and runs its tests on
// each: a fault that no test finds is a test that is missing. `make mutate` runs it.
//
// The tools there are change operators only. What keeps data in the lab here are checks
// and cases, so that leaving out a statement, a branch or a case is what has to be seen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

type options struct {
	also, out, equivalents, page string
	sample, workers              int
	seed                         uint64
	least                        float64
}

func main() {
	var o options
	flag.StringVar(&o.also, "also", "", "more packages whose tests decide, separated by spaces")
	flag.StringVar(&o.out, "out", ".cache/mutation", "where the reports go")
	flag.StringVar(&o.equivalents, "equivalents", "infra/mutate/equivalent.txt", "mutants that no test can find out")
	flag.StringVar(&o.page, "page", "", "write what the reports there say to this file; without packages, nothing else")
	flag.IntVar(&o.sample, "sample", 0, "so many mutants of each package, drawn with -seed; 0: all")
	flag.Uint64Var(&o.seed, "seed", 1, "of -sample")
	flag.IntVar(&o.workers, "workers", 2, "mutants under test at a time")
	flag.Float64Var(&o.least, "least", 85, "per cent that have to be found out")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := mutate(ctx, o, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func mutate(ctx context.Context, o options, patterns []string) error {
	var tried error
	if len(patterns) > 0 {
		tried = try(ctx, o, patterns)
	}
	if o.page == "" || ctx.Err() != nil {
		return tried
	}
	reports, err := readReports(o.out)
	if err != nil {
		return errors.Join(tried, err)
	}
	if err := os.WriteFile(o.page, []byte(page(reports)), 0o600); err != nil {
		return errors.Join(tried, fmt.Errorf("writing the page: %w", err))
	}
	return tried
}

// try mutates packages, one after the other.
func try(ctx context.Context, o options, patterns []string) error {
	packages, err := list(ctx, patterns...)
	if err != nil {
		return err
	}
	var more []Package
	if o.also != "" {
		if more, err = list(ctx, strings.Fields(o.also)...); err != nil {
			return err
		}
	}
	file, err := os.Open(o.equivalents)
	if err != nil {
		return fmt.Errorf("opening the list of equivalent mutants: %w", err)
	}
	equivalents, err := ReadEquivalents(file)
	_ = file.Close()
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range packages {
		b := &bench{pkg: p, tests: append([]Package{p}, more...)}
		report, err := b.all(ctx, o, equivalents)
		if err != nil {
			return fmt.Errorf("mutating %s: %w", p.ImportPath, err)
		}
		if err := report.write(o.out); err != nil {
			return err
		}
		fmt.Print(report)
		failed = append(failed, report.check(o.least))
	}
	return errors.Join(failed...)
}

// all makes the mutants of a package and tries them, a few at a time and in an order by
// chance, so that what is done when somebody breaks it off is a sample. The report is kept
// after every few; what it has of the same sources is not tried again.
func (b *bench) all(ctx context.Context, o options, equivalents Equivalents) (Report, error) {
	report := Report{Package: b.pkg.ImportPath}
	var made []Mutant
	for _, name := range b.pkg.GoFiles {
		source, err := os.ReadFile(filepath.Join(b.pkg.Dir, name)) //nolint:gosec // G304: a file of the package
		if err != nil {
			return report, fmt.Errorf("reading the package: %w", err)
		}
		file, err := filepath.Rel(b.pkg.Module.Dir, filepath.Join(b.pkg.Dir, name))
		if err != nil {
			return report, fmt.Errorf("naming a file: %w", err)
		}
		found, err := Find(filepath.ToSlash(file), source)
		if err != nil {
			return report, err
		}
		made = append(made, found...)
	}
	sources, err := b.sources()
	if err != nil {
		return report, err
	}
	chosen := draw(made, o.sample, o.seed)
	report.Of, report.Sources = len(made), sources
	known := map[string]Verdict{}
	if before, err := readReport(report.name(o.out) + ".json"); err == nil && before.Sources == sources {
		for _, r := range before.Results {
			known[r.Key()] = r.Verdict
		}
	}
	results := make([]Result, len(made))
	var todo []int
	for _, i := range chosen {
		results[i] = Result{Mutant: made[i], Equivalent: equivalents[made[i].Key()], Verdict: known[made[i].Key()]}
		if results[i].Verdict == "" {
			todo = append(todo, i)
		}
	}
	if len(todo) > 0 {
		if err := b.baseline(ctx); err != nil {
			return report, err
		}
	}
	tried := func() []Result {
		return slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return r.Verdict == "" })
	}
	start, progress := time.Now(), sync.Mutex{}
	done, next := 0, make(chan int)
	var workers sync.WaitGroup
	errs := make([]error, max(1, o.workers))
	for w := range errs {
		workers.Go(func() {
			for i := range next {
				if errs[w] != nil {
					continue
				}
				v, err := b.sure(ctx, &made[i])
				if errs[w] = err; err != nil {
					continue
				}
				progress.Lock()
				results[i].Verdict = v
				if r := results[i]; v == Survived && r.Equivalent == "" {
					fmt.Fprintf(os.Stderr, "%s:%d: survived: %s\n", r.File, r.Line, r.Key())
				}
				if done++; done%10 == 0 || done == len(todo) {
					fmt.Fprintf(os.Stderr, "%s: %d of %d, %s\n", b.pkg.ImportPath, done, len(todo), time.Since(start).Round(time.Second))
					report.Results = tried()
					errs[w] = report.write(o.out)
				}
				progress.Unlock()
			}
		})
	}
	for _, i := range todo {
		next <- i
	}
	close(next)
	workers.Wait()
	report.Results = tried()
	report.Stale = equivalents.Stale(made, report.Results)
	slices.Sort(report.Stale)
	return report, errors.Join(errs...)
}

// draw is n of the mutants by chance, and in an order by chance; all of them for 0. A larger
// n draws the same and more.
func draw(all []Mutant, n int, seed uint64) []int {
	picks := rand.New(rand.NewPCG(seed, 0)).Perm(len(all)) //nolint:gosec // G404: a sample, to be drawn again
	if n > 0 && n < len(picks) {
		picks = picks[:n]
	}
	return picks
}
