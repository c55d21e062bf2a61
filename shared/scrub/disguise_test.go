package scrub_test

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"proactive/shared/catalog"
	"proactive/shared/observation"
	"proactive/shared/scrub"
)

func inUTF16(order binary.ByteOrder, s string) string {
	b := make([]byte, 16)
	for i, u := range utf16.Encode([]rune(s)) {
		order.PutUint16(b[2*i:], u)
	}
	return hex.EncodeToString(b)
}

// A token is as long as the hex digits of sixteen letters, and a version as a birthday: both
// walls see through it.
func TestWhatLooksLikeATokenOrAVersion(t *testing.T) {
	cat := load(t)
	for _, c := range []struct{ name, field, text, reason string }{
		{"hex", "run.token", hex.EncodeToString([]byte("0049 30 58213907")), catalog.ReadsAsText},
		{"hex of accents", "run.token", hex.EncodeToString([]byte("Núria Peña Gil")), catalog.ReadsAsText},
		{"hex of Japanese", "run.flowcell_token", hex.EncodeToString([]byte("高橋 さくら")), catalog.ReadsAsText},
		{"hex of Devanagari", "run.token", hex.EncodeToString([]byte("राहुल ")), catalog.ReadsAsText},
		{"hex of Arabic in UTF-16", "run.token", inUTF16(binary.LittleEndian, "محمد علي"), catalog.ReadsAsText},
		{"hex of Cyrillic in UTF-16", "run.token", inUTF16(binary.BigEndian, "Иван Куз"), catalog.ReadsAsText},
		{"hex of UTF-16", "run.token", inUTF16(binary.LittleEndian, "ACGTTGCA"), catalog.ReadsAsText},
		{"hex of UTF-16, the other way", "run.token", inUTF16(binary.BigEndian, "M. Lopez"), catalog.ReadsAsText},
		{"hex, filled up with zeros", "run.token", hex.EncodeToString(append([]byte("Maria Lopez"), 0, 0, 0, 0, 0)), catalog.ReadsAsText},
		{"UTF-16, filled up", "run.flowcell_token", inUTF16(binary.LittleEndian, "Lopez"), catalog.ReadsAsText},
		{"a birthday for a version", "config.control_software", "1.3.1984", catalog.PatternMismatch},
		{"another", "config.rta", "2.11.1984", catalog.PatternMismatch},
	} {
		o := observation.Observation{Field: c.field, Text: c.text}
		if strings.HasSuffix(c.field, "token") && len(c.text) != 32 {
			t.Fatalf("%s has %d digits", c.name, len(c.text))
		}
		if f, _ := cat.Field(c.field); f.ID == "" {
			t.Fatal(c.field)
		} else if reason, ok := f.Check(o); ok || reason != c.reason {
			t.Errorf("the first wall, %s: %q %v, want %q", c.name, reason, ok, c.reason)
		}
		if hits := scrub.Detect(cat, []observation.Observation{o}); len(hits) != 1 {
			t.Errorf("the second wall, %s: %v", c.name, hits)
		}
	}
}

// Real tokens are taken for a text by neither wall: of these, by none.
func TestTokensAreTokens(t *testing.T) {
	cat := load(t)
	f, _ := cat.Field("run.token")
	rng := rand.New(rand.NewPCG(1, 2))
	raw := make([]byte, 16)
	for range 200_000 {
		binary.LittleEndian.PutUint64(raw, rng.Uint64())
		binary.LittleEndian.PutUint64(raw[8:], rng.Uint64())
		o := observation.Observation{Field: "run.token", Text: hex.EncodeToString(raw)}
		if reason, ok := f.Check(o); !ok {
			t.Fatalf("%s: %s", o.Text, reason)
		}
		if hits := scrub.Detect(cat, []observation.Observation{o}); len(hits) != 0 {
			t.Fatalf("%s: %v", o.Text, hits)
		}
	}
}
