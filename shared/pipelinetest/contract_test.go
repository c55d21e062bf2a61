package pipelinetest_test

import (
	"testing"

	"proactive/shared/pipelinetest"
)

func TestMemoryStoresKeepTheirContracts(t *testing.T) {
	t.Run("books", func(t *testing.T) { pipelinetest.BooksContract(t, pipelinetest.NewCases(t)) })
	t.Run("links", func(t *testing.T) { pipelinetest.LinksContract(t, pipelinetest.NewCases(t)) })
	t.Run("health", func(t *testing.T) { pipelinetest.HealthContract(t, pipelinetest.NewHealth(t)) })
	t.Run("findings", func(t *testing.T) { pipelinetest.FindingsContract(t, pipelinetest.NewFindings(t)) })
}
