package main

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"

	"proactive/cmd/agent/internal/auditor"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/fault"
	"proactive/shared/seal"
)

type auditorCmd struct {
	Add    auditorAddCmd    `cmd:"" help:"Seal every batch from now on for a key of the lab's own as well, and keep a copy of it."`
	Remove auditorRemoveCmd `cmd:"" help:"Seal for the service alone again. The copies stay."`
}

type auditorAddCmd struct {
	Public  string `arg:"" name:"public.pem" help:"The lab's public key: RSA, 2048 to 4096 bits. Its private half stays away from this computer." type:"path"`
	Archive string `required:"" help:"An existing directory for the copies of sealed batches." placeholder:"DIR" type:"path"`
}

// Help is an example.
func (c *auditorAddCmd) Help() string {
	return "Example, the first two lines on another computer:\n" +
		"  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out auditor.key\n" +
		"  openssl pkey -in auditor.key -pubout -out auditor.pem\n" +
		"  agent auditor add auditor.pem --archive D:\\ProactiveArchive"
}

// Run records the lab's own key. It talks to nobody, and neither key nor archive is ever
// told to the service: a batch's header names its recipients by digest.
func (c *auditorAddCmd) Run(a *app) error {
	raw, err := os.ReadFile(c.Public)
	if err != nil {
		return fault.New(fault.Malformed, auditor.BadKey, err)
	}
	key, err := auditor.ParsePublic(raw)
	if err != nil {
		return err
	}
	id, err := auditor.ID(key)
	if err != nil {
		return err
	}
	if info, err := os.Stat(c.Archive); err != nil || !info.IsDir() {
		return fault.New(fault.Malformed, auditor.NoArchive, err)
	}
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := h.Enrolment(); err != nil {
		return err
	}
	identity, err := h.Identity()
	if err != nil {
		return err
	}
	archive := auditor.Archive{Dir: absolute(c.Archive)}
	if err := archive.Sign(public(identity)); err != nil {
		return err
	}
	if err := h.SetAuditor(home.Auditor{Key: id, PEM: string(raw), Archive: archive.Dir}); err != nil {
		return err
	}
	if a.json {
		a.print(map[string]any{"auditor": id, "archive": archive.Dir})
		return nil
	}
	a.say("From now on every batch is sealed for %s as well, and a copy is kept in %s.", id, archive.Dir)
	a.say("This computer opens none of them; `agent audit --key PRIVATE.pem %s` does, where the private key is.", filepath.Base(archive.Dir))
	return nil
}

type auditorRemoveCmd struct{}

// Help is an example.
func (c *auditorRemoveCmd) Help() string { return "Example:\n  agent auditor remove" }

// Run forgets the lab's own key.
func (c *auditorRemoveCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	if err := h.RemoveAuditor(); err != nil {
		return err
	}
	if a.json {
		a.print(map[string]any{"auditor": nil})
		return nil
	}
	a.say("From now on batches are sealed for the service alone. Copies that were kept stay.")
	return nil
}

// recipient is the lab's own key as a recipient, if it has one.
func recipient(h *home.Home) ([]seal.Recipient, error) {
	set, found, err := h.Auditor()
	if err != nil || !found {
		return nil, err
	}
	key, err := auditor.ParsePublic([]byte(set.PEM))
	if err != nil {
		return nil, fmt.Errorf("reading the auditor's key: %w: %w", home.ErrDamaged, err)
	}
	return []seal.Recipient{{ID: set.Key, Key: key}}, nil
}

func public(key ed25519.PrivateKey) ed25519.PublicKey {
	p, _ := key.Public().(ed25519.PublicKey)
	return p
}
