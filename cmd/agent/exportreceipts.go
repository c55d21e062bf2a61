package main

import (
	"strings"

	"proactive/cmd/agent/internal/courier"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/fault"
)

type receiptsExportCmd struct {
	File string `arg:"" help:"Where to write the receipts, one a line; the key set goes to FILE.keys.json." type:"path"`
}

// Run writes what docs/verify/verify_receipts.py reads. It judges nothing: a chain that
// is broken is just what somebody else should see.
func (c *receiptsExportCmd) Run(a *app) error {
	h, unlock, err := a.open()
	if err != nil {
		return err
	}
	defer unlock()
	e, err := h.Enrolment()
	if err != nil {
		return err
	}
	chain, err := h.Receipts()
	if err != nil {
		return err
	}
	keys, found, err := h.KeySet()
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.Unavailable, courier.NoKeySet, nil)
	}
	files := []struct {
		name string
		data []byte
	}{{c.File, []byte(strings.Join(append(chain, ""), "\n"))}, {c.File + ".keys.json", keys}}
	for _, f := range files {
		if err := home.WriteFile(f.name, f.data); err != nil {
			return fault.New(fault.Malformed, cannotWrite, err)
		}
	}
	if a.json {
		a.print(map[string]any{"receipts": len(chain), "file": files[0].name, "keys": files[1].name, "root": e.Root})
		return nil
	}
	a.say("%s in %s, the key set in %s.", count(len(chain), "receipt", "receipts"), files[0].name, files[1].name)
	a.say("The root that this agent was enrolled with: %s", e.Root)
	return nil
}
