package rehearsal

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

var slotLink = regexp.MustCompile(`https?://[^\s"<>]+/slot/[A-Za-z0-9_-]+`)

// SlotLink finds the newest slot link in the mails of a folder, as a person would:
// by reading the text. Empty if no mail carries one yet.
func SlotLink(dir string) (string, error) {
	mails, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		return "", fmt.Errorf("listing mails: %w", err)
	}
	found := ""
	for _, name := range mails {
		l, err := openMail(name)
		if err != nil {
			return "", err
		}
		if link := slotLink.FindString(l.text); link != "" {
			found = link
		}
	}
	return found, nil
}

var (
	radio = regexp.MustCompile(`<input[^>]*type="radio"[^>]*>`)
	name  = regexp.MustCompile(`name="([^"]+)"`)
	value = regexp.MustCompile(`value="([^"]+)"`)
)

// PickSlot opens the page behind a link and picks the first visit it offers. It
// returns the page before and after.
func PickSlot(ctx context.Context, link string) (page, answer []byte, err error) {
	page, err = ask(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, nil, err
	}
	first := radio.Find(page)
	n, v := name.FindSubmatch(first), value.FindSubmatch(first)
	if n == nil || v == nil {
		return page, nil, fmt.Errorf("the slot page offers nothing to pick")
	}
	answer, err = ask(ctx, http.MethodPost, link, url.Values{string(n[1]): {string(v[1])}})
	return page, answer, err
}

func ask(ctx context.Context, method, link string, form url.Values) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, link, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("asking for the slot page: %w", err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking for the slot page: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the slot page: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the slot page answered %s", res.Status)
	}
	return body, nil
}
