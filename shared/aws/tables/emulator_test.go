package tables_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/infra/local"
	"proactive/shared/aws/tables"
	"proactive/shared/pipelinetest"
)

// emulated starts an emulator and returns its DynamoDB. Where the emulator is not
// installed (make test installs it) the test is skipped, unless it is required.
func emulated(t *testing.T) *dynamodb.Client {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".cache", "venv", "bin", "ministack")); err != nil && os.Getenv("PROACTIVE_E2E") != "required" {
		t.Skip("the emulator is not installed in .cache: go run ./infra/local/setup")
	}
	e, err := local.Start(t.Context(), root, t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(); err != nil {
			t.Error(err)
		}
	})
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(e.Endpoint()), Region: local.Region,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// empty makes a table of the deployment's key scheme.
func empty(t *testing.T, db *dynamodb.Client, name string) string {
	t.Helper()
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// The tables keep the very contracts that the memory stores keep: each condition of each
// expression is met by a test that fails without it.
func TestTablesKeepTheirContracts(t *testing.T) {
	db := emulated(t)
	t.Run("books", func(t *testing.T) { pipelinetest.BooksContract(t, tables.NewCases(db, empty(t, db, "books"))) })
	t.Run("links", func(t *testing.T) { pipelinetest.LinksContract(t, tables.NewCases(db, empty(t, db, "links"))) })
	t.Run("health", func(t *testing.T) { pipelinetest.HealthContract(t, tables.NewHealth(db, empty(t, db, "health"))) })
	t.Run("findings", func(t *testing.T) { pipelinetest.FindingsContract(t, tables.NewFindings(db, empty(t, db, "findings"))) })
}
