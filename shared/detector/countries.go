package detector

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
// Italian, Finnish, Indian, Mexican, German, Chinese, of Singapore, of Medicare. Serial numbers have other letters.
func national(t []byte) bool {
	switch len(t) {
	case 9:
		return fits(t, "AA999999A") && t[8] <= 'D' || fits(t, "A9999999A") && nric(t)
	case 10:
		return fits(t, "AAAAA9999A") && t[3] == 'P'
	case 11:
		return fits(t, "9AX9AX9AA99") || fits(t, "999999-999A") && two(t) >= 1 && two(t) <= 31 && two(t[2:]) >= 1 && two(t[2:]) <= 12
	case 12:
		return fits(t, "99999999A999") && birthday(t[2:])
	case 13:
		return fits(t, "9AX9-AX9-AA99") || fits(t, "AAAA999999XXX") && day(two(t[8:]), two(t[6:]))
	case 16:
		return fits(t, "AAAAAA99A99A999A") || fits(t, "AAAAA999999AA9AA")
	case 18:
		return fits(t, "AAAA999999AAAAAAXX") || fits(t, "99999999999999999X") && chinese(t)
	}
	return false
}

// birthday tells whether six digits are a day, the day first.
func birthday(d []byte) bool { return day(two(d), two(d[2:])) }

// weighed is the sum of digits times weights.
func weighed(d []byte, weights string) int {
	sum := 0
	for i := range weights {
		sum += int(d[i]-'0') * int(weights[i]-'0')
	}
	return sum
}

// rest is what digits leave when they are divided.
func rest(d []byte, by int) int {
	n := 0
	for _, b := range d {
		n = (n*10 + int(b-'0')) % by
	}
	return n
}

// eleven checks eleven digits as Poland, Norway, Belgium, Lithuania with Estonia, Turkey,
// Germany and Brazil do. Of numbers that are none, one in thirty passes.
func eleven(d []byte) bool {
	month := two(d[2:]) % 20 // Poland adds the century to it
	switch {
	case day(two(d[4:]), month) && weighed(d, "13791379131")%10 == 0:
	case birthday(d) && weighed(d, "3761894521")%11 == 0 && weighed(d, "54327654321")%11 == 0:
	case day(two(d[4:]), two(d[2:])) && (97-rest(d[:9], 97) == two(d[9:]) || 97-(2_000_000_000%97+rest(d[:9], 97))%97 == two(d[9:])):
	case d[0] > '0' && d[0] < '7' && day(two(d[5:]), two(d[3:])) && weighed(d, "1234567891")%11 == int(d[10]-'0'):
	default:
		return turkish(d) || german(d) || cpf(d)
	}
	return true
}

// turkish checks the two last digits of eleven.
func turkish(d []byte) bool {
	odd, even, all := 0, 0, 0
	for i, b := range d[:10] {
		n := int(b - '0')
		if all += n; i == 9 {
			break
		}
		if i%2 == 0 {
			odd += n
		} else {
			even += n
		}
	}
	return d[0] != '0' && (odd*7-even+100)%10 == int(d[9]-'0') && all%10 == int(d[10]-'0')
}

// german checks a tax number: of its first ten digits one stands there twice or three times,
// the others once at most (ISO 7064, modulus 11, 10).
func german(d []byte) bool {
	var times [10]int
	check, more := 10, 0
	for _, b := range d[:10] {
		if times[b-'0']++; times[b-'0'] == 2 {
			more++
		}
		sum := (int(b-'0') + check) % 10
		if sum == 0 {
			sum = 10
		}
		check = sum * 2 % 11
	}
	return d[0] != '0' && more == 1 && (11-check)%10 == int(d[10]-'0')
}

// thirteen checks thirteen digits as South Africa does, and Switzerland. Milliseconds since
// 1970 begin with 1.
func thirteen(d []byte) bool {
	return d[0] != '1' && day(two(d[4:]), two(d[2:])) && d[10] < '2' && luhn(d) || string(d[:3]) == "756" && weighed(d, "1313131313131")%10 == 0
}

// chinese checks seventeen digits and what comes after them, X for ten.
func chinese(t []byte) bool {
	sum := 0
	for i, b := range t[:17] {
		sum += int(b-'0') * (1 << (17 - i) % 11)
	}
	return day(two(t[12:]), two(t[10:])) && "10X98765432"[sum%11] == t[17]
}

// nric checks the letter of a number of Singapore.
func nric(t []byte) bool {
	n := weighed(t[1:], "2765432")
	switch t[0] {
	case 'T':
		n += 4
		fallthrough
	case 'S':
		return "JZIHGFEDCBA"[n%11] == t[8]
	case 'G':
		n += 4
		fallthrough
	case 'F':
		return "XWUTRQPNMLK"[n%11] == t[8]
	}
	return false
}

// nuss checks a Spanish number of social security.
func nuss(d []byte) bool { return rest(d[:10], 97) == two(d[10:]) }

// rodneCislo checks a Czech or Slovak number: a day, of women with fifty added to its month.
func rodneCislo(d []byte) bool {
	return day(two(d[4:]), two(d[2:])%50) && rest(d, 11) == 0
}

// cuit checks an Argentine number.
func cuit(d []byte) bool {
	return d[0] == '2' && (11-weighed(d, "5432765432")%11)%11 == int(d[10]-'0')
}

// orcid checks the number of a researcher by ISO 7064, modulus 11, 2; its last sign may be X.
func orcid(t []byte) bool {
	n := 0
	for _, b := range t[:len(t)-1] {
		if b != '-' {
			n = (n + int(b-'0')) * 2 % 11
		}
	}
	last := t[len(t)-1]
	if n = (12 - n) % 11; n == 10 {
		return last == 'X'
	}
	return int(last) == '0'+n
}

// nino tells whether two capitals stand before three pairs of digits, and a letter from A to D
// behind them: a British number, QQ 12 34 56 C.
func nino(line []byte, start, end int) bool {
	return start >= 3 && end+2 <= len(line) && fits(line[start-3:start], "AA ") && line[end] == ' ' && line[end+1] >= 'A' && line[end+1] <= 'D'
}
