package detector

import "bytes"

// ofTheLog is the year from which a day with a time, or that a word such as calibrated
// announces, is the instrument's and no birth.
const ofTheLog = 2000

// date is a token of three numbers that may be a day. Of dotted ones, 1.18.54 is a version.
func (s *Scanner) date(start, end int, dotted bool) {
	t := s.line[start:end]
	n, size, at := [3]int{}, [3]int{}, 0
	for _, b := range t {
		if classes[b]&digit == 0 {
			if at++; at > 2 {
				return
			}
			continue
		}
		n[at], size[at] = n[at]*10+int(b-'0'), size[at]+1
		if size[at] > 4 {
			return
		}
	}
	s.around = true
	var year int
	switch {
	case size[0] == 4 && size[1] <= 2 && size[2] <= 2 && day(n[2], n[1]):
		year = n[0]
	case size[0] > 2 || size[1] > 2:
		return
	case size[2] == 4 && (day(n[0], n[1]) || day(n[1], n[0])):
		year = n[2]
	case size[2] == 2 && (day(n[0], n[1]) || day(n[1], n[0]) || size[0] == 2 && day(n[2], n[1])):
		if dotted && t[0] != '0' && !bytes.Contains(t, []byte(".0")) {
			return
		}
		if year = 1900 + max(n[2], n[0]); n[2] < 40 && s.timeFollows(end) {
			year += 100
		}
	default:
		return
	}
	if dotted && year >= 2015 && (size[0] == 1 || size[1] == 1) { // 1.2.2023
		return
	}
	if year >= 1900 && year < 2040 && !(year >= ofTheLog && s.ours(start, end)) {
		s.hit(Date, start, end)
	}
}

func day(d, month int) bool { return d >= 1 && d <= 31 && month >= 1 && month <= 12 }

// ours tells whether a day is the log's own: with a time of day, or after a word that says
// what it is.
func (s *Scanner) ours(start, end int) bool {
	return s.timeFollows(end) || s.follows(services, start)
}

// follows tells whether what begins at start stands behind a word of a table.
func (s *Scanner) follows(words *table[bool], start int) bool {
	if s.last.end < 0 || start-s.last.end > 3 {
		return false
	}
	from := s.last.end
	for from > s.last.start && classes[s.line[from-1]]&letters == 0 {
		from--
	}
	_, ok := lookup(words, s.line[s.last.start:from])
	return ok
}

// timeFollows tells whether a time of day comes after a day: 2026-03-12 12:33.
func (s *Scanner) timeFollows(end int) bool {
	rest := s.line[end:]
	if len(rest) < 5 || rest[0] != ' ' && rest[0] != ',' || classes[rest[1]]&digit == 0 {
		return false
	}
	return rest[2] == ':' && classes[rest[3]]&digit != 0 || len(rest) > 5 && rest[3] == ':' && classes[rest[4]]&digit != 0
}

// stamp knows a day and a time in one token. Those of a log are recent; a birth may be
// written so, too.
func (s *Scanner) stamp(start, end int) bool {
	t := s.line[start:end]
	if len(t) < 16 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' || !isDigits(t[:4]) {
		return false
	}
	year := two(t)*100 + two(t[2:])
	midnight := bytes.HasPrefix(t[11:], []byte("00:00")) && !s.ours(start, end) && start > 1
	if year >= 1900 && year < ofTheLog || midnight && year < 2015 && year >= ofTheLog {
		s.hit(Date, start, end)
	}
	return true
}

// longAgo tells whether eight digits are a day of the last century; with the year last, parts
// and lots look so, too.
func (s *Scanner) longAgo(start int) bool {
	t := s.line[start : start+8]
	century := func(d []byte) bool { return d[0] == '1' && d[1] == '9' }
	if century(t) && day(two(t[6:]), two(t[4:])) {
		return true
	}
	return century(t[4:]) && (day(two(t), two(t[2:])) || day(two(t[2:]), two(t))) && !s.follows(supplies, start)
}

// written looks around the name of a month for a day and a year: 2 March 1954, Mar 2, 1954.
func (s *Scanner) written(start, end int) {
	before, after := s.skipBack(start), s.skip(end)
	from := before
	for from > 0 && before-from < 3 && classes[s.line[from-1]]&digit != 0 {
		from--
	}
	to := s.number4(after)
	switch {
	case from < before && to-after == 4 && s.year(after, to):
		s.hit(Date, from, to)
	case to > after && to-after <= 2:
		next := s.skip(to)
		if last := s.number4(next); last-next == 4 && s.year(next, last) {
			s.hit(Date, start, last)
		}
	}
}

// year tells whether four digits are a year, and not of the time of a line.
func (s *Scanner) year(from, to int) bool {
	y := two(s.line[from:])*100 + two(s.line[from+2:])
	return y >= 1900 && y < 2040 && !(y >= ofTheLog && s.timeFollows(to))
}

func (s *Scanner) number4(from int) int {
	to := from
	for to < len(s.line) && to-from < 5 && classes[s.line[to]]&digit != 0 {
		to++
	}
	return to
}

// skip is behind what may stand between the parts of a date.
func (s *Scanner) skip(i int) int {
	for i < len(s.line) && (s.line[i] == ' ' || s.line[i] == ',' || s.line[i] == '.' || s.line[i] == '-' || s.line[i] == '/') {
		i++
	}
	if bytes.HasPrefix(s.line[i:], []byte("de ")) || bytes.HasPrefix(s.line[i:], []byte("st ")) {
		return i + 3
	}
	return i
}

func (s *Scanner) skipBack(i int) int {
	if i >= 4 && string(s.line[i-4:i]) == " de " {
		return i - 4
	}
	for i > 0 && (s.line[i-1] == ' ' || s.line[i-1] == '.' || s.line[i-1] == '-' || s.line[i-1] == '/') {
		i--
	}
	if i >= 3 && (string(s.line[i-2:i]) == "th" || string(s.line[i-2:i]) == "nd" || string(s.line[i-2:i]) == "rd" || string(s.line[i-2:i]) == "st") && classes[s.line[i-3]]&digit != 0 {
		return i - 2
	}
	return i
}

// month knows a token of a day with the name of its month, 02-Mar-1954, 02MAR1954, Mar-2-1954,
// and no time behind it. 43dec914 is a checksum.
func (s *Scanner) month(start, end int) bool {
	t := s.line[start:end]
	if len(t) < 7 || len(t) > 17 {
		return false
	}
	i := 0
	for i < len(t) && classes[t[i]]&letters == 0 {
		i++
	}
	n := letterRun(t[i:])
	if _, ok := lookup(months, t[i:i+n]); !ok {
		return false
	}
	before, _ := groups(t[:i])
	after, _ := groups(t[i+n:])
	if any, _ := classesOf(t[i+n:]); any&letters != 0 {
		return false
	}
	year := 0
	switch d := digitsOf(t); {
	case (before == 1 || before == 2) && (after == 2 || after == 4):
		if day(number(digitsOf(t[:i])), 1) {
			year = number(d[len(d)-int(after):]) //nolint:gosec // G115: 2 or 4
		}
	case before == 4 && (after == 1 || after == 2):
		year = number(d[:4])
	case before == 0 && (after == 0x14 || after == 0x24):
		year = number(d[len(d)-4:])
	}
	if year < 100 && year > 0 {
		if year += 1900; year < 1940 {
			year += 100
		}
	}
	s.around = true
	return year >= 1900 && year < 2040 && !(year >= ofTheLog && s.timeFollows(end))
}

// number is what digits say.
func number(digits []byte) int {
	n := 0
	for _, b := range digits {
		n = n*10 + int(b-'0')
	}
	return n
}
