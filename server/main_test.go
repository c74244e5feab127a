package server_test

import (
	"testing"

	"keyfob/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
