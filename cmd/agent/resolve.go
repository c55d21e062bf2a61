package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"proactive/cmd/agent/internal/advice"
	"proactive/shared/fault"
	"proactive/shared/labkey"
	"proactive/shared/runfolder"
)

// Reasons of tokens.
const (
	notAToken       = "not-a-token"
	nothingToName   = "nothing-to-name"
	tokenUnresolved = "token-unresolved"
)

type resolveCmd struct {
	Tokens []string `arg:"" name:"token" help:"Tokens of runs or flow cells, as receipts, payloads and service cases have them, or of run folders, as the log of run has them."`
	Runs   []string `default:"." help:"Where run folders are, at any depth; may be repeated." placeholder:"DIR" type:"path"`
}

// Help is an example.
func (c *resolveCmd) Help() string {
	return "Example:\n  agent resolve 9f0c1d6c2b7a4e5f8091a2b3c4d5e6f7 --runs D:\\Illumina\\MiSeqAnalysis"
}

// resolved is one place in which a token was found, or, without a folder, none.
type resolved struct {
	Token    string `json:"token"`
	Kind     string `json:"kind"` // "run", "flow cell", "run folder"; empty if it was not found
	Run      string `json:"run"`
	Flowcell string `json:"flowcell"`
	Folder   string `json:"folder"`
}

// Run walks run folders, opens RunInfo.xml of each and nothing else, and says which of
// them the tokens are. The lab's key does not leave this computer, nor does the answer.
func (c *resolveCmd) Run(a *app) error {
	for _, token := range c.Tokens {
		if !labkey.Valid(token) {
			return fault.New(fault.Malformed, notAToken, nil)
		}
	}
	key, err := a.labKey()
	if err != nil {
		return err
	}
	found := map[string][]resolved{}
	for _, dir := range c.Runs {
		err := runsBelow(dir, func(folder string, info runfolder.Info) {
			if a.ctx.Err() != nil {
				return
			}
			name := labkey.Token(key, labkey.Folder, filepath.Base(folder))
			found[name] = append(found[name], resolved{name, string(labkey.Folder), info.RunID, info.Flowcell, folder})
			if info.RunID == "" {
				return
			}
			run, cell := labkey.Token(key, labkey.Run, info.RunID), labkey.Token(key, labkey.Flowcell, info.Flowcell)
			found[run] = append(found[run], resolved{run, string(labkey.Run), info.RunID, info.Flowcell, folder})
			found[cell] = append(found[cell], resolved{cell, string(labkey.Flowcell), info.RunID, info.Flowcell, folder})
		})
		if err != nil {
			return fault.New(fault.Malformed, watchUnreadable, err)
		}
	}
	if a.ctx.Err() != nil {
		return a.ctx.Err()
	}
	for _, token := range c.Tokens {
		a.resolved(token, found[token])
	}
	return nil
}

// resolved tells what one token is.
func (a *app) resolved(token string, places []resolved) {
	if len(places) == 0 {
		told := advice.For(fault.New(fault.Malformed, tokenUnresolved, nil))
		a.exit = advice.Worse(a.exit, told.Exit)
		if a.json {
			a.print(resolved{Token: token})
		}
		a.say("%s: not found. %s", token, told.Next)
		return
	}
	for _, p := range places {
		if a.json {
			a.print(p)
		}
		name := p.Run
		switch p.Kind {
		case string(labkey.Flowcell):
			name = p.Flowcell + ", in run " + p.Run
		case string(labkey.Folder):
			name = filepath.Base(p.Folder)
		}
		a.say("%s: %s %s  %s", token, p.Kind, name, p.Folder)
	}
}

// runsBelow tells of every run folder below dir, by its RunInfo.xml alone; of one that cannot
// be read nothing is told but where it is. What is in a run folder is not walked.
func runsBelow(dir string, tell func(folder string, info runfolder.Info)) error {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && path == dir:
			return err
		case err != nil:
			return fs.SkipDir // a directory that cannot be read hides its runs and no others
		case !e.IsDir():
			return nil
		}
		entry, is := find(path, "RunInfo.xml")
		if !is {
			return nil
		}
		info, err := readInfo(filepath.Join(path, entry.Name()))
		if err != nil {
			info = runfolder.Info{}
		}
		tell(path, info)
		return fs.SkipDir
	})
	if err != nil {
		return fmt.Errorf("walking the run folders: %w", err)
	}
	return nil
}

func readInfo(file string) (runfolder.Info, error) {
	f, err := os.Open(file) //nolint:gosec // G304: below a directory that the lab named
	if err != nil {
		return runfolder.Info{}, fmt.Errorf("opening a run's description: %w", err)
	}
	defer f.Close()
	return runfolder.ParseInfo(f)
}
