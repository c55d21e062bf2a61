package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Lab is one instrument's computer: an agent with its own home.
type Lab struct {
	Serial string
	ID     string // the opaque instrument id

	play *Rehearsal
	home string
}

// Sent is what the agent says of one run folder.
type Sent struct {
	Folder   string `json:"folder"`
	Batch    string `json:"batch"`
	Sequence int64  `json:"sequence"`
	Verdict  string `json:"verdict"`
	Reason   string `json:"reason"`
	Bytes    int64  `json:"bytes"`
	Files    []struct {
		Name   string `json:"name"`
		Kind   string `json:"kind"`
		Read   bool   `json:"read"`
		Reason string `json:"reason"`
	} `json:"files"`
	Summary *struct {
		Clusters   *float64 `json:"clusters"`
		ClustersPF *float64 `json:"clusters_pf"`
		Q30        *float64 `json:"q30"`
	} `json:"summary"`
}

// Enrol issues a code, gives it to a fresh agent and turns sending on: what a lab
// does when it ticks the box.
func (r *Rehearsal) Enrol(ctx context.Context, serial string) (*Lab, error) {
	lab := &Lab{Serial: serial, play: r, home: filepath.Join(r.Dir, "labs", serial)}
	raw, err := r.Operator(ctx, "enrolment", "issue", "--tenant", Tenant, "--site", Site, "--serial", serial, "--url", r.API())
	if err != nil {
		return nil, err
	}
	var issued struct {
		Code       string `json:"code"`
		Instrument string `json:"instrument"`
	}
	if err := json.Unmarshal(raw, &issued); err != nil {
		return nil, fmt.Errorf("reading the enrolment code: %w", err)
	}
	lab.ID = issued.Instrument
	r.mu.Lock()
	r.serials[lab.ID] = serial
	r.mu.Unlock()
	if _, err := lab.Agent(ctx, "enroll", issued.Code); err != nil {
		return nil, err
	}
	if _, err := lab.Agent(ctx, "on", "--yes"); err != nil {
		return nil, err
	}
	return lab, nil
}

// At is the same instrument with an agent of another home: a re-imaged computer.
func (l *Lab) At(home string) *Lab {
	other := *l
	other.home = home
	return &other
}

// Agent runs bin/agent in this lab and returns its JSON. Its environment is that of
// an instrument's computer: no credentials, no endpoint but the enrolment code's.
func (l *Lab) Agent(ctx context.Context, args ...string) ([]byte, error) {
	all := append([]string{"--home", l.home, "--json"}, args...)
	return run(ctx, append(l.play.Trust(), "HOME="+l.home, "NO_PROXY=127.0.0.1"), filepath.Join(l.play.Root, "bin", "agent"), all...)
}

// Home is where the agent of this lab keeps its state.
func (l *Lab) Home() string { return l.home }

// Watch is one round of the agent as it runs on an instrument's computer, over the run
// folders in dir, with more flags. It returns the agent's log, whether the round failed or
// not: an agent that runs on would try again.
func (l *Lab) Watch(ctx context.Context, dir string, flags ...string) (log []byte, err error) {
	all := append([]string{"--home", l.home, "--json", "run", "--watch", dir, "--once", "--rate", "0", "--imaging", "0"}, flags...)
	cmd := exec.CommandContext(ctx, filepath.Join(l.play.Root, "bin", "agent"), all...) //nolint:gosec // G204: our own binary, built by make
	cmd.Env = append(l.play.Trust(), "HOME="+l.home, "NO_PROXY=127.0.0.1")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return said.Bytes(), fmt.Errorf("one round of the agent: %w", err)
	}
	return said.Bytes(), nil
}

// Send sends run folders and returns one account for each. An error of the agent is
// returned beside the accounts it still gave.
func (l *Lab) Send(ctx context.Context, folders []string, flags ...string) ([]Sent, error) {
	raw, failed := l.Agent(ctx, append(append([]string{"send"}, flags...), folders...)...)
	var all []Sent
	for line := range bytes.Lines(raw) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var s Sent
		if err := json.Unmarshal(line, &s); err != nil {
			return all, fmt.Errorf("reading the agent's account %q: %w", strings.TrimSpace(string(line)), err)
		}
		all = append(all, s)
	}
	return all, failed
}

// SerialOf is the serial number in a run folder's RunInfo.xml, empty if it has none.
func SerialOf(folder string) string {
	raw, err := os.ReadFile(filepath.Join(folder, "RunInfo.xml")) //nolint:gosec // G304: a folder that the caller names
	if err != nil {
		return ""
	}
	var info struct {
		Instrument string `xml:"Run>Instrument"`
	}
	if err := xml.Unmarshal(raw, &info); err != nil {
		return ""
	}
	return info.Instrument
}
