package instrument

import "testing"

func TestName(t *testing.T) {
	for serial, want := range map[string]string{
		"A00834": "NovaSeq 6000 A00834", "M04034": "MiSeq M04034", "MN01234": "MiniSeq MN01234",
		"NS500318": "NextSeq 500/550 NS500318", "D00118": "HiSeq 2500 D00118", "VH00123": "NextSeq 1000/2000 VH00123",
		"LH00123": "NovaSeq X LH00123", "XY-12": "sequencer XY-12", "MA12345": "sequencer MA12345",
	} {
		if got := Name(serial); got != want {
			t.Errorf("Name(%q) = %q, want %q", serial, got, want)
		}
	}
}
