// Package sequence is a test only: that the numbers which leave a lab spell no sequence.
//
// A run of a single amplicon under a single pair of indexes is simulated, of every chemistry,
// down to the files of its run folder: every cluster has the same base in the same cycle, so
// that a number by cycle which depends on the base spells it. This is the worst case; a
// library of many inserts spells nothing. Whatever on a real instrument may depend on the
// bases does here: quality, brightness, sharpness, the errors of the control, which clusters
// pass the filter, phasing, the focus and how often it is lost. The agent reads the folder, the
// projection keeps what the catalog allows, and an attacker who has that, the catalog, and as
// many runs again whose sequence he knows, guesses the bases. He must do no better than by
// chance; from the raw files the same kind of attack must read nearly all.
//
//	go test ./shared/scrub/sequence -v
//	SEQUENCE_RUNS=1500 go test ./shared/scrub/sequence -v -timeout 30m    # with each field alone
package sequence
