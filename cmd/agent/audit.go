package main

import (
	"path/filepath"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/auditor"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/fault"
)

// Reasons of the audit's own.
const (
	noSigner  = "no-signer"
	noBatches = "no-batches"
)

type auditCmd struct {
	Key    string   `required:"" help:"The lab's private key, as openssl writes it (PKCS #8, no passphrase)." placeholder:"PRIVATE.pem" type:"path"`
	Signer []string `help:"An instrument's public key, signer-….pem of the archive; may be repeated. Without it, this home's own keys." placeholder:"FILE" type:"path"`
	Out    string   `help:"Also write each payload that opens, byte for byte what preview --out wrote, into this directory." placeholder:"DIR" type:"path"`
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
		found := x.Examine(a.ctx, object)
		if c.Out != "" && found.Opened != nil {
			if err := home.WriteFile(filepath.Join(c.Out, found.Header.Batch+".payload"), found.Opened); err != nil {
				return fault.New(fault.Malformed, cannotWrite, err)
			}
		}
		e, err := accountOf(file, found)
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
