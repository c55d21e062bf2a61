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

// cpf checks the two last digits of a Brazilian number.
func cpf(d []byte) bool {
	for _, n := range []int{9, 10} {
		sum := 0
		for i := range n {
			sum += int(d[i]-'0') * (n + 1 - i)
		}
		if sum*10%11%10 != int(d[n]-'0') {
			return false
		}
	}
	return true
}

// personnummer knows a day and four digits, as in Sweden and, the other way round, Denmark.
func personnummer(d []byte) bool {
	if len(d) == 12 {
		d = d[2:]
	}
	first, month, last := two(d), two(d[2:]), two(d[4:])
	return month >= 1 && month <= 12 && (first >= 1 && first <= 31 || last >= 1 && last <= 31 && luhn(d))
}

// french checks fifteen digits of social security.
func french(d []byte) bool {
	month := two(d[3:])
	if d[0] != '1' && d[0] != '2' || month < 1 || month > 12 {
		return false
	}
	n := 0
	for _, b := range d[:13] {
		n = (n*10 + int(b-'0')) % 97
	}
	return 97-n == two(d[13:])
}

func two(d []byte) int { return int(d[0]-'0')*10 + int(d[1]-'0') }

var (
	verhoeffD = [10]string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}
	verhoeffP = [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}
)

// verhoeff checks the last digit of an Aadhaar number.
func verhoeff(d []byte) bool {
	c := byte('0')
	for i := range d {
		c = verhoeffD[c-'0'][verhoeffP[i%8][d[len(d)-1-i]-'0']-'0']
	}
	return c == '0'
}

// national knows numbers of letters and digits by which countries know people: British,
// Italian, Finnish, Indian, Mexican, of Medicare. Serial numbers have other letters.
func national(t []byte) bool {
	switch len(t) {
	case 9:
		return fits(t, "AA999999A") && t[8] <= 'D'
	case 10:
		return fits(t, "AAAAA9999A") && t[3] == 'P'
	case 11:
		return fits(t, "999999-999A") && two(t) >= 1 && two(t) <= 31 && two(t[2:]) >= 1 && two(t[2:]) <= 12
	case 13:
		return fits(t, "9AX9-AX9-AA99")
	case 16:
		return fits(t, "AAAAAA99A99A999A")
	case 18:
		return fits(t, "AAAA999999AAAAAAXX")
	}
	return false
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
