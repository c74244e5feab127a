package store

import (
	"testing"

	"keyfob/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.MainWithout(m, // all of them break SQLite in ways of its own
		"TestWritesAreDurable", "TestAFullDiskIsUnavailableAndThenFine",
		"TestADatabaseThatAnotherProgramHoldsIsUnavailable", "TestAFileThatIsNoDatabaseIsRefused", "TestADamagedFileIsNotIntact",
		"TestNoPageOfTheChangeLogScansOrSortsIt", "TestNoListOfTokensIsScannedOrSorted", "TestLiveTokensAreCountedWithoutLookingAtThoseThatExpired", "TestNeitherAppsNorUsersScanTheTokens", "TestWhetherAPepperIsNeededScansNoTokens",
		"TestEventsFromBeforeTheChainAreChained", "TestKeepingAppsAndUsersByKeyCanBeDoneTwice", "TestACheckReadsEachRecordByItsKey",
		"TestWhateverIsWrittenVerifies", "TestADeletedRowIsNamed", "TestAnEditedRowIsNamed", "TestTwoSwappedRowsAreNamed",
		"TestAMovedOrAddedRowIsNamed", "TestACutTailIsNamed", "TestARewrittenHistoryIsNamed", "TestATamperedEndOfTheChainIsNoticed",
		"TestNobodyChangesWhatATokenIsWorthWithoutNotingIt", "TestAChangeBesideAServerReturnsWhenTheServerKnows",
		"TestShared.*", "TestAStoreKnowsWhetherItTakesWrites.*", "TestAStoreThatTakesOnlySmallWrites.*",
		"TestPostgres.*") // these ran before
}
