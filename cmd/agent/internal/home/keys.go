package home

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrKeyExposed says that a key file can be read by other accounts.
var ErrKeyExposed = errors.New("the key file can be read by other accounts")

// ErrNoLabKey says that this home has never named a run.
var ErrNoLabKey = errors.New("this home has no lab's key")

const (
	identityFile = "identity.key"
	nextFile     = "identity.next"
	labKeyFile   = "lab.key"
	labKeyBytes  = 32
)

// Identity returns the instrument's signing key, making it at first use. It is
// durable before it is returned, so a key that the service has enrolled is never
// lost to a crash. The private key never leaves this directory.
func (h *Home) Identity() (ed25519.PrivateKey, error) { return h.identity(identityFile) }

// NextIdentity is the key that is to replace Identity, made at first use and kept until
// AdoptIdentity: who repeats an interrupted replacement presents the same key.
func (h *Home) NextIdentity() (ed25519.PrivateKey, error) { return h.identity(nextFile) }

// AdoptIdentity makes NextIdentity the Identity. Without a next one it changes nothing.
func (h *Home) AdoptIdentity() error {
	b, found, err := h.secret(nextFile)
	if err != nil || !found {
		return err
	}
	if err := h.write(identityFile, b); err != nil {
		return err
	}
	// A crash here adopts the same key again.
	if err := h.disk.Remove(h.path(nextFile)); err != nil {
		return fmt.Errorf("adopting a key: %w", err)
	}
	return nil
}

func (h *Home) identity(name string) (ed25519.PrivateKey, error) {
	b, found, err := h.secret(name)
	if err != nil {
		return nil, err
	}
	if found {
		return parseIdentity(b)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the instrument's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding the instrument's key: %w", err)
	}
	if err := h.write(name, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return nil, err
	}
	return key, nil
}

func parseIdentity(b []byte) (ed25519.PrivateKey, error) {
	block, rest := pem.Decode(b)
	if block == nil || len(strings.TrimSpace(string(rest))) != 0 {
		return nil, fmt.Errorf("reading %s: not one PEM block", identityFile)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", identityFile, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("reading %s: not an Ed25519 key", identityFile)
	}
	return key, nil
}

// LabKey returns the 32-byte key under which run ids and flow-cell ids become
// tokens, making it at first use. It belongs to the lab and is never sent: without
// it no token can be matched to a run, by us or by anyone.
func (h *Home) LabKey() ([]byte, error) {
	key, err := h.StoredLabKey()
	if !errors.Is(err, ErrNoLabKey) {
		return key, err
	}
	key = make([]byte, labKeyBytes)
	if _, err := io.ReadFull(rand.Reader, key); err != nil {
		return nil, fmt.Errorf("making the lab's key: %w", err)
	}
	if err := h.write(labKeyFile, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return nil, err
	}
	return key, nil
}

// StoredLabKey returns the lab's key, or ErrNoLabKey: a new one would resolve nothing.
func (h *Home) StoredLabKey() ([]byte, error) {
	b, found, err := h.secret(labKeyFile)
	if err == nil && !found {
		err = ErrNoLabKey
	}
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != labKeyBytes {
		return nil, fmt.Errorf("reading %s: not %d bytes in hex", labKeyFile, labKeyBytes)
	}
	return key, nil
}

func (h *Home) secret(name string) ([]byte, bool, error) {
	b, found, err := h.read(name)
	if err != nil || !found {
		return nil, false, err
	}
	if err := private(h.path(name)); err != nil {
		return nil, false, fmt.Errorf("reading %s: %w", name, err)
	}
	return b, true, nil
}
