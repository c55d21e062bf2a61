package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/keys"
	"proactive/shared/aws/tables"
	"proactive/shared/keyset"
)

type publishCmd struct {
	Deployment       string   `required:"" hidden:"" help:"Name of the deployment, as in every envelope."`
	InstrumentsTable string   `required:"" hidden:"" help:"Name of the instruments table, which holds the key set."`
	RootKey          string   `required:"" hidden:"" help:"ARN of the root key."`
	UnwrapKey        []string `required:"" hidden:"" help:"ARN of an unwrap key, newest first; may be repeated."`
	ReceiptKey       []string `required:"" hidden:"" help:"ARN of a receipt key, newest first; may be repeated."`
	ValidDays        int      `default:"90" help:"Days after which agents want a newer key set."`
	KeyDays          int      `default:"400" help:"Days for which batches sealed for these unwrap keys are accepted."`
}

// published is what was published, for JSON.
type published struct {
	Deployment string    `json:"deployment"`
	Serial     int       `json:"serial"`
	Root       string    `json:"root"` // fingerprint, hex
	Expires    time.Time `json:"expires"`
	Unwrap     []string  `json:"unwrap"`
	Receipt    []string  `json:"receipt"`
}

// Run reads the public halves from KMS, signs the set and publishes it. If we crash
// before Publish, nothing happened; publishing again makes the next serial number.
func (c *publishCmd) Run(a *app) error {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	client, table := keys.Client(cfg), tables.NewInstruments(tables.Client(cfg), c.InstrumentsTable)
	public := func(arn string) ([]byte, error) { return keys.PublicKey(a.ctx, client, arn) }
	root, err := public(c.RootKey)
	if err != nil {
		return fmt.Errorf("reading the root key: %w", err)
	}
	old, err := current(a.ctx, table)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	set := keyset.KeySet{
		Format: keyset.Format, Deployment: c.Deployment, Serial: old.Serial + 1,
		Issued: now, Expires: now.AddDate(0, 0, c.ValidDays),
	}
	until := now.AddDate(0, 0, c.KeyDays)
	if set.Unwrap, err = overlap("unwrap", c.UnwrapKey, old.Unwrap, until, public); err != nil {
		return err
	}
	// Spools have drained when a key's time is over: nothing is sealed for it any more.
	set.Unwrap = slices.DeleteFunc(set.Unwrap, func(k keyset.Key) bool { return !now.Before(k.NotAfter) })
	// A receipt key stays for good: it proves the receipts it signed.
	if set.Receipt, err = overlap("receipt", c.ReceiptKey, old.Receipt, until, public); err != nil {
		return err
	}
	signed, err := keyset.Sign(a.ctx, set, keys.NewRoot(client, c.RootKey), root)
	if err != nil {
		return err
	}
	// What KMS signed is verified as an agent will, before any agent sees it.
	if _, err := keyset.Verify(signed, keyset.Fingerprint(root), now); err != nil {
		return fmt.Errorf("checking what was signed: %w", err)
	}
	if err := table.Publish(a.ctx, signed, set.Serial); err != nil {
		return err
	}
	return show(a, set, root)
}

// current is the published set, or an empty one before the first.
func current(ctx context.Context, table *tables.Instruments) (keyset.KeySet, error) {
	old, err := table.KeySet(ctx)
	if errors.Is(err, keyset.ErrNone) {
		return keyset.KeySet{}, nil
	}
	return old, err
}

// overlap lists the keys of these ARNs, newest first, and behind them those of the
// published set that are not among them, as they were. A key keeps its id; a new one
// gets the next number.
func overlap(kind string, arns []string, old []keyset.Key, until time.Time, public func(string) ([]byte, error)) ([]keyset.Key, error) {
	var set []keyset.Key
	number := len(old)
	rest := slices.Clone(old)
	for _, arn := range arns {
		spki, err := public(arn)
		if err != nil {
			return nil, fmt.Errorf("reading an %s key: %w", kind, err)
		}
		same := func(k keyset.Key) bool { return bytes.Equal(k.SPKI, spki) }
		k := keyset.Key{SPKI: spki, NotAfter: until}
		if i := slices.IndexFunc(rest, same); i >= 0 {
			k.ID = rest[i].ID
			rest = slices.Delete(rest, i, i+1)
		} else {
			number++
			k.ID = fmt.Sprintf("%s-%d", kind, number)
		}
		set = append(set, k)
	}
	return append(set, rest...), nil
}

type showCmd struct {
	InstrumentsTable string `required:"" hidden:"" help:"Name of the instruments table, which holds the key set."`
}

// Run shows the published key set.
func (c *showCmd) Run(a *app) error {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	table := tables.NewInstruments(tables.Client(cfg), c.InstrumentsTable)
	set, err := table.KeySet(a.ctx)
	if err != nil {
		return err
	}
	signed, err := table.Signed(a.ctx)
	if err != nil {
		return err
	}
	return show(a, set, signed.Root)
}

func show(a *app, set keyset.KeySet, root []byte) error {
	p := published{Deployment: set.Deployment, Serial: set.Serial, Root: keyset.FingerprintHex(root), Expires: set.Expires}
	for _, k := range set.Unwrap {
		p.Unwrap = append(p.Unwrap, k.ID)
	}
	for _, k := range set.Receipt {
		p.Receipt = append(p.Receipt, k.ID)
	}
	return a.print(p, func(w io.Writer) {
		fmt.Fprintf(w, "key set %d of %s, until %s\n", p.Serial, p.Deployment, p.Expires.Format(time.DateOnly))
		fmt.Fprintf(w, "  root     %s\n  unwrap   %v\n  receipt  %v\n", p.Root, p.Unwrap, p.Receipt)
	})
}
