// Package unpack puts the parts of an export together, as files or as one archive, and
// believes none of them before its manifest does: names that lead elsewhere, files too
// many and endless ones are refused.
package unpack

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"proactive/shared/dossier"
	"proactive/shared/fault"
)

// Files writes the files of all parts below a directory that it makes anew, and checks
// them.
func Files(parts []string, dir string) (dossier.Manifest, error) {
	if err := os.RemoveAll(dir); err != nil {
		return dossier.Manifest{}, fmt.Errorf("clearing a directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return dossier.Manifest{}, fmt.Errorf("making a directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return dossier.Manifest{}, fmt.Errorf("opening a directory: %w", err)
	}
	defer root.Close()
	err = each(parts, func(f *zip.File, most int64) error {
		if err := root.MkdirAll(path.Dir(f.Name), 0o700); err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
		out, err := root.OpenFile(f.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("making a file: %w", err)
		}
		in, err := f.Open()
		if err != nil {
			return errors.Join(damaged(err), out.Close())
		}
		_, err = io.Copy(out, io.LimitReader(in, most+1))
		return errors.Join(err, in.Close(), out.Close())
	})
	if err != nil {
		return dossier.Manifest{}, err
	}
	return dossier.Check(root.FS())
}

// Join writes the files of all parts as they are into one archive, and checks it.
func Join(parts []string, name string) (m dossier.Manifest, err error) {
	out, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // G304: below where the person said
	if err != nil {
		return m, fmt.Errorf("making an archive: %w", err)
	}
	w := zip.NewWriter(out)
	err = each(parts, func(f *zip.File, _ int64) error { return w.Copy(f) })
	if err := errors.Join(err, w.Close(), out.Close()); err != nil {
		return m, err
	}
	r, err := zip.OpenReader(name)
	if err != nil {
		return m, damaged(err)
	}
	defer func() { _ = r.Close() }()
	return dossier.Check(r)
}

// each hands over the files of all parts, those that the manifest knows, with how long each
// may be; any other is damage.
func each(parts []string, do func(f *zip.File, most int64) error) error {
	var open []*zip.ReadCloser
	defer func() {
		for _, r := range open {
			_ = r.Close()
		}
	}()
	for _, name := range parts {
		r, err := zip.OpenReader(name)
		if err != nil {
			return damaged(err)
		}
		open = append(open, r)
	}
	known, err := lengths(open)
	if err != nil {
		return err
	}
	for _, r := range open {
		for _, f := range r.File {
			most, ok := known[f.Name]
			if !ok || !dossier.ValidName(f.Name) || f.UncompressedSize64 != uint64(most) { //nolint:gosec // G115: lengths has no negative ones
				return damaged(errors.New("a file that the manifest does not know so"))
			}
			delete(known, f.Name) // each once
			if err := do(f, most); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxManifest bounds a manifest, in bytes.
const maxManifest = 64 << 20

// lengths are the files of an export and how long each is, the manifest among them, which
// is in the last part.
func lengths(parts []*zip.ReadCloser) (map[string]int64, error) {
	if len(parts) == 0 {
		return nil, damaged(errors.New("no part"))
	}
	f, err := parts[len(parts)-1].Open(dossier.ManifestName)
	if err != nil {
		return nil, damaged(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return nil, damaged(err)
	}
	var m dossier.Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, damaged(err)
	}
	known := map[string]int64{dossier.ManifestName: int64(len(raw))}
	for _, f := range m.Files {
		if _, twice := known[f.Name]; twice || f.Bytes < 0 {
			return nil, damaged(errors.New("a file twice, or of no length"))
		}
		known[f.Name] = f.Bytes
	}
	return known, nil
}

func damaged(err error) error { return fault.New(fault.Malformed, dossier.Damaged, err) }
