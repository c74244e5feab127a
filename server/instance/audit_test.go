package instance_test

import (
	"path/filepath"
	"testing"

	"keyfob/api"
	"keyfob/server/audit"
	"keyfob/server/instance"
	"keyfob/server/tokens"
)

func signed(t *testing.T, dir string) []audit.Signed {
	t.Helper()
	all, err := audit.ReadCheckpoints(filepath.Join(dir, audit.File), filepath.Join(dir, audit.VerifyingFile))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The server signs by itself, at the latest when it stops; commands beside it
// do not, but what they did is signed by the next server.
func TestServerThatStopsLeavesASignedChangeLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	add := func(r *instance.Records, name string) {
		t.Helper()
		if _, err := r.Tokens.AddApp(t.Context(), tokens.Operator(), api.NewApp{Name: name, Scopes: []string{"read"}}); err != nil {
			t.Fatal(err)
		}
	}
	in := open(t, dir)
	add(&in.Records, "A")
	add(&in.Records, "B")
	closed(t, in)
	all := signed(t, dir)
	if len(all) == 0 || all[len(all)-1].Seq != 2 {
		t.Fatalf("after two events: %+v", all)
	}
	r, err := instance.OpenRecords(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	add(r, "C")
	closed(t, r)
	if now := signed(t, dir); len(now) != len(all) {
		t.Error("a command signed")
	}
	in = open(t, dir)
	if v, err := in.Tokens.VerifyEvents(t.Context(), tokens.Operator()); err != nil || !v.OK || v.Events != 3 || v.Last == nil {
		t.Errorf("%+v, %v", v, err)
	}
	closed(t, in)
	if all := signed(t, dir); all[len(all)-1].Seq != 3 {
		t.Errorf("after three events: %+v", all[len(all)-1])
	}
}
