package export

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Case is a case of an instrument, as far as an export goes.
type Case struct {
	ID      string
	Row     any // what is told of it
	Notices []Notice
}

// Notice is a notice of a case that was sent.
type Notice struct {
	Name   string
	Key    string // of its archive
	SentAt time.Time
}

// Cases knows the cases of an instrument.
type Cases interface {
	// Of are all of them, in any order, strongly consistent.
	Of(ctx context.Context, instrument string) ([]Case, error)
}

// CaseRows are the cases as rows.
type CaseRows struct{ Cases Cases }

// After implements Source.
func (c CaseRows) After(ctx context.Context, instrument, after string) ([]Item, bool, error) {
	all, err := c.Cases.Of(ctx, instrument)
	if err != nil {
		return nil, false, fmt.Errorf("listing cases: %w", err)
	}
	var items []Item
	for _, one := range all {
		items = append(items, Item{Key: one.ID, Row: one.Row})
	}
	return following(items, after), false, nil
}

// following are the items after a key, in order.
func following(items []Item, after string) []Item {
	items = slices.DeleteFunc(items, func(i Item) bool { return i.Key <= after })
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.Key, b.Key) })
	return items
}

// Archive reads what was sent.
type Archive interface {
	// Notice returns an archived notice. It answers ErrGone.
	Notice(ctx context.Context, key string) ([]byte, error)
}

// Letters are the notices that concern the lab: what was mailed to it, as the text that it
// read, and the events for support's systems, which name nobody. What was mailed to our own
// people names them, and is not among these.
type Letters struct {
	Cases   Cases
	Archive Archive
	Now     func() time.Time
}

// The names of notices: see shared/notice.
var (
	toTheLab = regexp.MustCompile(`^(offer-[0-9]+|reminder-[0-9]+|invite|closed-lab)(-[a-z]{2})?$`)
	anEvent  = regexp.MustCompile(`-event$`)
)

// After implements Source.
func (l Letters) After(ctx context.Context, instrument, after string) ([]Item, bool, error) {
	all, err := l.Cases.Of(ctx, instrument)
	if err != nil {
		return nil, false, fmt.Errorf("listing the notices of cases: %w", err)
	}
	var items []Item
	for _, c := range all {
		for _, n := range c.Notices {
			if toTheLab.MatchString(n.Name) || anEvent.MatchString(n.Name) {
				items = append(items, Item{Key: c.ID + "/" + n.Name, Open: func(ctx context.Context) ([]File, error) { return l.open(ctx, c.ID, n) }})
			}
		}
	}
	return following(items, after), false, nil
}

func (l Letters) open(ctx context.Context, id string, n Notice) ([]File, error) {
	raw, err := l.Archive.Notice(ctx, n.Key)
	if errors.Is(err, ErrGone) && l.Now().Sub(n.SentAt) > NoticeLife {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a notice: %w", err)
	}
	name := "notices/" + id + "/" + n.Name
	if path.Ext(n.Key) != ".eml" {
		return []File{{Name: name + path.Ext(n.Key), Body: raw}}, nil
	}
	text, err := read(raw)
	if err != nil {
		return nil, err
	}
	return []File{{Name: name + ".txt", Body: text}}, nil
}

// slotLink is the secret that books a visit. Who exports is not who was asked.
var slotLink = regexp.MustCompile(`/slot/[A-Za-z0-9_-]+`)

// read is a mail as its reader saw it: subject, and the text that goes with the HTML. Its
// addresses are not told.
func read(raw []byte) ([]byte, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("reading a mail: %w", err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return nil, fmt.Errorf("reading a mail's subject: %w", err)
	}
	text, err := plain(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, errors.New("reading a mail: it has no text")
	}
	text = slotLink.ReplaceAll(text, []byte("/slot/…"))
	return slices.Concat([]byte("Subject: "+subject+"\n\n"), bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))), nil
}

// plain is the first part of a mail that is plain text; nil if there is none.
func plain(contentType, encoding string, body io.Reader) ([]byte, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("reading a mail's type: %w", err)
	}
	switch {
	case media == "text/plain":
		return decoded(encoding, body)
	case !strings.HasPrefix(media, "multipart/"):
		return nil, nil
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading a mail's parts: %w", err)
		}
		if p.Header.Get("Content-Disposition") != "" && strings.HasPrefix(p.Header.Get("Content-Disposition"), "attachment") {
			continue
		}
		text, err := plain(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
		if err != nil || text != nil {
			return text, err
		}
	}
}

func decoded(encoding string, body io.Reader) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("reading a mail's text: %w", err)
	}
	return text, nil
}
