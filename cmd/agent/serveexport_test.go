package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"proactive/shared/dossier"
	"proactive/shared/fault"
)

// prepared is the export of the API in memory.
type prepared struct {
	request string
	asks    int
	parts   [][]byte
}

// export prepares two parts: what is told of the instrument, and its stored batches with
// the manifest.
func (s *service) export(body []byte) (any, error) {
	var in struct{ Instrument, Request string }
	if err := json.Unmarshal(body, &in); err != nil || in.Instrument != testInstrument || len(in.Request) != 26 {
		return nil, fault.New(fault.Malformed, "bad-request", err)
	}
	p := &s.prepared
	p.asks++
	if p.request == "" {
		p.request = in.Request
	}
	answer := map[string]any{"state": "preparing", "request": p.request, "asked": s.now(), "parts": []any{}}
	if s.moods["export-slow"] && p.asks < 3 {
		return answer, nil
	}
	s.pack()
	parts := []map[string]any{}
	for _, raw := range p.parts {
		sum := sha256.Sum256(raw)
		parts = append(parts, map[string]any{"bytes": len(raw), "sha256": hex.EncodeToString(sum[:])})
	}
	if s.moods["export-never"] {
		answer["parts"] = parts[:1]
		return answer, nil
	}
	answer["state"], answer["parts"] = "ready", parts
	return answer, nil
}

func (s *service) pack() {
	m := dossier.Manifest{
		Format: dossier.Format, Deployment: testDeployment, Instrument: testInstrument, Request: s.prepared.request, Asked: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC),
		Left: []dossier.Left{{What: "sealed uploads", Why: "they open for nobody"}},
	}
	if s.moods["export-foreign"] {
		m.Instrument = "i-01arz3ndektsv4rrffq69g5faw"
	}
	var parts [2]bytes.Buffer
	n := 0
	w := zip.NewWriter(&parts[0])
	add := func(name, body string) {
		sum := sha256.Sum256([]byte(body))
		m.Files = append(m.Files, dossier.File{Name: name, Bytes: int64(len(body)), SHA256: hex.EncodeToString(sum[:])})
		s.file(w, name, body)
	}
	add("instrument.json", `[{"serial":"`+s.number+`"}]`)
	add("receipts.jws", strings.Join(append(s.receipts, ""), "\n"))
	s.must(w.Close())
	w = zip.NewWriter(&parts[1])
	for _, id := range s.order {
		if b := s.batches[id]; b.jws != "" && !s.moods["export-lacks"] {
			n++
			add(fmt.Sprintf("observations/%09d-%s.parquet", b.Sequence, id), "of "+id)
		}
	}
	add("README.txt", "hello\n")
	m.Contents = []dossier.Content{{Name: "receipts", What: "receipts", Count: len(s.receipts)}, {Name: "observations", What: "clean batches", Count: n}}
	raw, err := json.Marshal(m)
	s.must(err)
	switch {
	case s.moods["export-altered"]:
		raw = bytes.Replace(raw, []byte(m.Files[0].SHA256), []byte(strings.Repeat("0", 64)), 1)
	case s.moods["export-climbs"]:
		raw = bytes.Replace(raw, []byte("README.txt"), []byte("../up.txt"), 1)
		s.file(w, "../up.txt", "hello\n")
	case s.moods["export-stuffed"]:
		s.file(w, "more.txt", "x")
	}
	s.file(w, dossier.ManifestName, string(raw))
	s.must(w.Close())
	s.prepared.parts = [][]byte{parts[0].Bytes(), parts[1].Bytes()}
}

func (s *service) file(w *zip.Writer, name, body string) {
	f, err := w.Create(name)
	s.must(err)
	_, err = f.Write([]byte(body))
	s.must(err)
}

func (s *service) must(err error) {
	if err != nil {
		s.t.Error(err)
	}
}

func (s *service) link(r *http.Request) (any, error) {
	n, err := strconv.Atoi(r.URL.Query().Get("part"))
	if err != nil || r.URL.Query().Get("request") != s.prepared.request || n < 1 || n > len(s.prepared.parts) {
		return nil, fault.New(fault.Malformed, "no-such-part", err)
	}
	return map[string]any{"url": fmt.Sprintf("%s/dossiers/%d?signed=yes", s.srv.URL, n)}, nil
}

// part is the object store.
func (s *service) part(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/dossiers/"))
	if err != nil || r.Method != http.MethodGet || r.URL.RawQuery != "signed=yes" || r.Header.Get("Authorization") != "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	body := s.prepared.parts[n-1]
	switch {
	case s.moods["link-expired"]:
		delete(s.moods, "link-expired")
		w.WriteHeader(http.StatusForbidden)
	case s.moods["torn-download"]:
		delete(s.moods, "torn-download")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		panic(http.ErrAbortHandler)
	case s.moods["changed-download"]:
		delete(s.moods, "changed-download")
		_, _ = w.Write(append(body[:len(body)-1:len(body)-1], 'x'))
	default:
		_, _ = w.Write(body)
	}
}
