package detector

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
)

func onlyDigits(t []byte) bool {
	for _, b := range t {
		if c := classes[b]; c&(lower|upper) != 0 {
			return false
		}
	}
	return true
}

// groupsOf334 tells a health service's number from a telephone's, both in groups of 3, 3, 4.
func groupsOf334(t []byte) Rule {
	var ten [10]byte
	n := 0
	for _, b := range t {
		if classes[b]&digit != 0 && n < 10 {
			ten[n] = b
			n++
		}
	}
	if n == 10 && nhs(ten[:]) {
		return NHS
	}
	return Phone
}

// nhs checks ten digits by modulus 11, as the National Health Service does.
func nhs(t []byte) bool {
	sum := 0
	for i := range 9 {
		sum += int(t[i]-'0') * (10 - i)
	}
	check := 11 - sum%11
	return check != 10 && check%11 == int(t[9]-'0')
}

func luhn(t []byte) bool {
	sum := 0
	for i, b := range t {
		d := int(b - '0')
		if (len(t)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

const dniLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// dni knows the Spanish DNI, eight digits, and NIE, X, Y or Z and seven, by their check letter.
func dni(t []byte) bool {
	if len(t) < 9 || len(t) > 11 {
		return false
	}
	t = bytes.ReplaceAll(t, []byte("-"), nil)
	if len(t) != 9 || classes[t[8]]&(upper|lower) == 0 {
		return false
	}
	n := 0
	for i, b := range t[:8] {
		switch {
		case classes[b]&digit != 0:
			n = n*10 + int(b-'0')
		case i == 0 && b|0x20 >= 'x' && b|0x20 <= 'z':
			n = int(b | 0x20 - 'x')
		default:
			return false
		}
	}
	return dniLetters[n%23] == t[8]&^0x20
}

// record knows a number that says it is a patient's or a sample's.
func record(t []byte) bool {
	switch t[0] | 0x20 {
	case 'm', 'n', 'p', 's', 'h':
	default:
		return false
	}
	for _, prefix := range []string{"MRN", "NHC", "PAT", "PID", "SUBJ", "NHS", "HCN"} {
		if rest, ok := cutFold(t, prefix); ok {
			rest = bytes.TrimLeft(rest, "-_:#")
			return len(rest) >= 4 && isDigits(rest)
		}
	}
	return false
}

func cutFold(t []byte, prefix string) ([]byte, bool) {
	if len(t) > len(prefix) && bytes.EqualFold(t[:len(prefix)], []byte(prefix)) {
		return t[len(prefix):], true
	}
	return nil, false
}

func isDigits(t []byte) bool {
	for _, b := range t {
		if classes[b]&digit == 0 {
			return false
		}
	}
	return len(t) > 0
}

// runID knows a run folder's name: date, instrument, number, flow cell.
func runID(t []byte) bool {
	i := 0
	for i < len(t) && classes[t[i]]&digit != 0 {
		i++
	}
	return (i == 6 || i == 8) && bytes.Count(t[i:], []byte("_")) >= 3 && t[i] == '_'
}

// sample knows a code with a word in it: S12_Smith_tumor.
func sample(t []byte) bool {
	digits, words := 0, 0
	for len(t) > 0 {
		p := t
		if i := bytes.IndexAny(t, "_-"); i >= 0 {
			p, t = t[:i], t[i+1:]
		} else {
			t = nil
		}
		switch {
		case len(p) >= 3 && classes[p[0]]&upper != 0 && classes[p[1]]&lower != 0 && classes[p[len(p)-1]]&lower != 0:
			words++
		case len(p) > 0 && (classes[p[0]]|classes[p[len(p)-1]])&digit != 0:
			digits++
		}
	}
	return digits > 0 && words > 0
}

// flowcell knows the ids of flow cells: nine characters that end in the product's.
func flowcell(t []byte) bool {
	if len(t) != 9 && len(t) != 10 || t[len(t)-9] != 'H' || classes[t[len(t)-1]]&(upper|digit) == 0 {
		return false
	}
	for _, b := range t {
		if classes[b]&lower != 0 {
			return false
		}
	}
	c := t[len(t)-3]
	return c == 'X' || t[len(t)-2] == 'X' || t[len(t)-1] == 'X' || t[len(t)-4] == 'D'
}

// iban knows the form: two letters, two digits, eleven to thirty letters and digits.
func iban(t []byte) bool {
	if len(t) < 15 || len(t) > 34 || classes[t[0]]&upper == 0 || classes[t[1]]&upper == 0 || !isDigits(t[2:4]) {
		return false
	}
	rest := 0
	value := func(b byte) {
		if classes[b]&digit != 0 {
			rest = (rest*10 + int(b-'0')) % 97
		} else {
			rest = (rest*100 + int(b-'A') + 10) % 97
		}
	}
	for _, b := range append(bytes.Clone(t[4:]), t[:4]...) {
		if classes[b]&(upper|digit) == 0 {
			return false
		}
		value(b)
	}
	return rest == 1
}

// secret knows the forms of keys that services give out.
func secret(t []byte) bool {
	if len(t) < 16 {
		return false
	}
	for _, prefix := range []string{"AKIA", "ASIA", "ghp_", "xoxb-", "eyJ"} {
		if bytes.HasPrefix(t, []byte(prefix)) {
			return true
		}
	}
	return false
}

func uuid(t []byte) bool {
	for i, b := range t {
		switch i {
		case 8, 13, 18, 23:
			if b != '-' {
				return false
			}
		default:
			if !isHex(b) {
				return false
			}
		}
	}
	return true
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f'
}

// hexGroups tells whether hex digits stand in groups of size, with sep between.
func hexGroups(t []byte, sep byte, size int) bool {
	for i, b := range t {
		if i%(size+1) == size {
			if b != sep {
				return false
			}
		} else if !isHex(b) {
			return false
		}
	}
	return true
}

// spaced counts bases that follow one another, whatever joins them; 0 if there is more.
func spaced(t []byte) int {
	n := 0
	for _, b := range t {
		switch c := classes[b]; {
		case c&nuclear != 0:
			n++
		case c&(joiner|dot) != 0:
		default:
			return 0
		}
	}
	return n
}

// twoNames knows Maria_Lopez and Lopez-Garcia.
func twoNames(t []byte) bool {
	i := bytes.IndexAny(t, "_-")
	if i < 2 || len(t)-i < 4 {
		return false
	}
	a, b := t[:i], t[i+1:]
	capital := func(w []byte) bool {
		return classes[w[0]]&upper != 0 && classes[w[len(w)-1]]&lower != 0 && !ours[string(w)]
	}
	return capital(a) && capital(b)
}

// host knows a name of at least three labels, or two that end in a domain of a kind that
// is no file's.
func (s *Scanner) host(t []byte) bool {
	dots := bytes.Count(t, []byte("."))
	last := t[bytes.LastIndexByte(t, '.')+1:]
	if len(last) < 2 || len(last) > 10 || classes[last[0]]&lower == 0 {
		return false
	}
	switch string(last) {
	case "org", "com", "net", "edu", "gov", "local", "lan", "internal", "example":
		return true
	case "bin", "xml", "csv", "log", "txt", "json", "jsonl", "exe", "dll", "zip", "png", "jpg", "gz":
		return false
	}
	return dots >= 2 && len(last) <= 3
}

// firmware is an instrument's, and looks like mail: novaseq_flu@NovaSeq_1.26.1.
func firmware(t []byte) bool {
	return bytes.HasPrefix(t, []byte("novaseq_")) && bytes.Contains(t, []byte("@NovaSeq_"))
}

// encoded looks through hex and base64 at what they hold: if it is text, it is a hit. Digests
// are not.
func encoded(t []byte) bool {
	if len(t) < 16 {
		return false
	}
	raw := make([]byte, 0, 64)
	if len(t)%2 == 0 && len(t) <= 128 {
		if raw, err := hex.AppendDecode(raw, t); err == nil {
			return readable(raw)
		}
	}
	if len(t)%4 != 1 && len(t) <= 88 {
		if raw, err := base64.RawStdEncoding.AppendDecode(raw[:0], t); err == nil {
			return readable(raw)
		}
	}
	return false
}

func readable(raw []byte) bool {
	for _, b := range raw {
		if b < 0x20 || b > 0x7e {
			return false
		}
	}
	return len(raw) > 0
}
