package catalog_test

import (
	"testing"

	"proactive/shared/catalog"
)

func TestEmbeddedCatalogLoads(t *testing.T) {
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(cat.Fields()); n < 40 {
		t.Fatalf("%d fields", n)
	}
}
