package export

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"proactive/shared/dossier"
)

//go:embed README.txt
var readme []byte

// left is what is held and not in an export.
var left = []dossier.Left{
	{What: "sealed uploads, for 35 days", Why: "they hold what the clean batches hold, and open for nobody but scrub, and the lab's own auditor"},
	{What: "quarantined uploads, for 72 hours at most", Why: "they open for nobody; their receipts say why"},
	{What: "mails to our own people about a case", Why: "they name our people; the case says which were sent and when, and holds what they say of it"},
	{What: "secrets: task tokens, digests of slot links and of enrolment codes", Why: "who has one can act; they say nothing of the instrument"},
	{What: "rows that repeat others: owners of sequence numbers, heads of chains, entries among past cases", Why: "ledger, receipts and cases say the same"},
	{What: "the customer's contacts, sites and contracts", Why: "the customer's, not the instrument's: ask the service team"},
}

// pack is a part in the making: a zip archive in memory. The same items make the same
// bytes: no time of day goes in.
type pack struct {
	number int
	buf    bytes.Buffer
	zip    *zip.Writer
	files  []dossier.File
	taken  map[string]bool

	// The file of the kind at hand.
	name string
	rows bytes.Buffer
	n    int
	form Form
}

// newPack is a part after which files are in the export.
func newPack(files []dossier.File, number int) *pack {
	p := &pack{number: number, files: slices.Clone(files), taken: map[string]bool{}}
	p.zip = zip.NewWriter(&p.buf)
	for _, f := range files {
		p.taken[f.Name] = true
	}
	return p
}

// size is about how long the part is so far.
func (p *pack) size() int { return p.buf.Len() + p.rows.Len() }

// put adds an item, and answers how many things that is: none if it ended by its time.
func (p *pack) put(ctx context.Context, k Kind, item Item) (int, error) {
	if k.Form == Files {
		files, err := item.Open(ctx)
		if err != nil || len(files) == 0 {
			return 0, err
		}
		for _, f := range files {
			if err := p.add(f); err != nil {
				return 0, err
			}
		}
		return 1, nil
	}
	var line []byte
	if k.Form == Lines {
		text, ok := item.Row.(string)
		if !ok {
			return 0, errors.New("an item of the line form that is no text")
		}
		line = []byte(text)
	} else {
		var err error
		if line, err = json.Marshal(item.Row); err != nil {
			return 0, fmt.Errorf("encoding a row: %w", err)
		}
		if p.n > 0 {
			p.rows.WriteString(",\n")
		} else {
			p.rows.WriteString("[\n")
		}
	}
	p.rows.Write(line)
	if k.Form == Lines {
		p.rows.WriteByte('\n')
	}
	p.name, p.form = k.Name, k.Form
	p.n++
	return 1, nil
}

// end closes the file of the kind at hand. A kind that goes on in another part has a file
// in each, the part's number in its name.
func (p *pack) end() error {
	if p.n == 0 {
		return nil
	}
	name := p.name
	if p.form == Rows {
		p.rows.WriteString("\n]\n")
		name += ".json"
	}
	if p.taken[name] {
		name = fmt.Sprintf("continued-%04d/%s", p.number, name)
	}
	err := p.add(File{Name: name, Body: p.rows.Bytes(), Rows: p.n})
	p.rows.Reset()
	p.n = 0
	return err
}

// add writes one file.
func (p *pack) add(f File) error {
	if !dossier.ValidName(f.Name) || p.taken[f.Name] {
		return errors.New("a name that no file may have, or has already")
	}
	p.taken[f.Name] = true
	sum := sha256.Sum256(f.Body)
	p.files = append(p.files, dossier.File{Name: f.Name, Bytes: int64(len(f.Body)), SHA256: hex.EncodeToString(sum[:]), Rows: f.Rows})
	return p.write(f.Name, f.Body, f.Packed)
}

func (p *pack) manifest(m dossier.Manifest) error {
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("encoding a manifest: %w", err)
	}
	return p.write(dossier.ManifestName, append(raw, '\n'), false)
}

func (p *pack) write(name string, body []byte, packed bool) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	if packed {
		header.Method = zip.Store
	}
	w, err := p.zip.CreateHeader(header)
	if err != nil {
		return fmt.Errorf("beginning a file: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("writing a file: %w", err)
	}
	return nil
}

// close ends the part, and answers with the files of the export so far.
func (p *pack) close() ([]byte, []dossier.File, error) {
	if err := p.zip.Close(); err != nil {
		return nil, nil, fmt.Errorf("ending an archive: %w", err)
	}
	return p.buf.Bytes(), p.files, nil
}
