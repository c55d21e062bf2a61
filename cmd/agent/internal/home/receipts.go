package home

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// ErrReceiptDiffers says that two different receipts claim one place in the chain.
var ErrReceiptDiffers = errors.New("two different receipts for one place in the chain")

var receiptName = regexp.MustCompile(`^([0-9]{12})\.jws$`)

// Receipts returns the stored receipts, first to last. They were verified when they
// were stored; verify them again with shared/receipt.
func (h *Home) Receipts() ([]string, error) {
	entries, err := h.disk.ReadDir(h.path(receiptsDir))
	if err != nil {
		return nil, fmt.Errorf("listing receipts: %w", err)
	}
	var ordinals []int64
	for _, e := range entries {
		m := receiptName.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			continue
		}
		ordinals = append(ordinals, n)
	}
	sort.Slice(ordinals, func(i, j int) bool { return ordinals[i] < ordinals[j] })
	var receipts []string
	for _, n := range ordinals {
		b, _, err := h.read(receiptFile(n))
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, string(bytes.TrimSpace(b)))
	}
	return receipts, nil
}

// AddReceipt stores a verified receipt at its place in the chain. Storing the same
// one again changes nothing; another one at the same place is ErrReceiptDiffers.
func (h *Home) AddReceipt(ordinal int64, jws string) error {
	name := receiptFile(ordinal)
	old, found, err := h.read(name)
	if err != nil {
		return err
	}
	if found {
		if string(bytes.TrimSpace(old)) != jws {
			return fmt.Errorf("storing receipt %d: %w", ordinal, ErrReceiptDiffers)
		}
		return nil
	}
	return h.write(name, []byte(jws+"\n"))
}

func receiptFile(ordinal int64) string { return fmt.Sprintf("%s/%012d.jws", receiptsDir, ordinal) }

// Sent remembers a batch that has its receipt, by the digest of its payload, so that
// the same run folder is not sent as another batch.
type Sent struct {
	Batch    string `json:"batch"`
	Sequence int64  `json:"sequence"`
	// SHA256 and Bytes are of the sealed batch.
	SHA256  string `json:"sha256"`
	Bytes   int64  `json:"bytes"`
	Ordinal int64  `json:"ordinal"` // of its receipt
}

var payloadDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Sent returns what is remembered of a payload, given the hex SHA-256 of it.
func (h *Home) Sent(payload string) (Sent, bool, error) {
	var s Sent
	if !payloadDigest.MatchString(payload) {
		return s, false, fmt.Errorf("looking up what was sent: not a digest")
	}
	b, found, err := h.read(sentDir + "/" + payload + ".json")
	if err != nil || !found {
		return s, false, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, false, fmt.Errorf("reading what was sent: %w", err)
	}
	return s, true, nil
}

// LastOrdinal is the highest ordinal of a receipt that a batch is remembered to have,
// 0 if none is.
func (h *Home) LastOrdinal() (int64, error) {
	entries, err := h.disk.ReadDir(h.path(sentDir))
	if err != nil {
		return 0, fmt.Errorf("reading what was sent: %w", err)
	}
	var last int64
	for _, e := range entries {
		payload, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || !payloadDigest.MatchString(payload) {
			continue
		}
		s, _, err := h.Sent(payload)
		if err != nil {
			return 0, err
		}
		last = max(last, s.Ordinal)
	}
	return last, nil
}

// SetSent remembers a batch that has its receipt.
func (h *Home) SetSent(payload string, s Sent) error {
	if !payloadDigest.MatchString(payload) {
		return fmt.Errorf("recording what was sent: not a digest")
	}
	return h.writeJSON(sentDir+"/"+payload+".json", s)
}
