package predict

import (
	"embed"
	"fmt"
	"strings"
)

// models are bundles by the first twelve digits of their hash, and CURRENT, which names
// the one in use, or none.
//
//go:embed models
var models embed.FS

// BuiltIn is the bundle in use unless the operator chose another.
func BuiltIn() (*Bundle, error) {
	raw, err := models.ReadFile("models/CURRENT")
	if err != nil {
		return nil, fmt.Errorf("finding the built-in models: %w", err)
	}
	hash := strings.TrimSpace(string(raw))
	if hash == "none" {
		return nil, fmt.Errorf("%w: none is built in yet; make models trains one, and --models names it", ErrBundle)
	}
	return BuiltInOf(hash)
}

// BuiltInOf is the built-in bundle whose hash begins with these twelve digits: how an older
// one comes back.
func BuiltInOf(hash string) (*Bundle, error) {
	b, err := Open(models, "models/"+hash)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(b.Hash, hash) {
		return nil, fmt.Errorf("opening a bundle of models: %w: it lies under another hash", ErrBundle)
	}
	return b, nil
}
