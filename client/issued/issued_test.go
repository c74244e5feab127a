package issued_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/issued"
)

// Tokens but for their checksum.
const (
	pat = "enrt_pAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	sat = "pat_acme-eu_sBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
)

// keyring keeps, or fails.
type keyring struct {
	credentials.Memory
	fails error
	more  []client.Secret // keys beside the first
}

func (k *keyring) Recall(ctx context.Context, key string) ([]client.Secret, error) {
	if k.fails != nil {
		return nil, k.fails
	}
	s, err := k.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	all := []client.Secret{s}
	for _, m := range k.more {
		all = append(all, client.NewSecret(m.Reveal()))
	}
	return all, nil
}

func (k *keyring) Keep(ctx context.Context, key string, s client.Secret) error {
	if k.fails != nil {
		return k.fails
	}
	return k.Set(ctx, key, s)
}

func entry(id string) issued.Entry {
	return issued.Entry{
		BuiltIn: true, Address: "http://127.0.0.1:8642", Subject: "u1", Login: "ada", ID: id, Kind: "pat", AppID: "a1", App: "Warehouse",
		Description: "Nightly", At: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC),
	}
}

func noteAndSettle(t *testing.T, x *issued.Index, value string, e issued.Entry) error {
	t.Helper()
	x.Note(e, client.NewSecret(value))
	return x.Settle(t.Context())
}

func note(t *testing.T, x *issued.Index, value string, e issued.Entry) {
	t.Helper()
	if err := noteAndSettle(t, x, value, e); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, x *issued.Index, text string) issued.Answer {
	t.Helper()
	a, err := x.Find(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestATokenIsKnownAgainAfterARestartInWhateverStandsAroundIt(t *testing.T) {
	path, keys := filepath.Join(t.TempDir(), "data", "issued.json"), &keyring{}
	first := issued.New(path, keys)
	mine, foreign := issued.Sum(pat), issued.Sum(sat)
	note(t, first, mine, entry("t1"))
	note(t, first, "an-opaque-token-of-another-server", entry("t2"))
	x := issued.New(path, keys)
	for _, text := range []string{
		mine, " " + mine + "\n", `curl -H "Authorization: Bearer ` + mine + `" https://x/y`, "X-Api-Key:" + mine,
		"TOKEN='" + mine + "'", "Bearer%20" + mine, `{"token":"` + mine + `"}`, foreign + " and " + mine,
	} {
		a := find(t, x, text)
		if diff := cmp.Diff(entry("t1"), a.Entry); diff != "" || !a.Mine || !a.Lasting || a.Value.Reveal() != mine {
			t.Errorf("%q: %v, %s", text, a, diff)
		}
	}
	if a := find(t, x, "key=an-opaque-token-of-another-server"); !a.Mine || a.Entry.ID != "t2" {
		t.Errorf("an opaque one: %v", a)
	}
}

func TestWhatWasNotIssuedHereIsToldByItsShape(t *testing.T) {
	x := issued.New(filepath.Join(t.TempDir(), "issued.json"), &keyring{})
	whole := issued.Sum(pat)
	for text, want := range map[string]issued.Shape{
		"":                                  issued.Nothing,
		"no token in here at all, is there": issued.Nothing,
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a": issued.Nothing,
		whole:                               issued.Whole,
		issued.Sum(sat):                     issued.Whole,
		whole[:len(whole)-1]:                issued.Broken,
		whole[:20] + "x" + whole[21:]:       issued.Broken,
		strings.Repeat("a", 1<<20):          issued.Nothing,
		"https://example.com/a/long/path/x": issued.Nothing,
	} {
		if a := find(t, x, text); a.Mine || a.Shape != want {
			t.Errorf("%.60q: mine %v, shape %v; want %v", text, a.Mine, a.Shape, want)
		}
	}
}

// security requirement 7: neither value nor key is on disk.
func TestTheFileTellsNoValueAndOpensForItsOwnerOnly(t *testing.T) {
	path, keys := filepath.Join(t.TempDir(), "issued.json"), &keyring{}
	value := issued.Sum(pat)
	note(t, issued.New(path, keys), value, entry("t1"))
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.Get(t.Context(), "fingerprints of issued tokens")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{value, value[6:], key.Reveal()} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the file holds %q", secret)
		}
	}
	other := issued.New(path, &keyring{}) // with another key the file says nothing
	if a := find(t, other, value); a.Mine || !a.Lost {
		t.Errorf("known without the key, or that is not said: %v", a)
	}
}

func TestAFileThatCannotBeReadIsNotWrittenOver(t *testing.T) {
	path, keys := filepath.Join(t.TempDir(), "issued.json"), &keyring{}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	x := issued.New(path, keys)
	if err := noteAndSettle(t, x, issued.Sum(pat), entry("t1")); err == nil {
		t.Error("nothing is said")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := x.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := find(t, issued.New(path, keys), issued.Sum(pat)); !a.Mine {
		t.Error("it did not wait")
	}
}

func TestWithoutAKeyringTheIndexEndsWithTheProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "issued.json")
	x := issued.New(path, &keyring{fails: credentials.ErrUnavailable})
	value := issued.Sum(pat)
	if err := noteAndSettle(t, x, value, entry("t1")); !errors.Is(err, credentials.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	a, err := x.Find(t.Context(), value)
	if err != nil || !a.Mine || a.Lasting {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}

func TestADamagedIndexIsPutAsideAndSaid(t *testing.T) {
	path, keys := filepath.Join(t.TempDir(), "issued.json"), &keyring{}
	if err := os.WriteFile(path, []byte(`{"v":1,"tok`), 0o600); err != nil {
		t.Fatal(err)
	}
	x := issued.New(path, keys)
	if _, err := x.Find(t.Context(), pat); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v", err)
	}
	note(t, x, issued.Sum(pat), entry("t1"))
	if a := find(t, issued.New(path, keys), issued.Sum(pat)); !a.Mine {
		t.Error("nothing is kept any more")
	}
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Error(err)
	}
}

func TestTheOldestAreForgotten(t *testing.T) {
	path, keys := filepath.Join(t.TempDir(), "issued.json"), &keyring{}
	note(t, issued.New(path, keys), issued.Sum(pat), entry("first"))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		V      int              `json:"v"`
		Tokens []map[string]any `json:"tokens"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	for range 9_999 {
		c.Tokens = append(c.Tokens, map[string]any{"key": c.Tokens[0]["key"], "fingerprint": "00", "id": "x"})
	}
	if data, err = json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	x := issued.New(path, keys)
	if a := find(t, x, issued.Sum(pat)); !a.Mine {
		t.Fatal("forgotten too early")
	}
	note(t, x, issued.Sum(sat), entry("last"))
	if a := find(t, x, issued.Sum(pat)); a.Mine {
		t.Error("the index grows without bound")
	}
}
