package interop

import (
	"encoding/binary"
	"io"
	"math"
)

// ImageBlock are records of ImageMetricsOut.bin: the contrast of a tile's images in a
// cycle, the brightness of their dark and bright parts in the camera's counts.
//
// Its columns are decoded when they are asked for, until the next block.
type ImageBlock struct {
	Place
	// Channels is how many channels a record has.
	Channels int
	raw      []byte
	size     int
	at       int // where a record's channel, or its contrast, begins
	version  int
	columns  [3][]uint16
}

// Channel is that of each record, from 0; nil but of version 1, in which a record has one
// channel and the channels of an image follow one another.
func (b *ImageBlock) Channel() []uint16 {
	if b.version != 1 {
		return nil
	}
	b.columns[0] = shorts(b.columns[0], b.raw, b.Len(), b.size, b.at, 1)
	return b.columns[0]
}

// contrast is where a record's contrast begins.
func (b *ImageBlock) contrast() int {
	if b.version == 1 {
		return b.at + 2
	}
	return b.at
}

// Min is the dark part: Len × Channels.
func (b *ImageBlock) Min() []uint16 {
	b.columns[1] = shorts(b.columns[1], b.raw, b.Len(), b.size, b.contrast(), b.Channels)
	return b.columns[1]
}

// Max is the bright part: Len × Channels.
func (b *ImageBlock) Max() []uint16 {
	b.columns[2] = shorts(b.columns[2], b.raw, b.Len(), b.size, b.contrast()+2*b.Channels, b.Channels)
	return b.columns[2]
}

// Sum adds up the dark and the bright parts of all channels of some records.
func (b *ImageBlock) Sum(from, to int) (dark, bright uint64) {
	at, half := b.contrast(), 2*b.Channels
	if b.Channels == 2 { // of most instruments: both of both in one word
		for i := from; i < to; i++ {
			rec := binary.LittleEndian.Uint64(b.raw[i*b.size+at:])
			dark += rec&math.MaxUint16 + rec>>16&math.MaxUint16
			bright += rec>>32&math.MaxUint16 + rec>>48
		}
		return dark, bright
	}
	for i := from; i < to; i++ {
		rec := b.raw[i*b.size+at:][:2*half]
		for j := 0; j < half; j += 2 {
			dark += uint64(binary.LittleEndian.Uint16(rec[j:]))
			bright += uint64(binary.LittleEndian.Uint16(rec[half+j:]))
		}
	}
	return dark, bright
}

// ReadImages reads ImageMetricsOut.bin, versions 1 to 3.
//
//	1  size u8; lane u16, tile u16, cycle u16, channel u16, min u16, max u16
//	2  size u8, channels u8; lane u16, tile u16, cycle u16, min u16 each, max u16 each
//	3  as 2, tile u32
func ReadImages(r io.Reader, each func(*ImageBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	block := ImageBlock{Channels: 1}
	tile := tileBytes(s.Version, 3)
	switch s.Version {
	case 1:
		err = s.fits(1, 12)
	case 2, 3:
		if err = s.size(1); err == nil {
			block.Channels, err = channels(s)
		}
		if err == nil && s.RecordSize != 4+tile+4*block.Channels {
			err = ErrRecordSize
		}
	default:
		err = ErrVersion
	}
	if err != nil {
		return s.File, err
	}
	block.size, block.at, block.version = s.RecordSize, 4+tile, s.Version
	return s.records(&block.Place, placed{tileBytes: tile}, func(raw []byte, _ int) {
		block.raw = raw
		each(&block)
	})
}
