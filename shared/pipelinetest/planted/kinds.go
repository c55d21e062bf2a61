package planted

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Kind is a kind of identifier.
type Kind string

// The kinds.
const (
	Name        Kind = "name"
	Accented    Kind = "name, accented"
	Han         Kind = "name, Chinese, Japanese or Korean"
	Cyrillic    Kind = "name, Cyrillic or Greek"
	Email       Kind = "e-mail"
	Phone       Kind = "telephone"
	SSN         Kind = "SSN"
	DNI         Kind = "DNI"
	NIE         Kind = "NIE"
	MRN         Kind = "medical record number"
	Birth       Kind = "date of birth"
	IPv4        Kind = "IPv4 address"
	IPv6        Kind = "IPv6 address"
	MAC         Kind = "MAC address"
	Host        Kind = "host name"
	User        Kind = "user name"
	WindowsPath Kind = "path, Windows"
	UNCPath     Kind = "path, UNC"
	PosixPath   Kind = "path, POSIX"
	Token       Kind = "token or secret"
	UUID        Kind = "UUID"
	Sample      Kind = "sample id"
	Nucleotides Kind = "nucleotides"
	Card        Kind = "payment card"
	IBAN        Kind = "IBAN"
	NHS         Kind = "NHS number"
	RunName     Kind = "run or read name"
)

type kind struct {
	Kind
	draw func(r *rand.Rand) string
}

var kinds = []kind{
	{Name, name}, {Accented, accented}, {Han, han}, {Cyrillic, cyrillic}, {Email, email}, {Phone, phone}, {SSN, ssn}, {DNI, dni}, {NIE, nie},
	{MRN, mrn}, {Birth, birth}, {IPv4, ipv4}, {IPv6, ipv6}, {MAC, mac}, {Host, host}, {User, user}, {WindowsPath, windowsPath},
	{UNCPath, uncPath}, {PosixPath, posixPath}, {Token, token}, {UUID, uuid}, {Sample, sample}, {Nucleotides, nucleotides}, {Card, card},
	{IBAN, iban}, {NHS, nhs}, {RunName, runName},
}

// Kinds are all kinds.
func Kinds() []Kind {
	var all []Kind
	for _, k := range kinds {
		all = append(all, k.Kind)
	}
	return all
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func from(r *rand.Rand, alphabet string, n int) string {
	letters := []rune(alphabet)
	b := make([]rune, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

func digits(r *rand.Rand, n int) string { return from(r, "0123456789", n) }

const (
	lowerLetters = "abcdefghijklmnopqrstuvwxyz"
	upperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

var (
	given = strings.Fields("Maria Juan Ana Pedro Lucia Carlos Elena Miguel Laura Diego Sofia Pablo Marta Javier Irene Raul Emma Oliver " +
		"Charlotte Liam Amelia Noah Harriet George Isla Arthur Freya Oscar Hannah Lukas Johanna Felix Greta Anton Giulia Marco Chiara Luca Amina Yusuf Fatima Omar")
	family = strings.Fields("Lopez Garcia Martinez Sanchez Romero Navarro Iglesias Cortes Serrano Molina Ortega Delgado Smith Johnson Williams " +
		"Brown Taylor Davies Wilson Thompson Robinson Walker Wright Hughes Edwards Schmidt Schneider Fischer Weber Wagner Becker Hoffmann Koch Bauer " +
		"Rossi Russo Ferrari Esposito Bianchi Colombo Dubois Moreau Laurent Lefebvre Khan Hussain Okafor Mensah Novak Svoboda Nielsen Hansen")
	givenAccented  = strings.Fields("José Zoë Jürgen François Søren Łukasz Núria Ángel Íñigo Óscar Žofia Björn Renée Máire Seán Ünal Çağla Günther")
	familyAccented = strings.Fields("Müller Ibáñez Peña Gutiérrez Nuñez Åkesson Dvořák Świątek Çelik Łopatka Brânză Kovačić Sørensen Fernández Órdóñez Bjørnstad Höß Þórsdóttir Šimková Agüero")
	surnamesHan    = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗")
	givenHan       = []rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰志建国文斌海燕")
	surnamesJa     = strings.Fields("佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 小林 加藤 吉田 山田")
	givenJa        = strings.Fields("太郎 花子 健一 美咲 翔太 陽菜 大輔 さくら ひろし あゆみ ケンジ ユミコ")
	surnamesKo     = []rune("김이박최정강조윤장임한오서신권황안송전홍")
	givenKo        = []rune("민준서연지우하은도윤예린수빈현재영호")
	givenCyrillic  = strings.Fields("Иван Мария Дмитрий Ольга Сергей Наталья Андрей Екатерина Γιώργος Ελένη Νίκος Δήμητρα")
	familyCyrillic = strings.Fields("Иванов Смирнова Кузнецов Попова Соколов Морозова Волков Лебедева Παπαδόπουλος Γεωργίου Νικολάου Ιωάννου Шевченко Коваленко Бондаренко")
)

// plain is a user's name in ASCII letters, as accounts have it.
func plain(r *rand.Rand) string {
	g, f := strings.ToLower(pick(r, given...)), strings.ToLower(pick(r, family...))
	switch r.IntN(4) {
	case 0:
		return g[:1] + f + digits(r, 2)
	case 1:
		return g + "." + f
	case 2:
		return f + g[:1] + digits(r, 3)
	}
	return g + f + digits(r, 1)
}

func name(r *rand.Rand) string {
	g, f, second := pick(r, given...), pick(r, family...), pick(r, family...)
	switch r.IntN(6) {
	case 0:
		return f + ", " + g
	case 1:
		return g + "_" + f + "_" + second
	case 2:
		return "Dr. " + g + " " + f
	case 3:
		return g + " " + from(r, upperLetters, 1) + ". " + f
	}
	return g + " " + f + " " + second
}

func accented(r *rand.Rand) string {
	g, f := pick(r, givenAccented...), pick(r, familyAccented...)
	if r.IntN(2) == 0 {
		return f + ", " + g + " " + pick(r, family...)
	}
	return g + " " + f + " " + pick(r, family...)
}

func han(r *rand.Rand) string {
	one := func(list []rune) string { return string(list[r.IntN(len(list))]) }
	switch r.IntN(3) {
	case 0:
		return one(surnamesHan) + one(givenHan) + one(givenHan)
	case 1:
		return pick(r, surnamesJa...) + pick(r, "", " ", "　") + pick(r, givenJa...)
	}
	return one(surnamesKo) + one(givenKo) + one(givenKo)
}

func cyrillic(r *rand.Rand) string {
	return pick(r, givenCyrillic...) + " " + pick(r, familyCyrillic...)
}

func email(r *rand.Rand) string { return plain(r) + "@" + host(r) }

func phone(r *rand.Rand) string {
	switch r.IntN(5) {
	case 0:
		return "+34 6" + digits(r, 2) + " " + digits(r, 3) + " " + digits(r, 3)
	case 1:
		return "(" + pick(r, "212", "415", "617", "713") + ") 555-" + digits(r, 4) + " ext " + digits(r, 2)
	case 2:
		return "+1-" + pick(r, "212", "415", "617") + "-" + digits(r, 3) + "-" + digits(r, 4)
	case 3:
		return "0049 30 " + digits(r, 8)
	}
	return "+447" + digits(r, 9)
}

func ssn(r *rand.Rand) string {
	sep := pick(r, "-", "-", " ", "")
	return fmt.Sprintf("%03d%s%02d%s%04d", 1+r.IntN(664), sep, 1+r.IntN(99), sep, 1+r.IntN(9999))
}

const dniLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

func dni(r *rand.Rand) string {
	n := 10_000_000 + r.IntN(89_000_000)
	return fmt.Sprintf("%08d%s%c", n, pick(r, "", "-"), dniLetters[n%23])
}

func nie(r *rand.Rand) string {
	x, n := r.IntN(3), r.IntN(10_000_000)
	return fmt.Sprintf("%c%s%07d%c", "XYZ"[x], pick(r, "", "-"), n, dniLetters[(x*10_000_000+n)%23])
}

func mrn(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return "MRN" + pick(r, "", ":", "-", " ") + digits(r, 8)
	case 1:
		return "NHC-" + digits(r, 7)
	case 2:
		return "00" + digits(r, 8)
	}
	return from(r, upperLetters, 2) + digits(r, 9)
}

func birth(r *rand.Rand) string {
	day := time.Date(1925, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(31_000))
	return day.Format(pick(r, "2006-01-02", "02/01/2006", "01/02/2006", "02.01.2006", "2.1.2006", "2.1.06", "2 January 2006", "Jan 2, 2006", "20060102", "02-Jan-2006"))
}

func ipv4(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), 1+r.IntN(254))
	case 1:
		return fmt.Sprintf("192.168.%d.%d", r.IntN(256), 1+r.IntN(254))
	case 2:
		return fmt.Sprintf("172.%d.%d.%d", 16+r.IntN(16), r.IntN(256), 1+r.IntN(254))
	}
	return fmt.Sprintf("%d.%d.%d.%d", 1+r.IntN(222), r.IntN(256), r.IntN(256), 1+r.IntN(254))
}

func ipv6(r *rand.Rand) string {
	var a [16]byte
	for i := range a {
		a[i] = byte(r.IntN(256)) //nolint:gosec // G115: below 256
	}
	copy(a[:], [][]byte{{0x20, 0x01, 0x0d, 0xb8}, {0xfe, 0x80, 0, 0, 0, 0, 0, 0}, {0xfd, 0x12}}[r.IntN(3)])
	return netip.AddrFrom16(a).String()
}

func mac(r *rand.Rand) string {
	h := from(r, "0123456789abcdef", 12)
	switch r.IntN(3) {
	case 0:
		return h[:4] + "." + h[4:8] + "." + h[8:]
	case 1:
		return strings.Join(slices.Collect(chunks(h, 2)), "-")
	}
	return strings.Join(slices.Collect(chunks(h, 2)), ":")
}

func chunks(s string, n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i := 0; i < len(s); i += n {
			if !yield(s[i:min(i+n, len(s))]) {
				return
			}
		}
	}
}

func host(r *rand.Rand) string {
	return pick(r, "nas", "seqpc", "miseq-ws", "genomics", "lims", "core-fs") + digits(r, 2) + "." +
		pick(r, "hospital", "clinic", "genome-core", "onco-lab", "hu-norte") + "." + pick(r, "example", "example.org", "test", "invalid", "local")
}

func user(r *rand.Rand) string {
	return pick(r, "", `LAB\`, `HOSPITAL\`) + plain(r)
}

func windowsPath(r *rand.Rand) string {
	return pick(r, "C", "D", "E") + `:\Users\` + plain(r) + `\` + pick(r, "Desktop", "Documents", "Runs") + `\` + pick(r, family...) + digits(r, 3) + pick(r, "", ".csv", ".xlsx")
}

func uncPath(r *rand.Rand) string {
	return `\\` + pick(r, "nas", "srv", "fs") + digits(r, 2) + `\` + pick(r, "runs", "genomics", "patients") + `$\` + plain(r)
}

func posixPath(r *rand.Rand) string {
	return pick(r, "/home/", "/Users/", "/mnt/lab/", "/data/patients/") + plain(r) + "/" + pick(r, "runs", "panel", "exome") + digits(r, 3)
}

func token(r *rand.Rand) string {
	const mixed = lowerLetters + upperLetters + "0123456789"
	switch r.IntN(5) {
	case 0:
		return "ghp_" + from(r, mixed, 36)
	case 1:
		return "AKIA" + from(r, upperLetters+"234567", 16)
	case 2:
		return "Bearer " + from(r, mixed, 32)
	case 3:
		text := base64.RawURLEncoding.EncodeToString
		return text([]byte(`{"alg":"HS256"}`)) + "." + text([]byte(`{"sub":"`+plain(r)+`"}`)) + "." + from(r, mixed, 24)
	}
	return hex.EncodeToString([]byte(from(r, mixed, 20)))
}

func uuid(r *rand.Rand) string {
	h := from(r, "0123456789abcdef", 30)
	return h[:8] + "-" + h[8:12] + "-4" + h[12:15] + "-a" + h[15:18] + "-" + h[18:30]
}

func sample(r *rand.Rand) string {
	switch r.IntN(5) {
	case 0:
		return "S" + digits(r, 2) + "-" + digits(r, 5)
	case 1:
		return "Patient_" + digits(r, 4) + "_" + pick(r, "tumor", "normal", "germline")
	case 2:
		return pick(r, "PT", "NA", "HG", "TCGA") + "-20" + digits(r, 2) + "-" + digits(r, 5)
	case 3:
		return pick(r, family...) + "-" + digits(r, 3) + "-" + pick(r, "T", "N", "R1")
	}
	return "B" + digits(r, 2) + "-" + digits(r, 6)
}

func nucleotides(r *rand.Rand) string {
	n := 8 + r.IntN(17)
	switch r.IntN(6) {
	case 0:
		return from(r, "acgt", n)
	case 1:
		return from(r, "ACGTN", n)
	case 2:
		return from(r, "ACGTRYSWKM", n+4)
	case 3:
		return from(r, "ACGT", 8) + pick(r, "-", "+") + from(r, "ACGT", 8)
	case 4:
		return from(r, "ACGU", n)
	}
	return from(r, "ACGT", n)
}

func card(r *rand.Rand) string {
	n := pick(r, "4", "51", "37") + digits(r, 13)
	for len(n) < 15 {
		n += digits(r, 1)
	}
	n = n[:15]
	for check := '0'; check <= '9'; check++ {
		if luhn(n + string(check)) {
			n += string(check)
			break
		}
	}
	return strings.Join(slices.Collect(chunks(n, 4)), pick(r, "", " ", "-"))
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func iban(r *rand.Rand) string {
	n := pick(r, "ES", "DE", "FR") + digits(r, 20)
	if r.IntN(2) == 0 {
		return n
	}
	return strings.Join(slices.Collect(chunks(n, 4)), " ")
}

func nhs(r *rand.Rand) string {
	for {
		n, sum := "9"+digits(r, 8), 0
		for i := range 9 {
			sum += int(n[i]-'0') * (10 - i)
		}
		check := (11 - sum%11) % 11
		if check == 10 {
			continue
		}
		n = fmt.Sprintf("%s%d", n, check)
		sep := pick(r, " ", "-", "")
		return n[:3] + sep + n[3:6] + sep + n[6:]
	}
}

func runName(r *rand.Rand) string {
	date, serial, cell := "23"+fmt.Sprintf("%02d%02d", 1+r.IntN(12), 1+r.IntN(28)), pick(r, "M", "A", "NB5")+digits(r, 5), from(r, "BDFHJKLMPRVWXYZ23456789", 5)
	switch r.IntN(3) {
	case 0:
		return date + "_" + serial + "_0" + digits(r, 3) + "_AH" + cell + "DRXX"
	case 1:
		return serial + ":" + digits(r, 3) + ":H" + cell + "AFXX:1:1101:" + digits(r, 4)
	}
	return "000000000-" + cell
}
