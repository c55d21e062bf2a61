// Package wire embeds the versioned words on the wire, so that every program
// reads the same bytes. It imports nothing of ours.
package wire

import "embed"

// Files holds the specifications, schemas, samples, vectors and the catalog.
//
//go:embed aws batch case catalog consent erasure export factor finding notice receipt telemetry
var Files embed.FS
