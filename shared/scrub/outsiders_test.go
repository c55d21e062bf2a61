package scrub_test

import (
	"bytes"
	"compress/gzip"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"

	"proactive/shared/catalog"
	"proactive/shared/observation"
	"proactive/shared/scrub"
)

// outsiders are identifiers as somebody would bring them who knows neither wall: of many
// countries and scripts, with a word before and without. All are examples of those who issue
// them, or made up. What is a version as well, as 2.3.54 is, is not among them: see What remains
// in docs/privacy.md.
var outsiders = strings.Split(strings.TrimSpace(`
Maria Lopez Garcia|mlopez|pt smith|O'Brien|van der Berg|Ng|Wanjiru Kamau|XOCHITL QUETZAL
Иванов Иван|Παπαδόπουλος|محمد العلي|שרה לוי|राहुल शर्मा|สมชาย ใจดี|김민준|王小明|田中 太郎|குமார்|გიორგი|Արամ|Nguyễn Văn An
X1234567|passport 533380006|P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<|C01X00T478
86095742719|65 070803 A 123|15070649C103|T22000129|255081416802538|2 55 08 14 168 025 38|RSSMRA80A01H501U|rssmra80a01h501u
12345678Z|X1234567L|28/12345678/40|943 476 5919|QQ123456C|QQ 12 34 56 C|MORGA657054SM9IJ|078-05-1120|078051120|912-70-1234|1EG4-TE5-MK73
811228-9874|131052-308T|070761-4285|01010150074|44051401359|111222333|85.07.30-033.28|756.9217.0769.85|1237 010180|736028/5163|111.444.777-35
HEGG560427MVZRRL04|20-12345678-6|12.345.678-5|2341 2341 2346|ABCPE1234F|11010519491231002X|1234 5678 9018|900101-1234567|2123 45670 1|046 454 286
8001015009087|10000000146|1234567T|S1234567D|A123456(3)|A123456789|112-233-445 95|1800101221144|0000-0002-1825-0097
GB82WEST12345698765432|DE89 3704 0044 0532 0130 00|4111 1111 1111 1111|5500000000000004|490154203237518|1HGCM82633A004352|B-MW 1234|AB12 CDE
+49 30 1234567|01 23 45 67 89|(415) 555-2671|4155552671|0412 345 678|138 0013 8000|8 (495) 123-45-67|0171/1234567|006421234567
MRN 1234567|NHC-1234567|S23-12345|23-SP-00123|Fall-Nr. 123456789|H123456789|URN:1234567
1954-03-02|02/03/1954|2/3/54|02-MAR-54|2 mars 1954|1954年3月2日|b. 1954|19-iii-1954|1954-W10-2
48.858370, 2.294481|40.7128° N, 74.0060° W|9F4MGC84+P3|221B Baker Street|SW1A 1AA|D-69120 Heidelberg|10 Downing St
maria@lab.example|maria [at] lab [dot] example|@maria_lopez|https://lab.example/r?token=abc|nas01.clinic.example|10.20.30.40:445|fe80::1|00:1A:2B:3C:4D:5E|001A2B3C4D5E|192.168.1.0/24
AKIAIOSFODNN7EXAMPLE|wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY|-----BEGIN RSA PRIVATE KEY-----|ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ|S-1-5-21-3623811015-3361044348-30300820-1013
CN=Maria Lopez,OU=Lab,DC=hospital|LAB\mlopez|C:\Users\mlopez|/home/mlopez/run|xn--mller-kva.example|1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa
NA12878|SRR1234567|SAMN01234567|EGAN00001234567|TCGA-02-0001-01C|P001_tumor|rs334|chr7:140453136|NM_004333.4:c.1799T>A|p.Val600Glu|HLA-A*02:01|46,XX
ACGTACGT|acgtacgtaa|A C G T A C G T|A-C-G-T-A-C-G-T|RYSWKMBDHV|(CAG)n38|MKTAYIAKQRQISFVKSHFSRQ|000000000-L6NVV|AHJF77DRX5|240802_A01934_0156_AHJF77DRX5
`), "\n")

// written are ways to write a text.
var written = map[string]func(string) string{
	"as it is":      func(s string) string { return s },
	"capitals":      strings.ToUpper,
	"small letters": strings.ToLower,
	"backwards":     func(s string) string { r := []rune(s); slices.Reverse(r); return string(r) },
	"hex":           func(s string) string { return hex.EncodeToString([]byte(s)) },
	"hex, apart":    func(s string) string { return strings.TrimSpace(apart(hex.EncodeToString([]byte(s)), 2, " ")) },
	"base64":        func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 of base64": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.RawURLEncoding.EncodeToString([]byte(s))))
	},
	"base32": func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
	"base85": func(s string) string {
		b := make([]byte, ascii85.MaxEncodedLen(len(s)))
		return string(b[:ascii85.Encode(b, []byte(s))])
	},
	"gzip in base64":       func(s string) string { return base64.StdEncoding.EncodeToString(zipped(s)) },
	"gzip in hex":          func(s string) string { return hex.EncodeToString(zipped(s)) },
	"percent":              url.QueryEscape,
	"percent of percent":   func(s string) string { return url.PathEscape(url.PathEscape(s)) },
	"quoted-printable":     func(s string) string { return apart(hex.EncodeToString([]byte(s)), 2, "=") },
	"letters apart":        func(s string) string { return strings.Join(strings.Split(s, ""), " ") },
	"dots between":         func(s string) string { return strings.Join(strings.Split(s, ""), ".") },
	"zero width between":   func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b") },
	"marks on each":        func(s string) string { return strings.Join(strings.Split(s, ""), "\u0301\u0323") + "\u0301" },
	"right to left":        func(s string) string { return "\u202e" + s + "\u202c" },
	"full width":           mapped(' ', '~', 0xfee0),
	"mathematical letters": mapped('a', 'z', 0x1d41a-'a'),
	"tags":                 mapped(' ', '~', 0xe0000),
	"Arabic digits":        mapped('0', '9', 0x660-'0'),
	"rotated":              func(s string) string { return strings.Map(rot13, s) },
	"in a version":         func(s string) string { return "v1." + s },
	"behind a lot":         func(s string) string { return "20764717" + s },
	"before a lot":         func(s string) string { return s + " 20764717" },
}

func apart(s string, n int, sep string) string {
	var b strings.Builder
	for at := 0; at < len(s); at += n {
		b.WriteString(sep + s[at:min(at+n, len(s))])
	}
	return b.String()
}

func zipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.Bytes()
}

func mapped(first, last, by rune) func(string) string {
	return func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= first && r <= last {
				return r + by
			}
			return r
		}, s)
	}
}

func rot13(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}

// TestOutsiders: whatever stands where a field of the catalog takes a text, and however it is
// written, either wall stops it alone.
func TestOutsiders(t *testing.T) {
	cat := load(t)
	var fields []catalog.Field
	for _, f := range cat.Fields() {
		if f.Type == catalog.Pattern || f.Type == catalog.Enum {
			fields = append(fields, f)
		}
	}
	tried := 0
	for _, line := range outsiders {
		for _, who := range strings.Split(line, "|") {
			for how, write := range written {
				text := write(who)
				rows := make([]observation.Observation, len(fields))
				for i, f := range fields {
					tried++
					rows[i] = observation.Observation{Field: f.ID, Text: text}
					if _, ok := f.Check(rows[i]); ok {
						t.Errorf("%s, %s, as %s: %q passes the first wall", who, how, f.ID, text)
					}
				}
				if hits := scrub.Detect(cat, rows); len(hits) != len(rows) {
					t.Errorf("%s, %s: %q passes the second wall as %d fields of %d", who, how, text, len(rows)-len(hits), len(rows))
				}
			}
		}
	}
	if tried < 100_000 {
		t.Errorf("only %d were tried", tried)
	}
}
