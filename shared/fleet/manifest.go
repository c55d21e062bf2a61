package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// Format is the version of the directory's layout.
const Format = 1

// ErrFormat means that a directory holds no fleet that this program can read.
var ErrFormat = errors.New("not a fleet of this format")

// ErrAltered means that a fleet's files are not those that were written.
var ErrAltered = errors.New("the fleet's files were altered")

// manifest is fleet.json.
type manifest struct {
	Format   int      `json:"format"`
	Settings Settings `json:"settings"`
	// Values and Factors name the columns of the runs.
	Values  []string `json:"values"`
	Factors []string `json:"factors"`
	// Digest is of every other file's content, before compression.
	Digest string `json:"digest"`
}

// row is a run as stored: its values and factors by column. What is absent is null, or
// "" in the case of a factor.
type row struct {
	At       time.Time  `json:"at"`
	Batch    string     `json:"batch"`
	Sequence int64      `json:"sequence"`
	Run      string     `json:"run,omitempty"`
	Week     time.Time  `json:"week,omitzero"`
	Values   []*float64 `json:"v"`
	Factors  []string   `json:"f"`
}

// forecast is one run's oracle as stored: P1, P7, P14 and P30 of each component.
type forecast struct {
	Sequence int64                 `json:"sequence"`
	P        map[string][4]float64 `json:"p"`
}

func runsFile(instrument string) string {
	return filepath.Join("runs", instrument+".jsonl.zst")
}

func oracleFile(instrument string) string {
	return filepath.Join("truth", "oracle", instrument+".jsonl.zst")
}

// The plain files.
const (
	manifestFile    = "fleet.json"
	instrumentsFile = "instruments.jsonl"
	servicesFile    = "services.jsonl"
)

var (
	failuresFile = filepath.Join("truth", "failures.jsonl")
	episodesFile = filepath.Join("truth", "episodes.jsonl")
	nullsFile    = filepath.Join("truth", "nulls.json")
)

// digest is of the files' digests by name.
func digest(sums map[string][sha256.Size]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(h, "%s %x\n", filepath.ToSlash(name), sums[name])
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
