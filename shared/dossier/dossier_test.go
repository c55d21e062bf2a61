package dossier_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"testing/fstest"

	"proactive/shared/dossier"
	"proactive/shared/fault"
)

func sound() (dossier.Manifest, fstest.MapFS) {
	files := fstest.MapFS{"README.txt": {Data: []byte("hello")}, "observations/1-A.csv": {Data: []byte("a,b\r\n")}}
	m := dossier.Manifest{Format: dossier.Format, Instrument: "i-1", Contents: []dossier.Content{{Name: "ledger", Count: 3}}}
	for name, f := range files {
		sum := sha256.Sum256(f.Data)
		m.Files = append(m.Files, dossier.File{Name: name, Bytes: int64(len(f.Data)), SHA256: hex.EncodeToString(sum[:])})
	}
	return m, files
}

func TestWhatTheManifestDoesNotSayIsRefused(t *testing.T) {
	for name, change := range map[string]func(m *dossier.Manifest, files fstest.MapFS){
		"":               func(*dossier.Manifest, fstest.MapFS) {},
		"another format": func(m *dossier.Manifest, _ fstest.MapFS) { m.Format = "proactive-export/2" },
		"a file changed": func(_ *dossier.Manifest, files fstest.MapFS) { files["README.txt"].Data[0] = 'H' },
		"a file longer": func(_ *dossier.Manifest, files fstest.MapFS) {
			files["README.txt"].Data = append(files["README.txt"].Data, 'x')
		},
		"a file missing": func(_ *dossier.Manifest, files fstest.MapFS) { delete(files, "README.txt") },
		"a file too many": func(_ *dossier.Manifest, files fstest.MapFS) {
			files["observations/2-B.csv"] = &fstest.MapFile{Data: []byte("x")}
		},
		"a file twice":     func(m *dossier.Manifest, _ fstest.MapFS) { m.Files = append(m.Files, m.Files[0]) },
		"a way up":         func(m *dossier.Manifest, _ fstest.MapFS) { m.Files[0].Name = "../README.txt" },
		"its own manifest": func(m *dossier.Manifest, _ fstest.MapFS) { m.Files[0].Name = dossier.ManifestName },
	} {
		m, files := sound()
		change(&m, files)
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		files[dossier.ManifestName] = &fstest.MapFile{Data: raw}
		got, err := dossier.Check(files)
		if _, reason := fault.Public(err); (err == nil) != (name == "") || err != nil && reason != dossier.Damaged {
			t.Errorf("%q: %v", name, err)
		}
		if err == nil && (got.Instrument != "i-1" || got.Count("ledger") != 3 || got.Count("x") != 0) {
			t.Errorf("%+v", got)
		}
	}
	for name, raw := range map[string]string{"no manifest": "", "not JSON": "{", "empty": "{}"} {
		files := fstest.MapFS{}
		if raw != "" {
			files[dossier.ManifestName] = &fstest.MapFile{Data: []byte(raw)}
		}
		if _, err := dossier.Check(files); err == nil {
			t.Errorf("%s: sound", name)
		}
	}
}

func TestNamesThatNoFileMayHave(t *testing.T) {
	for _, name := range []string{
		"", ".", "..", "/a", "a/", "a//b", "../a", "a/../b", `a\b`, "C:x", "c:/x", "a b", "con", "a/NUL.txt", "aux.json", "a.", "a/b.", ".a", "ä", "a\x00",
		"a/" + string(make([]byte, 300)),
	} {
		if dossier.ValidName(name) {
			t.Errorf("%q may be a file's name", name)
		}
	}
	for _, name := range []string{"README.txt", "receipts.jws", "continued-0002/ledger.json", "observations/000000001-01HZZZZZZZZZZZZZZZZZZZZ001.parquet", "notices/c-izfaatapm6qpp2ur-1/offer-1.txt"} {
		if !dossier.ValidName(name) {
			t.Errorf("%q may not", name)
		}
	}
}
