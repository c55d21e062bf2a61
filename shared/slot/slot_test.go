package slot_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the sites' zones, wherever the tests run

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/pipelinetest"
	"proactive/shared/slot"
)

var preview = flag.String("preview", "", "write the pages to this folder")

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// answers is an execution that waits on a token.
type answers struct {
	pipelinetest.Faults
	t       *testing.T
	waiting string // the token it waits on, "" when it waits no more
	got     []casework.OfferAnswer
	next    []error
}

func (a *answers) Answer(_ context.Context, token string, answer casework.OfferAnswer) error {
	if len(a.next) > 0 {
		err := a.next[0]
		a.next = a.next[1:]
		if err != nil {
			return err
		}
	}
	if token != a.waiting || token == "" {
		return casework.ErrNobodyWaits
	}
	a.waiting = ""
	a.got = append(a.got, answer)
	return nil
}

// world is a case on offer, its link and its execution.
type world struct {
	cases  *pipelinetest.Cases
	answer *answers
	page   slot.Page
	c      casework.Case
	secret string
}

func offered(t *testing.T) *world {
	t.Helper()
	w := &world{cases: pipelinetest.NewCases(t), answer: &answers{t: t, waiting: "task-token"}}
	id := casework.ID("i-0123456789abcdefghjkmnpqrs", "chiller", 1)
	c := casework.Case{
		ID: id, Ordinal: 1, Instrument: "i-0123456789abcdefghjkmnpqrs", Component: "chiller", Subsystem: health.Thermal,
		Tenant: "t-demo", Site: "s-demo", Pace: 1, State: casework.Open, OpenedAt: now,
	}
	ctx := t.Context()
	if err := w.cases.Create(ctx, casework.Standing{}, c); err != nil {
		t.Fatal(err)
	}
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func(*casework.Case) casework.Reason{
		func(c *casework.Case) casework.Reason {
			return c.Diagnose(casework.Diagnosis{Hours: 4}, casework.NoModels, nil)
		},
		func(c *casework.Case) casework.Reason { return c.Advance(casework.StepSupport) },
		func(c *casework.Case) casework.Reason {
			c.Zone = "Europe/Madrid"
			return c.Offer(1, casework.Slots(now, madrid, 4))
		},
	} {
		if w.c, _, err = casework.Update(ctx, w.cases, id, step); err != nil {
			t.Fatal(err)
		}
	}
	w.secret = casework.SlotSecret(bytes.Repeat([]byte{7}, 32))
	digest, _ := casework.SlotDigest(w.secret)
	if err := w.cases.PutSlotLink(ctx, digest, casework.SlotLink{Case: id, Expires: now.Add(casework.SlotLife)}); err != nil {
		t.Fatal(err)
	}
	if err := w.cases.SetToken(ctx, id, casework.Token{Round: 1, Value: "task-token"}); err != nil {
		t.Fatal(err)
	}
	w.page = slot.Page{Cases: w.cases, Answer: w.answer, Now: func() time.Time { return now }}
	return w
}

func (w *world) stored(t *testing.T) casework.Case {
	t.Helper()
	c, err := w.cases.Get(t.Context(), w.c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) get(target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	return w.serve(r, header)
}

func (w *world) post(choice string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/slot/"+w.secret, strings.NewReader(url.Values{slot.Field: {choice}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return w.serve(r, header)
}

func (w *world) serve(r *http.Request, header []string) *httptest.ResponseRecorder {
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.page.ServeHTTP(rec, r)
	return rec
}

func expect(t *testing.T, rec *httptest.ResponseRecorder, status int, says string) {
	t.Helper()
	if rec.Code != status || !strings.Contains(rec.Body.String(), says) {
		t.Fatalf("answered %d, want %d saying %q; the page:\n%s", rec.Code, status, says, rec.Body)
	}
}

func TestGetShowsAndChangesNothing(t *testing.T) {
	w := offered(t)
	before := w.stored(t)
	for range 3 { // a mail scanner
		rec := w.get("/slot/" + w.secret)
		expect(t, rec, http.StatusOK, "the reagent chiller")
		if n := strings.Count(rec.Body.String(), `type="radio"`); n != 6 {
			t.Errorf("%d visits on the page, want 6", n)
		}
	}
	if after := w.stored(t); after.Version != before.Version || len(w.answer.got) != 0 {
		t.Error("a GET changed something")
	}
}

func TestPostBooksAndAnswersOnce(t *testing.T) {
	w := offered(t)
	for range 2 { // the second is the same button pressed again
		expect(t, w.post(w.c.Slots[2].ID()), http.StatusOK, "Friday 27 November 2026, 09:00–13:00")
	}
	if c := w.stored(t); c.State != casework.Booked || c.Booked.ID() != w.c.Slots[2].ID() {
		t.Errorf("the case is %s", c.State)
	}
	if len(w.answer.got) != 1 || w.answer.got[0] != (casework.OfferAnswer{Answer: "picked", Round: 1}) {
		t.Errorf("the execution was answered %v", w.answer.got)
	}
	expect(t, w.post(w.c.Slots[0].ID()), http.StatusConflict, "A visit is booked already")
	if c := w.stored(t); c.Booked.ID() != w.c.Slots[2].ID() {
		t.Error("a second pick moved the visit")
	}
	expect(t, w.get("/slot/"+w.secret), http.StatusOK, "Your visit is booked")
}

func TestRefusals(t *testing.T) {
	good := func(w *world) string { return w.c.Slots[0].ID() }
	for name, c := range map[string]struct {
		do     func(w *world) *httptest.ResponseRecorder
		status int
		says   string
	}{
		"nothing picked":       {func(w *world) *httptest.ResponseRecorder { return w.post("") }, 422, "No time was picked"},
		"a slot of our making": {func(w *world) *httptest.ResponseRecorder { return w.post("20261128T0300Z") }, 422, "no longer on offer"},
		"markup for a slot":    {func(w *world) *httptest.ResponseRecorder { return w.post(`"><script>alert(1)</script>`) }, 422, "no longer on offer"},
		"two slots":            {func(w *world) *httptest.ResponseRecorder { return w.post(good(w) + "&slot=x") }, 422, ""},
		"from another site":    {func(w *world) *httptest.ResponseRecorder { return w.post(good(w), "Sec-Fetch-Site", "cross-site") }, 403, "did not come from this page"},
		"from a sibling site":  {func(w *world) *httptest.ResponseRecorder { return w.post(good(w), "Sec-Fetch-Site", "same-site") }, 403, ""},
		"another origin, old": {func(w *world) *httptest.ResponseRecorder {
			return w.post(good(w), "Sec-Fetch-Site", "", "Origin", "https://evil.example")
		}, 403, ""},
		"another method": {func(w *world) *httptest.ResponseRecorder {
			return w.serve(httptest.NewRequest("DELETE", "/slot/"+w.secret, nil), nil)
		}, 405, ""},
		"not a link": {func(w *world) *httptest.ResponseRecorder { return w.get("/slot/hello") }, 404, "leads nowhere"},
		"an unknown link": {func(w *world) *httptest.ResponseRecorder {
			return w.get("/slot/" + casework.SlotSecret(make([]byte, 32)))
		}, 404, "leads nowhere"},
		"too long a form": {func(w *world) *httptest.ResponseRecorder { return w.post(strings.Repeat("x", 5000)) }, 400, ""},
		"an unreadable form": {func(w *world) *httptest.ResponseRecorder {
			r := httptest.NewRequest("POST", "/slot/"+w.secret, strings.NewReader("slot=%zz"))
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			return w.serve(r, nil)
		}, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := offered(t)
			rec := c.do(w)
			expect(t, rec, c.status, c.says)
			if strings.Contains(rec.Body.String(), "<script") {
				t.Error("the page repeats markup that was sent")
			}
			if got := w.stored(t); got.Booked != nil || len(w.answer.got) > 0 {
				t.Error("something was booked")
			}
		})
	}
}

func TestExpiredUnknownAndMalformedLinksLookAlike(t *testing.T) {
	w := offered(t)
	unknown := w.get("/slot/" + casework.SlotSecret(make([]byte, 32)))
	malformed := w.get("/slot/hello")
	w.page.Now = func() time.Time { return now.Add(casework.SlotLife) }
	expired := w.get("/slot/" + w.secret)
	if unknown.Code != 404 || malformed.Code != 404 || expired.Code != 404 ||
		unknown.Body.String() != expired.Body.String() || unknown.Body.String() != malformed.Body.String() {
		t.Error("the three can be told apart")
	}
	expect(t, w.post(w.c.Slots[0].ID()), http.StatusNotFound, "")
	if w.stored(t).Booked != nil {
		t.Error("an expired link booked")
	}
}

func TestOldBrowserWithoutFetchMetadataMayPick(t *testing.T) {
	for _, origin := range []string{"", "null", "http://example.com"} {
		w := offered(t)
		expect(t, w.post(w.c.Slots[0].ID(), "Sec-Fetch-Site", "", "Origin", origin), http.StatusOK, "booked")
	}
}

func TestTimesThatHavePassedAreNotOffered(t *testing.T) {
	w := offered(t)
	w.page.Now = func() time.Time { return w.c.Slots[1].Start }
	if n := strings.Count(w.get("/slot/"+w.secret).Body.String(), `type="radio"`); n != 4 {
		t.Errorf("%d visits on the page, want 4", n)
	}
	expect(t, w.post(w.c.Slots[1].ID()), http.StatusUnprocessableEntity, "no longer on offer")
	w.page.Now = func() time.Time { return w.c.Slots[5].End }
	expect(t, w.get("/slot/"+w.secret), http.StatusOK, "All times on offer have passed")
}

func TestClosedCase(t *testing.T) {
	w := offered(t)
	c := w.stored(t)
	c.Close(casework.NoAnswer, now)
	if err := w.cases.Finish(t.Context(), c, 0); err != nil {
		t.Fatal(err)
	}
	expect(t, w.get("/slot/"+w.secret), http.StatusOK, "No visit is needed any more")
	expect(t, w.post(w.c.Slots[0].ID()), http.StatusGone, "No visit is needed any more")
}

// Whatever fails, and whether or not it was written, pressing again ends with one
// booking and one answer.
func TestEachStoreFailureThenPressedAgain(t *testing.T) {
	for _, method := range []string{"SlotByDigest", "Get", "Save", "Token"} {
		for _, failure := range []pipelinetest.Failure{pipelinetest.NotPersisted, pipelinetest.ReplyLost} {
			w := offered(t)
			w.cases.Fail(method, failure)
			expect(t, w.post(w.c.Slots[0].ID()), http.StatusServiceUnavailable, "The fault is ours")
			expect(t, w.post(w.c.Slots[0].ID()), http.StatusOK, "Your visit is booked")
			if len(w.answer.got) != 1 || w.cases.Pending() != 0 {
				t.Errorf("%s: answered %d times, %d failures unmet", method, len(w.answer.got), w.cases.Pending())
			}
		}
	}
}

func TestAnswerFailure(t *testing.T) {
	w := offered(t)
	w.answer.next = []error{errors.New("throttled")}
	expect(t, w.post(w.c.Slots[0].ID()), http.StatusServiceUnavailable, "Picking the same time twice does no harm")
	expect(t, w.post(w.c.Slots[0].ID()), http.StatusOK, "Your visit is booked")
	if len(w.answer.got) != 1 {
		t.Errorf("answered %d times", len(w.answer.got))
	}
}

func TestTokenUsedOrTimedOutIsAFriendlyPage(t *testing.T) {
	w := offered(t)
	w.answer.waiting = ""
	expect(t, w.post(w.c.Slots[0].ID()), http.StatusOK, "Your answer reached us late")
	if w.stored(t).State != casework.Booked {
		t.Error("not booked: the next step of the case could not find the pick")
	}
}

func TestLanguage(t *testing.T) {
	w := offered(t)
	for _, c := range []struct{ query, header, want string }{
		{"", "es-ES,es;q=0.9", "es"}, {"", "de", "en"}, {"?lang=es", "en", "es"}, {"?lang=en", "es", "en"}, {"?lang=xx", "es", "es"},
	} {
		rec := w.get("/slot/"+w.secret+c.query, "Accept-Language", c.header)
		if got := rec.Header().Get("Content-Language"); got != c.want || !strings.Contains(rec.Body.String(), `<html lang="`+c.want+`">`) {
			t.Errorf("lang %q, Accept-Language %q: in %s, want %s", c.query, c.header, got, c.want)
		}
	}
}

var styleElement = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

func TestHeadersAndPolicy(t *testing.T) {
	w := offered(t)
	for _, rec := range []*httptest.ResponseRecorder{w.get("/slot/" + w.secret), w.get("/slot/x"), w.post(w.c.Slots[0].ID())} {
		for name, want := range map[string]string{
			"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive",
		} {
			if got := rec.Header().Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		csp := rec.Header().Get("Content-Security-Policy")
		m := styleElement.FindStringSubmatch(rec.Body.String())
		if m == nil {
			t.Fatal("no style on the page")
		}
		sum := sha256.Sum256([]byte(m[1]))
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("the policy %q does not allow the page's own style", csp)
		}
		if strings.Contains(rec.Body.String(), "<script") || strings.Contains(rec.Body.String(), "http://") || rec.Header().Get("Set-Cookie") != "" {
			t.Error("the page has a script, an outside address or a cookie")
		}
	}
	head := w.serve(httptest.NewRequest(http.MethodHead, "/slot/"+w.secret, nil), nil)
	if head.Code != http.StatusOK || head.Body.Len() != 0 {
		t.Errorf("HEAD answered %d with %d bytes", head.Code, head.Body.Len())
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	var log bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(was) })
	w := offered(t)
	w.cases.Fail("Save", pipelinetest.NotPersisted)
	w.get("/slot/" + w.secret)
	w.post(w.c.Slots[0].ID())
	w.post(w.c.Slots[0].ID())
	w.serve(httptest.NewRequest("M-"+w.secret, "/slot/"+w.secret, nil), nil)
	for _, secret := range []string{w.secret, "task-token", w.c.Slots[0].ID()} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, &log)
		}
	}
	if !strings.Contains(log.String(), w.c.ID) {
		t.Error("the log does not name the case")
	}
}

func TestPreview(t *testing.T) {
	if *preview == "" {
		t.Skip("-preview DIR writes the pages")
	}
	keep := func(name string, rec *httptest.ResponseRecorder) {
		if err := os.WriteFile(filepath.Join(*preview, name+".html"), rec.Body.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []string{"en", "es"} {
		w := offered(t)
		keep("slot-"+l, w.get("/slot/"+w.secret+"?lang="+l))
		keep("slot-problem-"+l, w.post("", "Accept-Language", l))
		keep("slot-booked-"+l, w.post(w.c.Slots[0].ID(), "Accept-Language", l))
		keep("slot-taken-"+l, w.post(w.c.Slots[1].ID(), "Accept-Language", l))
		keep("slot-gone-"+l, w.get("/slot/x?lang="+l))
	}
}
