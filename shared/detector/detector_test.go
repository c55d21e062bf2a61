package detector_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/detector"
)

// One line for each rule, and what it hits. All of them are made up.
func TestRules(t *testing.T) {
	var s detector.Scanner
	for _, c := range []struct {
		rule detector.Rule
		line string
		what string
	}{
		{detector.Email, "mail to maria.lopez@hospital.example now", "maria.lopez@hospital.example"},
		{detector.Path, `SampleSheet C:\Users\lopezm\Desktop\run_3.csv`, `C:\Users\lopezm\Desktop\run_3.csv`},
		{detector.Path, `saved to \\nas01.clinic.example\seq\out`, `\\nas01.clinic.example\seq\out`},
		{detector.Path, "saved to /home/lopez/run", "/home/lopez/run"},
		{detector.URL, "posting to https://lims.example/run/7", "https://lims.example/run/7"},
		{detector.IP, "connect 10.20.3.4:445 refused", "10.20.3.4:445"},
		{detector.IP, "connect 192.168.3.4 refused", "192.168.3.4"},
		{detector.IP, "connect fe80::1ff:fe23:4567:890a refused", "fe80::1ff:fe23:4567:890a"},
		{detector.MAC, "adapter 00:1b:44:11:3a:b7 up", "00:1b:44:11:3a:b7"},
		{detector.UUID, "job f81d4fae-7dec-11d0-a765-00a0c91e6bf6 done", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
		{detector.Host, "copy to nas01.clinic.org failed", "nas01.clinic.org"},
		{detector.Host, "copy to DESKTOP-4F2K1QX failed", "DESKTOP-4F2K1QX"},
		{detector.SSN, "comment 078-05-1120 stored", "078-05-1120"},
		{detector.SSN, "comment 078 05 1120 stored", "078 05 1120"},
		{detector.DNI, "titular 12345678Z", "12345678Z"},
		{detector.DNI, "titular X1234567L", "X1234567L"},
		{detector.NHS, "number 943 476 5919 seen", "943 476 5919"},
		{detector.NHS, "number 9434765919 seen", "9434765919"},
		{detector.Date, "admitted 1954-03-02 at", "1954-03-02"},
		{detector.Date, "admitted 02/03/1954 at", "02/03/1954"},
		{detector.Date, "admitted 1954-03-02T00:00:00Z at", "1954-03-02T00:00:00Z"},
		{detector.Date, "admitted 2 March 1954 at", "2 March 1954"},
		{detector.Date, "admitted 02MAR1954 at", "02MAR1954"},
		{detector.Date, "admitted 19540302 at", "19540302"},
		{detector.Phone, "call (555) 123-4567 please", "(555) 123-4567"},
		{detector.Phone, "call 555-123-4567 please", "555-123-4567"},
		{detector.Phone, "call +34912345678 please", "+34912345678"},
		{detector.Phone, "call +34 912 345 678 please", "+34 912 345 678"},
		{detector.Phone, "call 1.415.555.1234 please", "1.415.555.1234"},
		{detector.Phone, "call 0171/1234567 please", "0171/1234567"},
		{detector.Phone, "call 06-12345678 please", "06-12345678"},
		{detector.Phone, "call 0412 345 678 please", "0412 345 678"},
		{detector.Phone, "call 044 668 18 00 please", "044 668 18 00"},
		{detector.Phone, "call 004930123456 please", "004930123456"},
		{detector.Phone, "call (11) 91234-5678 please", "(11) 91234-5678"},
		{detector.Named, "seen by Dr. Smith today", "Smith"},
		{detector.Named, "operator: lopezm signed in", "lopezm"},
		{detector.Flowcell, "flow cell HMTFYDRXX clamped", "HMTFYDRXX"},
		{detector.Card, "ref 4111 1111 1111 1111 paid", "4111 1111 1111 1111"},
		{detector.Card, "ref 4111111111111111 paid", "4111111111111111"},
		{detector.IBAN, "from GB82WEST12345698765432 today", "GB82WEST12345698765432"},
		{detector.IBAN, "from GB82 WEST 1234 5698 7654 32 today", "GB82 WEST 1234 5698 7654 32"},
		{detector.MRN, "row MRN0012345 added", "MRN0012345"},
		{detector.MRN, "row MRN-A1234567 added", "MRN-A1234567"},
		{detector.MRN, "row SRR1234567 added", "SRR1234567"},
		{detector.National, "titular RSSMRA85T10A562S", "RSSMRA85T10A562S"},
		{detector.National, "holder 123.456.789-09 seen", "123.456.789-09"},
		{detector.National, "holder 811218-9876 seen", "811218-9876"},
		{detector.National, "holder AB 12 34 56 C seen", "AB 12 34 56 C"},
		{detector.National, "holder 15070649C103 seen", "15070649C103"},
		{detector.National, "holder GODE561231GR8 seen", "GODE561231GR8"},
		{detector.National, "holder MORGA657054SM9IJ seen", "MORGA657054SM9IJ"},
		{detector.National, "holder 1EG4TE5MK72 seen", "1EG4TE5MK72"},
		{detector.National, "holder 900101-1234567 seen", "900101-1234567"},
		{detector.National, "holder 20-12345678-6 seen", "20-12345678-6"},
		{detector.National, "holder 12.345.678-5 seen", "12.345.678-5"},
		{detector.Named, "PESEL 440514 seen", "440514"},
		{detector.Nucleotide, "adapter ACGTTGCAAC mismatch", "ACGTTGCAAC"},
		{detector.Nucleotide, "adapter ACGTRYKMBN mismatch", "ACGTRYKMBN"},
		{detector.Nucleotide, "adapter ACGT TGCA AC mismatch", "ACGT TGCA AC"},
		{detector.Nucleotide, "adapter R1_ACGTTGCA_L001 mismatch", "ACGTTGCA"},
		{detector.Nucleotide, "adapter acgttgcnac mismatch", "acgttgcnac"},
		{detector.Nucleotide, "adapter ACGT-TGCA-AC mismatch", "ACGT-TGCA-AC"},
		{detector.RunID, "run 240802_A01934_0156_AHJF77DRX5 began", "240802_A01934_0156_AHJF77DRX5"},
		{detector.Flowcell, "flow cell HJF77DRX5 clamped", "HJF77DRX5"},
		{detector.Flowcell, "flow cell 000000000-L6NVV clamped", "000000000-L6NVV"},
		{detector.Person, "touched by Maria Lopez again", "Maria Lopez"},
		{detector.Person, "touched by Maria_Lopez again", "Maria_Lopez"},
		{detector.Person, "touched by maria.lopez again", "maria.lopez"},
		{detector.Person, "touched by MARIA QUINTANILLA again", "MARIA QUINTANILLA"},
		{detector.Person, "touched by Aoife O'Brien.", "Aoife O'Brien"},
		{detector.Person, "touched by Lindqvist, J. again", "Lindqvist, J."},
		{detector.Person, "touched by José Ó Briain again", "José Ó Briain"},
		{detector.Sample, "metrics of S12_Smith_tumor written", "S12_Smith_tumor"},
		{detector.Sample, "metrics of tumor_017 written", "tumor_017"},
		{detector.Sample, "metrics of NA12878 written", "NA12878"},
		{detector.Named, `ExperimentName="smith exome 3" loaded`, "smith exome 3"},
		{detector.Named, `ExperimentName="Brown exome 3" loaded`, "Brown exome 3"}, // whose name is also a word
		{detector.Named, "operator lopezm signed in", "lopezm"},
		{detector.Named, "user=lopezm signed in", "lopezm"},
		{detector.Named, `{"user":"lopezm","id":3}`, "lopezm"},
		{detector.Named, "<Username>lopezm</Username>", "lopezm"},
		{detector.Named, "Sample ID: XL1578-XE2567 loaded", "XL1578-XE2567"},
		{detector.Named, "patient id 40021 loaded", "40021"},
		{detector.Secret, "with AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"},
		{detector.Secret, "key -----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN"},
		{detector.Secret, "key AAAAC3NzaC1lZDI1NTE5AAAAIJ1mPq1h2n9b5f8h/x6cQm", "AAAAC3NzaC1lZDI1NTE5AAAAIJ1mPq1h2n9b5f8h/x6cQm"},
		{detector.UUID, "account S-1-5-21-3623811015-3361044348-30300820-1013", "S-1-5-21-3623811015-3361044348-30300820-1013"},
		{detector.URL, "role arn:aws:s3:::lab-bucket", "arn:aws:s3:::lab-bucket"},
		{detector.Date, "admitted 2 mars 1954 at", "2 mars 1954"},
		{detector.Foreign, "checked by 张伟", "张伟"},
		{detector.Foreign, "checked by Müller", "Müller"},
		{detector.Foreign, "checked by sm\u200bith", "sm\u200bith"},
		{detector.Encoded, "note 4d61726961204c6f70657a313938", "4d61726961204c6f70657a313938"},
		{detector.Encoded, "note TWFyaWEgTG9wZXogMTk4NA==", "TWFyaWEgTG9wZXogMTk4NA"},
		{detector.Encoded, "note 4d 61 72 69 61 20 4c 6f 70 65 7a end", "4d 61 72 69 61 20 4c 6f 70 65 7a"},
		{detector.Encoded, "note 0x4d, 0x61, 0x72, 0x69, 0x61, 0x20, 0x4c, 0x6f, 0x70, 0x65, 0x7a.", "0x4d, 0x61, 0x72, 0x69, 0x61, 0x20, 0x4c, 0x6f, 0x70, 0x65, 0x7a"},
		{detector.Encoded, "note 4d-61-72-69-61-20-4c-6f-70-65-7a", "4d-61-72-69-61-20-4c-6f-70-65-7a"},
		{detector.Encoded, "note 1f8b08000000000002ff0b", "1f8b08000000000002ff0b"},
		{detector.Encoded, "note %u004d%u0061%u0072%u0069", "%u004d%u0061%u0072%u0069"},
		{detector.Email, "note =6D=61=72=69=61=40=6C=61=62=2E=6F=72=67", "=6D=61=72=69=61=40=6C=61=62=2E=6F=72=67"},
		{detector.Email, "note maria&commat;lab&period;org", "maria&commat;lab&period;org"},
		{detector.Person, "note &#77aria &amp;#76;opez", "&#77aria &amp;#76;opez"},
	} {
		hits := s.Line([]byte(c.line))
		found := false
		for _, h := range hits {
			found = found || h.Rule == c.rule && c.line[h.Start:h.End] == c.what
		}
		if !found {
			t.Errorf("%s in %q: %v", c.rule, c.line, told(c.line, hits))
		}
	}
}

// Each rule has a reason, and lines above.
func TestEachRuleHasItsReason(t *testing.T) {
	source, err := os.ReadFile("detector.go")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("detector_test.go")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?m)^\t(\w+) +Rule = "([a-z-]+)"$`).FindAllStringSubmatch(string(source), -1)
	if len(rules) < 20 || len(rules) != len(detector.Reasons) {
		t.Errorf("%d rules, %d reasons", len(rules), len(detector.Reasons))
	}
	for _, r := range rules {
		if detector.Reasons[detector.Rule(r[2])] == "" {
			t.Errorf("%s has no reason", r[1])
		}
		if !strings.Contains(string(tests), "{detector."+r[1]+", ") {
			t.Errorf("%s has no line", r[1])
		}
	}
}

func told(line string, hits []detector.Hit) (all []string) {
	for _, h := range hits {
		all = append(all, string(h.Rule)+" "+line[h.Start:h.End])
	}
	return all
}

// What instruments write of themselves is nobody's: lines of the kinds that their logs have.
func TestLinesOfInstrumentsAreClean(t *testing.T) {
	raw, err := os.ReadFile("testdata/clean.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) < 100 {
		t.Fatalf("only %d lines", len(lines))
	}
	var s detector.Scanner
	for _, line := range lines {
		if hits := s.Line([]byte(line)); len(hits) != 0 {
			t.Errorf("%q: %v", line, told(line, hits))
		}
	}
}

// A line is what it is wherever an identifier stands in it, and whatever stood before.
func TestPlaceDoesNotMatter(t *testing.T) {
	var s detector.Scanner
	rapid.Check(t, func(t *rapid.T) {
		what := rapid.SampledFrom([]string{"maria.lopez@hospital.example", "10.20.3.4", "078-05-1120", "ACGTTGCAAC", "Maria Lopez", `C:\Users\lopezm`, "4111 1111 1111 1111"}).Draw(t, "what")
		around := rapid.StringMatching(`([a-z]{1,7}[ ,;(]{1,2}){0,4}`)
		line := around.Draw(t, "before") + what + strings.TrimSpace(" "+rapid.StringMatching(`([,;)] [a-z]{1,6}){0,3}`).Draw(t, "after"))
		for _, h := range s.Line([]byte(line)) {
			if strings.Contains(line[h.Start:h.End], what) {
				return
			}
		}
		t.Fatalf("missed in %q", line)
	})
}

// Any bytes are a line: hits lie within it, in order of their end.
func FuzzLine(f *testing.F) {
	for _, s := range []string{"", "user=", "a b@c 1.2.3.4 (12) 34-5678", "\xff\xfe\x00", "://::--..", "+", "(", "Dr "} {
		f.Add([]byte(s))
	}
	var s detector.Scanner
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, h := range s.Line(line) {
			if h.Start < 0 || h.End > len(line) || h.Start >= h.End {
				t.Fatalf("%v of %d bytes", h, len(line))
			}
		}
	})
}
