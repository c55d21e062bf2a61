package main

import "proactive/shared/settings"

// newExport makes the function that prepares what a lab asked for: the one that reads the
// most of what is stored, and writes nowhere but to the exports. It cannot open an upload,
// and knows no person but by the mails that went to a lab.
func (a *appStack) newExport() {
	d := a.data
	fn := a.function("export", size{memoryMB: 1024, timeout: stageTimeout}, settings.Export{
		Deployment: a.deployment(), InstrumentsTable: *d.tables.instruments.TableName(), LedgerTable: *d.tables.ledger.TableName(),
		HealthTable: *d.tables.health.TableName(), FindingsTable: *d.tables.findings.TableName(), CasesTable: *d.tables.cases.TableName(),
		NoticesBucket:  *d.buckets.notices.BucketName(),
		DossiersBucket: *d.buckets.dossiers.BucketName(), DossiersKey: *d.keys.dossiers.KeyArn(),
		ExportQueue: *a.queues.export.queue.QueueUrl(),
	}, all(
		on(d.tables.instruments, "whether the instrument was erased", "GetItem"),
		on(d.tables.instruments, "the instrument's row, and its consents", "Query"),
		on(d.tables.ledger, "an instrument's batches, days and receipts", "Query"),
		on(d.tables.health, "an instrument's runs, services, condition, status and shares in cohorts", "Query", "GetItem"),
		on(d.tables.findings, "an instrument's findings", "Query"),
		on(d.tables.cases, "finds an instrument's cases", "Scan"),
		a.readRows(d.keys.tables),
		a.read(d.buckets.clean, d.keys.clean, "clean/", "an instrument's clean batches"),
		a.look(d.buckets.notices, d.keys.notices, "notices/", "the notices of an instrument's cases that went to its lab"),
		a.look(d.buckets.dossiers, d.keys.dossiers, "dossiers/", "how far an export is; a part of an earlier try"),
		a.write(d.buckets.dossiers, d.keys.dossiers, "dossiers/", "writes the parts of an export, and how far it is"),
		a.send(a.queues.export.queue, "calls for the next part"),
	)...)
	a.consume(fn, a.queues.export, 1) // each takes its time, and must not take another's
}
