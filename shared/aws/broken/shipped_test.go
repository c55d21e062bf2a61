package broken_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestNothingThatShipsCanBeBroken: neither this package nor the memory stores are in any
// program of ours.
func TestNothingThatShipsCanBeBroken(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{.ImportPath}}", "proactive/functions/...", "proactive/cmd/...", "proactive/infra").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	all := strings.Fields(string(out))
	if len(all) < 100 || !strings.Contains(string(out), "proactive/shared/aws/tables") {
		t.Fatalf("%d packages: the programs were not looked at", len(all))
	}
	for _, p := range all {
		if strings.HasPrefix(p, "proactive/shared/aws/broken") || strings.HasPrefix(p, "proactive/shared/pipelinetest") || p == "testing" {
			t.Errorf("%s is in a program that ships", p)
		}
	}
}
