package local

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// StartGuarded starts an emulator that speaks TLS only and asks IAM about every call:
// functions get the credentials of their roles and no others, and the operator is the
// account's root. What it enforces and what it cannot is said by the tests of
// infra/rehearsal/guarded.
func StartGuarded(ctx context.Context, root, dir string, port int) (*Emulator, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the emulator's directory: %w", err)
	}
	t := &transport{cert: filepath.Join(dir, "emulator.crt"), key: filepath.Join(dir, "emulator.key")}
	if err := t.issue(); err != nil {
		return nil, fmt.Errorf("making the emulator's certificate: %w", err)
	}
	return start(ctx, root, dir, port, t)
}

// transport is the certificate of one emulator, made for it and trusted by nobody else.
type transport struct {
	cert, key string // PEM files
	client    *http.Client
}

func (t *transport) issue() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "proactive emulator"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	t.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	if err := os.WriteFile(t.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(t.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600)
}

// Trust is the environment in which a program believes this emulator's certificate, by
// the convention of its language; empty where there is none.
func (e *Emulator) Trust() []string {
	if e.tls == nil {
		return nil
	}
	return []string{"SSL_CERT_FILE=" + e.tls.cert, "AWS_CA_BUNDLE=" + e.tls.cert, "NODE_EXTRA_CA_CERTS=" + e.tls.cert}
}

// server is what the emulator itself is told.
func (t *transport) server() []string {
	if t == nil {
		return nil
	}
	return []string{"AUTH=true", "USE_SSL=1", "MINISTACK_SSL_CERT=" + t.cert, "MINISTACK_SSL_KEY=" + t.key}
}
