package client

import (
	"context"
	"errors"
	"net/http"

	"proactive/shared/fault"
)

// The states of an erasure.
const (
	NotAsked = "not-asked"
	Erasing  = "erasing"
	Erased   = "erased"
)

// Erasure is how far an erasure is. Certificate is unverified.
type Erasure struct {
	State       string `json:"state"`
	Round       int    `json:"round"`
	Certificate string `json:"certificate"`
}

// Erase asks for the erasure of all that is held of the instrument. Asking again changes
// nothing.
func (c *Client) Erase(ctx context.Context, sign Sign, instrument string) (Erasure, error) {
	body := struct {
		Instrument string `json:"instrument"`
	}{instrument}
	return c.erasure(ctx, sign, http.MethodPost, body)
}

// Erasure asks how far it is.
func (c *Client) Erasure(ctx context.Context, sign Sign) (Erasure, error) {
	return c.erasure(ctx, sign, http.MethodGet, nil)
}

func (c *Client) erasure(ctx context.Context, sign Sign, method string, body any) (Erasure, error) {
	var got Erasure
	if err := c.signed(ctx, sign, method, "/v1/erasure", "", body, &got); err != nil {
		return got, err
	}
	switch {
	case got.State == NotAsked && method == http.MethodGet, got.State == Erasing, got.State == Erased && got.Certificate != "":
		return got, nil
	}
	return got, fault.New(fault.Unavailable, NotOurAnswer, errors.New("unknown state of an erasure"))
}
