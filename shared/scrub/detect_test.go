package scrub_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/catalog"
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
	{"20301231", detector.Date},
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

// Whatever it is, in a field that holds something else it is a hit, and says of what kind.
func TestDetectNamesWhatIsInAnotherField(t *testing.T) {
	for text, rule := range map[string]scrub.Rule{"20010203": detector.Date, "20764717": scrub.RuleNumber, "maria.lopez@example.org": detector.Email, "lopezm": scrub.RuleWord, "-": scrub.RuleShape} {
		for _, field := range []string{"config.rta", "run.completion", "telemetry.laser.power"} {
			hits := scrub.Detect(load(t), []observation.Observation{{Field: field, Text: text}})
			if len(hits) != 1 || hits[0] != (scrub.Hit{Rule: rule, Field: field}) {
				t.Errorf("%q in %s: %v, want %s", text, field, hits, rule)
			}
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

// legitimate is what real run folders say in the open fields.
var legitimate = map[string][]string{
	"config.rta":                    {"1.18.54.4", "v3.4.4", "2.12.5.0", "3.6.14", "1.16.18", "1.18.64", "2.4.11", "2.7.7", "1.8.70"},
	"config.control_software":       {"4.0.0.1769", "HD 3.4.0.38", "2.3.0.3", "1.2.0.28691", "1.1.0.18335", "2.0.5", "2.2.58", "1.4.0.500"},
	"config.fpga":                   {"10.37.13", "9.5.12", "7.9.7", "10.32.11"},
	"config.fpga_code":              {"0x3200000a", "0x1300000a"},
	"config.firmware":               {"2.01-F20-R01", "2.21-C00-R03", "1.3.0"},
	"config.board.camera":           {"novaseq_cib_2@NovaSeq_1.24.4"},
	"config.board.chassis":          {"novaseq_chm@NovaSeq_1.26.10"},
	"config.board.flow_cell_holder": {"novaseq_fch_2@NovaSeq_1.26.1"},
	"config.board.fluidics":         {"novaseq_flu@NovaSeq_1.26.1"},
	"config.board.focus":            {"novaseq_fib_2@NovaSeq_1.24.4"},
	"config.board.left_buffer":      {"novaseq_bim@NovaSeq_1.24.4"},
	"config.board.right_buffer":     {"novaseq_bim@NovaSeq_1.26.10"},
	"config.board.left_chiller":     {"novaseq_rca@NovaSeq_1.24.4"},
	"config.board.right_chiller":    {"novaseq_rca@NovaSeq_1.26.10"},
	"config.board.thermal":          {"novaseq_syst@NovaSeq_1.26.10"},
	"run.reagent_lot":               {"20764717", "17847279", "50000090", "23080801", "20360412", "20310101"},
	"run.flowcell_lot":              {"20866165", "20363963"},
	"run.buffer_lot":                {"50000574", "20363680"},
	"run.cluster_lot":               {"20745046", "20863536"},
	"run.flowcell_part":             {"15028382", "20015846", "20080370"},
	"run.reagent_part":              {"15033572", "20031054", "20066614"},
	"run.token":                     {"8d9f1cc12c1a3af7b0cdd8d1ae5a2f44", "00a1b2c3d4e5f60718293a4b5c6d7e8f"},
	"run.flowcell_token":            {"f3a1c0ffee5d2b9e8471d6a09b3c7e52"},
}

// Both walls let it pass, and there is some of it for each open field: without a shape of its
// own in the detector, a new field would be a hit whatever it says.
func TestWhatIsLegitimatePasses(t *testing.T) {
	cat := load(t)
	for _, f := range cat.Fields() {
		if f.Type != catalog.Pattern {
			continue
		}
		if len(legitimate[f.ID]) == 0 {
			t.Errorf("%s: nothing legitimate is known", f.ID)
		}
		for _, text := range legitimate[f.ID] {
			o := observation.Observation{Field: f.ID, Text: text}
			if reason, ok := f.Check(o); !ok {
				t.Errorf("%s %q: %s", f.ID, text, reason)
			}
			if hits := scrub.Detect(cat, []observation.Observation{o}); len(hits) != 0 {
				t.Errorf("%s %q: %v", f.ID, text, hits)
			}
		}
	}
}

// What is legitimate in one field is a hit in another, unless that field holds the same: a
// defect that reads the wrong element does not pass.
func TestEachFieldHoldsItsOwn(t *testing.T) {
	cat := load(t)
	for _, f := range cat.Fields() {
		for from, texts := range legitimate {
			for _, text := range texts {
				o := observation.Observation{Field: f.ID, Text: text}
				_, allowed := f.Check(o)
				if hits := scrub.Detect(cat, []observation.Observation{o}); len(hits) == 0 && !allowed && !(strings.HasPrefix(f.ID, "config.board.") && strings.HasPrefix(from, "config.board.")) {
					t.Errorf("%q of %s passes in %s", text, from, f.ID)
				}
			}
		}
	}
}

// The detector is no looser than the catalog, although neither knows the other's patterns:
// what it lets pass satisfies the field.
func TestDetectIsNoLooserThanTheCatalog(t *testing.T) {
	cat := load(t)
	var open []catalog.Field
	for _, f := range cat.Fields() {
		if f.Type == catalog.Pattern {
			open = append(open, f)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(open).Draw(t, "field")
		near := rapid.SampledFrom(legitimate[f.ID]).Draw(t, "like")
		i := rapid.IntRange(0, len(near)-1).Draw(t, "at")
		text := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`[0-9a-f]{32}`),
			rapid.StringMatching(`[0-9]{7,9}`),
			rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{1,4}){1,3}`),
			rapid.StringMatching(`novaseq_[a-z]{3,5}(_[0-9])?@NovaSeq_[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}`),
			rapid.Map(rapid.Byte(), func(b byte) string { return near[:i] + string(rune(b)) + near[i+1:] }),
			rapid.Map(rapid.StringMatching(`[0-9A-Za-z._-]{0,2}`), func(s string) string { return near[:i] + s + near[i:] }),
		).Draw(t, "text")
		if text == "" {
			return
		}
		o := observation.Observation{Field: f.ID, Text: text}
		reason, allowed := f.Check(o)
		if hits := scrub.Detect(cat, []observation.Observation{o}); len(hits) == 0 && !allowed && !strings.HasPrefix(f.ID, "config.board.") {
			t.Fatalf("%s %q: the detector is silent, the catalog says %s", f.ID, text, reason)
		}
	})
}

// What is in the place of a token and is none: a text, a number, bases, in hex.
func TestTokensAreOfHMACs(t *testing.T) {
	cat := load(t)
	hexed := func(s string) string { return hex.EncodeToString([]byte(s)) }
	for text, rule := range map[string]scrub.Rule{
		hexed("Maria Lopez 1984"):                         detector.Encoded,
		hexed("maria@clinic.es\x00"):                      detector.Encoded,
		hexed("Lopez Maria\x01\x7f\x02\x99\xaa"):          detector.Encoded,
		hexed("M\x00a\x00r\x00i\x00a\x00 \x00L\x00o\x00"): detector.Encoded,
		hexed("\x00M\x00a\x00r\x00i\x00a\x00 \x00L\x00o"): detector.Encoded,
		hexed("ACGTTGCAACGTTGCA"):                         detector.Encoded,
		"acacacacacacacacab12f09e7d3c5b61":                detector.Nucleotide,
		"00000000000000000000000012345678":                scrub.RuleNumber,
		"19840312078051120094347659190000":                scrub.RuleNumber,
		"cafecafecafecafecafecafecafecafe":                detector.Encoded,
		"0123450a5432101a2345012a3450123a":                scrub.RuleNumber,
		"1a3c2b4d1a5e2b6f1a7c2b8d1a9e2b0f":                detector.Encoded, // as a script's bytes are, which come back
		"80ff" + hexed("Zzyx .-_'@") + "8099ff83":         detector.Encoded,
		"acbdacbdacbdacbd12f09e7d3c5b6184":                detector.Nucleotide,
		"12ab34cd00000000ef5698a7b6c5d4e3":                scrub.RuleNumber,
		"8D9F1CC12C1A3AF7B0CDD8D1AE5A2F44":                scrub.RuleWord,
		"8d9f1cc12c1a3af7b0cdd8d1ae5a2f4":                 scrub.RuleWord,
	} {
		hits := scrub.Detect(cat, []observation.Observation{{Field: "run.token", Text: text}})
		if len(hits) != 1 || hits[0].Rule != rule {
			t.Errorf("%s: %v, want %s", text, hits, rule)
		}
	}
	for _, text := range []string{
		"80ff" + hexed("Zzyx .-_'") + "8099ff838d", "80ff" + hexed("Zzyx`Maria") + "8099ff83", "80ff" + hexed("Zzyx{Maria") + "8099ff83", // nine letters, and signs that are none
		"1cbdacbdacbdacbd12f09e7d3c5b6184", hexed("~ }{|~!\"#$%&/(\x1f="), hexed("~ }{|~!\"#$%&/(\x7f="), hexed("ñíó高éàx") + "c3a1",
		"1a3c2b4d5f5e2b6f1a7c2b8d1a9e2b0f", "12ab34cd10000000ef5698a7b6c5d4e3",
	} {
		if hits := scrub.Detect(cat, []observation.Observation{{Field: "run.token", Text: text}}); len(hits) != 0 {
			t.Errorf("%s: %v", text, hits)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	raw, taken := make([]byte, 16), 0
	for range 50_000 {
		binary.LittleEndian.PutUint64(raw, rng.Uint64())
		binary.LittleEndian.PutUint64(raw[8:], rng.Uint64())
		taken += len(scrub.Detect(cat, []observation.Observation{{Field: "run.token", Text: hex.EncodeToString(raw)}}))
	}
	if taken > 3 {
		t.Errorf("of 50 000 random tokens %d are hits", taken)
	}
}

// Days at the bounds of what a lot and a version may be.
func TestDaysInTheShapeOfVersionsAndLots(t *testing.T) {
	cat := load(t)
	for field, texts := range map[string]map[string]bool{ // whether it is a day
		"config.fpga": {
			"9.5.12": false, "9.5.30": false, "10.5.29": false, "10.5.30": true, "2.03.84": true, "2.13.05": true, "12.13.05": true, "13.12.05": true, "13.13.05": false,
			"31.12.05": true, "32.12.05": false, "12.31.05": true, "12.32.05": false, "1.1.05": true, "5.0.05": false, "1.01.84": true, "5.05.5": true, "9.10.50": false,
		},
		"config.rta": {"1.18.54": false, "1.18.04": true, "v2.03.84": false, "2.11.84": false, "2.11.04": true, "1.18.54.4": false},
		"run.buffer_lot": {
			"18991231": false, "19000101": true, "20301231": true, "20310101": false, "12311984": true, "13311984": false, "11121984": true, "20764717": false,
		},
	} {
		for text, day := range texts {
			hits := scrub.Detect(cat, []observation.Observation{{Field: field, Text: text}})
			if got := len(hits) == 1 && hits[0].Rule == detector.Date; got != day || len(hits) > 0 && !day {
				t.Errorf("%s %s: %v", field, text, hits)
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
	if !strings.Contains(string(page), "\n|---|---|\n"+table.String()+"\n") || len(reasons) < 25 {
		t.Errorf("docs/errors.md does not have this table:\n%s", table.String())
	}
}
