package tokens

import (
	"testing"

	"keyfob/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Main(m,
		"TestNoFileHoldsAnIssuedValueOrAPieceOfIt",                   // reads SQLite's files
		"TestHousekeepingWritesUsesAndPurgesRepliesWithinTenSeconds", // its time is not that of another process

		// Rules that ask the database nothing that the other tests do not ask.
		"TestAnAppIsCheckedFieldByField", "TestGivingASystemUserAllowsItUnlessToldOtherwise", "TestANewAppIsClosedUnlessAskedOtherwise",
		"TestCapabilitiesAloneTellAFormWhatToAsk", "TestTheRecordOfASATSaysWhomItActsAsNow", "TestAPolicyThatChangesLeavesIssuedTokensAlone",
		"TestATokenMayDoWhatItsAppMayNow", "TestAWrongChecksumIsRefusedWithoutTheDatabase", "TestAnotherWishUnderTheSameKeyIsRefused",
		"TestAKeyBelongsToItsCaller", "TestAKeyIsSixteenTo255VisibleCharacters", "TestASealedReplyNeedsThePepperToo",
		"TestThePolicySaysWhoMayIssue", "TestADisabledAppGetsNoTokens", "TestARefusalByPolicyTellsNothingElse", "TestAPATIsIssuedToItsCallerOnly",
		"TestTheOperatorIssuesAPATOnlyWhereItsUserMay", "TestASATNeedsASystemUserThatMayBeUsed", "TestASATForAnAppThatIsNotThereIsNotFound",
		"TestAWishIsCheckedFieldByField", "TestASATsBodyNamesNeitherAnotherAppNorAUser", "TestTheSecretSaysItsKind",
		"TestTheSecretIsInTheReplyToTheCreateOnly", "TestOnlyAPersonSignedInManagesTokens", "TestAPageRequestThatCannotBeMetSaysWhy",
		"TestWhatIsAboutAppsIsForAdministrators", "TestAUseDuringAFlushIsNotLost", "TestARefusedTokenWasNotUsed",
		"TestOnlyAnAppOrASATWithTheScopeMayIntrospect", "FuzzCursor")
}
