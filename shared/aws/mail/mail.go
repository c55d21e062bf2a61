// Package mail sends whole messages through SES.
package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/mail"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"proactive/shared/notice"
)

var _ notice.Mailer = (*Mailer)(nil)

// maxRecipients is SES's for one message (service quotas, 2026-11).
const maxRecipients = 50

// Mailer is SES in one region.
type Mailer struct{ client *sesv2.Client }

// New sends through SES. The SDK does not try again: SES has no idempotency key, so a
// repetition is left to the step, which first looks whether the notice is recorded.
func New(cfg aws.Config) *Mailer {
	return &Mailer{client: sesv2.NewFromConfig(cfg, func(o *sesv2.Options) { o.RetryMaxAttempts = 1 })}
}

// Send implements notice.Mailer. The message is not read beyond its From and To, and
// neither stands in an error.
func (m *Mailer) Send(ctx context.Context, raw []byte) (string, error) {
	from, to, err := envelope(raw)
	if err != nil {
		return "", err
	}
	out, err := m.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(from), Destination: &types.Destination{ToAddresses: to},
		Content: &types.EmailContent{Raw: &types.RawMessage{Data: raw}},
	})
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		// SES quotes addresses in its message; its code says enough for a log.
		return "", fmt.Errorf("sending a mail: SES answered %s", e.ErrorCode())
	}
	if err != nil {
		return "", fmt.Errorf("sending a mail: %w", err)
	}
	return aws.ToString(out.MessageId), nil
}

// envelope is who sends a message to whom, from its header.
func envelope(raw []byte) (from string, to []string, err error) {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", nil, errors.New("sending a mail: its header cannot be read")
	}
	sender, err := message.Header.AddressList("From")
	if err != nil || len(sender) != 1 {
		return "", nil, errors.New("sending a mail: no single sender")
	}
	recipients, err := message.Header.AddressList("To")
	if err != nil || len(recipients) > maxRecipients {
		return "", nil, errors.New("sending a mail: no recipients, or too many")
	}
	for _, r := range recipients {
		to = append(to, r.Address)
	}
	return sender[0].Address, to, nil
}
