package store

import (
	"testing"

	"keyfob/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Main(m, // all of them break SQLite in ways of its own
		"TestWritesAreDurable", "TestAFullDiskIsUnavailableAndThenFine",
		"TestADatabaseThatAnotherProgramHoldsIsUnavailable", "TestAFileThatIsNoDatabaseIsRefused",
		"TestPostgres.*") // these ran before
}
