package rehearsal_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"testing"

	"github.com/klauspost/compress/zstd"

	"proactive/shared/clean"
)

var (
	magicGzip    = []byte{0x1f, 0x8b}
	magicZstd    = []byte{0x28, 0xb5, 0x2f, 0xfd}
	magicParquet = []byte("PAR1")

	softBreak = regexp.MustCompile(`=?\r?\n`)
	quoted    = regexp.MustCompile(`[=%][0-9A-Fa-f]{2}`)
	runOfHex  = regexp.MustCompile(`(?:[0-9A-Fa-f]{2}){8,}`)
	runs      = map[*base64.Encoding]*regexp.Regexp{
		base64.RawStdEncoding: regexp.MustCompile(`[A-Za-z0-9+/]{12,}`),
		base64.RawURLEncoding: regexp.MustCompile(`[A-Za-z0-9_-]{12,}`),
	}
)

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
		if b, err := clean.Decode(c); err == nil {
			if raw, err := json.Marshal(b); err == nil {
				return [][]byte{raw}
			}
		}
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
	for _, run := range runOfHex.FindAll(c, -1) {
		b, _ := hex.DecodeString(string(run))
		all = append(all, b)
	}
	for encoding, pattern := range runs {
		for _, run := range pattern.FindAll(c, -1) {
			for from := range 4 { // it may begin after letters that are not its own
				if part := run[min(from, len(run)):]; len(part) >= 8 {
					if b, err := encoding.DecodeString(string(part[:len(part)&^3])); err == nil && readable(b) {
						all = append(all, b)
					}
					if b, err := encoding.DecodeString(string(part)); err == nil && readable(b) {
						all = append(all, b)
					}
				}
			}
		}
	}
	return all
}

// readable tells what may be text, or compressed, from what was decoded and was not encoded:
// six printable characters in a row, which is less than the shortest mark.
func readable(b []byte) bool {
	if bytes.HasPrefix(b, magicGzip) || bytes.HasPrefix(b, magicZstd) || bytes.HasPrefix(b, magicParquet) {
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

// mentions counts a mark in content, in capitals or not, where no letter or digit is
// beside it.
func mentions(content []byte, mark string) (n int) {
	content, m := bytes.ToLower(content), bytes.ToLower([]byte(mark))
	alone := func(at int) bool {
		if at < 0 || at >= len(content) {
			return true
		}
		c := content[at]
		return (c < '0' || c > '9') && (c < 'a' || c > 'z')
	}
	for from := 0; ; {
		at := bytes.Index(content[from:], m)
		if at < 0 {
			return n
		}
		at += from
		if alone(at-1) && alone(at+len(m)) {
			n++
		}
		from = at + 1
	}
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
		if mentions(forms(content), mark) == 0 {
			t.Errorf("%s: not found in %q", name, content)
		}
	}
	if n := mentions(forms([]byte("XM04034-MARK M04034-MARK7 M04034-MAR")), mark); n != 0 {
		t.Errorf("found %d where there is none", n)
	}
}
