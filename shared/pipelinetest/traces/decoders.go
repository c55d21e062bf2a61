package traces

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"proactive/shared/clean"
)

// decoder turns bytes to what they may stand for; nothing if they stand for nothing of it. It
// is lenient: a search wants everything that anybody could read.
type decoder struct {
	name   string
	decode func([]byte) []byte
}

var decoders = []decoder{
	{"base64", func(b []byte) []byte { return runs(b, &base64Bytes, 10, unbase64) }},
	{"hex", func(b []byte) []byte { return runs(b, &hexBytes, 12, unhex) }},
	{"json", unjson}, {"percent", func(b []byte) []byte { return unescape(b, '%') }}, {"quoted", func(b []byte) []byte { return unescape(b, '=') }},
	{"query", unquery},
	{"references", unreference}, {"unwrapped", unwrap}, {"utf-16", unutf16},
}

// binaryDecoders are those of bytes that are no text.
var binaryDecoders = []decoder{
	{"gzip", gunzip}, {"zstd", unzstd}, {"zip", unzip}, {"parquet", parquetRows}, {"strings", stretches}, {"utf-16", unutf16},
}

// stretches are what is text between bytes that are none, as strings(1) shows it.
func stretches(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); {
		start := i
		for i < len(b) {
			if b[i] < utf8.RuneSelf {
				if b[i] < ' ' || b[i] == 0x7f {
					break
				}
				i++
				continue
			}
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError {
				break
			}
			i += n
		}
		if i-start >= 6 {
			out = append(append(out, b[start:i]...), '\n')
		}
		i = max(i, start+1)
	}
	return out
}

// maxExpanded bounds what one compressed object is taken to hold.
const maxExpanded = 256 << 20

func gunzip(b []byte) []byte {
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(r, maxExpanded)) // as far as it goes
	return out
}

func unzstd(b []byte) []byte {
	if !bytes.HasPrefix(b, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		return nil
	}
	r, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil
	}
	defer r.Close()
	out, _ := io.ReadAll(io.LimitReader(r, maxExpanded)) // as far as it goes
	return out
}

// unzip is the names and the files of an archive, clean batches among them as lines.
func unzip(b []byte) []byte {
	if !bytes.HasPrefix(b, []byte(magicZip)) {
		return nil
	}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil
	}
	var out []byte
	for _, f := range r.File {
		out = append(append(out, f.Name...), '\n')
		in, err := f.Open()
		if err != nil {
			continue
		}
		raw, _ := io.ReadAll(io.LimitReader(in, maxExpanded-int64(min(len(out), maxExpanded)))) // as far as it goes
		_ = in.Close()
		if rows := parquetRows(raw); rows != nil {
			raw = rows
		}
		out = append(append(out, raw...), '\n')
	}
	return out
}

const magicZip = "PK\x03\x04"

// parquetRows are a clean batch as lines of JSON, its texts as they are.
func parquetRows(b []byte) (rows []byte) {
	if !bytes.HasPrefix(b, []byte("PAR1")) {
		return nil
	}
	defer func() {
		if recover() != nil { // the library's answer to some files that are damaged
			rows = nil
		}
	}()
	batch, err := clean.Decode(b)
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, o := range batch.Observations {
		if o.Text != "" {
			out.WriteString(o.Text + "\n")
		}
		_ = enc.Encode(o) // into memory, of what was decoded
	}
	return out.Bytes()
}

// runs decodes each run of at least n bytes of a class, and keeps what could be text.
func runs(b []byte, class *[256]bool, n int, decode func([]byte) []byte) []byte {
	var out []byte
	for i := 0; i < len(b); i++ {
		if !class[b[i]] {
			continue
		}
		start := i
		for i < len(b) && class[b[i]] {
			i++
		}
		if i-start < n {
			continue
		}
		if d := decode(b[start:i]); readable(d) {
			out = append(append(out, d...), '\n')
		}
	}
	return out
}

// readable tells whether bytes could say something: text of some kind, or compressed.
func readable(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", magicZip, "PAR1"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	if utf8.Valid(b) {
		return true
	}
	zeros := 0
	for _, c := range b {
		if c == 0 {
			zeros++
		}
	}
	return zeros*4 >= len(b) || len(b)%2 == 0 && len(b) <= 256 // UTF-16 of any script
}

// The bytes of base64, either alphabet, and of hex.
var (
	base64Bytes = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
	hexBytes    = classOf("0123456789abcdefABCDEF")
	wordBytes   = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
)

func classOf(all string) (class [256]bool) {
	for _, b := range []byte(all) {
		class[b] = true
	}
	return class
}

func unbase64(b []byte) []byte {
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
	if len(b)%4 == 1 {
		b = b[:len(b)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, _ := base64.RawStdEncoding.Decode(out, b)
	return out[:n]
}

func unhex(b []byte) []byte {
	out := make([]byte, len(b)/2)
	n, _ := hex.Decode(out, b[:len(b)/2*2])
	return out[:n]
}

// unjson takes the backslashes off, however deep the text is quoted.
func unjson(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return nil
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		i++
		switch c := b[i]; c {
		case 'n', 'r', 't':
			out = append(out, ' ')
		case 'u':
			r, width := unicodeEscape(b[i-1:])
			if width == 0 {
				out = append(out, '\\', c)
				continue
			}
			out = utf8.AppendRune(out, r)
			i += width - 2
		default:
			out = append(out, c)
		}
	}
	return out
}

// unicodeEscape reads one escape, or two that are a pair; width is 0 if there is none.
func unicodeEscape(b []byte) (r rune, width int) {
	one := func(b []byte) rune {
		if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
			return -1
		}
		v, err := strconv.ParseUint(string(b[2:6]), 16, 16)
		if err != nil {
			return -1
		}
		return rune(v)
	}
	r = one(b)
	if r < 0 {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if pair := utf16.DecodeRune(r, one(b[6:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return r, 6
}

// unescape takes bytes in hex after a mark: percent signs, quoted-printable.
func unescape(b []byte, mark byte) []byte {
	if bytes.IndexByte(b, mark) < 0 {
		return nil
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == mark && i+2 < len(b) && hexBytes[b[i+1]] && hexBytes[b[i+2]]:
			out = append(out, unhex(b[i+1:i+3])...)
			i += 2
		case b[i] == mark && mark == '=' && i+1 < len(b) && (b[i+1] == '\n' || b[i+1] == '\r'): // a soft line break
			for i+1 < len(b) && (b[i+1] == '\n' || b[i+1] == '\r') {
				i++
			}
		default:
			out = append(out, b[i])
		}
	}
	return out
}

// unquery is the query of an address, where a plus sign stands for a space.
func unquery(b []byte) []byte {
	spaced := bytes.ReplaceAll(b, []byte("+"), []byte(" "))
	if out := unescape(spaced, '%'); out != nil {
		return out
	}
	return spaced
}

func unreference(b []byte) []byte {
	if bytes.IndexByte(b, '&') < 0 {
		return nil
	}
	return []byte(html.UnescapeString(string(b)))
}

// unwrap joins the lines of mails, whose base64 is broken at 76 characters.
func unwrap(b []byte) []byte {
	if !bytes.Contains(b, []byte("base64")) {
		return nil
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r"), nil), []byte("\n"), nil)
}

// unutf16 is text of two bytes a letter: the whole of it, both ways, if it is short; of
// longer bytes, the stretches that are ASCII with zeros.
func unutf16(b []byte) []byte {
	if len(b) <= 1024 && !printable(b) {
		var out []byte
		for from := range 2 {
			for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
				var units []uint16
				for i := from; i+1 < len(b); i += 2 {
					units = append(units, order.Uint16(b[i:]))
				}
				out = append(append(out, string(utf16.Decode(units))...), '\n')
			}
		}
		return out
	}
	var out []byte
	for i := 0; i+1 < len(b); i++ {
		start := len(out)
		for i+1 < len(b) && b[i] >= ' ' && b[i] < 0x7f && b[i+1] == 0 {
			out = append(out, b[i])
			i += 2
		}
		switch {
		case len(out)-start < 6:
			out = out[:start]
		default:
			out = append(out, '\n')
		}
	}
	return out
}

// printable tells whether bytes are text as they are.
func printable(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}
