package labkey_test

import (
	"testing"

	"proactive/shared/labkey"
)

// The figures are openssl's: printf 'run\n230825_M04034_0001' | openssl dgst -sha256 -hmac key
func TestToken(t *testing.T) {
	key := []byte("key")
	for _, c := range []struct {
		kind labkey.Kind
		name string
		want string
	}{
		{labkey.Run, "230825_M04034_0001", "ae5a283dd88749fe81581b867df2d1e6"},
		{labkey.Flowcell, "000000000-A5Y02", "de4e901cb17e2ba2687ba374985c94b3"},
	} {
		if got := labkey.Token(key, c.kind, c.name); got != c.want || !labkey.Valid(got) {
			t.Errorf("%s %s: %s", c.kind, c.name, got)
		}
	}
	if labkey.Token(key, labkey.Run, "x") == labkey.Token(key, labkey.Flowcell, "x") || labkey.Token(key, labkey.Run, "x") == labkey.Token([]byte("other"), labkey.Run, "x") {
		t.Error("two names have one token")
	}
	for _, s := range []string{"", "x", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdef0", "0123456789abcdef0123456789abcdef\n"} {
		if labkey.Valid(s) {
			t.Errorf("%q is a token", s)
		}
	}
}
