package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/auditor"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/catalog"
	"proactive/shared/fault"
	"proactive/shared/receipt"
)

// Reasons of the audit's own.
const (
	noSigner  = "no-signer"
	noBatches = "no-batches"
)

type auditCmd struct {
	Key    string   `required:"" help:"The lab's private key, as openssl writes it (PKCS #8, no passphrase)." placeholder:"PRIVATE.pem" type:"path"`
	Signer []string `help:"An instrument's public key, signer-….pem of the archive; may be repeated. Without it, this home's own keys." placeholder:"FILE" type:"path"`
	Paths  []string `arg:"" name:"path" help:"Sealed batches, or directories of them." type:"path"`
}

// Help is an example.
func (c *auditCmd) Help() string {
	return "Example, on the computer that has the private key:\n  agent audit --key auditor.key --signer archive/signer-0123456789abcdef.pem archive"
}

// Run opens the lab's own copies and looks at them again: signature, commitment, digests,
// catalog, detector. It talks to nobody.
func (c *auditCmd) Run(a *app) error {
	x, err := c.examiner(a)
	if err != nil {
		return err
	}
	var files []string
	for _, p := range c.Paths {
		found, err := auditor.Find(p)
		if err != nil {
			return fault.New(fault.Malformed, noBatches, err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return fault.New(fault.Malformed, noBatches, nil)
	}
	flagged := 0
	for _, file := range files {
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
		object, err := readBatch(file)
		if err != nil {
			return fault.New(fault.Malformed, noBatches, err)
		}
		e, err := accountOf(file, x.Examine(a.ctx, object))
		if err != nil {
			return err
		}
		if e.Reason != "" {
			flagged++
			a.exit = advice.Worse(a.exit, advice.Flagged)
		}
		if err := a.examined(e); err != nil {
			return err
		}
	}
	a.say("%s looked at, %d with something to say.", count(len(files), "batch", "batches"), flagged)
	return nil
}

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
