// Package topics is SNS: events for support's own systems.
package topics

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"proactive/shared/notice"
)

var _ notice.Topic = (*Topic)(nil)

// Topic is one SNS topic.
type Topic struct {
	client *sns.Client
	arn    string
}

// New is the topic of that ARN.
func New(client *sns.Client, arn string) *Topic { return &Topic{client: client, arn: arn} }

// Publish implements notice.Topic.
func (t *Topic) Publish(ctx context.Context, event []byte, attributes map[string]string) (string, error) {
	in := &sns.PublishInput{TopicArn: aws.String(t.arn), Message: aws.String(string(event)), MessageAttributes: map[string]types.MessageAttributeValue{}}
	for name, value := range attributes {
		in.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
	out, err := t.client.Publish(ctx, in)
	if err != nil {
		return "", fmt.Errorf("publishing an event: %w", err)
	}
	return aws.ToString(out.MessageId), nil
}
