package home

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
)

// consentDir holds a numbered directory for each enrolment, with the public key and the
// statements that it signed.
const (
	consentDir = "consent"
	chainKey   = "key"
)

// ErrStatementDiffers says that two different statements claim one place in the chain.
var ErrStatementDiffers = errors.New("two different consent statements for one place in the chain")

// Chain is the consent statements of one enrolment, first to last, as JWS. They are
// verified with shared/consent.
type Chain struct {
	Key        ed25519.PublicKey
	Statements []string
}

var (
	chainName     = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)
	statementName = regexp.MustCompile(`^[0-9]{12}\.jws$`)
)

// Chains returns what was said, enrolment by enrolment.
func (h *Home) Chains() ([]Chain, error) {
	n, err := h.chains()
	if err != nil {
		return nil, err
	}
	var all []Chain
	for i := 1; i <= n; i++ {
		c, err := h.chain(i)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// Chain returns the chain that key goes on with, empty if it has not begun.
func (h *Home) Chain(key ed25519.PublicKey) (Chain, error) {
	n, err := h.chains()
	if err != nil || n == 0 {
		return Chain{Key: key}, err
	}
	c, err := h.chain(n)
	if err == nil && !c.Key.Equal(key) {
		return Chain{Key: key}, nil
	}
	return c, err
}

// BeginChain begins the chain of a new enrolment. Beginning one that is empty again
// changes nothing.
func (h *Home) BeginChain(key ed25519.PublicKey) error {
	n, err := h.chains()
	if err != nil {
		return err
	}
	if n > 0 {
		last, err := h.chain(n)
		if err != nil || last.Key.Equal(key) && len(last.Statements) == 0 {
			return err
		}
	}
	if err := h.disk.MkdirAll(h.path(fmt.Sprintf("%s/%d", consentDir, n+1))); err != nil {
		return fmt.Errorf("beginning a chain of consent: %w", err)
	}
	return h.write(fmt.Sprintf("%s/%d/%s", consentDir, n+1, chainKey), []byte(hex.EncodeToString(key)+"\n"))
}

// AddStatement stores a statement at its place in the chain that key goes on with.
// Storing the same one again changes nothing.
func (h *Home) AddStatement(key ed25519.PublicKey, version int64, jws string) error {
	n, err := h.chains()
	if err != nil {
		return err
	}
	if last, err := h.Chain(key); err != nil {
		return err
	} else if n == 0 || len(last.Statements) == 0 {
		if err := h.BeginChain(key); err != nil {
			return err
		}
		if n, err = h.chains(); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("%s/%d/%012d.jws", consentDir, n, version)
	old, found, err := h.read(name)
	if err != nil {
		return err
	}
	if found {
		if string(bytes.TrimSpace(old)) != jws {
			return fmt.Errorf("storing consent statement %d: %w", version, ErrStatementDiffers)
		}
		return nil
	}
	return h.write(name, []byte(jws+"\n"))
}

// chains counts the chains that have begun: those whose key is there.
func (h *Home) chains() (int, error) {
	entries, err := h.disk.ReadDir(h.path(consentDir))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("listing chains of consent: %w", err)
	}
	last := 0
	for _, e := range entries {
		if !chainName.MatchString(e.Name()) {
			continue
		}
		if _, found, err := h.read(consentDir + "/" + e.Name() + "/" + chainKey); err != nil {
			return 0, err
		} else if n, err := strconv.Atoi(e.Name()); err == nil && found {
			last = max(last, n)
		}
	}
	return last, nil
}

func (h *Home) chain(n int) (Chain, error) {
	dir := fmt.Sprintf("%s/%d", consentDir, n)
	b, _, err := h.read(dir + "/" + chainKey)
	if err != nil {
		return Chain{}, err
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(b)))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return Chain{}, fmt.Errorf("reading %s/%s: %w", dir, chainKey, ErrDamaged)
	}
	entries, err := h.disk.ReadDir(h.path(dir))
	if err != nil {
		return Chain{}, fmt.Errorf("listing consent statements: %w", err)
	}
	var names []string
	for _, e := range entries {
		if statementName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	c := Chain{Key: key}
	for _, name := range names {
		b, _, err := h.read(dir + "/" + name)
		if err != nil {
			return Chain{}, err
		}
		c.Statements = append(c.Statements, string(bytes.TrimSpace(b)))
	}
	return c, nil
}
