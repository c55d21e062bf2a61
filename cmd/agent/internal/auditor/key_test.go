package auditor

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"testing"

	"proactive/shared/fault"
)

func encode(t *testing.T, kind string, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// ofBits is a number that looks like a modulus of that length: nothing is sealed with it.
func ofBits(n uint) *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), n-1), big.NewInt(1)), E: 65537}
}

func TestKeys(t *testing.T) {
	for _, bits := range []uint{2048, 3072, 4096} {
		raw := encode(t, "PUBLIC KEY", ofBits(bits))
		key, err := ParsePublic(raw)
		if err != nil {
			t.Fatalf("%d bits: %v", bits, err)
		}
		block, _ := pem.Decode(raw)
		sum := sha256.Sum256(block.Bytes)
		if id, err := ID(key); err != nil || id != "auditor-"+hex.EncodeToString(sum[:])[:16] {
			t.Errorf("%s, %v", id, err)
		}
	}
	edwards, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	good := encode(t, "PUBLIC KEY", ofBits(2048))
	for name, raw := range map[string][]byte{
		"nothing":       nil,
		"no PEM":        []byte("ssh-rsa AAAA"),
		"too short":     encode(t, "PUBLIC KEY", ofBits(2047)),
		"too long":      encode(t, "PUBLIC KEY", ofBits(4097)),
		"another type":  encode(t, "CERTIFICATE", ofBits(2048)),
		"another kind":  encode(t, "PUBLIC KEY", edwards),
		"a private key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
		"two keys":      append(append([]byte{}, good...), good...),
		"not DER":       pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}),
	} {
		if _, err := ParsePublic(raw); reason(err) != BadKey {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ParsePrivate(raw); reason(err) != BadPrivate {
			t.Errorf("%s as a private key: %v", name, err)
		}
	}
	if key, err := ParseSigner(encode(t, "PUBLIC KEY", edwards)); err != nil || !key.Equal(edwards) {
		t.Errorf("a signer: %v", err)
	}
	if _, err := ParseSigner(good); reason(err) != BadSigner {
		t.Errorf("RSA as a signer: %v", err)
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	_, reason := fault.Public(err)
	return reason
}
