package scrub_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/detector"
	"proactive/shared/observation"
	"proactive/shared/scrub"
)

// planted are identifiers of the shapes found in real run folders and elsewhere. All of
// them are made up.
var planted = []struct {
	text string
	rule scrub.Rule
}{
	{"maria.lopez@example.org", detector.Email},
	{"sbs@pc", detector.Email},
	{"+34 912 345 678", detector.Phone},
	{"+34912345678", detector.Phone},
	{"(555) 123-4567", detector.Phone},
	{"555.123.4567", detector.Phone},
	{"078-05-1120", detector.SSN},
	{"12345678Z", detector.DNI},
	{"12345678-z", detector.DNI},
	{"X1234567L", detector.DNI},
	{"192.168.1.20", detector.IP},
	{"10.2.0.1", detector.IP},
	{"172.16.4.2:445", detector.IP},
	{"fe80::1ff:fe23:4567:890a", detector.IP},
	{"00:1b:44:11:3a:b7", detector.MAC},
	{"001b.4411.3ab7", detector.MAC},
	{"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", detector.UUID},
	{"nas01.hospital.example", detector.Host},
	{`\\nas01\runs\2023`, detector.Path},
	{`C:\Users\sbsadmin\Desktop`, detector.Path},
	{"/locus/data/run_data", detector.Path},
	{"https://example.org/x", detector.URL},
	{"ACGTTGCA", detector.Nucleotide},
	{"acgttgcaag", detector.Nucleotide},
	{"TAAGGCGA-TAGATCGC", detector.Nucleotide},
	{"TAAG+GCGA", detector.Nucleotide},
	{"AUGGCUNNACG", detector.Nucleotide},
	{"1984-03-12", detector.Date},
	{"12/03/1984", detector.Date},
	{"Maria Lopez", detector.Person},
	{"Dr. Smith", detector.Named},
	{"Lopez, M.", detector.Person},
	{"Maria_Lopez", detector.Person},
	{"4111 1111 1111 1111", detector.Card},
	{"4111111111111111", detector.Card},
	{"230825_M04034_0123_000000000", detector.RunID},
	{"M04034:123:000000000-L6NVV", detector.RunID},
	{"000000000-L6NVV", detector.Flowcell},
	{"HMTFYDRXX", detector.Flowcell},
	{"MRN0012345", detector.MRN},
	{"M04034", scrub.RuleShape},
	{"S12-3456", scrub.RuleShape},
	{"P-0001", scrub.RuleShape},
	{"lopez", scrub.RuleWord},
	{"sbsuser", scrub.RuleWord},
	{"Clinical exome", scrub.RuleWord},
	{"19800412", detector.Date},
	{"12041980", detector.Date},
	{"078051120", scrub.RuleNumber},
	{"9434765919", detector.NHS},
	{"31234567", scrub.RuleNumber},
	{"4a6f686e20536d69746820313938302d", detector.Encoded},
	{"1.415.555.1234", detector.Phone},
	{"*", scrub.RuleShape},
	{"Müller", detector.Foreign},
	{"1234\x005", detector.Foreign},
}

func TestDetectFindsWhatIsPlanted(t *testing.T) {
	cat := load(t)
	for _, p := range planted {
		hits := scrub.Detect(cat, []observation.Observation{
			{Field: "run.reads", Value: 2},
			{Field: "run.reagent_lot", Text: p.text},
		})
		if len(hits) != 1 || hits[0] != (scrub.Hit{Rule: p.rule, Field: "run.reagent_lot", Row: 1}) {
			t.Errorf("%q: %v, want %s", p.text, hits, p.rule)
		}
	}
}

// An identifier is found in an enumeration's field too, if it is none of its values.
func TestDetectExemptsOnlyListedValues(t *testing.T) {
	cat := load(t)
	if hits := scrub.Detect(cat, []observation.Observation{{Field: "run.chemistry", Text: "NextSeq High"}, {Field: "run.completion", Text: "UserEndedEarly"}}); len(hits) != 0 {
		t.Error(hits)
	}
	if hits := scrub.Detect(cat, []observation.Observation{{Field: "run.chemistry", Text: "Maria Lopez"}}); len(hits) != 1 {
		t.Error(hits)
	}
}

// What real run folders say in the open fields is no identifier.
func TestDetectLeavesRealValuesAlone(t *testing.T) {
	cat := load(t)
	for field, texts := range map[string][]string{
		"config.rta":              {"1.18.54.4", "v3.4.4", "2.12.5.0", "3.6.14", "1.16.18"},
		"config.control_software": {"4.0.0.1769", "HD 3.4.0.38", "2.3.0.3", "1.2.0.28691", "1.1.0.18335", "2.0.5"},
		"config.fpga":             {"10.37.13", "9.5.12", "7.9.7"},
		"run.reagent_lot":         {"20764717", "17847279", "50000090", "23080801"},
		"config.firmware":         {"2.01-F20-R01", "2.21-C00-R03"},
		"config.board.camera":     {"novaseq_cib_2@NovaSeq_1.24.4"},
		"run.flowcell_part":       {"15028382", "20015846"},
		"run.token":               {"8d9f1cc12c1a3af7b0cdd8d1ae5a2f44", "00a1b2c3d4e5f60718293a4b5c6d7e8f"},
	} {
		for _, text := range texts {
			if hits := scrub.Detect(cat, []observation.Observation{{Field: field, Text: text}}); len(hits) != 0 {
				t.Errorf("%s %q: %v", field, text, hits)
			}
		}
	}
}

func TestDetectFindsAnyInsert(t *testing.T) {
	cat := load(t)
	rapid.Check(t, func(t *rapid.T) {
		insert := rapid.StringMatching(`[ACGTNacgtn]{8,24}`).Draw(t, "insert")
		around := rapid.StringMatching(`[0-9 ._+-]{0,8}`).Draw(t, "around")
		if hits := scrub.Detect(cat, []observation.Observation{{Field: "run.buffer_lot", Text: around + insert + around}}); len(hits) == 0 {
			t.Fatalf("missed %q", around+insert+around)
		}
	})
}

// A name of a field that the catalog does not have is itself a hit, and is not told.
func TestDetectKnowsItsFields(t *testing.T) {
	hits := scrub.Detect(load(t), []observation.Observation{{Field: "run.reads", Value: 1}, {Field: "smith_john", Value: 3}})
	if len(hits) != 1 || hits[0] != (scrub.Hit{Rule: scrub.RuleField, Row: 1}) {
		t.Errorf("%v", hits)
	}
}

// docs/errors.md says what each rule looks for.
func TestTheRulesAreExplained(t *testing.T) {
	var table strings.Builder
	reasons := scrub.Reasons()
	for _, rule := range slices.Sorted(maps.Keys(reasons)) {
		fmt.Fprintf(&table, "| `%s` | %s |\n", rule, reasons[rule])
	}
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), table.String()) {
		t.Errorf("docs/errors.md does not have this table:\n%s", table.String())
	}
}
