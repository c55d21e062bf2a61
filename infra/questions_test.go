package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"proactive/shared/clean"
	"proactive/shared/factors"
)

// TestTheTableIsTheFiles: Athena finds in a file what the table says, by name and type.
func TestTheTableIsTheFiles(t *testing.T) {
	types := map[string]string{"STRING": "string", "INT(64,true)": "bigint", "INT(32,true)": "int", "DOUBLE": "double"}
	raw, err := clean.Encode(clean.Batch{Instrument: "i", Batch: "b", Sequence: 1})
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var want []any
	for _, c := range file.Schema().Fields() {
		want = append(want, map[string]any{"Name": c.Name(), "Type": types[c.Type().String()]})
	}
	flavours(t, func(t *testing.T, d deployment) {
		table := at(d.find(t, "${app/CleanTable}").Props, "TableInput")
		if diff := cmp.Diff(any(want), at(table, "StorageDescriptor", "Columns")); diff != "" {
			t.Error(diff)
		}
		if got := at(table, "StorageDescriptor", "Location"); got != "s3://${data/Clean}/clean/v1/" {
			t.Errorf("the table lies at %v", got)
		}
		if got := at(table, "Name"); got != factors.Table {
			t.Errorf("the table is called %v, and questions ask %s", got, factors.Table)
		}
	})
}

// TestAnswersAreUnderTheirKeyAndGone: nobody who asks can have them put elsewhere, and
// Athena's own store is the one that forgets by itself.
func TestAnswersAreUnderTheirKeyAndGone(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		groups := d.of(t, "AWS::Athena::WorkGroup")
		if len(groups) != 1 {
			t.Fatalf("%d work groups", len(groups))
		}
		c := at(groups[0].Props, "WorkGroupConfiguration")
		managed := at(c, "ManagedQueryResultsConfiguration")
		if at(c, "EnforceWorkGroupConfiguration") != true || at(managed, "Enabled") != true || at(c, "ResultConfiguration") != nil {
			t.Errorf("answers go where who asks wants: %v", c)
		}
		if key := at(managed, "EncryptionConfiguration", "KmsKey"); key != "${data/AnswersKey.Arn}" {
			t.Errorf("answers are under %v", key)
		}
		if at(c, "BytesScannedCutoffPerQuery") == nil {
			t.Error("a question may scan and cost anything")
		}
	})
}

// TestWhoMayAsk: a person of this account, with a second factor, for an hour.
func TestWhoMayAsk(t *testing.T) {
	flavours(t, func(t *testing.T, d deployment) {
		role := d.find(t, "${app/QuestionsRole}")
		if role.Props["MaxSessionDuration"] != 3600.0 {
			t.Errorf("for %v s", role.Props["MaxSessionDuration"])
		}
		all := statements(role)
		if len(all) != 1 || fmt.Sprint(all[0].principals) != "[arn:${AWS::Partition}:iam::${AWS::AccountId}:root]" || all[0].condition != `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}` {
			t.Errorf("%+v", all)
		}
	})
}
