package keyset_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/fault"
	"proactive/shared/keyset"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// signer signs as KMS does once its DER answer is turned to r and s.
type signer struct{ key *ecdsa.PrivateKey }

func (s signer) SignES256(_ context.Context, digest []byte) ([]byte, error) {
	r, t, err := ecdsa.Sign(rand.Reader, s.key, digest)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	t.FillBytes(raw[32:])
	return raw, nil
}

func spki(t testing.TB, public any) []byte {
	t.Helper()
	raw, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func ec(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func sample(t testing.TB) keyset.KeySet {
	unwrap, receipt := spki(t, rsaKey().Public()), spki(t, ec(t, elliptic.P256()).Public())
	return keyset.KeySet{
		Format: keyset.Format, Deployment: "proactive-test", Serial: 3, Issued: now.Add(-time.Hour), Expires: now.Add(90 * 24 * time.Hour),
		Unwrap:  []keyset.Key{{ID: "unwrap-2", SPKI: unwrap, NotAfter: now.Add(time.Hour)}, {ID: "unwrap-1", SPKI: unwrap, NotAfter: now.Add(2 * time.Hour)}},
		Receipt: []keyset.Key{{ID: "receipt-2", SPKI: receipt, NotAfter: now.Add(time.Hour)}, {ID: "receipt-1", SPKI: receipt, NotAfter: now.Add(-time.Hour)}},
	}
}

func checkReason(t *testing.T, err error, want string) {
	t.Helper()
	if _, reason := fault.Public(err); err == nil || reason != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestSignedSetIsTaken(t *testing.T) {
	root := ec(t, elliptic.P256())
	public := spki(t, root.Public())
	signed, err := keyset.Sign(t.Context(), sample(t), signer{root}, public)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := keyset.ParseSigned(raw)
	if err != nil {
		t.Fatal(err)
	}
	set, err := keyset.Verify(again, keyset.Fingerprint(public), now)
	if err != nil {
		t.Fatal(err)
	}
	if set.Serial != 3 || set.Deployment != "proactive-test" || cmp.Diff(signed, again) != "" {
		t.Errorf("%+v", set)
	}
	if k, ok := set.UnwrapKey(now); !ok || k.ID != "unwrap-2" {
		t.Errorf("newest key: %v", k.ID)
	}
	if k, ok := set.UnwrapKey(now.Add(time.Hour)); !ok || k.ID != "unwrap-1" {
		t.Errorf("key at the newest one's end: %v", k.ID)
	}
	if _, ok := set.UnwrapKey(now.Add(2 * time.Hour)); ok {
		t.Error("a key after the end of all")
	}
	if _, ok := set.ReceiptKey("receipt-1"); !ok {
		t.Error("a receipt key that is no longer used proves nothing any more")
	}
	if _, ok := set.ReceiptKey("unwrap-1"); ok {
		t.Error("an unwrap key as a receipt key")
	}
	if _, ok := set.Unwraps("unwrap-3"); ok {
		t.Error("a key that is not there")
	}
}

func TestVerifyRefuses(t *testing.T) {
	root, other := ec(t, elliptic.P256()), ec(t, elliptic.P256())
	public, otherPublic := spki(t, root.Public()), spki(t, other.Public())
	pin := keyset.Fingerprint(public)
	set := sample(t)
	body, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	header := `{"alg":"ES256","kid":"` + keyset.FingerprintHex(public) + `","typ":"proactive-keys+jws"}`
	byHand := func(key *ecdsa.PrivateKey, header string, body []byte) keyset.Signed {
		b64 := base64.RawURLEncoding.EncodeToString
		input := b64([]byte(header)) + "." + b64(body)
		digest := sha256.Sum256([]byte(input))
		sig, err := signer{key}.SignES256(t.Context(), digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return keyset.Signed{Root: public, JWS: input + "." + b64(sig)}
	}
	edit := func(old, fresh string) []byte {
		if !strings.Contains(string(body), old) {
			t.Fatalf("nothing to edit: %s", old)
		}
		return []byte(strings.Replace(string(body), old, fresh, 1))
	}
	if _, err := keyset.Verify(byHand(root, header, body), pin, now); err != nil {
		t.Fatalf("the set that all others are made from: %v", err)
	}
	swapped := byHand(other, strings.Replace(header, keyset.FingerprintHex(public), keyset.FingerprintHex(otherPublic), 1), body)
	swapped.Root = otherPublic
	for _, c := range []struct {
		name   string
		signed keyset.Signed
		at     time.Time
		reason string
	}{
		{"root and signature swapped together", swapped, now, keyset.ReasonWrongRoot},
		{"signed by another, the root kept", byHand(other, header, body), now, keyset.ReasonRootSignature},
		{"expired", byHand(root, header, body), set.Expires, keyset.ReasonExpired},
		{"no JWS", keyset.Signed{Root: public}, now, keyset.ReasonNotAKeySet},
		{"algorithm none", byHand(root, strings.Replace(header, "ES256", "none", 1), body), now, keyset.ReasonNotAKeySet},
		{"algorithm ES384", byHand(root, strings.Replace(header, "ES256", "ES384", 1), body), now, keyset.ReasonNotAKeySet},
		{"b64", byHand(root, strings.Replace(header, `"kid"`, `"b64":false,"kid"`, 1), body), now, keyset.ReasonNotAKeySet},
		{"crit", byHand(root, strings.Replace(header, `"kid"`, `"crit":["b64"],"kid"`, 1), body), now, keyset.ReasonNotAKeySet},
		{"a receipt's type", byHand(root, strings.Replace(header, "keys", "receipt", 1), body), now, keyset.ReasonNotAKeySet},
		{"another key id", byHand(root, strings.Replace(header, `"kid":"`, `"kid":"0`, 1), body), now, keyset.ReasonNotAKeySet},
		{"another version", byHand(root, header, edit("proactive-keys/1", "proactive-keys/2")), now, keyset.ReasonNotAKeySet},
		{"serial zero", byHand(root, header, edit(`"serial":3`, `"serial":0`)), now, keyset.ReasonNotAKeySet},
		{"an unknown member", byHand(root, header, edit(`"serial"`, `"x":1,"serial"`)), now, keyset.ReasonNotAKeySet},
		{"a member twice", byHand(root, header, edit(`"serial"`, `"serial":9,"serial"`)), now, keyset.ReasonNotAKeySet},
		{"white space", byHand(root, header, edit(`"serial":`, `"serial": `)), now, keyset.ReasonNotAKeySet},
		{"a key id twice", byHand(root, header, edit("unwrap-1", "unwrap-2")), now, keyset.ReasonNotAKeySet},
		{"a key id in both lists", byHand(root, header, edit("receipt-1", "unwrap-1")), now, keyset.ReasonNotAKeySet},
		{"no deployment", byHand(root, header, edit(`"proactive-test"`, `""`)), now, keyset.ReasonNotAKeySet},
		{"a deployment that no header allows", byHand(root, header, edit(`"proactive-test"`, `"Proactive"`)), now, keyset.ReasonNotAKeySet},
		{"a serial beyond exact numbers", byHand(root, header, edit(`"serial":3`, `"serial":1000000000000`)), now, keyset.ReasonNotAKeySet},
		{"a serial that overflows", byHand(root, header, edit(`"serial":3`, `"serial":9223372036854775808`)), now, keyset.ReasonNotAKeySet},
		{"a time of another zone", byHand(root, header, edit(`"issued":"2026-11-23T11:00:00Z"`, `"issued":"2026-11-23T12:00:00+01:00"`)), now, keyset.ReasonNotAKeySet},
		{"a time with a fraction", byHand(root, header, edit(`"issued":"2026-11-23T11:00:00Z"`, `"issued":"2026-11-23T11:00:00.5Z"`)), now, keyset.ReasonNotAKeySet},
		{"something behind it", byHand(root, header, append(slices.Clone(body), '\n')), now, keyset.ReasonNotAKeySet},
		{"beyond any size", keyset.Signed{Root: public, JWS: strings.Repeat("A", 1<<20)}, now, keyset.ReasonNotAKeySet},
		{"HS256 with the root as secret", publicAsSecret(public, header, body), now, keyset.ReasonNotAKeySet},
		{"not JSON", byHand(root, header, []byte("keys")), now, keyset.ReasonNotAKeySet},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := keyset.Verify(c.signed, pin, c.at)
			checkReason(t, err, c.reason)
		})
	}
	if _, err := keyset.Verify(byHand(root, header, body), pin, time.Time{}); err != nil {
		t.Errorf("the zero time should skip the expiry: %v", err)
	}
}

// The types of keys are held apart: nothing is sealed for a weak or a signing key.
func TestSignRefusesKeysOfTheWrongKind(t *testing.T) {
	root := ec(t, elliptic.P256())
	public := spki(t, root.Public())
	for name, spoil := range map[string]func(*keyset.KeySet){
		"an ECDSA key to unwrap":  func(s *keyset.KeySet) { s.Unwrap[0].SPKI = s.Receipt[0].SPKI },
		"an RSA key for receipts": func(s *keyset.KeySet) { s.Receipt[0].SPKI = s.Unwrap[0].SPKI },
		"P-384 for receipts":      func(s *keyset.KeySet) { s.Receipt[0].SPKI = spki(t, ec(t, elliptic.P384()).Public()) },
		"no key to unwrap":        func(s *keyset.KeySet) { s.Unwrap = nil },
		"no key for receipts":     func(s *keyset.KeySet) { s.Receipt = nil },
		"no key bytes":            func(s *keyset.KeySet) { s.Unwrap[1].SPKI = nil },
		"RSA of 1024 bits": func(s *keyset.KeySet) {
			weak, err := rsa.GenerateKey(rand.Reader, 1024)
			if err != nil {
				t.Fatal(err)
			}
			s.Unwrap[0].SPKI = spki(t, weak.Public())
		},
		"RSA of 2041 bits": func(s *keyset.KeySet) {
			odd := &rsa.PublicKey{N: new(big.Int).Rsh(rsaKey().N, 7), E: 65537}
			s.Unwrap[0].SPKI = spki(t, odd)
		},
		"RSA with exponent 3": func(s *keyset.KeySet) {
			s.Unwrap[0].SPKI = spki(t, &rsa.PublicKey{N: rsaKey().N, E: 3})
		},
		"more keys than a set may have": func(s *keyset.KeySet) {
			for i := range 64 {
				s.Receipt = append(s.Receipt, keyset.Key{ID: fmt.Sprintf("more-%d", i), SPKI: s.Receipt[0].SPKI, NotAfter: now})
			}
		},
		"an id that no header allows": func(s *keyset.KeySet) { s.Unwrap[0].ID = "Unwrap 1" },
		"expired before it is issued": func(s *keyset.KeySet) { s.Expires = s.Issued },
	} {
		t.Run(name, func(t *testing.T) {
			set := sample(t)
			spoil(&set)
			_, err := keyset.Sign(t.Context(), set, signer{root}, public)
			checkReason(t, err, keyset.ReasonNotAKeySet)
		})
	}
}

// publicAsSecret is the classic confusion: HMAC with the public key as its secret.
func publicAsSecret(public []byte, header string, body []byte) keyset.Signed {
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(strings.Replace(header, "ES256", "HS256", 1))) + "." + b64(body)
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(input))
	return keyset.Signed{Root: public, JWS: input + "." + b64(mac.Sum(nil))}
}

// ES256 is of one curve: a root of another is none, though it is the one that is pinned.
func TestRootOfAnotherCurve(t *testing.T) {
	public := spki(t, ec(t, elliptic.P384()).Public())
	_, err := keyset.Verify(keyset.Signed{Root: public, JWS: "a.b.c"}, keyset.Fingerprint(public), now)
	checkReason(t, err, keyset.ReasonNotAKeySet)
}

// Times are signed in UTC and to the second, whatever the caller's clock gives, and the
// caller's set stays as it is.
func TestSignWritesTimesOneWay(t *testing.T) {
	root := ec(t, elliptic.P256())
	public := spki(t, root.Public())
	set := sample(t)
	local := set.Issued.Add(123 * time.Millisecond).In(time.FixedZone("", 3600))
	set.Issued, set.Unwrap[0].NotAfter = local, local
	signed, err := keyset.Sign(t.Context(), set, signer{root}, public)
	if err != nil {
		t.Fatal(err)
	}
	got, err := keyset.Verify(signed, keyset.Fingerprint(public), now)
	if err != nil || got.Issued != now.Add(-time.Hour) || got.Unwrap[0].NotAfter != now.Add(-time.Hour) || set.Unwrap[0].NotAfter != local {
		t.Errorf("%v %+v", err, got)
	}
}

// Property: no change of a character of a signed set is accepted.
func TestEveryLetterMatters(t *testing.T) {
	root := ec(t, elliptic.P256())
	public := spki(t, root.Public())
	signed, err := keyset.Sign(t.Context(), sample(t), signer{root}, public)
	if err != nil {
		t.Fatal(err)
	}
	refusals := []string{keyset.ReasonNotAKeySet, keyset.ReasonWrongRoot, keyset.ReasonRootSignature, keyset.ReasonExpired}
	rapid.Check(t, func(rt *rapid.T) {
		at := rapid.IntRange(0, len(signed.JWS)-1).Draw(rt, "at")
		with := rapid.SampledFrom([]byte("AZaz09-_.=\n\x00")).Draw(rt, "with")
		if signed.JWS[at] == with {
			return
		}
		changed := signed
		changed.JWS = signed.JWS[:at] + string(with) + signed.JWS[at+1:]
		_, err := keyset.Verify(changed, keyset.Fingerprint(public), now)
		if _, reason := fault.Public(err); err == nil || !slices.Contains(refusals, reason) {
			rt.Fatalf("%v", err)
		}
	})
}

// Fuzz: beneath a good signature, what is taken is written as the same bytes.
func FuzzVerify(f *testing.F) {
	root := ec(f, elliptic.P256())
	public := spki(f, root.Public())
	body, err := json.Marshal(sample(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"format":"proactive-keys/1"}`))
	header := []byte(`{"alg":"ES256","kid":"` + keyset.FingerprintHex(public) + `","typ":"proactive-keys+jws"}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(body)
		digest := sha256.Sum256([]byte(input))
		sig, err := signer{root}.SignES256(t.Context(), digest[:])
		if err != nil {
			t.Fatal(err)
		}
		set, err := keyset.Verify(keyset.Signed{Root: public, JWS: input + "." + base64.RawURLEncoding.EncodeToString(sig)}, keyset.Fingerprint(public), now)
		if err != nil {
			if _, reason := fault.Public(err); reason != keyset.ReasonNotAKeySet && reason != keyset.ReasonExpired {
				t.Fatal(err)
			}
			return
		}
		if again, err := json.Marshal(set); err != nil || string(again) != string(body) {
			t.Fatalf("took\n%s\nwrites\n%s (%v)", body, again, err)
		}
	})
}

type failing struct{ err error }

func (f failing) SignES256(context.Context, []byte) ([]byte, error) { return nil, f.err }

func TestSignChecksItsSigner(t *testing.T) {
	root, other := ec(t, elliptic.P256()), ec(t, elliptic.P256())
	_, err := keyset.Sign(t.Context(), sample(t), signer{other}, spki(t, root.Public()))
	checkReason(t, err, keyset.ReasonRootSignature)
	down := errors.New("KMS does not answer")
	if _, err := keyset.Sign(t.Context(), sample(t), failing{down}, spki(t, root.Public())); !errors.Is(err, down) {
		t.Error(err)
	}
}

func TestParseSignedRefuses(t *testing.T) {
	for _, raw := range []string{"", "[]", `{"root":1}`, "<html>"} {
		_, err := keyset.ParseSigned([]byte(raw))
		checkReason(t, err, keyset.ReasonNotAKeySet)
	}
}
