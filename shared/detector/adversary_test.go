package detector_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"proactive/shared/detector"
)

// The adversary makes identifiers as somebody would who has not read the detector: names of
// people from elsewhere than its tables, numbers with and without their check digits, in the
// carriers and the disguises in which they turn up. Everything is made up, from a seed.
type adversary struct{ *rand.Rand }

func (a adversary) one(of ...string) string { return of[a.IntN(len(of))] }
func (a adversary) digits(n int) string     { return a.from("0123456789", n) }
func (a adversary) from(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[a.IntN(len(alphabet))]
	}
	return string(b)
}

func (a adversary) given() string {
	return a.one("María", "Maria", "John", "Wei", "Olga", "Aoife", "Siobhan", "Priyanka", "Thandiwe", "Bjarne", "Xiomara", "Yevgenia", "Radoslaw", "Nkechi", "Søren", "Zoë", "Oleksandr", "Iñaki", "Dafydd", "Chiamaka", "Hiroaki", "Anneliese", "Tadeusz", "Fatoumata")
}

func (a adversary) family() string {
	return a.one("López", "Lopez", "Smith", "Zhang", "O'Brien", "Müller", "Abernathy", "Quintanilla", "van der Berg", "McAllister", "Kowalczyk", "Nwosu", "Papadopoulos", "Hashimoto", "de la Fuente", "Björnsdóttir", "Venkataraman", "Oyelaran", "Featherstone", "Lindqvist", "Tchaikovsky", "Ó Súilleabháin", "D'Agostino", "Szczepanski")
}

var dniLetter = "TRWAGMYFPDXBNJZSQVHLCKE"

// kinds are what is planted; of one with a ¦, what identifies is behind it, or between two.
var kinds = map[string]func(a adversary) string{
	"name": func(a adversary) string { return a.given() + " " + a.family() },
	"name, family first": func(a adversary) string {
		return a.one("Abernathy", "Quintanilla", "Kowalczyk", "Nwosu", "Lindqvist", "Smith") + ", " + a.one("Priyanka", "Bjarne", "Maria", "Xiomara")
	},
	"name in capitals": func(a adversary) string {
		return a.one("MARIA", "JOHN", "CARMEN", "AHMED", "THOMAS", "OLGA") + " " + a.one("QUINTANILLA", "SMITH", "NWOSU", "GARCIA", "ABERNATHY")
	},
	"common name in small letters": func(a adversary) string {
		return a.one("maria", "john", "carmen", "ahmed", "thomas") + a.one(" ", "_", ".", "-") + a.one("lopez", "smith", "garcia", "fernandez", "kowalski")
	},
	"family and initial": func(a adversary) string {
		return a.one("Quintanilla", "Abernathy", "Lindqvist") + a.one(" ", ", ") + a.from("ABCDEFGHJKLM", 1) + "."
	},
	"initial": func(a adversary) string {
		return a.from("ABCDEFGHJKLM", 1) + ". " + a.one("Quintanilla", "Abernathy", "Smith", "Lindqvist")
	},
	"name with title": func(a adversary) string {
		return a.one("Dr. ", "Dr ", "Prof. ", "Mrs ", "Sra. ", "Herr ") + "¦" + a.one("Quintanilla", "Abernathy", "Voss", "Lindqvist")
	},
	"cjk": func(a adversary) string {
		return a.one("张伟", "田中太郎", "김민준", "李娜", "王小明", "佐藤 花子")
	},
	"cyrillic, greek, arabic": func(a adversary) string {
		return a.one("Иванова Ольга", "Παπαδόπουλος", "محمد علي", "שרה לוי", "Дмитрий")
	},
	"mail": func(a adversary) string {
		return strings.ToLower(a.one("maria", "j.quintanilla", "nwosu", "abernathy_p", "tt+lims")) + "@" + a.one("hospital.org", "lab.uni-heidelberg.de", "clinic.example", "salud.madrid.org", "gmail.com")
	},
	"phone": func(a adversary) string {
		switch a.IntN(9) {
		case 0:
			return fmt.Sprintf("(%d) %d-%s", 201+a.IntN(700), 200+a.IntN(700), a.digits(4))
		case 1:
			return fmt.Sprintf("%d-%d-%s", 201+a.IntN(700), 200+a.IntN(700), a.digits(4))
		case 2:
			return "+34 6" + a.digits(2) + " " + a.digits(3) + " " + a.digits(3)
		case 3:
			return "+1-" + a.digits(3) + "-" + a.digits(3) + "-" + a.digits(4)
		case 4:
			return "+44 20 7" + a.digits(3) + " " + a.digits(4)
		case 5:
			return "+491" + a.digits(9)
		case 6:
			return "6" + a.digits(2) + " " + a.digits(2) + " " + a.digits(2) + " " + a.digits(2)
		case 7:
			return fmt.Sprintf("%d.%d.%s", 201+a.IntN(700), 200+a.IntN(700), a.digits(4))
		}
		return "0" + a.one("1", "2", "6") + " " + a.digits(2) + " " + a.digits(2) + " " + a.digits(2) + " " + a.digits(2)
	},
	"ssn": func(a adversary) string {
		sep := a.one("-", "-", " ", ".")
		return fmt.Sprintf("%03d%s%02d%s%04d", 1+a.IntN(665), sep, 1+a.IntN(98), sep, 1+a.IntN(9998))
	},
	"dni": func(a adversary) string {
		n := a.IntN(1e8)
		letter := string(dniLetter[n%23])
		switch a.IntN(4) {
		case 0:
			return fmt.Sprintf("%08d-%s", n, letter)
		case 1:
			d := fmt.Sprintf("%08d", n)
			return d[:2] + "." + d[2:5] + "." + d[5:] + "-" + letter
		case 2:
			return fmt.Sprintf("%08d%s", n, strings.ToLower(letter))
		}
		return fmt.Sprintf("%08d%s", n, letter)
	},
	"nie": func(a adversary) string {
		n, first := a.IntN(1e7), a.IntN(3)
		return string("XYZ"[first]) + a.one("", "-") + fmt.Sprintf("%07d", n) + a.one("", "-") + string(dniLetter[(first*1e7+n)%23])
	},
	"nhs": func(a adversary) string {
		for {
			d := a.one("4", "6", "7") + a.digits(8)
			sum := 0
			for i := range 9 {
				sum += int(d[i]-'0') * (10 - i)
			}
			if c := 11 - sum%11; c != 10 {
				d += fmt.Sprint(c % 11)
				return a.one(d, d[:3]+" "+d[3:6]+" "+d[6:])
			}
		}
	},
	"other countries": func(a adversary) string {
		return a.one("QQ123456C", "AB 123456 C"[:0]+"CE654321B", "RSSMRA85T10A562S", "131052-308T", "1EG4-TE5-MK73", "811218-9876", "123.456.789-09", "010190-1234", "2341 2341 2346"[:0]+"GB82WEST12345698765432")
	},
	"mrn": func(a adversary) string {
		return a.one("MRN", "MRN-", "MRN:", "MRN ", "NHC-", "mrn=", "PAT-", "PATIENT_", "SUBJ-", "MRN#") + "¦" + a.digits(6+a.IntN(4))
	},
	"birth": func(a adversary) string {
		y, m, d := 1920+a.IntN(90), 1+a.IntN(12), 1+a.IntN(28)
		switch a.IntN(12) {
		case 10:
			return fmt.Sprintf("%02d %02d %04d", d, m, y)
		case 11:
			return fmt.Sprintf("%04d/%02d/%02d", y, m, d)
		case 0:
			return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
		case 1:
			return fmt.Sprintf("%02d/%02d/%04d", d, m, y)
		case 2:
			return fmt.Sprintf("%d/%d/%04d", m, d, y)
		case 3:
			return fmt.Sprintf("%02d.%02d.%04d", d, m, y)
		case 4:
			return fmt.Sprintf("%02d-%02d-%04d", d, m, y)
		case 5:
			return fmt.Sprintf("19%02d%02d%02d", y%100, m, d)
		case 6:
			return fmt.Sprintf("%02d-%s-%04d", d, []string{"Jan", "FEB", "mar", "Oct", "NOV"}[m%5], y)
		case 7:
			return fmt.Sprintf("%d %s %04d", d, []string{"March", "July", "October", "de mayo de", "Aug"}[m%5], y)
		case 8:
			return fmt.Sprintf("%s %d, %04d", []string{"March", "July", "October", "Nov", "Aug"}[m%5], d, y)
		}
		return fmt.Sprintf("19%02d-%02d-%02dT00:00:00Z", y%100, m, d)
	},
	"ip": func(a adversary) string {
		return fmt.Sprintf("%s.%d.%d.%d", a.one("10", "172", "192", "130", "84"), a.IntN(256), a.IntN(256), 1+a.IntN(254)) + a.one("", ":445", "/24")
	},
	"ipv6": func(a adversary) string {
		return a.one("fe80::1ff:fe23:4567:890a", "2001:db8:85a3::8a2e:370:7334", "fd12:3456:789a:1::1", "2001:0db8:0000:0042:0000:8a2e:0370:7334", "fe80::1%eth0", "::ffff:10.1.2.3")
	},
	"mac": func(a adversary) string {
		h := func() string { return a.from("0123456789abcdef", 2) }
		sep := a.one(":", "-")
		if a.IntN(4) == 0 {
			return h() + h() + "." + h() + h() + "." + h() + h()
		}
		return strings.Join([]string{h(), h(), h(), h(), h(), h()}, sep)
	},
	"mac of digits": func(a adversary) string { return "00:11:22:" + a.digits(2) + ":" + a.digits(2) + ":" + a.digits(2) },
	"host": func(a adversary) string {
		return a.one("nas01.hospital.example", "seq-ws3.clinic.org", "FILESRV.HOSPITAL.ORG", "lims.uni-bonn.de", "DESKTOP-4F2K1QX", "HWI-D00410", "nas01.had.es:445", "genomica.hospital.es", "srv-nas02", "LAPTOP-7T3K9ABC", "pc-seq-01", "lab-pc-7", "lims-prod2")
	},
	"path": func(a adversary) string {
		return a.one(`C:\Users\quintanilla\Desktop\s.csv`, `C:\\Users\\nwosu\\run`, "/home/abernathy/run3", `\\nas01\seq\out`, "//nas01.clinic/out", "file:///D:/lims/x.csv", "~/seq/smith", "/data/labs/nwosu/exome", `D:\Illumina\Temp`, "nas01:/export/nwosu", "/Volumes/Seq/Nwosu", "C:/Users/abernathy/x", `HOSPITAL\nwosu`, "/Users/abernathy/Documents", `%USERPROFILE%\Desktop`, `$HOME/x`[:0]+"/mnt/nas/abernathy")
	},
	"url": func(a adversary) string {
		return a.one("https://lims.example/run/7", "s3://lab-bucket/run", "http://10.2.3.4/x", "www.hospital.org/lims", "mailto:nwosu@clinic.org", "ftp://u:p@nas/x")
	},
	"secret": func(a adversary) string {
		return a.one("AKIA"+a.from("ABCDEFGHIJKLMNOP234567", 16), "ghp_"+a.from("abcdefABCDEF0123456789", 36), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "xoxb-"+a.digits(12)+"-abcDEF", "sk_live_"+a.from("abcdef0123456789", 24))
	},
	"sample": func(a adversary) string {
		return a.one("S12_Smith_tumor", "Abernathy-normal-3", "tumor_017", "Patient-0042", "TCGA-02-0001-01A", "NA12878", "Sample_113", "PT-00123", "P014_normal", "Nwosu_8pM", "proband-22", "FFPE_0091", "lib3_Quintanilla")
	},
	"bases":                  func(a adversary) string { return a.from("ACGT", 8+a.IntN(40)) },
	"bases in small letters": func(a adversary) string { return a.from("acgtn", 8+a.IntN(40)) },
	"bases with ambiguity": func(a adversary) string {
		return a.from("ACGT", 8) + a.from("ACGTRYSWKMBDHVN", 3) + a.from("ACGT", 6)
	},
	"ambiguous bases": func(a adversary) string { return a.from("ACGTRYSWKMBDHVN", 12+a.IntN(12)) },
	"rna":             func(a adversary) string { return a.from("ACGU", 8+a.IntN(20)) },
	"bases apart": func(a adversary) string {
		sep := a.one(" ", "-", ",", ".", "_", "+")
		var p []string
		for range 3 + a.IntN(4) {
			p = append(p, a.from("ACGT", 4))
		}
		return strings.Join(p, sep)
	},
	"single bases": func(a adversary) string {
		return strings.Join(strings.Split(a.from("ACGT", 9+a.IntN(9)), ""), a.one(" ", "-", ","))
	},
	"index in a file's name": func(a adversary) string {
		return "L00" + a.digits(1) + "_¦" + a.from("ACGT", 8) + "¦" + a.one("_R1.fastq.gz", "-R2", ".bam")
	},
	"two indexes": func(a adversary) string { return a.from("ACGT", 8) + a.one("+", "-", ":") + a.from("ACGT", 8) },
	"read's name": func(a adversary) string {
		return "@A0" + a.digits(4) + ":" + a.digits(3) + ":H" + a.from("ABCDEFGH0123", 4) + "DRX5:1:1101:1000:2000 1:N:0:" + a.from("ACGT", 8)
	},
	"run": func(a adversary) string {
		return a.one("240802_A01934_0156_AHJF77DRX5", "20240802_LH00123_0099_A22CYJ7LT3", "230825_M04034_0123_000000000-L6NVV", "170517_ST-E00266_0210_BHJCFFALXX")
	},
	"flow cell": func(a adversary) string {
		return a.one("HJF77DRX5", "AHMTFYDRXX", "22CYJ7LT3", "C6HNNANXX", "000000000-L6NVV", "BPG61606-1114", "HGW5WDSX7", "AAC5GFNM5", "HJCFFALXX", "HVWGMBGX9")
	},
	"card": func(a adversary) string {
		return a.one("4539 "+a.digits(4)+" "+a.digits(4)+" "+a.digits(4), "4111-1111-1111-1111", "5500005555555559", "3782 822463 10005", "4111111111111111")
	},
	"uuid": func(a adversary) string {
		h := func(n int) string { return a.from("0123456789abcdef", n) }
		return h(8) + "-" + h(4) + "-4" + h(3) + "-a" + h(3) + "-" + h(12)
	},
}

// carriers are where it stands. Each leaves the plant as it is.
var carriers = []string{
	"%s", "comment field: %s stored", "2026-03-12T12:33:44.123Z INFO  [Laser.Red] %s", "x;%s;y", `{"note":"%s"}`, "<Value>%s</Value>", "seen %s.", "(%s)", "a,%s,b", "[%s]", "run started, %s, cycle 12", "'%s'", "value = %s",
	"2026-03-12 12:33:44,123 ERROR XYStage: %s at step 48000", "tab\t%s\tend", "temp 60.12 C, %s",
}

// disguises are forms in which a text travels.
var disguises = map[string]func(string) string{
	"base64": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 twice": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	},
	"gzip in base64": func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(s))
		_ = z.Close()
		return base64.StdEncoding.EncodeToString(b.Bytes())
	},
	"base64url": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base32":    func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
	"hex":       func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":       func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"0x":        func(s string) string { return "0x" + hex.EncodeToString([]byte(s)) },
	"url":       url.QueryEscape,
	"all of url": func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
		return b.String()
	},
	"entities": func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, "&#%d;", r)
		}
		return b.String()
	},
	"one entity": func(s string) string {
		r := []rune(s)
		return fmt.Sprintf("%s&#x%x;%s", string(r[:1]), r[1], string(r[2:]))
	},
	"utf-16":             func(s string) string { return wide(s, 0) },
	"utf-16, big end":    func(s string) string { return wide(s, 1) },
	"utf-16 in base64":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte(wide(s, 0))) },
	"utf-16 in hex":      func(s string) string { return hex.EncodeToString([]byte(wide(s, 0))) },
	"zero width":         func(s string) string { r := []rune(s); return string(r[:len(r)/2]) + "\u200b" + string(r[len(r)/2:]) },
	"zero width joiners": func(s string) string { return strings.Join(strings.Split(s, ""), "\u200d") },
	"homoglyphs": func(s string) string {
		return strings.NewReplacer("a", "а", "e", "е", "o", "о", "A", "А", "C", "С", "T", "Т", "1", "１", "0", "０", "-", "‐", ".", "․").Replace(s)
	},
	"full width": func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r + 0xfee0
			}
			return r
		}, s)
	},
	"decomposed":    func(s string) string { r := []rune(s); return string(r[:1]) + "\u0301" + string(r[1:]) },
	"right to left": func(s string) string { return "\u202e" + s + "\u202c" },
	"json": func(s string) string {
		r := []rune(s)
		return fmt.Sprintf("\\u%04x\\u%04x%s", r[0], r[1], string(r[2:]))
	},
}

func wide(s string, first int) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		pair := []byte{byte(u), byte(u >> 8)}
		b = append(b, pair[first], pair[1-first])
	}
	return string(b)
}

// covered tells how many bytes of what was planted at start no hit covers.
func missed(hits []detector.Hit, start, end int) int {
	n := 0
	for i := start; i < end; i++ {
		if !slices.ContainsFunc(hits, func(h detector.Hit) bool { return h.Start <= i && i < h.End }) {
			n++
		}
	}
	return n
}

// SEED=7 go test ./shared/detector -run Adversary is another adversary.
func newAdversary(t *testing.T) adversary {
	t.Helper()
	seed := uint64(1)
	if s := os.Getenv("SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return adversary{rand.New(rand.NewPCG(seed, 20261128))}
}

func TestAdversaryInTheOpen(t *testing.T) {
	a := newAdversary(t)
	var s detector.Scanner
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		make := kinds[kind]
		n, none, partly := 0, 0, 0
		examples := []string{}
		for range 400 {
			p := strings.Split(make(a), "¦")
			plant := p[min(1, len(p)-1)]
			line := fmt.Sprintf(a.one(carriers...), strings.Join(p, ""))
			at := strings.Index(line, plant)
			n++
			switch left := missed(s.Line([]byte(line)), at, at+len(plant)); {
			case left == len(plant):
				none++
				if len(examples) < 6 {
					examples = append(examples, line)
				}
			case left > len(plant)/3:
				partly++
				if len(examples) < 6 {
					examples = append(examples, "PART "+line)
				}
			}
		}
		if none+partly > 0 {
			t.Errorf("%s: %d of %d not found, %d not half:\n  %s", kind, none, n, partly, strings.Join(examples, "\n  "))
		}
	}
}

func TestAdversaryInDisguise(t *testing.T) {
	a := newAdversary(t)
	var s detector.Scanner
	for _, disguise := range slices.Sorted(maps.Keys(disguises)) {
		hide := disguises[disguise]
		n, none := 0, 0
		examples := []string{}
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			make := kinds[kind]
			for range 20 {
				plant := strings.ReplaceAll(make(a), "¦", "")
				// Two signs in any form, and Chinese in UTF-16 within another, are not told from chance.
				if len([]rune(plant)) < 3 || kind == "cjk" && strings.HasPrefix(disguise, "utf-16 in") {
					continue
				}
				hidden := hide(plant)
				line := fmt.Sprintf(a.one(carriers...), hidden)
				if strings.HasPrefix(disguise, "utf-16") && len(hidden) == 2*len(utf16.Encode([]rune(plant))) {
					line = hidden
				}
				n++
				if len(s.Line([]byte(line))) == 0 {
					none++
					if len(examples) < 12 {
						examples = append(examples, kind+": "+plant+" in "+line)
					}
				}
			}
		}
		if none > 0 {
			t.Errorf("%s: %d of %d not found:\n  %s", disguise, none, n, strings.Join(examples, "\n  "))
		}
	}
}

// What an instrument writes of itself is nobody's, whatever its numbers are.
func TestControlsStay(t *testing.T) {
	a := newAdversary(t)
	var s detector.Scanner
	number := func(low, high int) string { return strconv.Itoa(low + a.IntN(high-low)) }
	real := func(high float64) string { return strconv.FormatFloat(a.Float64()*high, 'f', a.IntN(4), 64) }
	version := func() string {
		return a.one("1.18.54.4", "v3.4.4", "2.12.5.0", "1.16.18", "4.0.0.1769", "HD 3.4.0.38", "1.2.0.28691", number(1, 9)+"."+number(0, 20)+"."+number(0, 70), number(1, 9)+"."+number(0, 9)+"."+number(0, 9)+"."+number(0, 3000))
	}
	hex := func(n int) string { return a.from("0123456789abcdef", n) }
	controls := map[string]func() string{
		"serial": func() string {
			return a.one("A0", "M0", "D0", "NS50", "VH00", "LH00", "MN0", "FS1000", "NB50") + a.digits(4)
		},
		"board":   func() string { return "NV" + a.digits(7) + "-RGSBS" },
		"lot":     func() string { return "lot 20" + number(360000, 870000) },
		"part":    func() string { return "part 150" + number(20000, 73000) + " rev " + a.from("ABCD", 1) },
		"kit":     func() string { return "MS2" + a.digits(6) + "-" + a.one("300V2", "600V3", "050V2") },
		"version": version,
		"firmware": func() string {
			return "novaseq_" + a.one("flu", "bim", "cib_2", "syst", "rca") + "@NovaSeq_1." + number(10, 30) + "." + number(0, 12)
		},
		"camera": func() string { return "2." + a.digits(2) + "-" + a.from("ABCF", 1) + a.digits(2) + "-R0" + a.digits(1) },
		"code":   func() string { return a.one("E", "W", "ERR-", "FLT_", "0x") + a.digits(4) },
		"result": func() string { return "HRESULT 0x" + strings.ToUpper(hex(8)) },
		"time": func() string {
			return fmt.Sprintf("2026-%02d-%02dT%02d:%02d:%02d.%03dZ", 1+a.IntN(12), 1+a.IntN(28), a.IntN(24), a.IntN(60), a.IntN(60), a.IntN(1000))
		},
		"clock": func() string {
			return fmt.Sprintf("%02d/%02d/2026 %d:%02d:%02d PM", 1+a.IntN(12), 1+a.IntN(28), 1+a.IntN(12), a.IntN(60), a.IntN(60))
		},
		"epoch":       func() string { return "17" + a.digits(11) },
		"temperature": func() string { return real(80) + a.one(" °C", " C", " Cel", "°C", " K") },
		"length":      func() string { return real(3000) + a.one(" µm", " um", " mm", " nm", " px") },
		"bytes":       func() string { return number(1000, 2000000000) + " bytes" },
		"clusters":    func() string { return "clusters " + number(1000000, 900000000) },
		"tiles":       func() string { return "tiles 1101 110" + a.digits(1) + " 2101 211" + a.digits(1) },
		"percent":     func() string { return real(100) + a.one("%", " %") },
		"metrics": func() string {
			return "Q30 " + real(100) + " pf " + real(100) + " density " + number(100, 3000) + " k/mm2"
		},
		"digest": func() string { return a.one("md5 "+hex(32), "sha1 "+hex(40), "sha256 "+hex(64), "crc32 "+hex(8)) },
		"guid": func() string {
			return "device {" + hex(8) + "-" + hex(4) + "-4" + hex(3) + "-a" + hex(3) + "-" + hex(12) + "}"
		},
		"chemistry": func() string {
			return a.one("HiSeq Rapid SBS Kit v2", "NextSeq High", "TruSeq Nano DNA", "XLEAP-SBS", "10B", "Amplicon", "S4", "P3")
		},
		"file": func() string {
			return "InterOp/C" + number(1, 300) + ".1/" + a.one("QMetricsOut.bin", "TileMetricsOut.bin", "s_1_1101.bcl.gz")
		},
		"row": func() string { return real(9) + "," + real(99) + "," + real(999) + "," + number(0, 4000) },
		"state": func() string {
			return a.one("Door", "Lid", "Valve", "Pump", "Shutter", "Laser") + " " + a.one("Opened", "Closed", "Homed", "Stalled", "Ready", "Timeout")
		},
		"component": func() string {
			return a.one("Camera", "Pump", "Valve", "Heater", "Lane", "Tile", "Port") + a.one("_", "-", " ", "") + number(1, 24)
		},
		"hex": func() string { return "reg " + a.one("0x", "") + strings.ToUpper(hex(4)) + " = " + hex(2) },
		"words": func() string {
			return a.one("Standard", "TAGGED", "CAT", "backward", "abstract", "subtract", "StartScan", "Thursday", "attached", "datasets")
		},
	}
	for _, kind := range slices.Sorted(maps.Keys(controls)) {
		lost := 0
		for range 300 {
			line := fmt.Sprintf(a.one(carriers...), controls[kind]())
			if hits := s.Line([]byte(line)); len(hits) > 0 {
				if lost++; lost < 5 {
					t.Errorf("%s: %q: %v", kind, line, told(line, hits))
				}
			}
		}
	}
}

// A line may be as long as it likes, and of anything: the time it takes grows with it and no
// faster. Were it the square, this would take hours.
func TestHostileLines(t *testing.T) {
	var s detector.Scanner
	const size = 1 << 20
	for _, piece := range []string{
		"A", "a", "1", "@", "%", "%4", "%41", "&", "&#", "&#1;", "\x00", "\x01", "\xff", ".", ":", "/", "\\", "-", "_", "+", " ", "(", ")", ") 555-1234 ", "(1", "user ", "user id ", "id ", "user=", "\"user\":\"",
		"Dr. ", "J. ", "Smith ", "de ", "March ", "1 March ", "12 ", "123 45 6789 ", "1.2.3.", "1:2:", "a:", "a/", "a.", "A-", "ACGT ", "A C ", "QUNH", "41", "+1 ", "+", "::", "a@", "x+y+", "O'", "€", "\u200b", "1900-01-01T00:00:00Z ", "MARIA ",
	} {
		line := []byte(strings.Repeat(piece, size/len(piece)))
		for _, h := range s.Line(line) {
			if h.Start < 0 || h.End > len(line) || h.Start >= h.End {
				t.Fatalf("%q: %v", piece, h)
			}
		}
	}
}
