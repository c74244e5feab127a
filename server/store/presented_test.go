package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What decides is read as it is on record, and of the rest nothing.
func TestAPresentedTokenIsReadAsItIsOnRecord(t *testing.T) {
	s, _ := open(t)
	at := time.UnixMilli(1_700_000_000_123).UTC()
	user, token := ada(), Token{
		ID: "t1", MAC: []byte{0, 31, 255, 39}, PepperID: "p1", Kind: "pat", Description: "backup", Hint: "abcd", AppID: "a1", UserID: "u1",
		Scopes: []string{"read", "update"}, CreatedAt: at, CreatedBy: "u1", ExpiresAt: at.Add(time.Hour),
		Permissions: []string{"quotes.read"}, Tenants: []string{"north"},
	}
	user.Email, user.PreferredLanguage, user.IsAdmin, user.PasswordHash = "ada@example.org", "de", true, "hash"
	app := App{
		ID: "a1", Name: "ERP", Policy: "None", Enabled: true, Scopes: []string{"read"}, SystemUserAllowed: true, SystemUserID: "u1",
		SecretMAC: []byte("31\x1f"), SecretPepperID: "p2", CreatedAt: at,
	}
	exchanged := Exchanged{ID: "x1", MAC: []byte("x"), PepperID: "p1", ParentID: "t1", Scopes: []string{"read"}, CreatedAt: at, ExpiresAt: at.Add(time.Minute)}
	sat := Token{ID: "t2", MAC: []byte("2"), PepperID: "p1", Kind: "sat", AppID: "a1", CreatedAt: at, CreatedBy: "operator"}
	must(t, s, func(tx *Tx) error {
		return errors.Join(tx.InsertUser(t.Context(), user), tx.InsertApp(t.Context(), app), tx.InsertToken(t.Context(), token),
			tx.InsertToken(t.Context(), sat), tx.InsertExchanged(t.Context(), exchanged))
	})
	must(t, s, func(tx *Tx) error {
		_, err := tx.RevokeToken(t.Context(), "t2", at.Add(time.Second), "u1")
		return err
	})

	token.Description, token.Hint = "", ""
	app.Name, app.Policy, app.SystemUserID, app.CreatedAt = "", "", "", time.Time{}
	user.PasswordHash, user.CreatedAt, user.TokenLimit = "", time.Time{}, 0
	sat.RevokedAt, sat.Scopes = at.Add(time.Second), []string{}
	for mac, want := range map[string]Presented{
		string(token.MAC): {Token: token, App: &app, User: &user},
		string(sat.MAC):   {Token: sat, App: &app, User: &user},
	} {
		got, err := s.PresentedByMAC(t.Context(), []byte(mac))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Error(err, d)
		}
	}
	got, err := s.ExchangedByMAC(t.Context(), exchanged.MAC)
	if d := cmp.Diff(Presented{Token: token, App: &app, User: &user, Exchanged: &exchanged}, got); err != nil || d != "" {
		t.Error(err, d)
	}
}

// A text with the separator in it makes the record unreadable, never another.
func TestNoFieldOfARecordIsTakenForAnother(t *testing.T) {
	s, _ := open(t)
	u, at := ada(), time.UnixMilli(1).UTC()
	u.Name = "Ada" + unit + "ada@example.org" + unit + "de" + unit + "1" + unit + "1" + unit + unit
	must(t, s, func(tx *Tx) error {
		return errors.Join(tx.InsertUser(t.Context(), u), tx.InsertApp(t.Context(), App{ID: "a1", Name: "ERP", Policy: "None", Enabled: true, CreatedAt: at}),
			tx.InsertToken(t.Context(), Token{ID: "t1", MAC: []byte("1"), Kind: "pat", AppID: "a1", UserID: "u1", CreatedAt: at, CreatedBy: "u1"}))
	})
	if p, err := s.PresentedByMAC(t.Context(), []byte("1")); !errors.Is(err, errPacked) {
		t.Errorf("%+v, %v", p.User, err)
	}
}

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	s, _ := open(t)
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`[^\x00\x1f]*`), 1, 9).Draw(t, "texts")
		var columns []string
		var cond conditions
		for _, text := range texts {
			columns = append(columns, cond.arg(text))
		}
		var whole string
		if err := s.db.QueryRowContext(t.Context(), `SELECT `+packed(columns...), cond.args...).Scan(&whole); err != nil {
			t.Fatal(err)
		}
		u, got := unpacking{left: whole}, []string(nil)
		for range texts {
			got = append(got, u.text())
		}
		if err := u.end(); err != nil || !slices.Equal(got, texts) {
			t.Errorf("%q of %q, %v", got, texts, err)
		}
		if u.text(); u.end() == nil {
			t.Error("one more was there")
		}
	})
}

func must(t *testing.T, s *Store, do func(*Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}
