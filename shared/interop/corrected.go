package interop

import "io"

// CorrectedBlock are records of CorrectedIntMetricsOut.bin: intensities after correction
// for cross-talk and phasing, and the bases that were called, A, C, G, T in this order.
// These columns are resolved by base and cycle and can spell an index: they are for the
// lab's own eyes (proactive read), never for a batch.
//
// Its columns are decoded when they are asked for, until the next block.
type CorrectedBlock struct {
	Place
	raw           []byte
	version, size int
	shorts        []uint16
	words         []uint32
	floats        []float32
}

// at is where a record's columns begin, behind its place.
func (b *CorrectedBlock) at() int { return 4 + tileBytes(b.version, 4) }

// counts is where the counts of base calls begin.
func (b *CorrectedBlock) counts() int { return b.at() + []int{2: 18, 3: 8, 4: 0}[b.version] }

// Average is the intensity of all clusters over the bases; nil but of version 2.
func (b *CorrectedBlock) Average() []uint16 {
	if b.version != 2 {
		return nil
	}
	b.shorts = shorts(b.shorts, b.raw, b.Len(), b.size, b.at(), 1)
	return b.shorts
}

// All is the intensity of all clusters by base: Len × 4; nil but of version 2.
func (b *CorrectedBlock) All() []uint16 {
	if b.version != 2 {
		return nil
	}
	b.shorts = shorts(b.shorts, b.raw, b.Len(), b.size, b.at()+2, 4)
	return b.shorts
}

// Called is the intensity of the clusters called as a base: Len × 4; nil of version 4.
func (b *CorrectedBlock) Called() []uint16 {
	if b.version == 4 {
		return nil
	}
	b.shorts = shorts(b.shorts, b.raw, b.Len(), b.size, b.counts()-8, 4)
	return b.shorts
}

// Calls are the clusters without a base, then those of each base: Len × 5.
func (b *CorrectedBlock) Calls() []uint32 {
	b.words = words(b.words, b.raw, b.Len(), b.size, b.counts(), 5)
	return b.words
}

// SignalToNoise is nil but of version 2.
func (b *CorrectedBlock) SignalToNoise() []float32 {
	if b.version != 2 {
		return nil
	}
	b.floats = floats(b.floats, b.raw, b.Len(), b.size, b.counts()+20, 1)
	return b.floats
}

// ReadCorrected reads CorrectedIntMetricsOut.bin, versions 2 to 4.
//
//	2  size u8; lane u16, tile u16, cycle u16, average u16, all 4 u16, called 4 u16,
//	   no calls u32, calls 4 u32, signal to noise f32
//	3  size u8; lane u16, tile u16, cycle u16, called 4 u16, no calls u32, calls 4 u32
//	4  size u8; lane u16, tile u32, cycle u16, no calls u32, calls 4 u32
func ReadCorrected(r io.Reader, each func(*CorrectedBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	if s.Version < 2 || s.Version > 4 {
		return s.File, ErrVersion
	}
	if err := s.fits(1, []int{2: 48, 3: 34, 4: 28}[s.Version]); err != nil {
		return s.File, err
	}
	block := CorrectedBlock{version: s.Version, size: s.RecordSize}
	return s.records(&block.Place, placed{tileBytes: tileBytes(s.Version, 4)}, func(raw []byte, _ int) {
		block.raw = raw
		each(&block)
	})
}
