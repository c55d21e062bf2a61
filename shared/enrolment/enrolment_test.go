package enrolment_test

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/enrolment"
)

func code(url string) enrolment.Code {
	c := enrolment.Code{URL: url}
	for i := range c.Secret {
		c.Secret[i] = byte(i)
	}
	for i := range c.Fingerprint {
		c.Fingerprint[i] = byte(100 + i)
	}
	return c
}

func TestCodeIsExactlyThis(t *testing.T) {
	const want = "proactive1-AAECAwQFBgcICQoLDA0OD2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn-AgYKDwgK-cmh0dHBzOi8vYXBpLmV4YW1wbGUub3Jn"
	if got := code("https://api.example.org").String(); got != want {
		t.Errorf("a code that labs hold changed:\n%s\n%s", got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := code("https://" + rapid.StringMatching(`[a-z]{1,20}\.[a-z]{2,5}(:[1-9][0-9]{1,3})?(/[a-z0-9]{1,9})?`).Draw(t, "url"))
		copy(c.Secret[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "secret"))
		s := c.String()
		at := rapid.IntRange(0, len(s)).Draw(t, "line break")
		got, err := enrolment.Parse(" " + s[:at] + "\r\n  " + s[at:] + "\n")
		if err != nil || got != c {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	good := code("https://api.example.org").String()
	short := "proactive1-" + base64.RawURLEncoding.EncodeToString(make([]byte, 52))
	for name, c := range map[string]struct {
		code string
		want error
	}{
		"nothing":             {"", enrolment.ErrNotACode},
		"another version":     {strings.Replace(good, "proactive1", "proactive2", 1), enrolment.ErrNotACode},
		"a cut code":          {good[:len(good)-1], enrolment.ErrMistyped},
		"no address":          {short, enrolment.ErrMistyped},
		"a letter lost":       {good[:40] + good[41:], enrolment.ErrMistyped},
		"two letters swapped": {good[:40] + good[41:42] + good[40:41] + good[42:], enrolment.ErrMistyped},
		"plain http":          {code("http://api.example.org").String(), enrolment.ErrURL},
		"localhost by name":   {code("http://localhost:4566").String(), enrolment.ErrURL},
		"a file":              {code("file:///etc/passwd").String(), enrolment.ErrURL},
		"a password":          {code("https://a:b@example.org").String(), enrolment.ErrURL},
		"a query":             {code("https://example.org?x=1").String(), enrolment.ErrURL},
		"a fragment":          {code("https://example.org#x").String(), enrolment.ErrURL},
		"an empty query":      {code("https://example.org?").String(), enrolment.ErrURL},
		"an empty fragment":   {code("https://example.org#").String(), enrolment.ErrURL},
		"a port alone":        {code("https://:443").String(), enrolment.ErrURL},
		"a slash at the end":  {code("https://example.org/").String(), enrolment.ErrURL},
		"no host":             {code("https:///v1").String(), enrolment.ErrURL},
		"an endless address":  {code("https://example.org/" + strings.Repeat("a", 600)).String(), enrolment.ErrMistyped},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := enrolment.Parse(c.code); !errors.Is(err, c.want) {
				t.Errorf("%+v, %v, want %v", got, err, c.want)
			}
		})
	}
	for _, url := range []string{"http://127.0.0.1:4566/_aws/execute-api/abc/$default", "http://[::1]:4566", "https://api.example.org/v1"} {
		if _, err := enrolment.Parse(code(url).String()); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// Fuzz: what parses is written as the same code, but for white space.
func FuzzParse(f *testing.F) {
	f.Add(code("https://api.example.org").String())
	f.Add(code("http://127.0.0.1:4566/_aws/execute-api/abc/$default").String())
	f.Add(" " + code("https://[::1]:1/x").String()[:30] + "\r\n" + code("https://[::1]:1/x").String()[30:])
	f.Fuzz(func(t *testing.T, s string) {
		c, err := enrolment.Parse(s)
		if err != nil {
			if !errors.Is(err, enrolment.ErrNotACode) && !errors.Is(err, enrolment.ErrMistyped) && !errors.Is(err, enrolment.ErrURL) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if want := strings.Join(strings.Fields(s), ""); c.String() != want {
			t.Fatalf("parsed\n%s\nwrote\n%s", want, c)
		}
	})
}

// FuzzURL is FuzzParse's property behind the checksum, where a fuzzer does not come: an
// address that is taken leads every call to its own host.
func FuzzURL(f *testing.F) {
	for _, u := range []string{"https://api.example.org", "http://127.0.0.1:1", "https://a@b", "https://a?", "https://a#", "HTTPS://A", "https://a\\b", "https://a/%2e%2e"} {
		f.Add(u)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := enrolment.Parse(code(raw).String())
		if err != nil {
			return
		}
		if c.URL != raw {
			t.Fatalf("%q became %q", raw, c.URL)
		}
		base, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		call, err := url.Parse(raw + "/v1/challenge")
		if err != nil || call.Host != base.Host || call.Hostname() == "" || !strings.HasSuffix(call.Path, "/v1/challenge") || call.User != nil {
			t.Fatalf("%q calls %+v (%v)", raw, call, err)
		}
		if call.Scheme != "https" && call.Scheme != "http" {
			t.Fatalf("%q has scheme %s", raw, call.Scheme)
		}
	})
}

// A mistyped letter never enrols somewhere else: it is caught, wherever it is.
func TestEveryLetterMatters(t *testing.T) {
	good := code("https://api.example.org").String()
	for i := range good {
		for _, with := range "Az09_-" {
			if good[i] == byte(with) {
				continue
			}
			if c, err := enrolment.Parse(good[:i] + string(with) + good[i+1:]); err == nil {
				t.Fatalf("letter %d as %c gives %+v", i, with, c)
			}
		}
	}
}

func TestDigest(t *testing.T) {
	const ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if enrolment.Digest(nil) != ofNothing {
		t.Error("Digest is not hex SHA-256")
	}
}
