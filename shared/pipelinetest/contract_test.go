package pipelinetest_test

import (
	"testing"

	"proactive/shared/pipelinetest"
)

func TestMemoryStoresKeepTheirContracts(t *testing.T) {
	t.Run("books", func(t *testing.T) { pipelinetest.BooksContract(t, pipelinetest.NewCases(t)) })
	t.Run("archive", func(t *testing.T) { pipelinetest.ArchiveContract(t, pipelinetest.NewCases(t)) })
	t.Run("links", func(t *testing.T) { pipelinetest.LinksContract(t, pipelinetest.NewCases(t)) })
	t.Run("health", func(t *testing.T) { pipelinetest.HealthContract(t, pipelinetest.NewHealth(t)) })
	t.Run("findings", func(t *testing.T) { pipelinetest.FindingsContract(t, pipelinetest.NewFindings(t)) })
	t.Run("used", func(t *testing.T) { pipelinetest.UsedContract(t, &pipelinetest.Requests{}) })
	t.Run("enrolment", func(t *testing.T) {
		s := pipelinetest.NewInstruments(t)
		pipelinetest.EnrolmentContract(t, s, func(id string) {
			i, err := s.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			i.Revoked = true
			s.Put(i)
		})
	})
	t.Run("ledger", func(t *testing.T) {
		s := pipelinetest.NewLedger(t)
		pipelinetest.LedgerContract(t, s, pipelinetest.NewKeys(t).JWS)
		pipelinetest.AccountContract(t, s)
	})
}
