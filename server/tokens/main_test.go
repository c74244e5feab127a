package tokens

import (
	"testing"

	"keyfob/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.MainOnly(m,
		// Several at once.
		"TestRacingAttemptsMakeOneToken", "TestRacingCreatesAndRevokesLoseNothing", "TestNoTokenIsIssuedAfterThePolicyBecameNone",
		"TestRacersNeverExceedALimit", "TestOfRacersForALabelOneWins", "TestAdministratorsBoundTheLifeOfNewTokens",
		"TestATenantHasAsManyLiveTokensAsTheRulesAllow", "TestUsersOfATenantListAndRevokeItsTokens",
		"TestRacingRotationsMakeOneSuccessor", "TestRacingExchangesKeepTheBound", "TestAnExchangeWaitsForTheOneBeforeItIsCounted",
		"TestRacingAttemptsAtTwoServersMakeOneToken", "TestOfRacersForANameAtTwoServersOneWins", "TestTheLogHasNoTokenAfterThePolicyThatForbidsIt",
		"TestARevocationAtOneServerHoldsAtTheOther", "TestWhoAdministersNoMoreChangesNothing", "TestTwoServersWriteLastUsesOfTheSameTokens", "TestRacingChangesAtTwoServersAllHappen",
		"TestOfTwoAdministratorsWhoLeaveAtTwoServersOneStays", "TestAnAppThatIsDeletedHasNoLiveTokenFromTheOtherServer",
		"TestWhateverEndsATokenAtOneOfThreeServersEndsItAtAll", "TestACheckedTokenIsRememberedUntilItIsWorthSomethingElse",
		"TestTheLogHasNoTokenAfterTheLossOfWhatItWasGranted", "TestATokenIsWorthWhatItsOwnerHoldsAtEachUse",
		"TestAPepperIsExchangedWhileServersWork", "TestExchangesOfPeppersRefuseNobody", "TestAnAttemptIsRepeatedAcrossPeppers",
		// What one transaction keeps together, and the queries that are the hardest.
		"TestTheSameRotationGetsTheSameReply", "TestRotatingReplacesATokenAtOnce", "TestTheOldTokenLivesOnForTheOverlap",
		"TestAKeyMayBeUsedAnewAfterItsTime", "TestAnyHistoryVerifies", "TestTheLastActiveAdministratorStaysOne",
		"TestANewPasswordOrDeactivationEndsAllSignIns", "TestADeletedAppIsGoneButForItsHistory", "TestManyAreRevokedByWhatTheyHaveInCommon",
		"TestAUseThatCannotBeWrittenIsKeptForTheNextTime", "TestATokenIsAcceptedExactlyWhenTheModelSaysSo", "TestSeveralServersAcceptExactlyWhatTheModelSays",
		"TestExchangesAreInTheChangeLogAndPurgedWhenTheyAreOver",
		"TestFiltersSelect", "TestEachSortWalksAllPagesOnceAndPutsWhatIsMissingLast",
		"TestTheChangeLogCanBeNarrowed", "TestUsersSeeWhatTheyDidAndWhatWasDoneToThem")
}
