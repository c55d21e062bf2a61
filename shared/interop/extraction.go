package interop

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// maxChannels bounds what a header may claim; instruments have one, two or four.
const maxChannels = 16

// ExtractionBlock are records of ExtractionMetricsOut.bin: how sharp and how bright a
// tile was in a cycle.
//
// Its columns are decoded when they are asked for, until the next block.
type ExtractionBlock struct {
	Place
	Channels      int
	raw           []byte
	version, size int
	focus         []float32
	intensity     []uint16
	time          []uint64
}

// at is where a record's columns begin, behind its place.
func (b *ExtractionBlock) at() int { return 4 + tileBytes(b.version, 3) }

// Focus is the full width at half maximum of the spots, in pixels: Len × Channels.
func (b *ExtractionBlock) Focus() []float32 {
	b.focus = floats(b.focus, b.raw, b.Len(), b.size, b.at(), b.Channels)
	return b.focus
}

// Intensity is the 90th percentile of brightness, in the camera's counts: Len × Channels.
func (b *ExtractionBlock) Intensity() []uint16 {
	b.intensity = shorts(b.intensity, b.raw, b.Len(), b.size, b.at()+4*b.Channels, b.Channels)
	return b.intensity
}

// Time is when the image was taken, by the instrument's clock in the .NET ticks of
// [Ticks]; nil but of version 2.
func (b *ExtractionBlock) Time() []uint64 {
	if b.version != 2 {
		return nil
	}
	b.time = sized(b.time, b.Len())
	for i := range b.time {
		b.time[i] = binary.LittleEndian.Uint64(b.raw[i*b.size+30:])
	}
	return b.time
}

// ReadExtraction reads ExtractionMetricsOut.bin, versions 2 and 3.
//
//	2  size u8; lane u16, tile u16, cycle u16, focus 4 f32, intensity 4 u16, time u64
//	3  size u8, channels u8; lane u16, tile u32, cycle u16, focus f32 each, intensity u16 each
func ReadExtraction(r io.Reader, each func(*ExtractionBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	block := ExtractionBlock{Channels: 4}
	switch s.Version {
	case 2:
		err = s.fits(1, 38)
	case 3:
		if err = s.size(1); err == nil {
			block.Channels, err = channels(s)
		}
		if err == nil && s.RecordSize != 8+6*block.Channels {
			err = ErrRecordSize
		}
	default:
		err = ErrVersion
	}
	if err != nil {
		return s.File, err
	}
	tile := tileBytes(s.Version, 3)
	block.version, block.size = s.Version, s.RecordSize
	return s.records(&block.Place, placed{tileBytes: tile}, func(raw []byte, _ int) {
		block.raw = raw
		each(&block)
	})
}

// channels reads how many channels the records have.
func channels(s *stream) (int, error) {
	head, err := s.take(1)
	if err != nil {
		return 0, fmt.Errorf("reading the number of channels: %w", err)
	}
	if head[0] == 0 || head[0] > maxChannels {
		return 0, ErrHeader
	}
	return int(head[0]), nil
}

// Ticks is the time of .NET's DateTime in its binary form: 100 ns since the year 1, the
// highest two bits telling local time, which are left out. ok is false outside the years
// 1900 to 2200.
func Ticks(raw uint64) (t time.Time, ok bool) {
	const unix, perSecond = 621_355_968_000_000_000, 10_000_000
	ticks := int64(raw & (1<<62 - 1))
	if raw>>62 == 2 && ticks > 1<<61 {
		ticks -= 1 << 62 // a local time is stored as UTC, wrapped around below zero
	}
	t = time.Unix((ticks-unix)/perSecond, (ticks-unix)%perSecond*100).UTC()
	return t, t.Year() >= 1900 && t.Year() <= 2200
}
