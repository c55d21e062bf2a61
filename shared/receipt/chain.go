package receipt

import (
	"context"
	"errors"
)

// What a Chain answers beside success and failure.
var (
	// ErrHeadMoved: another receipt of this instrument was committed in between.
	ErrHeadMoved = errors.New("the head of the receipt chain moved")
	// ErrAlready: the batch has its receipt. The first one wins.
	ErrAlready = errors.New("the batch has its receipt")
	// ErrNone: the batch has no receipt.
	ErrNone = errors.New("the batch has no receipt")
)

// Head is the end of an instrument's chain. The zero Head stands before the first receipt.
type Head struct {
	Ordinal int64
	Digest  string // hex SHA-256 of the JWS with that ordinal
}

// Place is where a stored batch's clean object is.
type Place struct {
	Bucket, Key, Version string
}

// Entry is a committed receipt.
type Entry struct {
	JWS   string
	Clean Place // zero unless the verdict is Stored
}

// Commit is one receipt about to become the head.
type Commit struct {
	Receipt Receipt
	JWS     string
	Clean   Place // zero unless the verdict is Stored
	Was     Head  // what the head must still be
	Next    Head  // what it becomes
}

// Chain keeps the receipts of every instrument, in the ledger.
//
// Commit is one transaction or nothing: the batch's row, which must be granted or
// claimed and have no receipt yet, takes the verdict as its state, with the ordinal and
// the clean place; the receipt is put at its ordinal, where nothing may be; the head
// moves from Was to Next. It answers ErrAlready if the batch has a receipt, else
// ErrHeadMoved if the head is not Was (a transaction conflict counts as that), else the
// error. When it returns nil, all of it is durable. When it returns another error, it may
// be durable or not: the caller asks Entry.
//
// Head and Entry are strongly consistent. Entry answers ErrNone.
type Chain interface {
	Head(ctx context.Context, instrument string) (Head, error)
	Entry(ctx context.Context, instrument, batch string) (Entry, error)
	Commit(ctx context.Context, c Commit) error
}

// Signer signs receipts with the deployment's receipt keys. Two live side by side while
// one takes over from the other.
type Signer interface {
	// KeyID is the newest key that the published key set names: whoever verifies has it.
	KeyID(ctx context.Context) (string, error)
	// SignES256 signs a SHA-256 digest with the key of that id by ECDSA on P-256 and
	// returns r and s, 32 bytes each, big-endian, one after the other. It takes the id so
	// that a key set published in between cannot put one key's name on another's signature.
	SignES256(ctx context.Context, keyID string, digest []byte) (raw []byte, err error)
}
