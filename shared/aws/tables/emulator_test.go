package tables_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/infra/local"
	"proactive/shared/aws/tables"
	"proactive/shared/pipelinetest"
	"proactive/shared/pipelinetest/emulated"
)

// emulatedDB is the DynamoDB of an emulator of the test's own.
func emulatedDB(t *testing.T) *dynamodb.Client {
	t.Helper()
	e := emulated.Start(t)
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
	db := emulatedDB(t)
	t.Run("books", func(t *testing.T) { pipelinetest.BooksContract(t, tables.NewCases(db, empty(t, db, "books"))) })
	t.Run("archive", func(t *testing.T) { pipelinetest.ArchiveContract(t, tables.NewCases(db, empty(t, db, "archive"))) })
	t.Run("links", func(t *testing.T) { pipelinetest.LinksContract(t, tables.NewCases(db, empty(t, db, "links"))) })
	t.Run("health", func(t *testing.T) {
		name := empty(t, db, "health")
		pipelinetest.HealthContract(t, struct {
			*tables.Health
			*tables.Cohorts
		}{tables.NewHealth(db, name), tables.NewCohorts(db, name, empty(t, db, "findings-of-cohorts"))})
	})
	t.Run("turn", func(t *testing.T) { pipelinetest.TurnContract(t, tables.NewTurn(db, empty(t, db, "turn"))) })
	t.Run("findings", func(t *testing.T) { pipelinetest.FindingsContract(t, tables.NewFindings(db, empty(t, db, "findings"))) })
}
