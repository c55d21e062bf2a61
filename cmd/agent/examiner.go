package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"

	"proactive/cmd/agent/internal/auditor"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/catalog"
	"proactive/shared/fault"
	"proactive/shared/receipt"
)

func readBatch(file string) ([]byte, error) {
	f, err := os.Open(file) //nolint:gosec // G304: a file that the lab names
	if err != nil {
		return nil, fmt.Errorf("opening a batch: %w", err)
	}
	defer f.Close()
	object, err := io.ReadAll(io.LimitReader(f, auditor.MaxBatch+1))
	if err != nil {
		return nil, fmt.Errorf("reading a batch: %w", err)
	}
	return object, nil
}

func (c *auditCmd) examiner(a *app) (auditor.Examiner, error) {
	x := auditor.Examiner{Receipts: map[string]receipt.Receipt{}}
	raw, err := os.ReadFile(c.Key)
	if err != nil {
		return x, fault.New(fault.Malformed, auditor.BadPrivate, err)
	}
	if x.Key, err = auditor.ParsePrivate(raw); err != nil {
		return x, err
	}
	if x.ID, err = auditor.ID(&x.Key.PublicKey); err != nil {
		return x, err
	}
	if x.Catalog, err = catalog.Load(); err != nil {
		return x, fmt.Errorf("loading the catalog: %w", err)
	}
	for _, file := range c.Signer {
		raw, err := os.ReadFile(file) //nolint:gosec // G304: a file that the lab names
		if err != nil {
			return x, fault.New(fault.Malformed, auditor.BadSigner, err)
		}
		key, err := auditor.ParseSigner(raw)
		if err != nil {
			return x, err
		}
		x.Signers = append(x.Signers, key)
	}
	if err := c.own(a, &x); err != nil {
		return x, err
	}
	if len(x.Signers) == 0 {
		return x, fault.New(fault.Malformed, noSigner, nil)
	}
	return x, nil
}

// own adds what a home at hand knows: its receipts and, where no other signer is named,
// its keys, those of earlier enrolments too.
func (c *auditCmd) own(a *app, x *auditor.Examiner) error {
	if a.dir == "" || !home.Exists(a.dir) {
		return nil
	}
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := h.Enrolment(); errors.Is(err, home.ErrNotEnrolled) {
		return nil
	} else if err != nil {
		return err
	}
	chain, err := h.Receipts()
	if err != nil {
		return err
	}
	for _, jws := range chain {
		r, err := receipt.Read(jws)
		if err != nil {
			return fmt.Errorf("reading a stored receipt: %w", err)
		}
		x.Receipts[r.Batch] = r
	}
	if len(c.Signer) > 0 {
		return nil
	}
	identity, err := h.Identity()
	if err != nil {
		return err
	}
	earlier, err := h.Chains()
	x.Signers = []ed25519.PublicKey{public(identity)}
	for _, e := range earlier {
		x.Signers = append(x.Signers, e.Key)
	}
	return err
}
