package receipt_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
)

var _ receipt.Keys = keyset.KeySet{}

const (
	instrument = "i-01hx000000000000000000000a"
	keyID      = "receipt-1"
)

type signer struct{ key *ecdsa.PrivateKey }

func newSigner(t *testing.T) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key: key}
}

func (s *signer) KeyID(context.Context) (string, error) { return keyID, nil }

func (s *signer) SignES256(_ context.Context, _ string, digest []byte) ([]byte, error) {
	r, v, err := ecdsa.Sign(rand.Reader, s.key, digest)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	v.FillBytes(raw[32:])
	return raw, nil
}

func (s *signer) ReceiptKey(id string) (*ecdsa.PublicKey, bool) { return &s.key.PublicKey, id == keyID }

func batchID(n int) string { return fmt.Sprintf("01HX%022d", n) }

func stored(n int) (receipt.Receipt, receipt.Place) {
	return receipt.Receipt{
		Deployment: "proactive-test", Instrument: instrument, Batch: batchID(n), Sequence: int64(n), Verdict: receipt.Stored,
		Kept: map[string]int{"q.bases": 2}, Dropped: map[string]observation.Drops{"other": {Unknown: 1}},
		Refused: map[string]int{"unknown-field": 1}, Catalog: "sha256:" + strings.Repeat("a", 64),
		SHA256: strings.Repeat("b", 64), Payload: strings.Repeat("c", 64), Issued: "2026-11-02T03:04:05Z",
	}, receipt.Place{Bucket: "clean", Key: "k", Version: "v"}
}

func rejected(n int) receipt.Receipt {
	r, _ := stored(n)
	r.Verdict, r.Reason, r.Kept, r.Payload = receipt.Rejected, "bad-signature", nil, ""
	r.Dropped, r.Refused, r.Catalog = nil, nil, ""
	return r
}

// chain issues n receipts and returns them.
func chain(t *testing.T, s *signer, n int) []string {
	t.Helper()
	c := pipelinetest.NewChain(t)
	for i := 1; i <= n; i++ {
		c.Grant(instrument, batchID(i))
		r, at := stored(i)
		if i%2 == 0 {
			r, at = rejected(i), receipt.Place{}
		}
		if _, err := receipt.Issue(t.Context(), s, c, r, at); err != nil {
			t.Fatal(err)
		}
	}
	return c.Receipts(instrument)
}

func TestIssueAndVerifyChain(t *testing.T) {
	s := newSigner(t)
	all := chain(t, s, 3)
	got, err := receipt.VerifyChain(all, s)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := stored(3)
	want.Format, want.Ordinal, want.Previous = receipt.Format, 3, receipt.Digest(all[1])
	if diff := cmp.Diff(want, got[2]); diff != "" {
		t.Error(diff)
	}
	if _, err := receipt.VerifyChain(nil, s); err != nil {
		t.Error("an empty chain is a chain:", err)
	}
}

func TestVerifyChainSeesWhatIsMissingOrChanged(t *testing.T) {
	s := newSigner(t)
	all := chain(t, s, 4)
	other := chain(t, s, 4) // the same content, other signatures: another chain
	for name, broken := range map[string][]string{
		"the first is missing":       all[1:],
		"one in the middle":          {all[0], all[2], all[3]},
		"two are swapped":            {all[1], all[0], all[2]},
		"one is repeated":            {all[0], all[0], all[1]},
		"one is of another chain":    {all[0], other[1], all[2]},
		"the rest is of another one": {all[0], all[1], other[2]},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := receipt.VerifyChain(broken, s)
			if _, reason := fault.Public(err); reason != receipt.ChainBroken {
				t.Error(err)
			}
		})
	}
	renumbered, err := receipt.Read(all[1])
	if err != nil {
		t.Fatal(err)
	}
	renumbered.Ordinal = 7
	body, err := json.Marshal(renumbered)
	if err != nil {
		t.Fatal(err)
	}
	gap := []string{all[0], forge(t, s.key, jose.ES256, receipt.Type, keyID, body)}
	if _, err := receipt.VerifyChain(gap, s); err == nil {
		t.Error("ordinal 7 follows 1")
	}
	if _, err := receipt.VerifyChain(all[:3], s); err != nil {
		t.Error("what is not fetched yet is not missing:", err)
	}
}

// forge makes a JWS of any payload with any header, really signed.
func forge(t *testing.T, key any, alg jose.SignatureAlgorithm, typ, kid string, body []byte) string {
	t.Helper()
	o := (&jose.SignerOptions{}).WithHeader("kid", kid)
	if typ != "" {
		o = o.WithType(jose.ContentType(typ))
	}
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := made.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestVerifyRefuses(t *testing.T) {
	s, stranger := newSigner(t), newSigner(t)
	good := chain(t, s, 1)[0]
	r, err := receipt.Read(good)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	change := func(from, to string) string {
		changed := bytes.Replace(body, []byte(from), []byte(to), 1)
		if bytes.Equal(changed, body) {
			t.Fatalf("%q is not in %s", from, body)
		}
		return forge(t, s.key, jose.ES256, receipt.Type, keyID, changed)
	}
	cases := []struct{ name, jws, reason string }{
		{"empty", "", receipt.NotAReceipt},
		{"two parts", parts[0] + "." + parts[1], receipt.NotAReceipt},
		{"no algorithm", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"proactive-receipt+jws"}`)) + "." + parts[1] + ".", receipt.NotAReceipt},
		{"a symmetric algorithm", forge(t, bytes.Repeat([]byte("k"), 32), jose.HS256, receipt.Type, keyID, body), receipt.NotAReceipt},
		{"a signature on something else", forge(t, s.key, jose.ES256, "proactive-keys+jws", keyID, body), receipt.NotAReceipt},
		{"no type", forge(t, s.key, jose.ES256, "", keyID, body), receipt.NotAReceipt},
		{"an unknown key", forge(t, s.key, jose.ES256, receipt.Type, "receipt-0", body), receipt.UnknownKey},
		{"a stranger's signature", forge(t, stranger.key, jose.ES256, receipt.Type, keyID, body), receipt.BadSignature},
		{"another payload under the signature", parts[0] + "." + base64.RawURLEncoding.EncodeToString(bytes.Replace(body, []byte("stored"), []byte("storee"), 1)) + "." + parts[2], receipt.BadSignature},
		{"another format", change("receipt/1", "receipt/2"), receipt.NotAReceipt},
		{"an unknown member", change(`"issued"`, `"note":"","issued"`), receipt.NotAReceipt},
		{"spaces", change(`,"issued"`, `, "issued"`), receipt.NotAReceipt},
		{"a fourth verdict", change(`"stored"`, `"lost"`), receipt.NotAReceipt},
		{"stored with a reason", change(`"reason":""`, `"reason":"x"`), receipt.NotAReceipt},
		{"a reason of free text", change(`"verdict":"stored","reason":"","kept":{"q.bases":2}`, `"verdict":"rejected","reason":"Maria Lopez"`), receipt.NotAReceipt},
		{"ordinal 0", change(`"ordinal":1`, `"ordinal":0`), receipt.NotAReceipt},
		{"ordinal 2 without a previous", change(`"ordinal":1`, `"ordinal":2`), receipt.NotAReceipt},
		{"another instrument's form", change(instrument, "M04034"), receipt.NotAReceipt},
		{"a time of its own", change("05Z", "05.5Z"), receipt.NotAReceipt},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := receipt.Verify(c.jws, s)
			if _, reason := fault.Public(err); reason != c.reason {
				t.Errorf("%v, want %s", err, c.reason)
			}
		})
	}
	if _, err := receipt.Verify(good, s); err != nil {
		t.Fatal(err)
	}
}

// go-jose would sign the same bytes; only the signature, which has chance in it, differs.
func TestSerialisationIsTheLibrarys(t *testing.T) {
	s := newSigner(t)
	jws := chain(t, s, 1)[0]
	parsed, err := jose.ParseSignedCompact(jws, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	again, err := parsed.CompactSerialize()
	if err != nil || again != jws {
		t.Error(err, again)
	}
}

func TestIssueWhenTheHeadMoves(t *testing.T) {
	s := newSigner(t)
	c := pipelinetest.NewChain(t)
	c.Grant(instrument, batchID(1))
	c.Grant(instrument, batchID(2))
	racing := &race{Chain: c, once: func() {
		if _, err := receipt.Issue(t.Context(), s, c, rejected(2), receipt.Place{}); err != nil {
			t.Error(err)
		}
	}}
	r, at := stored(1)
	e, err := receipt.Issue(t.Context(), s, racing, r, at)
	if err != nil {
		t.Fatal(err)
	}
	all, err := receipt.VerifyChain(c.Receipts(instrument), s)
	if err != nil || len(all) != 2 || all[1].Batch != batchID(1) || e.Clean != at {
		t.Errorf("%v %+v", err, all)
	}
}

// race lets another receipt in between reading the head and the first commit.
type race struct {
	receipt.Chain
	once func()
}

func (r *race) Commit(ctx context.Context, m receipt.Commit) error {
	if f := r.once; f != nil {
		r.once = nil
		f()
	}
	return r.Chain.Commit(ctx, m)
}

func TestFirstReceiptWins(t *testing.T) {
	s := newSigner(t)
	c := pipelinetest.NewChain(t)
	c.Grant(instrument, batchID(1))
	r, at := stored(1)
	first, err := receipt.Issue(t.Context(), s, c, r, at)
	if err != nil {
		t.Fatal(err)
	}
	second, err := receipt.Issue(t.Context(), s, c, rejected(1), receipt.Place{})
	if err != nil || second != first || len(c.Receipts(instrument)) != 1 {
		t.Errorf("%v, %d receipts", err, len(c.Receipts(instrument)))
	}
}

func TestIssueUnderFailure(t *testing.T) {
	for _, method := range []string{"Head", "Commit"} {
		for how, failure := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
			t.Run(method+"/"+how, func(t *testing.T) {
				s := newSigner(t)
				c := pipelinetest.NewChain(t)
				c.Grant(instrument, batchID(1))
				c.Fail(method, failure)
				r, at := stored(1)
				if _, err := receipt.Issue(t.Context(), s, c, r, at); !errors.Is(err, pipelinetest.ErrStore) {
					t.Fatal(err)
				}
				e, err := receipt.Issue(t.Context(), s, c, r, at)
				if err != nil || e.Clean != at || c.Pending() != 0 {
					t.Fatal(err, e)
				}
				if all := c.Receipts(instrument); len(all) != 1 || all[0] != e.JWS {
					t.Errorf("%d receipts", len(all))
				}
			})
		}
	}
}

func TestIssueRefusesWhatContradictsItself(t *testing.T) {
	s := newSigner(t)
	good, at := stored(1)
	for name, r := range map[string]receipt.Receipt{
		"no reason": func() receipt.Receipt { r := rejected(1); r.Reason = ""; return r }(),
		"no digest": func() receipt.Receipt { r := rejected(1); r.SHA256 = ""; return r }(),
		"no time":   func() receipt.Receipt { r := rejected(1); r.Issued = ""; return r }(),
		"kept, yet rejected": func() receipt.Receipt {
			r := rejected(1)
			r.Kept = map[string]int{"q.bases": 1}
			return r
		}(),
	} {
		if _, err := receipt.Issue(t.Context(), s, pipelinetest.NewChain(t), r, receipt.Place{}); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	if _, err := receipt.Issue(t.Context(), s, pipelinetest.NewChain(t), good, receipt.Place{}); err == nil {
		t.Error("stored nowhere: signed")
	}
	if _, err := receipt.Issue(t.Context(), s, pipelinetest.NewChain(t), rejected(1), at); err == nil {
		t.Error("rejected with a clean place: signed")
	}
}

func TestReceiptsSatisfyTheirSchema(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "events", "receipt", "v1", "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("receipt.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("receipt.json")
	if err != nil {
		t.Fatal(err)
	}
	s := newSigner(t)
	for i, jws := range chain(t, s, 4) {
		body, err := base64.RawURLEncoding.DecodeString(strings.Split(jws, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		one, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(one); err != nil {
			t.Errorf("receipt %d: %v", i+1, err)
		}
		if err := schema.Validate(map[string]any{}); err == nil {
			t.Fatal("the schema accepts anything")
		}
	}
}
