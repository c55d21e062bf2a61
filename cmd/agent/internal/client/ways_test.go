package client

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"proactive/shared/fault"
)

// certificate is one for 127.0.0.1, signed by an authority that nobody knows.
func certificate(t *testing.T, from, until time.Time) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Hospital inspection CA"}, NotBefore: from, NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func secured(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"nonce":"n","time":"2026-11-23T10:00:00Z"}`))
	}))
	srv.TLS = config
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

// listening answers each connection with do, and counts them.
func listening(t *testing.T, do func(net.Conn)) (address string, connections func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	n := make(chan int, 1)
	n <- 0
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n <- 1 + <-n
			go func() { defer func() { _ = c.Close() }(); do(c) }()
		}
	}()
	return l.Addr().String(), func() int { v := <-n; n <- v; return v }
}

// Every way in which the road to the service can be bad has its own name, and none is
// met by more than one connection: trying again is the courier's to decide.
func TestWaysThatAreClosed(t *testing.T) {
	now := time.Now()
	good, authority := certificate(t, now.Add(-time.Hour), now.Add(time.Hour))
	over, _ := certificate(t, now.Add(-2*time.Hour), now.Add(-time.Hour))
	early, _ := certificate(t, now.AddDate(1, 0, 0), now.AddDate(2, 0, 0))
	refused := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		return l.Addr().String()
	}()
	hanging, heldOpen := listening(t, func(c net.Conn) { _, _ = bufio.NewReader(c).ReadByte(); <-t.Context().Done() })
	wanting, asked := listening(t, func(c net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, _ = c.Write([]byte("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"))
	})
	for name, c := range map[string]struct {
		base, reason string
		proxy        string
	}{
		"no such name":               {base: "https://no-such-host.invalid", reason: Offline},
		"connections refused":        {base: "http://" + refused, reason: Offline},
		"connections held open":      {base: "http://" + hanging, reason: Offline},
		"a proxy that wants a name":  {base: "https://api.example.com", proxy: "http://" + wanting, reason: Offline},
		"a proxy that is not there":  {base: "https://api.example.com", proxy: "http://" + refused, reason: Offline},
		"an authority nobody knows":  {base: secured(t, &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS12}).URL, reason: Untrusted},
		"a certificate that is over": {base: secured(t, &tls.Config{Certificates: []tls.Certificate{over}, MinVersion: tls.VersionTLS12}).URL, reason: Untrusted},
		"TLS 1.1 and nothing newer":  {base: secured(t, &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}).URL, reason: Untrusted},
		"a clock a year behind":      {base: secured(t, &tls.Config{Certificates: []tls.Certificate{early}, MinVersion: tls.VersionTLS12}).URL, reason: Untrusted},
	} {
		t.Run(name, func(t *testing.T) {
			api, err := New(c.base)
			if err != nil {
				t.Fatal(err)
			}
			transport := api.http.Transport.(*http.Transport)
			if c.proxy != "" {
				u, err := url.Parse(c.proxy)
				if err != nil {
					t.Fatal(err)
				}
				transport.Proxy = http.ProxyURL(u)
			} else {
				transport.Proxy = nil
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err = api.Challenge(ctx)
			kind, reason := fault.Public(err)
			// Which of the two names a bad certificate gets depends on what is wrong first.
			if reason != c.reason && (c.reason != Untrusted || reason != WrongClock && reason != Offline) {
				t.Errorf("%s is %s (%v)", name, reason, err)
			}
			if kind != fault.Unavailable {
				t.Errorf("kind %v", kind)
			}
		})
	}
	if heldOpen() != 1 || asked() != 1 {
		t.Errorf("%d and %d connections for one call each", heldOpen(), asked())
	}

	t.Run("an inspection CA that the lab trusts", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, authority, 0o600); err != nil {
			t.Fatal(err)
		}
		srv := secured(t, &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS12})
		api, err := New(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := api.Trust(file); err != nil {
			t.Fatal(err)
		}
		if _, err := api.Challenge(t.Context()); err != nil {
			t.Error(err)
		}
		if err := api.Trust(filepath.Join(t.TempDir(), "none")); err == nil {
			t.Error("a file that is not there is trusted")
		}
	})
}
