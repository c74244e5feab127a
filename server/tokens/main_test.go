package tokens

import (
	"testing"

	"keyfob/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Main(m,
		"TestNoFileHoldsAnIssuedValueOrAPieceOfIt",                   // reads SQLite's files
		"TestHousekeepingWritesUsesAndPurgesRepliesWithinTenSeconds") // its time is not that of another process
}
