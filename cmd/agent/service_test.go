package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"proactive/shared/batch"
	"proactive/shared/enrolment"
	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/observation"
	"proactive/shared/receipt"
	"proactive/shared/request"
	"proactive/shared/seal"
)

// service is the API in memory. It judges its caller: every signed request is
// verified, every nonce is good once, an upload must be what was granted, and a
// sealed batch must open. A mood makes it, or what stands before it, misbehave.
type service struct {
	t   testing.TB
	srv *httptest.Server

	mu       sync.Mutex
	moods    map[string]bool
	root     *ecdsa.PrivateKey
	signer   *ecdsa.PrivateKey // receipts
	unwrap   *rsa.PrivateKey
	serial   int    // of the key set
	number   string // the instrument's serial number
	secret   [16]byte
	owner    ed25519.PublicKey
	said     []string // consent statements of this enrolment
	nonces   map[string]bool
	batches  map[string]*upload
	order    []string
	receipts []string
	requests []string // method and path of everything that reached us
	now      func() time.Time
	trouble  func(n int) trouble // of the n-th request, from 1; nil: none
	prepared prepared
}

// trouble is what befalls one request.
type trouble int

const (
	none      trouble = iota
	lost              // it never arrives
	replyLost         // it arrives and does its work, and the answer is lost
)

type upload struct {
	Batch    string `json:"batch"`
	Sequence int64  `json:"sequence"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	object   []byte
	payload  []byte
	jws      string
}

const (
	testDeployment = "proactive-test"
	testInstrument = "i-01arz3ndektsv4rrffq69g5fav"
	testSerial     = "M04034"
)

// keys are slow to make: once for all tests.
var testKeys = sync.OnceValue(func() (k struct {
	root, signer *ecdsa.PrivateKey
	unwrap       *rsa.PrivateKey
}) {
	var err error
	if k.root, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic(err)
	}
	if k.signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic(err)
	}
	if k.unwrap, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	return k
})

func newService(t testing.TB) *service {
	keys := testKeys()
	s := &service{
		t: t, moods: map[string]bool{}, root: keys.root, signer: keys.signer, unwrap: keys.unwrap, serial: 3, number: testSerial,
		nonces: map[string]bool{}, batches: map[string]*upload{}, now: time.Now,
	}
	if _, err := rand.Read(s.secret[:]); err != nil {
		t.Fatal(err)
	}
	s.srv = httptest.NewServer(http.HandlerFunc(s.handle))
	return s
}

func (s *service) code() string {
	return enrolment.Code{Secret: s.secret, Fingerprint: keyset.Fingerprint(spki(s.t, &s.root.PublicKey)), URL: s.srv.URL + "/base"}.String()
}

func spki(t testing.TB, key any) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// mood sets or ("no …") clears a mood.
func (s *service) mood(m string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rest, off := strings.CutPrefix(m, "not-"); off {
		delete(s.moods, rest)
		return
	}
	s.moods[m] = true
}

func (s *service) handle(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if s.trouble != nil {
		switch s.trouble(len(s.requests)) {
		case lost:
			panic(http.ErrAbortHandler)
		case replyLost:
			w = httptest.NewRecorder() // nobody reads it
			defer panic(http.ErrAbortHandler)
		}
	}
	if s.moods["portal"] {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>Welcome to the hospital's guest network</html>")
		return
	}
	if s.moods["unplugged"] {
		panic(http.ErrAbortHandler)
	}
	path, ours := strings.CutPrefix(r.URL.Path, "/base")
	if strings.HasPrefix(r.URL.Path, "/inbox/") {
		s.put(w, r, body)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/dossiers/") {
		s.part(w, r)
		return
	}
	if !ours {
		http.NotFound(w, r)
		return
	}
	target := path
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	answer, err := s.route(r, path, target, body)
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		kind, reason := fault.Public(err)
		w.WriteHeader(kind.Status())
		_ = json.NewEncoder(w).Encode(map[string]string{"error": kind.String(), "reason": reason})
		return
	}
	if s.moods["lose-"+path[len("/v1/"):]] { // done, and the answer is lost
		delete(s.moods, "lose-"+path[len("/v1/"):])
		panic(http.ErrAbortHandler)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *service) route(r *http.Request, path, target string, body []byte) (any, error) {
	switch r.Method + " " + path {
	case "GET /v1/challenge":
		nonce := make([]byte, 24)
		if _, err := rand.Read(nonce); err != nil {
			return nil, err
		}
		n := base64.RawURLEncoding.EncodeToString(nonce)
		s.nonces[n] = true
		return map[string]any{"nonce": n, "time": s.now()}, nil
	case "GET /v1/keys":
		return s.keys()
	case "POST /v1/enrol":
		return s.enrol(r, target, body)
	}
	if err := s.verify(r, target, body, s.owner); err != nil {
		return nil, err
	}
	switch r.Method + " " + path {
	case "POST /v1/consent":
		return s.consented(body)
	case "POST /v1/authorize":
		return s.authorize(body)
	case "POST /v1/export":
		return s.export(body)
	case "GET /v1/export":
		return s.link(r)
	case "GET /v1/receipts":
		after, err := strconv.Atoi(r.URL.Query().Get("after"))
		if err != nil || after < 0 {
			return nil, fault.New(fault.Malformed, "bad-request", err)
		}
		page := []string{}
		if after < len(s.receipts) {
			page = s.receipts[after:min(after+2, len(s.receipts))] // small pages, to walk them
		}
		return map[string]any{"receipts": page, "next": after + len(page)}, nil
	}
	return nil, fault.New(fault.Malformed, "no-such-call", nil)
}

// verify is what makes a signed request good: signature, binding, a nonce of ours,
// once.
func (s *service) verify(r *http.Request, target string, body []byte, key ed25519.PublicKey) error {
	token, err := request.Parse(r.Header.Get("Authorization"))
	if err == nil && token.Key == nil && token.Instrument != testInstrument {
		err = errors.New("unknown instrument")
	}
	var nonce string
	if err == nil {
		nonce, err = token.Verify(key, r.Method, target, body)
	}
	if err != nil || !s.nonces[nonce] || s.moods["forgotten"] {
		return fault.New(fault.Unknown, "unauthorised", err)
	}
	delete(s.nonces, nonce)
	return nil
}

func (s *service) keys() (keyset.Signed, error) {
	root := s.root
	if s.moods["impostor"] {
		var err error
		if root, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return keyset.Signed{}, err
		}
	}
	serial, deployment, issued := s.serial, testDeployment, s.now().Add(-time.Hour)
	if s.moods["old-keys"] {
		serial--
	}
	if s.moods["other-deployment"] {
		serial, deployment = serial+1, "proactive-elsewhere"
	}
	set := keyset.KeySet{
		Format: keyset.Format, Deployment: deployment, Serial: serial, Issued: issued, Expires: issued.Add(30 * 24 * time.Hour),
		Unwrap:  []keyset.Key{{ID: "unwrap-1", SPKI: spki(s.t, &s.unwrap.PublicKey), NotAfter: issued.Add(60 * 24 * time.Hour)}},
		Receipt: []keyset.Key{{ID: "receipt-1", SPKI: spki(s.t, &s.signer.PublicKey), NotAfter: issued.Add(60 * 24 * time.Hour)}},
	}
	return keyset.Sign(context.Background(), set, es256{root}, spki(s.t, &root.PublicKey))
}

type es256 struct{ key *ecdsa.PrivateKey }

// SignES256 signs as KMS does, in the form JWS wants.
func (e es256) SignES256(_ context.Context, digest []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, e.key, digest)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return raw, nil
}

// receipts signs receipts with it.
type receipts struct{ es256 }

// KeyID names the receipt key.
func (receipts) KeyID(context.Context) (string, error) { return "receipt-1", nil }

// SignES256 signs whatever the key is called.
func (r receipts) SignES256(ctx context.Context, _ string, digest []byte) ([]byte, error) {
	return r.es256.SignES256(ctx, digest)
}

func (s *service) enrol(r *http.Request, target string, body []byte) (any, error) {
	token, err := request.Parse(r.Header.Get("Authorization"))
	if err != nil || token.Key == nil {
		return nil, fault.New(fault.Unknown, "unauthorised", err)
	}
	if err := s.verify(r, target, body, token.Key); err != nil {
		return nil, err
	}
	var in struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fault.New(fault.Malformed, "bad-request", err)
	}
	if s.moods["new-enrolment"] {
		delete(s.moods, "new-enrolment")
		s.owner, s.said = nil, nil
	}
	used := s.owner != nil && !s.owner.Equal(token.Key)
	if in.Code != base64.RawURLEncoding.EncodeToString(s.secret[:]) || used {
		return nil, fault.New(fault.Unknown, "unauthorised", nil)
	}
	s.owner = token.Key
	keys, err := s.keys()
	return map[string]any{"instrument": testInstrument, "deployment": testDeployment, "serial": s.number, "keys": keys}, err
}

func (s *service) authorize(body []byte) (any, error) {
	var in upload
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, fault.New(fault.Malformed, "bad-request", err)
	}
	if !s.on() || s.moods["consent-withdrawn"] {
		return nil, fault.New(fault.Forbidden, "no-consent", nil)
	}
	if s.moods["quota"] {
		return nil, fault.New(fault.Quota, "daily-quota", nil)
	}
	b := s.batches[in.Batch]
	if b == nil {
		for _, other := range s.batches {
			if other.Sequence == in.Sequence {
				if other.SHA256 != "" { // not of an earlier life
					s.t.Errorf("sequence number %d was used twice", in.Sequence)
				}
				return nil, fault.New(fault.Conflict, "sequence-taken", nil)
			}
		}
		b = &in
		s.batches[in.Batch] = b
	}
	if b.SHA256 != in.SHA256 || b.Bytes != in.Bytes || b.Sequence != in.Sequence {
		s.t.Errorf("batch %s came back as another", in.Batch)
		return nil, fault.New(fault.Conflict, "batch-differs", nil)
	}
	if b.jws != "" {
		return map[string]string{"status": "receipt", "receipt": b.jws}, nil
	}
	digest, err := hex.DecodeString(in.SHA256)
	if err != nil {
		return nil, fault.New(fault.Malformed, "bad-request", err)
	}
	return map[string]any{"status": "upload", "method": "PUT", "url": s.srv.URL + "/inbox/" + in.Batch + "?signed=yes", "headers": map[string]string{
		"If-None-Match": "*", "x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(digest),
		"content-length": strconv.FormatInt(in.Bytes, 10), "x-amz-server-side-encryption": "aws:kms",
	}, "expires": s.now().Add(5 * time.Minute)}, nil
}

// put is the object store: what was granted and nothing else, once.
func (s *service) put(w http.ResponseWriter, r *http.Request, body []byte) {
	id := strings.TrimPrefix(r.URL.Path, "/inbox/")
	b := s.batches[id]
	digest := sha256.Sum256(body)
	switch {
	case r.Method != http.MethodPut || b == nil || r.URL.RawQuery != "signed=yes" || r.Header.Get("If-None-Match") != "*" ||
		r.Header.Get("X-Amz-Server-Side-Encryption") != "aws:kms" || r.Header.Get("Authorization") != "":
		w.WriteHeader(http.StatusForbidden)
	case s.moods["grant-expired"]:
		delete(s.moods, "grant-expired")
		w.WriteHeader(http.StatusForbidden)
	case hex.EncodeToString(digest[:]) != b.SHA256:
		w.WriteHeader(http.StatusBadRequest)
	case b.object != nil:
		w.WriteHeader(http.StatusPreconditionFailed)
	default:
		b.object = body
		s.order = append(s.order, id)
		if !s.moods["no-receipts"] {
			s.process()
		}
		if s.moods["lose-put"] {
			delete(s.moods, "lose-put")
			panic(http.ErrAbortHandler)
		}
	}
}

// process opens what was uploaded and issues receipts.
func (s *service) process() {
	for _, id := range s.order {
		b := s.batches[id]
		if b.jws == "" {
			s.answer(b)
		}
	}
}

func (s *service) answer(b *upload) {
	e, err := batch.Read(bytes.NewReader(b.object))
	if err == nil {
		err = e.Verify(s.owner)
	}
	var plain []byte
	if err == nil {
		plain, err = seal.Open(context.Background(), e, "unwrap-1", seal.Local{"unwrap-1": s.unwrap})
	}
	if err == nil {
		b.payload, err = observation.Decompress(plain, observation.MaxPayload)
	}
	var content observation.Payload
	if err == nil {
		content, err = observation.Decode(bytes.NewReader(b.payload))
	}
	if err != nil {
		s.t.Errorf("batch %s does not open: %v", b.Batch, err)
		return
	}
	payload := sha256.Sum256(b.payload)
	r := receipt.Receipt{
		Format: receipt.Format, Deployment: testDeployment, Instrument: testInstrument, Batch: b.Batch, Sequence: b.Sequence,
		Ordinal: int64(len(s.receipts)) + 1, Verdict: receipt.Stored, Kept: map[string]int{}, Dropped: content.Dropped,
		Catalog: content.Catalog, SHA256: b.SHA256, Payload: hex.EncodeToString(payload[:]), Issued: s.now().UTC().Format("2006-01-02T15:04:05Z"),
	}
	for _, o := range content.Observations {
		r.Kept[o.Field]++
	}
	if len(s.receipts) > 0 {
		r.Previous = receipt.Digest(s.receipts[len(s.receipts)-1])
	}
	switch {
	case s.moods["quarantine"]:
		r.Verdict, r.Reason, r.Kept = receipt.Quarantined, "identifier-found", nil
	case s.moods["other-bytes"]:
		r.SHA256 = strings.Repeat("0", 64)
	case s.moods["for-another"]:
		r.Instrument = "i-01arz3ndektsv4rrffq69g5faw"
	case s.moods["for-elsewhere"]:
		r.Deployment = "proactive-elsewhere"
	case s.moods["broken-chain"]:
		r.Ordinal, r.Previous = r.Ordinal+1, strings.Repeat("0", 64)
	}
	signer := s.signer
	if s.moods["forged-receipt"] {
		signer = s.root
	}
	jws, err := signReceipt(signer, r)
	if err != nil {
		s.t.Error(err)
		return
	}
	b.jws = jws
	s.receipts = append(s.receipts, jws)
}

// signReceipt issues through shared/receipt, on a chain that stands where r says.
func signReceipt(key *ecdsa.PrivateKey, r receipt.Receipt) (string, error) {
	e, err := receipt.Issue(context.Background(), receipts{es256{key}}, place{r}, r, clean(r))
	return e.JWS, err
}

func clean(r receipt.Receipt) receipt.Place {
	if r.Verdict != receipt.Stored {
		return receipt.Place{}
	}
	return receipt.Place{Bucket: "clean", Key: "k", Version: "v"}
}

// place is a chain whose head is just before one receipt.
type place struct{ r receipt.Receipt }

// Head stands before the receipt.
func (p place) Head(context.Context, string) (receipt.Head, error) {
	return receipt.Head{Ordinal: p.r.Ordinal - 1, Digest: p.r.Previous}, nil
}

// Entry knows none.
func (p place) Entry(context.Context, string, string) (receipt.Entry, error) {
	return receipt.Entry{}, receipt.ErrNone
}

// Commit commits.
func (p place) Commit(context.Context, receipt.Commit) error { return nil }
