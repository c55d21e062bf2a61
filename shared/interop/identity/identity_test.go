package identity_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/interop"
	"proactive/shared/interop/identity"
)

func put(b []byte, n int, v uint64) []byte {
	var raw [8]byte
	binary.LittleEndian.PutUint64(raw[:], v)
	return append(b, raw[:n]...)
}

func text(b []byte, s string) []byte { return append(put(b, 2, uint64(len(s))), s...) }

// marshal writes index metrics of a version.
func marshal(version int, all []identity.Index) []byte {
	tile, clusters := 2, 4
	if version == 2 {
		tile, clusters = 4, 8
	}
	b := []byte{byte(version)}
	for _, x := range all {
		b = put(put(put(b, 2, uint64(x.Tile.Lane)), tile, uint64(x.Tile.Number)), 2, uint64(x.Read))
		b = text(text(put(text(b, x.Sequence), clusters, x.Clusters), x.Sample), x.Project)
	}
	return b
}

func read(in io.Reader) (all []identity.Index, f interop.File, err error) {
	f, err = identity.ReadIndex(in, func(x identity.Index) { all = append(all, x) })
	return all, f, err
}

// What is written is read; cut anywhere, what is whole is read and the rest is not.
func TestIndexCutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		version := rapid.IntRange(1, 2).Draw(t, "version")
		want := rapid.SliceOf(rapid.Custom(func(t *rapid.T) identity.Index {
			return identity.Index{
				Tile: interop.Tile{Lane: rapid.IntRange(1, 8).Draw(t, "lane"), Number: rapid.IntRange(1101, 2678).Draw(t, "tile")},
				Read: rapid.IntRange(1, 3).Draw(t, "read"), Sequence: rapid.StringN(0, 20, 60).Draw(t, "sequence"),
				Sample: rapid.StringN(0, 30, 90).Draw(t, "sample"), Project: rapid.String().Draw(t, "project"),
				Clusters: uint64(rapid.Uint32Range(0, math.MaxUint32).Draw(t, "clusters")),
			}
		})).Draw(t, "records")
		file := marshal(version, want)
		cut := rapid.IntRange(0, len(file)).Draw(t, "cut")
		got, f, err := read(iotest.OneByteReader(bytes.NewReader(file[:cut])))
		switch {
		case cut == 0:
			if !errors.Is(err, interop.ErrEmpty) {
				t.Fatal(err)
			}
			return
		case err != nil || f.Records != int64(len(got)) || len(got) > len(want):
			t.Fatalf("%+v: %v", f, err)
		case cut == len(file) && (f.Torn || len(got) != len(want)):
			t.Fatalf("whole: %+v", f)
		}
		if diff := cmp.Diff(append([]identity.Index{}, want[:len(got)]...), append([]identity.Index{}, got...)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestUnknownVersions(t *testing.T) {
	for v := range 256 {
		raw := append([]byte{byte(v)}, make([]byte, 50)...)
		if _, _, err := read(bytes.NewReader(raw)); v != 1 && v != 2 && !errors.Is(err, interop.ErrVersion) {
			t.Errorf("index metrics of version %d: %v", v, err)
		}
		if _, err := identity.ReadControls(bytes.NewReader(raw), func(identity.Control) {}); v != 1 && !errors.Is(err, interop.ErrVersion) {
			t.Errorf("control metrics of version %d: %v", v, err)
		}
	}
}

// The byte vectors of the reference reader's own tests.
func TestVectors(t *testing.T) {
	for version, want := range map[int]identity.Index{
		1: {Tile: interop.Tile{Lane: 7, Number: 1114}, Read: 3, Sequence: "ATCACGAC-AAGGTTCA", Sample: "1", Project: "TSCAIndexes", Clusters: 4570},
		2: {Tile: interop.Tile{Lane: 1, Number: 121106}, Read: 3, Sequence: "ATCACGAC-AAGGTTCA", Sample: "1", Project: "TSCAIndexes", Clusters: 4570},
	} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "vectors", fmt.Sprintf("index_metric_v%d.bin", version)))
		if err != nil {
			t.Skip("NOT RUN: the vectors are not on this machine")
		}
		got, f, err := read(bytes.NewReader(raw))
		if err != nil || f.Version != version || len(got) != 3 || f.Torn || !cmp.Equal(got[0], want) {
			t.Errorf("version %d: %+v %v\n%+v", version, f, err, got)
		}
	}
}

// FuzzIdentity holds both readers to: no panic, no more records than there are bytes for,
// and the same again.
func FuzzIdentity(f *testing.F) {
	one := []identity.Index{{Tile: interop.Tile{Lane: 1, Number: 1101}, Read: 1, Sequence: "AC", Sample: "x", Project: "y", Clusters: 3}}
	f.Add(marshal(1, one))
	f.Add(marshal(2, one))
	f.Add([]byte{1, 1, 0, 77, 4, 1, 0, 1, 0, 'c', 1, 0, 'A', 9, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, file, err := read(bytes.NewReader(raw))
		if file.Records != int64(len(all)) || len(all)*12 > len(raw) {
			t.Fatalf("%d records from %d bytes", len(all), len(raw))
		}
		again, _, err2 := read(iotest.HalfReader(bytes.NewReader(raw)))
		if fmt.Sprint(err) != fmt.Sprint(err2) || !cmp.Equal(all, again) {
			t.Fatal("not the same again")
		}
		n := 0
		if f, err := identity.ReadControls(bytes.NewReader(raw), func(identity.Control) { n++ }); err == nil && f.Records != int64(n) {
			t.Fatal(f, n)
		}
	})
}
