package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// nagLine is a line of cdk-nag's report: one rule on one resource.
type nagLine struct{ rule, resource, compliance, reason string }

// nagged synthesises an environment as `cdk` does for AWS, and reads the reports.
func nagged(t *testing.T, env environment) (lines []nagLine) {
	t.Helper()
	context, err := cdkContext()
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	env.Assets = filepath.Join(out, "dist")
	if err := dummyFunctions(env.Assets); err != nil {
		t.Fatal(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out), Context: &context, AnalyticsReporting: jsii.Bool(false)})
	build(app, env)
	nag(app)
	app.Synth(nil)
	reports, err := filepath.Glob(filepath.Join(out, "*-NagReport.csv"))
	if err != nil || len(reports) != 6 { // two packs, three stacks
		t.Fatalf("the reports are %v (%v), want six", reports, err)
	}
	for _, name := range reports {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range records[1:] {
			lines = append(lines, nagLine{r[0], r[1], r[2], r[3]})
		}
	}
	if len(lines) < 300 {
		t.Fatalf("%d lines: the packs were not applied", len(lines))
	}
	return lines
}

// TestNag: what AwsSolutions and HIPAA.Security find is accepted in nag.go, with its
// reason, and nothing is accepted that they no longer find.
func TestNag(t *testing.T) {
	for name, env := range map[string]environment{"production": production, "a second deployment": second, "after rotations": rotated} {
		t.Run(name, func(t *testing.T) {
			used := map[string]map[string]bool{} // reason to the patterns of resources that it was found on
			for _, l := range nagged(t, env) {
				switch {
				case l.compliance == "Compliant" || l.compliance == "N/A":
				case l.compliance != "Suppressed":
					t.Errorf("%s: %s on %s: mend it, or accept it in nag.go with a reason that a security officer accepts", l.compliance, l.rule, l.resource)
				default:
					for _, a := range acceptances {
						// cdk-nag writes "[finding] reason" where a rule finds several things on one resource.
						if l.rule != a.rule || !strings.HasSuffix(l.reason, a.reason) {
							continue
						}
						for _, pattern := range a.on {
							if (accepted{on: []string{pattern}}).covers(l.resource) {
								if used[a.reason] == nil {
									used[a.reason] = map[string]bool{}
								}
								used[a.reason][pattern] = true
							}
						}
					}
				}
			}
			for _, a := range acceptances {
				for _, pattern := range a.on {
					if !used[a.reason][pattern] {
						t.Errorf("%s is no longer found on %s %v: take it off", a.rule, pattern, a.applies)
					}
				}
			}
		})
	}
}

// TestAcceptancesAreArgued: a reason is a sentence, and says one thing once.
func TestAcceptancesAreArgued(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range acceptances {
		if len(a.reason) < 60 || !strings.HasSuffix(a.reason, ".") {
			t.Errorf("%s: %q is no reason", a.rule, a.reason)
		}
		if seen[a.reason] {
			t.Errorf("%s: says what another entry says: %q", a.rule, a.reason)
		}
		seen[a.reason] = true
	}
}
