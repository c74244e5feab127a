package session_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"testing/synctest"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
	"keyfob/internal/testserver"
	"keyfob/server/instance"
)

// The token server of this program, in a time of its own: what a device waits
// for a person costs none here.
func atTheRealServer(t *testing.T, do func(t *testing.T, s *session.Session, ada *phone)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in, err := instance.Open(t.Context(), instance.Config{Dir: t.TempDir(), PublicURL: "https://keyfob.example.com", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := in.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		(&testserver.Remote{Instance: in}).AddUser(t, "ada", "Ada Admin", false)
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		hc := &http.Client{Transport: wire{in.Handler}}
		s := session.New(session.Config{
			Issuer: "https://keyfob.example.com/id", ClientID: clientID, HTTP: hc, Credentials: &credentials.Memory{},
		})
		do(t, s, &phone{t, &http.Client{Transport: hc.Transport, Jar: jar}})
	})
}

// phone is the browser elsewhere.
type phone struct {
	*testing.T

	browser *http.Client
}

// answer walks from the address with the code to the last page, and answers
// the question there.
func (p *phone) answer(d session.DevicePrompt, yesOrNo string) {
	p.Helper()
	page, err := testserver.AnswerDevice(p.browser, d.CompleteURL, "ada", yesOrNo)
	if err != nil || page.Status != http.StatusOK || !strings.Contains(page.Body, "You can close this tab") {
		p.Errorf("the phone shows %d %s, %v", page.Status, page.Body, err)
	}
}

func TestADeviceSignsInAtTheRealServer(t *testing.T) {
	atTheRealServer(t, func(t *testing.T, s *session.Session, ada *phone) {
		who, err := s.SignInByDevice(t.Context(), func(d session.DevicePrompt) { ada.answer(d, "allow") })
		if err != nil || who.Login != "ada" || who.Name != "Ada Admin" {
			t.Fatalf("%+v, %v", who, err)
		}
		token := access(t, s)
		s.Rejected(t.Context(), client.NewSecret(token))
		if access(t, s) == token {
			t.Error("the access token was not renewed")
		}
		if err := s.SignOut(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestADeviceThatIsDeniedAtTheRealServer(t *testing.T) {
	atTheRealServer(t, func(t *testing.T, s *session.Session, ada *phone) {
		_, err := s.SignInByDevice(t.Context(), func(d session.DevicePrompt) { ada.answer(d, "deny") })
		if !errors.Is(err, client.ErrSignInRefused) {
			t.Errorf("got %v", err)
		}
	})
}

func TestADeviceThatNobodyAnswersForAtTheRealServer(t *testing.T) {
	atTheRealServer(t, func(t *testing.T, s *session.Session, _ *phone) {
		if _, err := s.SignInByDevice(t.Context(), ignore); !errors.Is(err, client.ErrCodeExpired) {
			t.Errorf("got %v", err)
		}
	})
}
