package rehearsal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
)

// maxPart bounds one part of a mail; ours are far smaller.
const maxPart = 8 << 20

// letter is a mail taken apart: its text, its HTML and its inline images by content
// id, as a mail program has them.
type letter struct {
	text, html string
	images     map[string]string // content id to data URI
}

// openMail reads a mail file.
func openMail(name string) (letter, error) {
	l := letter{images: map[string]string{}}
	f, err := os.Open(name) //nolint:gosec // G304: a mail this program has just fetched
	if err != nil {
		return l, fmt.Errorf("opening a mail: %w", err)
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		return l, fmt.Errorf("reading mail %s: %w", filepath.Base(name), err)
	}
	if err := l.part(map[string][]string(m.Header), m.Body); err != nil {
		return l, fmt.Errorf("reading mail %s: %w", filepath.Base(name), err)
	}
	return l, nil
}

func (l *letter) part(header map[string][]string, body io.Reader) error {
	get := func(key string) string { return mail.Header(header).Get(key) }
	kind, params, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil {
		return fmt.Errorf("a part's type: %w", err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		return l.parts(multipart.NewReader(body, params["boundary"]))
	}
	switch strings.ToLower(get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	raw, err := io.ReadAll(io.LimitReader(body, maxPart))
	if err != nil {
		return fmt.Errorf("a part's content: %w", err)
	}
	switch {
	case kind == "text/plain" && l.text == "":
		l.text = string(raw)
	case kind == "text/html" && l.html == "":
		l.html = string(raw)
	case strings.HasPrefix(kind, "image/"):
		id := strings.Trim(get("Content-Id"), "<>")
		l.images[id] = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(raw)
	}
	return nil
}

func (l *letter) parts(r *multipart.Reader) error {
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the next part: %w", err)
		}
		if err := l.part(p.Header, p); err != nil {
			return err
		}
	}
}

// RenderMail writes the HTML of a mail beside it, with its images in place, so that
// a browser shows what a mail program would.
func RenderMail(name string) error {
	l, err := openMail(name)
	if err != nil || l.html == "" {
		return err
	}
	for id, uri := range l.images {
		l.html = strings.ReplaceAll(l.html, "cid:"+id, uri)
	}
	if err := os.WriteFile(strings.TrimSuffix(name, ".eml")+".html", []byte(l.html), 0o600); err != nil {
		return fmt.Errorf("writing a mail's page: %w", err)
	}
	return nil
}
