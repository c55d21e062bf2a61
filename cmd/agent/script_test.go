package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"proactive/shared/keyset"
	"proactive/shared/observation"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"agent": func() { os.Exit(run()) },
	})
}

// TestScripts runs the program itself against the API in memory. testdata/*.txt read
// as sessions. Some commands beside the usual:
//
//	service MOOD…       makes the API misbehave ("not-MOOD" ends it); "process" issues
//	                    the receipts that are due; "stop" ends it
//	heard N PATTERN     so many of the requests that reached the API contain PATTERN
//	stored N            so many batches have a receipt
//	runfolder DIR KIND  writes a run folder
//	auditorkey KEY PUB  writes the two halves of a key, of so many bits
//	signerof DIR        copies the instrument's public key from an archive to signer.pem
//	tokens PAYLOAD      puts the tokens of a payload into $RUN and $CELL
//	spoil DIR           changes one byte of one batch of an archive
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	verifier, err := filepath.Abs("../../docs/verify/verify_receipts.py")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			s := newService(t)
			env.Defer(s.srv.Close)
			env.Values["service"] = s
			env.Setenv("CODE", s.code())
			env.Setenv("ROOT", keyset.FingerprintHex(spki(s.t, &s.root.PublicKey)))
			env.Setenv("VERIFY", verifier)
			env.Setenv("HOME", filepath.Join(env.WorkDir, "user"))
			env.Setenv("PROACTIVE_HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("TZ", "UTC")
			env.Setenv("NO_PROXY", "127.0.0.1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"service":    cmdService,
			"heard":      cmdHeard,
			"stored":     cmdStored,
			"runfolder":  cmdRunFolder,
			"logged":     cmdLogged,
			"auditorkey": cmdAuditorKey,
			"signerof":   cmdSignerOf,
			"spoil":      cmdSpoil,
			"tokens":     cmdTokens,
		},
	})
}

func theService(ts *testscript.TestScript) *service { return ts.Value("service").(*service) }

func cmdService(ts *testscript.TestScript, _ bool, args []string) {
	s := theService(ts)
	for _, m := range args {
		switch m {
		case "process":
			s.mu.Lock()
			s.process()
			s.mu.Unlock()
		case "stop":
			s.srv.Close()
		case "forget":
			s.mu.Lock()
			s.requests = nil
			s.mu.Unlock()
		case "month-later":
			s.mu.Lock()
			s.now = func() time.Time { return time.Now().AddDate(0, 2, 0) }
			s.mu.Unlock()
		default:
			s.mood(m)
		}
	}
}

func cmdHeard(ts *testscript.TestScript, neg bool, args []string) {
	s := theService(ts)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if strings.Contains(r, args[1]) {
			n++
		}
	}
	if (fmt.Sprint(n) == args[0]) == neg {
		ts.Fatalf("%d requests contain %q: %q", n, args[1], s.requests)
	}
}

func cmdStored(ts *testscript.TestScript, _ bool, args []string) {
	s := theService(ts)
	s.mu.Lock()
	defer s.mu.Unlock()
	if fmt.Sprint(len(s.receipts)) != args[0] {
		ts.Fatalf("%d receipts", len(s.receipts))
	}
}

func cmdRunFolder(ts *testscript.TestScript, _ bool, args []string) {
	kind := ""
	if len(args) > 1 {
		kind = args[1]
	}
	runFolder(theService(ts).t, ts.MkAbs(args[0]), kind)
}

func cmdTokens(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	payload, err := observation.Decode(f)
	ts.Check(err)
	for _, o := range payload.Observations {
		switch o.Field {
		case "run.token":
			ts.Setenv("RUN", o.Text)
		case "run.flowcell_token":
			ts.Setenv("CELL", o.Text)
		}
	}
}

// cmdLogged puts the token by which the agent's log names a run folder into FOLDER.
func cmdLogged(ts *testscript.TestScript, _ bool, _ []string) {
	var l struct{ Folder string }
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if json.Unmarshal([]byte(line), &l) == nil && l.Folder != "" {
			ts.Setenv("FOLDER", l.Folder)
			return
		}
	}
	ts.Fatalf("the log names no run folder")
}
