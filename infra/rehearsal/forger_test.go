package rehearsal_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"proactive/infra/rehearsal"
	"proactive/shared/catalog"
	"proactive/shared/consent"
	"proactive/shared/enrolment"
	"proactive/shared/keyset"
	"proactive/shared/observation"
	"proactive/shared/observe"
	"proactive/shared/receipt"
	"proactive/shared/request"
	"proactive/shared/scrub"
	"proactive/shared/seal"
)

// forger is an instrument made by hand, from the specifications' own packages and not
// through the agent, so that it can do what an agent never would.
type forger struct {
	id, deployment string
	base           string // of the API
	key            ed25519.PrivateKey
	keys           keyset.KeySet
	said           []string // its consent statements
	spent          string   // the last Authorization header sent
}

// answer is what the API said.
type answer struct {
	status int
	body   string
}

func newForger(t testing.TB, serial string, consent bool) *forger {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "enrolment", "issue", "--tenant", rehearsal.Tenant, "--site", rehearsal.Site, "--serial", serial, "--url", stage.API())
	if err != nil {
		t.Fatal(err)
	}
	var issued struct{ Code string }
	if err := json.Unmarshal(raw, &issued); err != nil {
		t.Fatal(err)
	}
	code, err := enrolment.Parse(issued.Code)
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{base: code.URL, key: newKey(t)}
	got := f.call(t, http.MethodPost, "/v1/enrol", map[string]string{"code": base64.RawURLEncoding.EncodeToString(code.Secret[:])})
	var enrolled struct {
		Instrument, Deployment string
		Keys                   json.RawMessage
	}
	got.read(t, &enrolled)
	f.id, f.deployment = enrolled.Instrument, enrolled.Deployment
	signed, err := keyset.ParseSigned(enrolled.Keys)
	if err != nil {
		t.Fatal(err)
	}
	if f.keys, err = keyset.Verify(signed, code.Fingerprint, time.Now()); err != nil {
		t.Fatal(err)
	}
	if consent {
		f.consent(t, true)
	}
	return f
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newBatch(t testing.TB) string {
	t.Helper()
	id, err := ulid.New(ulid.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

func (f *forger) consent(t testing.TB, on bool) {
	t.Helper()
	s := consent.Statement{
		Format: consent.Format, Deployment: f.deployment, Instrument: f.id, Version: int64(len(f.said)) + 1, On: on,
		Text: "2026-11", TextSHA256: strings.Repeat("c", 64), At: time.Now().UTC().Format(consent.TimeFormat),
	}
	if n := len(f.said); n > 0 {
		s.Previous = consent.Digest(f.said[n-1])
	}
	jws, err := consent.Sign(f.key, s)
	if err != nil {
		t.Fatal(err)
	}
	f.said = append(f.said, jws)
	f.call(t, http.MethodPost, "/v1/consent", map[string]any{"statement": jws}).read(t, nil)
}

// call makes one request under a fresh challenge.
func (f *forger) call(t testing.TB, method, path string, body any) answer {
	t.Helper()
	raw := []byte{}
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	var challenge struct{ Nonce string }
	ask(t, http.MethodGet, f.base+"/v1/challenge", "", nil).read(t, &challenge)
	sign := func() (string, error) { return request.Sign(f.key, f.id, method, path, challenge.Nonce, raw) }
	if f.id == "" {
		sign = func() (string, error) { return request.SignEnrolment(f.key, method, path, challenge.Nonce, raw) }
	}
	authorization, err := sign()
	if err != nil {
		t.Fatal(err)
	}
	f.spent = authorization
	return ask(t, method, f.base+path, authorization, raw)
}

func ask(t testing.TB, method, address, authorization string, body []byte) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return do(t, req)
}

func do(t testing.TB, req *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // read closes it
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

func read(t testing.TB, res *http.Response) answer {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, string(raw)}
}

func (a answer) read(t testing.TB, into any) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
}

// refused checks that the answer is exactly this refusal.
func (a answer) refused(t testing.TB, status int, kind, reason string) {
	t.Helper()
	want := fmt.Sprintf(`{"error":%q,"reason":%q}`, kind, reason)
	if a.status != status || strings.TrimSpace(a.body) != want {
		t.Errorf("got %d %s, want %d %s", a.status, a.body, status, want)
	}
}

// offer describes a sealed batch, as authorize takes it.
type offer struct {
	Batch    string `json:"batch"`
	Sequence int64  `json:"sequence"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
}

func offerOf(batch string, sequence int64, sealed []byte) offer {
	sum := sha256.Sum256(sealed)
	return offer{batch, sequence, int64(len(sealed)), hex.EncodeToString(sum[:])}
}

// grant is authorize's answer.
type grant struct {
	Status, URL, Method, Receipt string
	Headers                      map[string]string
}

func (f *forger) authorize(t testing.TB, o offer) (g grant) {
	t.Helper()
	f.call(t, http.MethodPost, "/v1/authorize", o).read(t, &g)
	return g
}

// put uploads as the grant says.
func (g grant) put(t testing.TB, sealed []byte) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, g.URL, bytes.NewReader(sealed))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range g.Headers {
		req.Header.Set(name, value)
	}
	req.ContentLength = int64(len(sealed))
	return do(t, req)
}

// send has sealed granted and uploaded.
func (f *forger) send(t testing.TB, batch string, sequence int64, sealed []byte) {
	t.Helper()
	g := f.authorize(t, offerOf(batch, sequence, sealed))
	if g.Status != "upload" {
		t.Fatalf("batch %d: status %q, want a grant", sequence, g.Status)
	}
	if got := g.put(t, sealed); got.status != http.StatusOK {
		t.Fatalf("batch %d: the store answers %d %s", sequence, got.status, got.body)
	}
}

// params are those of a sound batch of plaintext, to be spoilt by the caller.
func (f *forger) params(t testing.TB, batch string, sequence int64, payload []byte) seal.Params {
	t.Helper()
	key, ok := f.keys.UnwrapKey(time.Now())
	if !ok {
		t.Fatal("the key set has no unwrap key")
	}
	public, err := key.RSA()
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return seal.Params{
		Deployment: f.deployment, Instrument: f.id, Batch: batch, Catalog: cat.Hash(), Sequence: sequence,
		Plaintext: observation.Compress(payload), PayloadBytes: int64(len(payload)),
		Recipients: []seal.Recipient{{ID: key.ID, Key: public}}, Signer: f.key,
	}
}

func sealed(t testing.TB, p seal.Params) []byte {
	t.Helper()
	raw, err := seal.Seal(p)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// payloadOf is what a run folder becomes before it is sealed.
func payloadOf(t testing.TB, folder string) []byte {
	t.Helper()
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	report, err := observe.Run(t.Context(), root.FS(), observe.Options{LabKey: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	kept, tally := scrub.Project(cat, report.Observations)
	return encoded(t, observation.Payload{Catalog: cat.Hash(), Dropped: tally.Files, Observations: kept})
}

func encoded(t testing.TB, p observation.Payload) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := observation.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// receipts are all receipts of the instrument, verified, and their chain unbroken.
func (f *forger) receipts(t testing.TB) []receipt.Receipt {
	t.Helper()
	var chain []string
	for {
		var page struct {
			Receipts []string
			Next     int64
		}
		f.call(t, http.MethodGet, "/v1/receipts?after="+strconv.Itoa(len(chain)), nil).read(t, &page)
		if len(page.Receipts) == 0 {
			break
		}
		chain = append(chain, page.Receipts...)
	}
	all, err := receipt.VerifyChain(chain, f.keys)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// receiptOf waits for the receipt of a batch.
func (f *forger) receiptOf(t testing.TB, batch string) (got receipt.Receipt) {
	t.Helper()
	eventually(t, "a receipt of "+batch, func() bool {
		for _, r := range f.receipts(t) {
			if r.Batch == batch {
				got = r
				return true
			}
		}
		return false
	})
	return got
}
