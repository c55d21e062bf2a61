package predict

import (
	"embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// models are bundles by the first twelve digits of their hash, and CURRENT, which names
// the one in use, or none.
//
//go:embed models
var models embed.FS

// ErrNone means that no bundle is built in yet. It is an ErrBundle.
var ErrNone = fmt.Errorf("%w: none is built in yet; make models trains one, and --models names it", ErrBundle)

// What stands for a bundle's hash in a setting.
const (
	Current = "current" // the one that CURRENT names, or none if it names none
	None    = "none"
)

// InUse is the bundle that a setting names: Current, None, or the first twelve digits of
// the hash of one that is built in, which is how an older one comes back. nil is none.
func InUse(setting string) (*Bundle, error) {
	switch setting {
	case None:
		return nil, nil
	case Current:
		b, err := BuiltIn()
		if errors.Is(err, ErrNone) {
			return nil, nil
		}
		return b, err
	}
	if !hash.MatchString(setting) {
		return nil, fmt.Errorf("choosing models: %w: %q is neither current, none nor twelve digits of a hash", ErrBundle, setting)
	}
	return BuiltInOf(setting)
}

var hash = regexp.MustCompile(`^[0-9a-f]{12}$`)

// BuiltIn is the bundle in use unless the operator chose another.
func BuiltIn() (*Bundle, error) {
	raw, err := models.ReadFile("models/CURRENT")
	if err != nil {
		return nil, fmt.Errorf("finding the built-in models: %w", err)
	}
	current := strings.TrimSpace(string(raw))
	if current == None {
		return nil, ErrNone
	}
	return BuiltInOf(current)
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
