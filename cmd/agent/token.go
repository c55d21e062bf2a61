package main

import (
	"proactive/cmd/agent/internal/home"
	"proactive/shared/fault"
	"proactive/shared/labkey"
)

type tokenCmd struct {
	Name     string `name:"run" help:"A run, as RunInfo.xml names it." placeholder:"ID"`
	Flowcell string `help:"A flow cell, as RunInfo.xml names it." placeholder:"ID"`
	Folder   string `help:"A run folder, by its name." placeholder:"NAME"`
}

// Help is an example.
func (c *tokenCmd) Help() string {
	return "Example:\n  agent token --flowcell 000000000-A5Y02"
}

// Run says the tokens of names.
func (c *tokenCmd) Run(a *app) error {
	if c.Name == "" && c.Flowcell == "" && c.Folder == "" {
		return fault.New(fault.Malformed, nothingToName, nil)
	}
	key, err := a.labKey()
	if err != nil {
		return err
	}
	for _, named := range []struct {
		kind labkey.Kind
		name string
	}{{labkey.Run, c.Name}, {labkey.Flowcell, c.Flowcell}, {labkey.Folder, c.Folder}} {
		if named.name == "" {
			continue
		}
		token := labkey.Token(key, named.kind, named.name)
		if a.json {
			a.print(map[string]string{"kind": string(named.kind), "name": named.name, "token": token})
		}
		a.say("%s", token)
	}
	return nil
}

// labKey is the key that is there: looking makes none.
func (a *app) labKey() ([]byte, error) {
	if a.dir != "" && !home.Exists(a.dir) {
		return nil, home.ErrNoLabKey
	}
	h, unlock, err := a.open()
	if err != nil {
		return nil, err
	}
	defer unlock()
	return h.StoredLabKey()
}
