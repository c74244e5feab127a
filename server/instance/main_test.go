package instance_test

import (
	"testing"

	"keyfob/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.MainOnly(m, "TestABackupTakenWhileTheServerWritesIsWhole", "TestARestoreBehindItsCheckpointsIsTold")
}
