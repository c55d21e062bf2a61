package notice

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"proactive/shared/people"
)

// Letter is a mail before it is bytes.
type Letter struct {
	Name    string // of the notice, unique within the case
	To      []people.Contact
	ReplyTo string // address; "" for the sender's
	Subject string
	Sheet   Sheet
	Urgent  bool
	// Calendar is an iTIP request to go with it, or "".
	Calendar string
}

// senderName is what stands beside the sender's address.
const senderName = "Proactive service"

// MIME is the whole message. The same letter at the same time gives the same bytes.
func (l Letter) MIME(caseID, sender string, at time.Time) ([]byte, error) {
	html, err := l.Sheet.HTML()
	if err != nil {
		return nil, err
	}
	text, err := l.Sheet.Text()
	if err != nil {
		return nil, err
	}
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	if err := l.address(m, sender); err != nil {
		return nil, err
	}
	m.Subject(l.Subject)
	m.SetDateWithValue(at.UTC())
	m.SetMessageIDWithValue(caseID + "." + l.Name + "@" + domain(sender))
	m.SetGenHeader("X-Proactive-Notice", caseID+"/"+l.Name)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	m.SetGenHeader("Content-Language", string(l.Sheet.Language))
	if l.Urgent {
		m.SetImportance(mail.ImportanceHigh)
	}
	m.SetBodyString(mail.TypeTextPlain, text)
	m.AddAlternativeString(mail.TypeTextHTML, html)
	if l.Calendar != "" {
		// Within the alternatives a mail program shows accept and decline; attached it
		// can be kept.
		m.AddAlternativeString("text/calendar; method=REQUEST", l.Calendar)
		if err := m.AttachReader("invite.ics", strings.NewReader(l.Calendar), mail.WithFileContentType("application/ics")); err != nil {
			return nil, fmt.Errorf("attaching the invite: %w", err)
		}
	}
	for _, s := range l.Sheet.Sections {
		if c := s.Chart; c != nil {
			err := m.EmbedReader(c.ID+".png", bytes.NewReader(c.PNG), mail.WithFileContentID("<"+c.ID+">"), mail.WithFileContentType("image/png"))
			if err != nil {
				return nil, fmt.Errorf("embedding chart %s: %w", c.ID, err)
			}
		}
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("writing the message: %w", err)
	}
	return settle(b.Bytes(), caseID+"/"+l.Name), nil
}

func (l Letter) address(m *mail.Msg, sender string) error {
	if err := m.FromFormat(senderName, sender); err != nil {
		return fmt.Errorf("addressing the sender: %w", err)
	}
	for i, c := range l.To {
		if err := m.AddToFormat(line(c.Name), c.Mail); err != nil {
			return fmt.Errorf("addressing recipient %d (%s)", i, c.ID) // the cause would quote the address
		}
	}
	if l.ReplyTo != "" {
		if err := m.ReplyTo(l.ReplyTo); err != nil {
			return fmt.Errorf("addressing the reply")
		}
	}
	return nil
}

// domain of an address: where our Message-IDs are unique.
func domain(address string) string {
	if _, d, ok := strings.Cut(address, "@"); ok {
		return d
	}
	return "localhost"
}

var boundary = regexp.MustCompile(`boundary=([0-9a-f]{60})\r?\n`)

// settle replaces the library's random boundaries, which it takes one of for all parts
// or none, by as many of our own that follow from seed. 60 hex digits of SHA-256 are as
// unlikely within a part as random ones.
func settle(raw []byte, seed string) []byte {
	for i, m := range boundary.FindAllSubmatch(raw, -1) {
		sum := sha256.Sum256([]byte("boundary\n" + seed + "\n" + strconv.Itoa(i)))
		raw = bytes.ReplaceAll(raw, bytes.Clone(m[1]), []byte(hex.EncodeToString(sum[:])[:60]))
	}
	return raw
}
