package interop

import "io"

// ImageBlock are records of ImageMetricsOut.bin: the contrast of a tile's images in a
// cycle, the brightness of their dark and bright parts in the camera's counts.
type ImageBlock struct {
	Place
	// Channels is how many channels a record has.
	Channels int
	// Channel is that of each record, from 0; version 1 only, in which a record has one
	// channel and the channels of an image follow one another.
	Channel []uint16
	// Min and Max are Len × Channels each.
	Min, Max []uint16
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
	return s.records(&block.Place, placed{tileBytes: tile}, func(raw []byte, n int) {
		off, k := 4+tile, block.Channels
		if s.Version == 1 {
			block.Channel = shorts(block.Channel, raw, n, s.RecordSize, off, 1)
			off += 2
		}
		block.Min = shorts(block.Min, raw, n, s.RecordSize, off, k)
		block.Max = shorts(block.Max, raw, n, s.RecordSize, off+2*k, k)
		each(&block)
	})
}
