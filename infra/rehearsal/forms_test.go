package rehearsal_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"proactive/shared/clean"
	"proactive/shared/observation"
)

var (
	magicGzip    = []byte{0x1f, 0x8b}
	magicZstd    = []byte{0x28, 0xb5, 0x2f, 0xfd}
	magicParquet = []byte("PAR1")
	magicZip     = []byte("PK\x03\x04")

	softBreak = regexp.MustCompile(`=?\r?\n`)
	quoted    = regexp.MustCompile(`[=%][0-9A-Fa-f]{2}`)

	hexDigits = letters("0123456789abcdefABCDEF")
	// Both alphabets of base64: which it is, is made the same before it is decoded.
	base64Digits = letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
	oneAlphabet  = strings.NewReplacer("-", "+", "_", "/")
)

// letters are a set of them.
func letters(list string) (set [256]bool) {
	for _, c := range []byte(list) {
		set[c] = true
	}
	return set
}

// runs are the longest stretches of content that are letters of a set, if long enough.
func runs(content []byte, set *[256]bool, least int) (all [][]byte) {
	from := 0
	for i := 0; i <= len(content); i++ {
		if i < len(content) && set[content[i]] {
			continue
		}
		if i-from >= least {
			all = append(all, content[from:i])
		}
		from = i + 1
	}
	return all
}

// deepest is how often something is decoded that came out of a decoding: a receipt's body
// in a row in a parquet file would be three.
const deepest = 4

// forms is content with all that can be made of it by decoding, each on a line of its own:
// parquet, gzip, zstd, base64 of both alphabets wherever it begins, hex, percent signs and
// quoted-printable, as it is and without line breaks.
func forms(content []byte) []byte {
	all := bytes.Clone(content)
	for _, f := range decoded(content) {
		all = append(append(all, '\n'), f...)
	}
	return all
}

func decoded(content []byte) (all [][]byte) {
	level := [][]byte{content}
	for range deepest {
		var next [][]byte
		for _, c := range level {
			next = append(next, once(c)...)
		}
		all, level = append(all, next...), next
	}
	return all
}

func once(c []byte) (all [][]byte) {
	switch {
	case bytes.HasPrefix(c, magicParquet):
		return [][]byte{wordsOf(c)}
	case bytes.HasPrefix(c, magicZip):
		return entriesOf(c)
	case bytes.HasPrefix(c, magicGzip):
		if r, err := gzip.NewReader(bytes.NewReader(c)); err == nil {
			if raw, err := io.ReadAll(r); err == nil {
				return [][]byte{raw}
			}
		}
	case bytes.HasPrefix(c, magicZstd):
		if r, err := zstd.NewReader(bytes.NewReader(c)); err == nil {
			defer r.Close()
			if raw, err := io.ReadAll(r); err == nil {
				return [][]byte{raw}
			}
		}
	}
	if joined := softBreak.ReplaceAll(c, nil); len(joined) != len(c) {
		all = append(all, joined)
	}
	if plain := quoted.ReplaceAllFunc(c, func(q []byte) []byte {
		b, _ := hex.DecodeString(string(q[1:]))
		return b
	}); len(plain) != len(c) {
		all = append(all, plain)
	}
	for _, run := range runs(c, &hexDigits, 16) {
		for from := range 2 { // it may begin after a digit that is not its own
			if b, err := hex.DecodeString(string(run[from : from+(len(run)-from)&^1])); err == nil && readable(b) {
				all = append(all, b)
			}
		}
	}
	for _, run := range runs(c, &base64Digits, 12) {
		text := oneAlphabet.Replace(string(run))
		for from := range 4 {
			part := text[from:]
			if len(part)%4 == 1 {
				part = part[:len(part)-1]
			}
			if b, err := base64.RawStdEncoding.DecodeString(part); err == nil && readable(b) {
				all = append(all, b)
			}
		}
	}
	return all
}

// entriesOf are the names and the files of an archive. One that cannot be looked into is
// not passed over.
func entriesOf(archive []byte) (all [][]byte) {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return [][]byte{[]byte(cannotBeRead + err.Error())}
	}
	for _, f := range r.File {
		all = append(all, []byte(f.Name))
		in, err := f.Open()
		if err != nil {
			return [][]byte{[]byte(cannotBeRead + err.Error())}
		}
		raw, err := io.ReadAll(in)
		if err != nil {
			return [][]byte{[]byte(cannotBeRead + err.Error())}
		}
		all = append(all, raw)
	}
	return all
}

// wordsOf is all that a clean batch says but for the numbers of its measurements, which
// no name is spelt with. A file that cannot be looked into is not passed over.
func wordsOf(parquet []byte) []byte {
	b, err := clean.Decode(parquet)
	if err != nil {
		return []byte(cannotBeRead + err.Error())
	}
	b.Observations = slices.DeleteFunc(b.Observations, func(o observation.Observation) bool { return o.Text == "" })
	raw, err := json.Marshal(b)
	if err != nil {
		return []byte(cannotBeRead + err.Error())
	}
	return raw
}

// cannotBeRead stands in place of what should have been decoded.
const cannotBeRead = "(the search cannot read this) "

// readable tells what may be text, or compressed, from what was decoded and never encoded:
// six printable characters in a row, which is less than the shortest mark.
func readable(b []byte) bool {
	if bytes.HasPrefix(b, magicGzip) || bytes.HasPrefix(b, magicZstd) || bytes.HasPrefix(b, magicParquet) || bytes.HasPrefix(b, magicZip) {
		return true
	}
	n := 0
	for _, c := range b {
		if n++; c < ' ' || c > '~' {
			n = 0
		}
		if n == 6 {
			return true
		}
	}
	return false
}

// mentions counts a mark in content, both without capitals, where no letter or digit is
// beside it.
func mentions(content []byte, mark string) (n int) {
	alone := func(at int) bool {
		return at < 0 || at >= len(content) || (content[at] < '0' || content[at] > '9') && (content[at] < 'a' || content[at] > 'z')
	}
	for from := 0; ; {
		at := bytes.Index(content[from:], []byte(mark))
		if at < 0 {
			return n
		}
		at += from
		if alone(at-1) && alone(at+len(mark)) {
			n++
		}
		from = at + 1
	}
}

func archived(name string, content []byte) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write(content)
	}
	if err != nil || w.Close() != nil {
		panic("an archive in memory")
	}
	return out.Bytes()
}

// TestWhatIsHiddenIsFound, or a search that finds nothing says nothing.
func TestWhatIsHiddenIsFound(t *testing.T) {
	t.Parallel()
	const mark = "M04034-MARK"
	line := []byte(`{"serial":"` + mark + `","n":1}`)
	zipped := func(b []byte) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, _ = w.Write(b)
		_ = w.Close()
		return out.Bytes()
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var wrapped []byte
	for i, c := range []byte(base64.StdEncoding.EncodeToString(line)) {
		if wrapped = append(wrapped, c); i%7 == 6 {
			wrapped = append(wrapped, "\r\n"...)
		}
	}
	for name, content := range map[string][]byte{
		"plain":                  line,
		"capitals":               bytes.ToUpper(line),
		"gzip":                   zipped(line),
		"a file in an archive":   archived("x.json", line),
		"a name in an archive":   archived(mark+".json", []byte("x")),
		"zstd":                   enc.EncodeAll(line, nil),
		"base64":                 []byte(base64.StdEncoding.EncodeToString(line)),
		"a part of a JWS":        []byte("eyJhbGciOiJFUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(line) + ".c2ln"),
		"base64 after letters":   []byte("key" + base64.RawStdEncoding.EncodeToString(line)),
		"gzip in base64 in JSON": fmt.Appendf(nil, `{"B":%q}`, base64.StdEncoding.EncodeToString(zipped(line))),
		"base64 in base64":       []byte(base64.StdEncoding.EncodeToString([]byte(base64.RawURLEncoding.EncodeToString(line)))),
		"wrapped base64":         wrapped,
		"hex":                    []byte("0x" + hex.EncodeToString(line)),
		"quoted-printable":       []byte("Serial M0=\r\n4034=2DMA=\r\nRK."),
		"percent signs":          []byte("serial=M04034%2DMARK&x=1"),
	} {
		if found := residue([]thing{look("test", name, content)}, mark); len(found) != 1 {
			t.Errorf("%s: not found in %q", name, content)
		}
	}
	if found := residue([]thing{look("test", "", []byte("XM04034-MARK M04034-MARK7 M04034-MAR"))}, mark); len(found) != 0 {
		t.Errorf("found %v where there is none", found)
	}
	if found := residue([]thing{look("test", "", []byte("PAR1 and no parquet"))}, mark); len(found) != 1 {
		t.Errorf("a file that cannot be read was passed over: %v", found)
	}
}
