package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The promise "the agent is provably free of the AWS SDK", proven: no package that
// it is made of is the SDK's, for any system it runs on. Nor does it import what only
// the cloud's side needs, nor net/http/pprof and other doors. (make agents builds it
// for each of these systems.)
func TestTheAgentIsFreeOfTheCloud(t *testing.T) {
	for _, system := range systems {
		goos, goarch, _ := strings.Cut(system, "/")
		cmd := exec.Command("go", "list", "-deps", ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		deps := strings.Fields(string(out))
		if len(deps) < 50 {
			t.Fatalf("%s: only %d packages listed", system, len(deps))
		}
		for _, dep := range deps {
			for _, banned := range []string{"github.com/aws/", "proactive/shared/aws", "proactive/shared/validate", "proactive/shared/score", "proactive/shared/casework", "net/http/pprof", "expvar", "net/rpc"} {
				if strings.HasPrefix(dep, banned) {
					t.Errorf("%s: the agent is made of %s", system, dep)
				}
			}
		}
	}
}

// No inbound port: nothing of ours in the agent asks to listen.
func TestTheAgentListensOnNothing(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", `{{if and (not .Standard) (eq .Module.Path "proactive")}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}`, ".")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(out))
	if len(files) < 20 {
		t.Fatalf("only %d files listed", len(files))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, door := range []string{"net.Listen", ".ListenAndServe", "http.Serve", "ListenPacket", "ListenUDP", "ListenTCP", "ListenConfig"} {
			if strings.Contains(string(b), door) {
				t.Errorf("%s: %s", filepath.Base(f), door)
			}
		}
	}
}

var systems = []string{"linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64"}
