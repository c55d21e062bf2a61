package detector

import "bytes"

// groupsOf334 tells a health service's number from a telephone's, both in groups of 3, 3, 4.
func groupsOf334(t []byte) Rule {
	if d := digitsOf(t); len(d) == 10 && nhs(d) {
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

// card tells whether digits begin as cards of their length do. Tiles, 1101 1102 1103 1104,
// do not; nor do times in milliseconds.
func card(d []byte) bool {
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	switch len(d) {
	case 13, 19:
		return d[0] == '4' || len(d) == 19 && d[0] == '6'
	case 14:
		return two == 30 || two == 36 || two == 38
	case 15:
		return two == 34 || two == 37
	case 16:
		if bytes.Equal(d[:4], d[4:8]) && bytes.Equal(d[4:8], d[8:12]) && d[0] != '1' && !luhn(d) {
			return false // four readings of the same
		}
		return d[0] == '4' || two >= 51 && two <= 55 || two == 60 || two >= 64 && two <= 65 || two == 35 || two >= 22 && two <= 27 && luhn(d)
	}
	return false
}

const dniLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// dni knows the Spanish DNI, eight digits, and NIE, X, Y or Z and seven, by their check
// letter; also by their form alone where the letter is no unit of anything.
func dni(t []byte) bool {
	if len(t) < 9 || len(t) > 13 {
		return false
	}
	var nine [9]byte
	at := 0
	for i, b := range t {
		if b == '-' || b == '.' && i < len(t)-2 {
			continue
		}
		if at == 9 {
			return false
		}
		nine[at] = b
		at++
	}
	if at != 9 || classes[nine[8]]&letters == 0 {
		return false
	}
	n := 0
	for i, b := range nine[:8] {
		switch {
		case classes[b]&digit != 0:
			n = n*10 + int(b-'0')
		case i == 0 && b|0x20 >= 'x' && b|0x20 <= 'z':
			n = int(b | 0x20 - 'x')
		default:
			return false
		}
	}
	letter := nine[8] &^ 0x20
	return dniLetters[n%23] == letter || len(t) == 9 && bytes.IndexByte([]byte("TRYPDXNJZQHL"), nine[8]) >= 0
}

// record knows a number that says it is a patient's or a sample's.
func record(t []byte) bool {
	n := letterRun(t)
	least, ok := lookup(records, t[:n])
	if !ok {
		return false
	}
	rest := bytes.TrimLeft(t[n:], "-_:#.")
	if i := letterRun(rest); i < 3 && len(rest) < len(t)-n { // MRN-A123456
		rest = rest[i:]
	}
	if !ok || len(rest) < int(least) {
		return false
	}
	for _, b := range rest {
		if classes[b]&(digit|joiner) == 0 {
			return false
		}
	}
	return classes[rest[0]]&digit != 0
}

// iban knows the form, two letters, two digits, eleven to thirty letters and digits, and the
// check digits.
func iban(t []byte) bool {
	if len(t) < 15 || len(t) > 34 || classes[t[0]]&upper == 0 || classes[t[1]]&upper == 0 || !isDigits(t[2:4]) {
		return false
	}
	rest := 0
	for i := range t {
		b := t[(i+4)%len(t)]
		switch {
		case classes[b]&digit != 0:
			rest = (rest*10 + int(b-'0')) % 97
		case classes[b]&upper != 0:
			rest = (rest*100 + int(b-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// fits compares t to a form of its length: A is a capital, 9 a digit, X either, others
// themselves.
func fits(t []byte, form string) bool {
	for i, b := range t {
		c := classes[b]
		ok := b == form[i]
		switch form[i] {
		case 'A':
			ok = c&upper != 0
		case '9':
			ok = c&digit != 0
		case 'X':
			ok = c&(upper|digit) != 0
		}
		if !ok {
			return false
		}
	}
	return true
}
