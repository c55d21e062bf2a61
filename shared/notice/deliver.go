package notice

import (
	"context"
	"fmt"

	"proactive/shared/casework"
	"proactive/shared/layout"
)

// Channels of a notice.
const (
	channelMail  = "mail"
	channelTopic = "topic"
)

// deliver archives, sends and records one notice: see the package comment. compose is
// called only for a notice that is not recorded yet.
func (s Steps) deliver(ctx context.Context, m matter, n parcel) (Outcome, error) {
	if m.c.Noticed(n.name) {
		note(ctx, m.c.ID, n.name, AlreadySent)
		return AlreadySent, nil
	}
	key := layout.NoticeKey(m.c.ID, n.name, n.ext)
	id, err := n.through(ctx, s.Archive, key)
	if err != nil {
		return "", fmt.Errorf("of case %s: %w", m.c.ID, err)
	}
	// A crash here sends it again.
	ref := casework.NoticeRef{Name: n.name, Channel: n.channel, Key: key, MessageID: id, SentAt: s.Now().UTC()}
	if _, _, err := casework.AddNotice(ctx, s.Cases, m.c.ID, ref); err != nil {
		return "", fmt.Errorf("recording notice %s of case %s: %w", n.name, m.c.ID, err)
	}
	note(ctx, m.c.ID, n.name, Sent)
	return Sent, nil
}

// parcel is one notice on its way.
type parcel struct {
	name, ext, contentType, channel string
	compose                         func() ([]byte, error)
	send                            func(ctx context.Context, body []byte) (id string, err error)
}

// through archives a parcel at a key and sends what is archived there; id is the transport's.
func (n parcel) through(ctx context.Context, archive Archive, key string) (id string, err error) {
	body, err := n.compose()
	if err != nil {
		return "", fmt.Errorf("composing notice %s: %w", n.name, err)
	}
	if body, err = archive.Keep(ctx, key, n.contentType, body); err != nil {
		return "", fmt.Errorf("archiving notice %s: %w", n.name, err)
	}
	if id, err = n.send(ctx, body); err != nil {
		return "", fmt.Errorf("sending notice %s: %w", n.name, err)
	}
	return id, nil
}

// mail delivers letters and gathers what became of each.
func (s Steps) mail(ctx context.Context, m matter, answer Answer, letters ...Letter) error {
	for _, l := range letters {
		if len(l.To) == 0 {
			answer.Notices[l.Name] = NoRecipients
			note(ctx, m.c.ID, l.Name, NoRecipients)
			continue
		}
		outcome, err := s.deliver(ctx, m, parcel{
			name: l.Name, ext: "eml", contentType: "message/rfc822", channel: channelMail,
			compose: func() ([]byte, error) { return l.MIME(m.c.ID, s.Sender, m.now) },
			send:    s.Mail.Send,
		})
		if err != nil {
			return err
		}
		answer.Notices[l.Name] = outcome
	}
	return nil
}

// publish delivers the event of a notice to support's topic.
func (s Steps) publish(ctx context.Context, m matter, answer Answer, name string) error {
	e := eventOf(m, name)
	outcome, err := s.deliver(ctx, m, parcel{
		name: name + "-event", ext: "json", contentType: "application/json", channel: channelTopic,
		compose: e.encode,
		send: func(ctx context.Context, body []byte) (string, error) {
			return s.Topic.Publish(ctx, body, map[string]string{
				"notice": name, "urgency": string(e.Urgency), "subsystem": string(m.c.Subsystem),
			})
		},
	})
	if err != nil {
		return err
	}
	answer.Notices[name+"-event"] = outcome
	return nil
}
