package seal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"

	"proactive/shared/batch"
	"proactive/shared/fault"
)

func TestRoundTrip(t *testing.T) {
	k, _ := rsa.GenerateKey(rand.Reader, 2048)
	pub, priv, _ := ed25519.GenerateKey(rand.Reader)
	for _, n := range []int{1, 100, 65479, 65480, 65481, 65496, 131000, 200000} {
		plain := bytes.Repeat([]byte{7}, n)
		raw, err := Seal(Params{Deployment: "d", Instrument: "i-" + strings.Repeat("0", 26), Batch: strings.Repeat("0", 26), Catalog: "sha256:" + strings.Repeat("a", 64), Sequence: 1, Plaintext: plain, PayloadBytes: 1, Recipients: []Recipient{{"unwrap-1", &k.PublicKey}}, Signer: priv})
		if err != nil {
			t.Fatal(n, err)
		}
		e, err := batch.Read(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Verify(pub); err != nil {
			t.Fatal(err)
		}
		got, err := Open(context.Background(), e, "unwrap-1", Local{"unwrap-1": k})
		if err != nil || !bytes.Equal(got, plain) {
			_, r := fault.Public(err)
			t.Fatal(n, err, r)
		}
	}
}
