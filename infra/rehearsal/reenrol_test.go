package rehearsal_test

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"proactive/infra/rehearsal"
)

// A computer is re-imaged, a key is replaced, a code is stolen, an instrument is revoked.
func TestEnrolmentsEnd(t *testing.T) {
	t.Parallel()
	all, folders := fleet(t, 16, 1, 6, 0)
	serial, runs := all[0].Serial, folders[all[0].Serial]
	lab, err := stage.Enrol(t.Context(), serial)
	if err != nil {
		t.Fatal(err)
	}
	send := func(l *rehearsal.Lab, run string, sequence int64) {
		t.Helper()
		sent, err := l.Send(t.Context(), []string{run})
		if err != nil || len(sent) != 1 || sent[0].Verdict != "stored" || sent[0].Sequence != sequence {
			t.Fatalf("sent %+v, %v, want sequence %d stored", sent, err, sequence)
		}
	}
	send(lab, runs[0], 1)

	// Re-imaged: an empty home, a new code for the same serial number.
	stolen := codeFor(t, serial)
	again := lab.At(t.TempDir())
	if _, err := again.Agent(t.Context(), "enroll", stolen); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Send(t.Context(), runs[1:2]); err == nil || !strings.Contains(err.Error(), "agent on") {
		t.Errorf("consent is asked for anew, not inherited: %v", err)
	}
	if _, err := again.Agent(t.Context(), "on", "--yes"); err != nil {
		t.Fatal(err)
	}
	send(again, runs[1], 2) // the count goes on
	if _, err := lab.Send(t.Context(), runs[2:3]); err == nil {
		t.Error("the computer of before still sends")
	}
	if raw, err := again.Agent(t.Context(), "receipts", "verify"); err != nil || !strings.Contains(string(raw), `"receipts":2`) {
		t.Errorf("the receipts of before are there, and the chain is whole: %s, %v", raw, err)
	}

	// The code is of no use to who finds it afterwards.
	thief := lab.At(t.TempDir())
	if _, err := thief.Agent(t.Context(), "enroll", stolen); exitCode(err) != 6 {
		t.Errorf("a code that was used, by another key: %v", err)
	}

	// Another key in the same home.
	if _, err := again.Agent(t.Context(), "enroll", codeFor(t, serial)); err == nil || !strings.Contains(err.Error(), "already-enrolled") {
		t.Errorf("enrolling twice without being asked to: %v", err)
	}
	if _, err := again.Agent(t.Context(), "enroll", "--replace", codeFor(t, serial)); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Agent(t.Context(), "on", "--yes"); err != nil {
		t.Fatal(err)
	}
	send(again, runs[3], 3)

	// Revoked: told to the proven, and for good.
	if _, err := stage.Operator(t.Context(), "instruments", "revoke", lab.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Send(t.Context(), runs[4:5]); err == nil || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("a revoked instrument: %v", err)
	}
	if _, err := lab.At(t.TempDir()).Agent(t.Context(), "enroll", codeFor(t, serial)); err == nil || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("a code for a revoked instrument: %v", err)
	}
	if got := ledgerOf(t, lab.ID); len(got) != 3 {
		t.Errorf("the ledger has %+v, want 3 batches", got)
	}
	raw, err := stage.Operator(t.Context(), "instruments", "list")
	if err != nil || !strings.Contains(string(raw), `"serial":"`+serial+`","tenant":"t-demo","site":"s-demo","consent":true`) {
		t.Errorf("the operator's list: %s, %v", raw, err)
	}

	// What the lab answered, under each of its three enrolments, each with a key of its own.
	raw, err = stage.Operator(t.Context(), "instruments", "consent", lab.ID)
	if err != nil {
		t.Fatal(err)
	}
	var said []struct {
		Enrolment string
		Version   int64
		On        bool
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		t.Fatal(err)
	}
	enrolments := map[string]bool{}
	for _, s := range said {
		enrolments[s.Enrolment] = true
		if s.Version != 1 || !s.On {
			t.Errorf("%+v, want the first answer of an enrolment, yes", s)
		}
	}
	if len(said) != 3 || len(enrolments) != 3 {
		t.Errorf("the history of consent: %s", raw)
	}
}

func codeFor(t *testing.T, serial string) string {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "enrolment", "issue", "--tenant", rehearsal.Tenant, "--site", rehearsal.Site, "--serial", serial, "--url", stage.API())
	if err != nil {
		t.Fatal(err)
	}
	var issued struct{ Code string }
	if err := json.Unmarshal(raw, &issued); err != nil {
		t.Fatal(err)
	}
	return issued.Code
}

func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	return 0
}
