package profile_test

import (
	"os"
	"image/png"
	"testing"
	"time"
	"context"
	"path/filepath"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/test"

	"keyfob/client"
	"keyfob/internal/testserver"
	"keyfob/ui/profile"
	"keyfob/ui/theme"
)

func TestLook(t *testing.T) {
	s := testserver.Start(t)
	conn := s.Connect(t)
	apps, err := conn.ProfileApps(t.Context())
	if err != nil { t.Fatal(err) }
	for i, d := range []string{"Nightly export","Laptop","Excel connector","CI deploy","Old importer","Prototype","Leaked in chat","Power BI","Backup job"} {
		s.Clock.Set(testserver.Now.Add(-time.Duration(100-i)*24*time.Hour))
		n := client.NewToken{Description: d, AppID: apps[0].ID, Scopes: []string{"read"}, Attempt: client.NewAttempt()}
		if i != 5 { n.ExpiresAt = testserver.Now.Add(time.Duration(i*i*7-20)*24*time.Hour) }
		if i%2==1 { n.Scopes = []string{"read","update"} }
		tok, _, err := conn.CreateToken(t.Context(), n)
		if err != nil { t.Log(err); continue }
		if i==6 { conn.RevokeToken(t.Context(), tok.ID) }
	}
	s.Clock.Set(testserver.Now)
	me, err := conn.Me(t.Context())
	if err != nil { t.Fatal(err) }
	rules, err := conn.Capabilities(t.Context())
	if err != nil { t.Fatal(err) }
	a := test.NewTempApp(t)
	for _, v := range []fyne.ThemeVariant{fynetheme.VariantLight, fynetheme.VariantDark} {
		a.Settings().SetTheme(theme.NewVariant(v))
		w := test.NewTempWindow(t, nil)
		done := make(chan bool, 5)
		view := profile.New(profile.Params{Window: w, Server: conn, Me: me, Rules: rules, Now: s.Clock.Now, Secret: func(client.Token, client.Secret, func(context.Context) error){}, Updated: func(int, time.Time){ done <- true }})
		w.SetPadded(false)
		w.SetContent(view.Content)
		w.Resize(fyne.NewSize(1050, 700))
		view.Refresh()
		<-done
		time.Sleep(300*time.Millisecond)
		shot(t, w, map[fyne.ThemeVariant]string{0:"dark",1:"light"}[v])
		view.Create()
		time.Sleep(500*time.Millisecond)
		shot(t, w, map[fyne.ThemeVariant]string{0:"dark",1:"light"}[v]+"-create")
	}
}
func shot(t *testing.T, w fyne.Window, name string) {
	f, _ := os.Create(filepath.Join("/tmp/keyfob", "look-"+name+".png"))
	png.Encode(f, w.Canvas().Capture())
	f.Close()
}
