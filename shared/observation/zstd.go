package observation

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Reasons why bytes are not a compressed payload. Both are fault.Malformed.
const (
	NotOneFrame    = "compression-corrupt" // not exactly one sound zstd frame
	ExpansionLimit = "expansion-limit"     // would become larger than it may
)

// maxWindow is what a decompressor must hold at once. A frame that asks for more is
// refused, however small its content claims to be.
const maxWindow = 8 << 20

// Compress returns payload as one zstd frame that declares its content's size.
func Compress(payload []byte) []byte {
	return encoder.EncodeAll(payload, make([]byte, 0, len(payload)/8+64))
}

// Decompress returns the content of the single zstd frame in frame. It never holds more
// than maxBytes of output, however the frame was made.
func Decompress(frame []byte, maxBytes int64) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(frame); err != nil || h.Skippable || h.DictionaryID != 0 || !h.HasFCS {
		return nil, fmt.Errorf("decompressing: %w", malformed(NotOneFrame, err))
	}
	if maxBytes < 0 || h.FrameContentSize > uint64(maxBytes) || h.WindowSize > maxWindow && !h.SingleSegment {
		return nil, fmt.Errorf("decompressing: %w", malformed(ExpansionLimit, nil))
	}
	if n, err := frameLength(frame, h); err != nil || n != len(frame) {
		return nil, fmt.Errorf("decompressing: %w", malformed(NotOneFrame, err))
	}
	dec, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(max(h.FrameContentSize, maxWindow)), // a single segment's window is its content
		zstd.WithDecodeAllCapLimit(true),                              // no output beyond what was declared
	)
	if err != nil {
		return nil, fmt.Errorf("making a decompressor: %w", err)
	}
	defer dec.Close()
	// The decoder stops at the declared size, whatever the blocks hold.
	out, err := dec.DecodeAll(frame, make([]byte, 0, h.FrameContentSize))
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, fmt.Errorf("decompressing: %w", malformed(ExpansionLimit, nil))
	case err != nil || uint64(len(out)) != h.FrameContentSize:
		return nil, fmt.Errorf("decompressing: %w", malformed(NotOneFrame, err))
	}
	return out, nil
}

// frameLength walks the block headers of a frame (RFC 8878, section 3.1.1) and returns
// where it ends, so that nothing can ride behind it.
func frameLength(b []byte, h zstd.Header) (int, error) {
	at := h.HeaderSize
	for {
		if len(b)-at < 3 {
			return 0, errors.New("torn block header")
		}
		block := int(b[at]) | int(b[at+1])<<8 | int(b[at+2])<<16
		size, kind := block>>3, block>>1&3
		if kind == 1 { // run-length: one byte, repeated size times
			size = 1
		}
		if at += 3; len(b)-at < size {
			return 0, errors.New("torn block")
		}
		at += size
		if block&1 == 1 {
			break
		}
	}
	if h.HasCheckSum {
		at += 4
	}
	return at, nil
}

// encoder is safe for concurrent EncodeAll. Its options are constants, so New cannot fail.
var encoder = func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true), zstd.WithEncoderCRC(true))
	if err != nil {
		panic(err)
	}
	return e
}()
