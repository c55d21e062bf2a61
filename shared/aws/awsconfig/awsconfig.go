// Package awsconfig is how every function and the operator's command line come to speak
// to AWS, or to the emulator in its place.
package awsconfig

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

// attempts bounds the SDK's own retries. Every write behind them is conditional and
// repeatable; past them the queue delivers again, or the agent asks again.
const attempts = 4

// Load reads credentials, region and endpoint (AWS_ENDPOINT_URL) from where the SDK
// always looks. No endpoint is spelt in code.
func Load(ctx context.Context) (aws.Config, error) {
	client := awshttp.NewBuildableClient().WithTimeout(25 * time.Second).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 16
	})
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(client), config.WithRetryMaxAttempts(attempts))
	if err != nil {
		return aws.Config{}, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	return cfg, nil
}
