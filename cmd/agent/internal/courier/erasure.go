package courier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"proactive/cmd/agent/internal/client"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/erasure"
	"proactive/shared/fault"
)

// Reasons of an erasure.
const (
	ErasureLate        = "erasure-late"        // no certificate within the time waited
	CertificateForeign = "certificate-foreign" // for another instrument or deployment
)

// Erase asks for the erasure and waits for its certificate, which is verified and stored
// in the home when it returns. asked is called when the service has taken the request;
// under is told each time which round is under way.
func (c *Courier) Erase(ctx context.Context, wait time.Duration, asked func() error, under func(round int)) (erasure.Certificate, error) {
	got, err := backoff.Retry(ctx, func() (client.Erasure, error) {
		got, err := c.Client.Erase(ctx, c.sign, c.Enrolment.Instrument)
		return got, final(err)
	}, c.retries(c.Patience/8, nil)...)
	if err != nil {
		return erasure.Certificate{}, fmt.Errorf("asking for the erasure: %w", err)
	}
	if err := asked(); err != nil {
		return erasure.Certificate{}, err
	}
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = c.Interval, 20*c.Interval
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for got.State != client.Erased {
		under(got.Round)
		select {
		case <-ctx.Done():
			return erasure.Certificate{}, ctx.Err()
		case <-deadline.C:
			return erasure.Certificate{}, fault.New(fault.Unavailable, ErasureLate, nil)
		case <-time.After(pause.NextBackOff()):
		}
		next, err := c.Client.Erasure(ctx, c.sign)
		switch {
		case err == nil:
			got = next
		case !again(err):
			return erasure.Certificate{}, fmt.Errorf("asking how far the erasure is: %w", err)
		}
	}
	if err := c.fetchKeys(ctx); err != nil && !again(err) {
		return erasure.Certificate{}, err
	}
	cert, err := VerifyCertificate(c.Home, c.Enrolment, got.Certificate)
	if err != nil {
		return cert, err
	}
	return cert, c.Home.SetCertificate(got.Certificate)
}

// VerifyCertificate verifies a certificate under the key set that the pinned root signed,
// and that it is of this very instrument. It talks to nobody. That the key set is over
// does not matter: the certificate outlives it.
func VerifyCertificate(h *home.Home, e home.Enrolment, raw string) (erasure.Certificate, error) {
	signed, found, err := h.KeySet()
	if err != nil {
		return erasure.Certificate{}, err
	}
	if !found {
		return erasure.Certificate{}, fault.New(fault.Unavailable, NoKeySet, nil)
	}
	keys, err := verifyKeys(signed, e, time.Time{})
	if err != nil {
		return erasure.Certificate{}, err
	}
	cert, err := erasure.Verify(raw, keys)
	if err != nil {
		return cert, fmt.Errorf("verifying the certificate: %w", err)
	}
	if cert.Instrument != e.Instrument || cert.Deployment != e.Deployment {
		return cert, fault.New(fault.Forbidden, CertificateForeign, errors.New(cert.Instrument))
	}
	return cert, nil
}
