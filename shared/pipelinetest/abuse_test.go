package pipelinetest_test

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"proactive/shared/authorize"
	"proactive/shared/batch"
	"proactive/shared/catalog"
	"proactive/shared/challenge"
	"proactive/shared/door"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
	"proactive/shared/journal"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
	"proactive/shared/request"
	"proactive/shared/scrub"
	"proactive/shared/seal"
	"proactive/shared/validate"
)

// The bounds: how long one message may take and how much
// memory the process may come to hold. The stages' own limits are far below.
const (
	slowest = 2 * time.Second
	largest = 256 << 20
)

// abused is how many malformed uploads and requests are made, half each.
func abused(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("ABUSE"), "2000"))
	if err != nil || n < 2 {
		t.Fatalf("ABUSE=%s", os.Getenv("ABUSE"))
	}
	return n
}

// lab is authorize, validate and scrub over one set of stores, and an instrument that
// may do everything an instrument may.
type lab struct {
	t          *testing.T
	rng        *rand.Rand
	now        time.Time
	door       door.Door
	validate   validate.Stage
	scrub      *scrub.Stage
	inbox      *pipelinetest.Bucket
	ledger     *pipelinetest.Ledger
	requests   *pipelinetest.Requests
	validated  *pipelinetest.ValidatedQueue
	keys       *pipelinetest.Keys
	nonces     challenge.Nonces
	key        ed25519.PrivateKey
	catalog    *catalog.Catalog
	good       []byte // a payload that is stored
	serial     int
	handedOver int
	last       string // the payload last spoilt, to print
}

const abuser = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

func newLab(t *testing.T, seed uint64) *lab {
	t.Helper()
	fields, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), catalog: fields,
		inbox: pipelinetest.NewBucket(t, "inbox", nil), ledger: pipelinetest.NewLedger(t), requests: &pipelinetest.Requests{},
		validated: &pipelinetest.ValidatedQueue{}, keys: pipelinetest.NewKeys(t), key: pipelinetest.InstrumentKey(1),
	}
	clock := func() time.Time { return l.now }
	instruments := pipelinetest.NewInstruments(t)
	set, signed := l.keys.Set(l.now)
	instruments.Publish(signed, set)
	instruments.Put(instrument.Instrument{ID: abuser, PublicKey: l.key.Public().(ed25519.PublicKey), DailyBytes: 1 << 40,
		Consent: pipelinetest.Say(t, l.key, abuser, instrument.Consent{}, true, l.now)})
	l.nonces = challenge.Nonces{Mac: &pipelinetest.Mac{}, Used: l.requests, Rand: crand.Reader, Now: clock}
	grants := authorize.Stage{Ledger: l.ledger, Receipts: l.ledger, Inbox: &pipelinetest.Signer{T: t}, Keys: instruments, Now: clock}
	prover := door.Prover{Instruments: instruments, Nonces: l.nonces}
	l.door = door.Door{Log: journal.New(io.Discard, "authorize"), Actions: map[string]door.Action{
		"POST /v1/authorize": door.Enrolled(prover, grants.Authorize), "GET /v1/receipts": door.Enrolled(prover, grants.List),
	}}
	l.validate = validate.Stage{
		Deployment: pipelinetest.Deployment, Bucket: "inbox", Inbox: pipelinetest.Uploads{Bucket: l.inbox}, Ledger: l.ledger,
		Instruments: instruments, Keys: instruments, Chain: l.ledger, Signer: l.keys, Next: l.validated, Now: clock, Log: journal.New(io.Discard, "validate"),
	}
	l.scrub = &scrub.Stage{
		Deployment: pipelinetest.Deployment, Catalog: fields, Inbox: l.inbox, Unwrapper: l.keys.Unwrapper(),
		Clean: pipelinetest.NewBucket(t, "clean", nil), Quarantine: pipelinetest.NewBucket(t, "quarantine", l.inbox),
		Chain: l.ledger, Signer: l.keys, Next: &pipelinetest.StoredQueue{}, Erasures: pipelinetest.Living{}, Now: clock, Log: journal.New(io.Discard, "scrub"),
	}
	l.good = l.payload(observation.Payload{Catalog: fields.Hash(), Observations: []observation.Observation{
		{Field: "run.lanes", Value: 1}, {Field: "tile.clusters", Lane: 1, Tile: 1101, Value: 250000}, {Field: "tile.clusters", Lane: 1, Tile: 1102, Value: 260000},
	}})
	return l
}

func (l *lab) payload(p observation.Payload) []byte {
	l.t.Helper()
	var b bytes.Buffer
	if err := observation.Encode(&b, p); err != nil {
		l.t.Fatal(err)
	}
	return b.Bytes()
}

func (l *lab) next() (id string, sequence int64) {
	l.serial++
	return fmt.Sprintf("01HZZZZZZZZZZZZZZZ%08d", l.serial), int64(l.serial)
}

func (l *lab) params(id string, sequence int64, payload []byte) seal.Params {
	return seal.Params{
		Deployment: pipelinetest.Deployment, Instrument: abuser, Batch: id, Sequence: sequence, Catalog: l.catalog.Hash(),
		Plaintext: observation.Compress(payload), PayloadBytes: int64(len(payload)), Recipients: []seal.Recipient{l.keys.Recipient()}, Signer: l.key,
	}
}

func (l *lab) seal(p seal.Params) []byte {
	l.t.Helper()
	raw, err := seal.Seal(p)
	if err != nil {
		l.t.Fatal(err)
	}
	return raw
}

// deliver grants, uploads and handles an object, through scrub if validate accepts it.
func (l *lab) deliver(id string, sequence int64, object []byte) receipt.Receipt {
	l.t.Helper()
	ctx := l.t.Context()
	sum := sha256.Sum256(object)
	digest := hex.EncodeToString(sum[:])
	err := l.ledger.Grant(ctx, authorize.Grant{
		Entry: ledger.Entry{Instrument: abuser, Batch: id, Sequence: sequence, Bytes: int64(len(object)), SHA256: digest, State: ledger.Granted},
		Day:   "2026-11-23", DailyBytes: 1 << 50, At: l.now,
	})
	if err != nil {
		l.t.Fatal(err)
	}
	at := l.inbox.Upload(layout.InboxKey(abuser, id), object)
	outcome, err := l.validate.Handle(ctx, validate.Arrival(at))
	if err != nil {
		l.t.Fatal(err)
	}
	if outcome == validate.Accepted {
		l.handedOver++
		err := l.scrub.Handle(ctx, handoff.Validated{
			Instrument: abuser, Batch: id, Sequence: sequence, Bucket: at.Bucket, Key: at.Key, Version: at.Version, SHA256: digest, Bytes: int64(len(object)),
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
	entry, err := l.ledger.Entry(ctx, abuser, id)
	if err != nil {
		l.t.Fatalf("a batch without an account: %v", err)
	}
	r, err := receipt.Read(entry.JWS)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// malformations make an object of which nothing may be stored. Each is drawn as often as
// the others.
var malformations = map[string]func(l *lab, id string, sequence int64) []byte{
	"bytes of nothing": func(l *lab, _ string, _ int64) []byte { return l.noise(1 + l.rng.IntN(4096)) },
	"a flipped bit": func(l *lab, id string, sequence int64) []byte {
		raw := l.seal(l.params(id, sequence, l.good))
		raw[l.rng.IntN(len(raw))] ^= 1 << l.rng.IntN(8)
		return raw
	},
	"cut": func(l *lab, id string, sequence int64) []byte {
		raw := l.seal(l.params(id, sequence, l.good))
		return raw[:1+l.rng.IntN(len(raw)-1)]
	},
	"longer": func(l *lab, id string, sequence int64) []byte {
		return append(l.seal(l.params(id, sequence, l.good)), l.noise(1+l.rng.IntN(64))...)
	},
	"a header of another shape, signed": func(l *lab, id string, sequence int64) []byte {
		return l.resign(l.seal(l.params(id, sequence, l.good)), l.otherHeader, nil)
	},
	"ciphertext of another shape, signed": func(l *lab, id string, sequence int64) []byte {
		return l.resign(l.seal(l.params(id, sequence, l.good)), nil, func(c []byte) []byte {
			c[l.rng.IntN(len(c))] ^= 1 << l.rng.IntN(8)
			return c
		})
	},
	"noise where a frame should be": func(l *lab, id string, sequence int64) []byte {
		p := l.params(id, sequence, l.good)
		p.Plaintext = l.noise(1 + l.rng.IntN(2048))
		return l.seal(p)
	},
	"a spoilt frame": func(l *lab, id string, sequence int64) []byte {
		p := l.params(id, sequence, l.good)
		p.Plaintext = append([]byte{}, p.Plaintext...)
		p.Plaintext[l.rng.IntN(len(p.Plaintext))] ^= 1 << l.rng.IntN(8)
		p.PayloadBytes += int64(l.rng.IntN(2)) // a flip in a checksum-less place may keep the bytes; the length then lies
		return l.seal(p)
	},
	"a bomb": func(l *lab, id string, sequence int64) []byte {
		p := l.params(id, sequence, l.good)
		p.Plaintext = bomb()
		p.PayloadBytes = 1 + l.rng.Int64N(observation.MaxPayload)
		return l.seal(p)
	},
	"a payload of another shape": func(l *lab, id string, sequence int64) []byte {
		other := l.otherPayload()
		l.last = string(other)
		return l.seal(l.params(id, sequence, other))
	},
	"a length that lies": func(l *lab, id string, sequence int64) []byte {
		p := l.params(id, sequence, l.good)
		p.PayloadBytes += 1 + int64(l.rng.IntN(1000))
		return l.seal(p)
	},
	"another's place": func(l *lab, id string, sequence int64) []byte {
		p := l.params(id, sequence+1, l.good)
		return l.seal(p)
	},
}

// bomb is a frame of zeros, half as many again as a payload may have.
var bomb = sync.OnceValue(func() []byte {
	frame := observation.Compress(make([]byte, observation.MaxPayload*3/2))
	debug.FreeOSMemory() // what making it took is not what opening it takes
	return frame
})

func (l *lab) noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(l.rng.Uint32())
	}
	return b
}

// resign changes header or ciphertext of a sealed batch and signs what came of it: only
// an enrolled instrument can.
func (l *lab) resign(raw []byte, header func([]byte) []byte, ciphertext func([]byte) []byte) []byte {
	l.t.Helper()
	e, err := batch.Read(bytes.NewReader(raw))
	if err != nil {
		l.t.Fatal(err)
	}
	if header != nil {
		e.HeaderBytes = header(e.HeaderBytes)
	}
	if ciphertext != nil {
		e.Ciphertext = ciphertext(e.Ciphertext)
	}
	e.Signature = ed25519.Sign(l.key, batch.Message(e.HeaderBytes, e.Ciphertext))
	return e.Marshal()
}

// spoilers are what JSON can do to a reader.
func (l *lab) spoil(text string) string {
	members := strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}"), ",")
	pick := members[l.rng.IntN(len(members))]
	value := func(v string) string {
		if i := strings.LastIndex(pick, ":"); i >= 0 {
			return strings.Replace(text, pick, pick[:i+1]+v, 1)
		}
		return text + v
	}
	switch l.rng.IntN(12) {
	case 0:
		return strings.Replace(text, pick, pick+","+pick, 1)
	case 1:
		return strings.Replace(text, "{", `{"operator":"Ana",`, 1)
	case 2:
		return value("NaN")
	case 3:
		return value(strings.Repeat("[", 1000+l.rng.IntN(5000)))
	case 4:
		return value("1e309")
	case 5:
		return value("-1")
	case 6:
		return value("18446744073709551616")
	case 7:
		return value("null")
	case 8:
		return value(`"` + strings.Repeat("A", 1<<(8+l.rng.IntN(8))) + `"`)
	case 9:
		return " " + text
	case 10:
		return strings.Replace(text, `"`, `"\u0000`, 1)
	}
	return strings.ToUpper(text)
}

func (l *lab) otherHeader(h []byte) []byte {
	spoilt := l.spoil(string(h))
	return []byte(strings.ReplaceAll(spoilt, "\n", " "))
}

func (l *lab) otherPayload() []byte {
	lines := strings.SplitAfter(string(l.good), "\n")
	i := l.rng.IntN(len(lines) - 1)
	switch l.rng.IntN(6) {
	case 0:
		lines = slices.Insert(lines, i, lines[i])
	case 1:
		lines[i], lines[len(lines)-2] = lines[len(lines)-2], lines[i]
		if i == len(lines)-2 {
			lines = lines[:1]
		}
	case 2:
		return []byte(strings.TrimSuffix(string(l.good), "\n"))
	case 3:
		return append(slices.Clone(l.good), l.noise(20)...)
	case 4:
		return []byte("\ufeff" + strings.ReplaceAll(string(l.good), "\n", "\r\n"))
	default:
		lines[i] = l.spoil(strings.TrimSuffix(lines[i], "\n")) + "\n"
	}
	return []byte(strings.Join(lines, ""))
}

// Nothing malformed is ever stored, whatever of the envelope is sound; each has its
// account and its signed reason; none takes long or much.
func TestMalformedUploads(t *testing.T) {
	const seed = 20261123
	l := newLab(t, seed)
	kinds := slices.Sorted(maps.Keys(malformations))
	reasons, same := map[string]int{}, 0
	for n := range abused(t) / 2 {
		kind := kinds[n%len(kinds)]
		id, sequence := l.next()
		object := malformations[kind](l, id, sequence)
		began := time.Now()
		r := l.deliver(id, sequence, object)
		if took := time.Since(began); took > slowest {
			t.Errorf("%s (number %d): %s", kind, n, took)
		}
		reasons[r.Reason]++
		if r.Verdict == receipt.Stored {
			// A bit of a frame's header that nobody reads: the payload is the very same.
			if digest := sha256.Sum256(l.good); kind == "a spoilt frame" && r.Payload == hex.EncodeToString(digest[:]) && same < 1+n/500 {
				same++
				continue
			}
			// A row that is well-formed and says what may not be: it alone is dropped, and counted.
			if kind == "a payload of another shape" && len(r.Refused) == 1 && sum(r.Kept) == 2 && sum(r.Refused) == 1 {
				reasons["a row: "+slices.Collect(maps.Keys(r.Refused))[0]]++
				continue
			}
			t.Fatalf("seed %d, number %d: %s was stored: kept %v of %q", seed, n, kind, r.Kept, l.last)
		}
	}
	// The laboratory works: the payload that all of them are made of is stored.
	id, sequence := l.next()
	if r := l.deliver(id, sequence, l.seal(l.params(id, sequence, l.good))); r.Verdict != receipt.Stored {
		t.Fatalf("the sound one: %s %q", r.Verdict, r.Reason)
	}
	bounded(t)
	if len(reasons) < 15 {
		t.Errorf("only %d reasons: %v", len(reasons), reasons)
	}
	if l.handedOver < abused(t)/20 {
		t.Errorf("only %d reached scrub", l.handedOver)
	}
	t.Logf("%d uploads, %d of them opened: %v", abused(t)/2, l.handedOver, reasons)
}

// No malformed request is granted anything, or answered by a failure of ours; before the
// signature is good it leaves no row.
func TestMalformedRequests(t *testing.T) {
	l := newLab(t, 4)
	statuses := map[int]int{}
	for n := range abused(t) / 2 {
		r, proven := l.request(n)
		rows, began := l.requests.Rows(), time.Now()
		got := l.door.Serve(t.Context(), r)
		if took := time.Since(began); took > slowest {
			t.Errorf("number %d: %s", n, took)
		}
		statuses[got.Status]++
		if got.Status/100 != 4 {
			t.Fatalf("number %d: %d %s for %+v", n, got.Status, got.Body, r)
		}
		if !proven && l.requests.Rows() != rows {
			t.Fatalf("number %d: an unproven request left a row: %+v", n, r)
		}
		var said struct{ Error, Reason string }
		if err := json.Unmarshal(got.Body, &said); err != nil || said.Reason == "" || len(got.Body) > 200 {
			t.Fatalf("number %d: answered %s", n, got.Body)
		}
	}
	if _, err := l.ledger.Batch(t.Context(), abuser, "01HZZZZZZZZZZZZZZZ99999999"); !errors.Is(err, ledger.ErrNone) {
		t.Errorf("a malformed request was granted: %v", err)
	}
	r, _ := l.sign("POST", "/v1/authorize", "", l.ask())
	if got := l.door.Serve(t.Context(), r); got.Status != http.StatusOK {
		t.Fatalf("the sound one: %d %s", got.Status, got.Body)
	}
	bounded(t)
	if len(statuses) < 2 {
		t.Errorf("statuses: %v", statuses)
	}
	t.Logf("%d requests: %v", abused(t)/2, statuses)
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func (l *lab) ask() []byte {
	return []byte(`{"batch":"01HZZZZZZZZZZZZZZZ99999999","sequence":9,"bytes":10,"sha256":"` + strings.Repeat("ab", 32) + `"}`)
}

func (l *lab) sign(method, path, query string, body []byte) (door.Request, bool) {
	l.t.Helper()
	c, err := l.nonces.New(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	target := path
	if query != "" {
		target += "?" + query
	}
	l.serial++
	token, err := request.Sign(l.key, abuser, method, target, c.Nonce, body)
	if err != nil {
		l.t.Fatal(err)
	}
	return door.Request{ID: "r-" + strconv.Itoa(l.serial), Method: method, Path: path, Query: query, Authorization: token, Body: body}, true
}

// request draws a malformed request, and tells whether its signature is good.
func (l *lab) request(n int) (door.Request, bool) {
	l.now = l.now.Add(time.Millisecond)
	switch n % 6 {
	case 0, 1: // a sound signature over a body of another shape
		body := l.spoil(string(l.ask()))
		for strings.HasPrefix(body, " ") { // white space is no fault in a request
			body = l.spoil(string(l.ask()))
		}
		return l.sign("POST", "/v1/authorize", "", []byte(body))
	case 2:
		queries := []string{"after=x", "after=-1", "after=1&after=2", "before=1", "after=99999999999999999999", "after=%zz", "after=1;limit=9"}
		return l.sign("GET", "/v1/receipts", queries[l.rng.IntN(len(queries))], nil)
	case 3: // a token that is spoilt
		r, _ := l.sign("POST", "/v1/authorize", "", l.ask())
		raw := []byte(r.Authorization)
		raw[l.rng.IntN(len(raw))] = "A.=\x00/+é"[l.rng.IntN(7)]
		if string(raw) == r.Authorization {
			raw = raw[:len(raw)-1]
		}
		r.Authorization = string(raw)
		return r, false
	case 4: // a body that is not the one signed
		r, _ := l.sign("POST", "/v1/authorize", "", l.ask())
		r.Body = append(slices.Clone(r.Body), ' ')
		return r, false
	}
	r, _ := l.sign("POST", "/v1/authorize", "", l.ask())
	r.Authorization = "Proactive " + string(l.noise(l.rng.IntN(9000)))
	return r, false
}

// bounded checks how much memory this process has come to hold from the system.
func bounded(t *testing.T) {
	t.Helper()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if held := m.Sys - m.HeapReleased; held > largest {
		t.Errorf("%d MiB held", held>>20)
	}
}
