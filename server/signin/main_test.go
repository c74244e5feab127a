package signin_test

import (
	"testing"

	"keyfob/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.MainOnly(m,
		"TestOfEightRacersForACodeOneWinsAndLosesItAgain", "TestEightRefreshesAtOnceGetTheSameNextRefreshToken",
		"TestRacersForACodeOrARefreshTokenAtTwoServersGetOneLineOfTokens", "TestASignInBegunAtOneServerGoesOnAtTheOther",
		"TestATokenUsedTwiceIsInTheChangeLogAsTheServersDoing", "TestWhatHasExpiredLeavesTheDatabase",
		"TestABrokenDatabaseSaysSoAndSignsNobodyOut",
		"TestADeviceIsToldToWaitToSlowDownAndThatItIsOver", "TestWhatADeviceWasDeniedItDoesNotGet",
		"TestOfEightRacersForADeviceCodeOneWinsAndLosesItAgain", "TestADeviceBegunAtOneServerIsLetInAtTheOther",
		"TestOfEightPollsAtOnceOneIsToldToWaitAndTheRestToSlowDown", "TestABrokenDatabaseKeepsADeviceWaiting",
		"TestWhoIsSignedOutEverywhereGoesOnWithNothing")
}
