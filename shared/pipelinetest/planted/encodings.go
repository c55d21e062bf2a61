package planted

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Encoding is how an identifier is written.
type Encoding string

// The encodings.
const (
	Plain      Encoding = "plain"
	Lower      Encoding = "lower case"
	Upper      Encoding = "upper case"
	Base64     Encoding = "base64"
	Base64URL  Encoding = "base64url"
	Hex        Encoding = "hex"
	Percent    Encoding = "percent signs"
	JSONEscape Encoding = "JSON escapes"
	CharRefs   Encoding = "character references"
	Quoted     Encoding = "quoted-printable"
	UTF16      Encoding = "UTF-16" // raw bytes; only where any bytes may stand
	UTF16Hex   Encoding = "UTF-16 in hex"
	FullWidth  Encoding = "full width"
	ZeroWidth  Encoding = "zero-width joined"
	Homoglyph  Encoding = "homoglyphs"
	NFD        Encoding = "decomposed"
	Nested     Encoding = "hex in base64"
	Split      Encoding = "split over two fields"
)

type encoding struct {
	Encoding
	encode func(v string, r *rand.Rand) []string
}

func one(f func(v string) string) func(string, *rand.Rand) []string {
	return func(v string, _ *rand.Rand) []string { return []string{f(v)} }
}

var encodings = []encoding{
	{Plain, one(func(v string) string { return v })},
	{Lower, one(strings.ToLower)},
	{Upper, one(strings.ToUpper)},
	{Base64, one(func(v string) string { return base64.StdEncoding.EncodeToString([]byte(v)) })},
	{Base64URL, one(func(v string) string { return base64.RawURLEncoding.EncodeToString([]byte(v)) })},
	{Hex, one(func(v string) string { return hex.EncodeToString([]byte(v)) })},
	{Percent, one(percent)},
	{JSONEscape, one(jsonEscape)},
	{CharRefs, one(charRefs)},
	{Quoted, one(func(v string) string { return strings.ReplaceAll(percent(v), "%", "=") })},
	{UTF16, one(func(v string) string {
		if !ascii(v) {
			return "" // text that is not ASCII has no zeros, and nobody would know what it is
		}
		return string(utf16LE(v))
	})},
	{UTF16Hex, one(func(v string) string { return hex.EncodeToString(utf16LE(v)) })},
	{FullWidth, one(fullWidth)},
	{ZeroWidth, one(func(v string) string { return strings.Join(strings.Split(v, ""), "\u200b") })},
	{Homoglyph, one(homoglyphs)},
	{NFD, one(norm.NFD.String)},
	{Nested, one(func(v string) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString([]byte(v)))) })},
	{Split, split},
}

// Encodings are all encodings.
func Encodings() []Encoding {
	var all []Encoding
	for _, e := range encodings {
		all = append(all, e.Encoding)
	}
	return all
}

// apply writes v; ok is false if that changes nothing, or cannot be done.
func (e encoding) apply(v string, r *rand.Rand) (written []string, ok bool) {
	written = e.encode(v, r)
	if e.Encoding == Plain {
		return written, true
	}
	return written, len(written) > 0 && written[0] != "" && written[0] != v
}

func ascii(v string) bool {
	return !strings.ContainsFunc(v, func(c rune) bool { return c > unicode.MaxASCII })
}

func percent(v string) string {
	var b strings.Builder
	for i := range len(v) {
		fmt.Fprintf(&b, "%%%02X", v[i])
	}
	return b.String()
}

func jsonEscape(v string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(v)) {
		fmt.Fprintf(&b, `\u%04x`, u)
	}
	return b.String()
}

func charRefs(v string) string {
	var b strings.Builder
	for i, c := range []rune(v) {
		if i%2 == 0 {
			fmt.Fprintf(&b, "&#%d;", c)
		} else {
			fmt.Fprintf(&b, "&#x%x;", c)
		}
	}
	return b.String()
}

func utf16LE(v string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(v)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func fullWidth(v string) string {
	return strings.Map(func(c rune) rune {
		if c > ' ' && c < 0x7f {
			return c - '!' + '！'
		}
		return c
	}, v)
}

// twins are letters of other scripts that look like Latin ones.
var twins = map[rune]rune{
	'a': 'а', 'c': 'с', 'e': 'е', 'i': 'і', 'o': 'о', 'p': 'р', 's': 'ѕ', 'x': 'х', 'y': 'у', 'j': 'ј',
	'A': 'А', 'B': 'В', 'C': 'С', 'E': 'Е', 'H': 'Н', 'I': 'І', 'K': 'К', 'M': 'М', 'O': 'О', 'P': 'Р', 'S': 'Ѕ', 'T': 'Т', 'X': 'Х', 'Y': 'Υ', 'N': 'Ν', 'Z': 'Ζ',
}

var originals = func() map[rune]rune {
	back := map[rune]rune{}
	for latin, twin := range twins {
		back[twin] = unicode.ToLower(latin)
		back[unicode.ToLower(twin)] = unicode.ToLower(latin)
	}
	return back
}()

func homoglyphs(v string) string {
	return strings.Map(func(c rune) rune {
		if t, ok := twins[c]; ok {
			return t
		}
		return c
	}, v)
}

// split halves what is long enough for either half to be told from chance.
func split(v string, _ *rand.Rand) []string {
	letters := []rune(v)
	if len(Fold(v)) < 2*shortest || len(letters) < 4 {
		return nil
	}
	a, b := string(letters[:len(letters)/2]), string(letters[len(letters)/2:])
	if len(Fold(a)) < shortest || len(Fold(b)) < shortest || strings.TrimSpace(a) != a || strings.TrimSpace(b) != b {
		return nil
	}
	return []string{a, b}
}

// Fold is what all ways of writing the same letters have in common: it decomposes, drops
// marks and what has no width, puts Latin letters for their twins, and small for capital.
func Fold(v string) string {
	if ascii(v) {
		return strings.ToLower(v)
	}
	return strings.Map(func(c rune) rune {
		switch {
		case 'A' <= c && c <= 'Z':
			return c - 'A' + 'a'
		case c <= unicode.MaxASCII:
			return c
		case unicode.Is(unicode.Mn, c) || unicode.Is(unicode.Cf, c):
			return -1
		}
		c = unicode.ToLower(c)
		if latin, ok := originals[c]; ok {
			return latin
		}
		return c
	}, norm.NFKD.String(v))
}

// What nobody can tell from what is collected, and is therefore not planted: eight digits that
// could be a lot or a part number, digits with dots that could be a version (9.5.12 is a day of
// somebody's life and a MiSeq's FPGA; 2.3.0.3 is a host and a NextSeq's software), and 32 hex
// digits that spell nothing and could be a token.
var (
	aLot     = regexp.MustCompile(`^[125][0-9]{7}$`)
	aVersion = regexp.MustCompile(`^((HD )?v?[1-9]\.[0-9]{1,2}(\.[0-9]{1,3}(\.[0-9]{1,5})?)?|[0-9]{1,2}\.[0-9]{1,3}(\.[0-9]{1,3})?)$`)
	aToken   = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

func anyClosed(written []string) bool { return slices.ContainsFunc(written, closed) }

func closed(s string) bool {
	switch {
	case aLot.MatchString(s):
		return !aDay(s)
	case aToken.MatchString(s):
		raw, err := hex.DecodeString(s)
		return err != nil || !utf8.Valid(raw) && !utf16Text(raw)
	}
	return aVersion.MatchString(s)
}

func aDay(s string) bool {
	for _, layout := range []string{"20060102", "02012006", "01022006"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1900 && t.Year() < 2040 {
			return true
		}
	}
	return false
}

func utf16Text(raw []byte) bool {
	for i := 1; i < len(raw); i += 2 {
		if raw[i] != 0 {
			return false
		}
	}
	return true
}
