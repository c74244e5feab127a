package words

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"keyfob/client"
	"keyfob/client/handover"
)

// every is each error of package client by its name, held complete by
// TestEveryErrorOfTheClientHasASentenceOfItsOwn.
var every = map[string]error{
	"ErrOffline":       client.ErrOffline,
	"ErrTimeout":       client.ErrTimeout,
	"ErrCertificate":   client.ErrCertificate,
	"ErrNoCertificate": client.ErrNoCertificate,
	"ErrInsecure":      client.ErrInsecure,
	"ErrBadAddress":    client.ErrBadAddress,
	"ErrNotAServer":    client.ErrNotAServer,
	"ErrGarbled":       client.ErrGarbled,
	"ErrSignInExpired": client.ErrSignInExpired,
	"ErrNoKeyring":     client.ErrNoKeyring,
	"ErrSignInRefused": client.ErrSignInRefused,
	"ErrSignInStopped": client.ErrSignInStopped,
	"ErrCodeExpired":   client.ErrCodeExpired,
	"ErrTokenWeak":     client.ErrTokenWeak,
	"ErrTokenNarrow":   client.ErrTokenNarrow,
	"ErrNotWorking":    client.ErrNotWorking,
	"ErrOtherAccount":  client.ErrOtherAccount,
	"ErrTokenRefused":  client.ErrTokenRefused,
	"ErrNoBrowser":     client.ErrNoBrowser,
	"ErrLocked":        client.ErrLocked,
	"ErrKeyring":       client.ErrKeyring,
	"ErrDenied":        client.ErrDenied,
	"ErrNotFound":      client.ErrNotFound,
	"ErrConflict":      client.ErrConflict,
	"ErrInvalid":       client.ErrInvalid,
	"ErrLimit":         client.ErrLimit,
	"ErrBusy":          client.ErrBusy,
	"ErrServer":        client.ErrServer,

	"ErrDataInUse":      client.ErrDataInUse,
	"ErrDataUnwritable": client.ErrDataUnwritable,
	"ErrDataNewer":      client.ErrDataNewer,

	"ErrPassphrase":  client.ErrPassphrase,
	"ErrFileLocked":  client.ErrFileLocked,
	"ErrFileDamaged": client.ErrFileDamaged,
	"ErrFileThere":   client.ErrFileThere,
}

var codes = []string{
	"policy_none", "policy_admins", "app_disabled", "no_system_user",
	"insufficient_scope", "sign_in_required", "unavailable", "idempotency",
}

func TestEveryErrorOfTheClientHasASentenceOfItsOwn(t *testing.T) {
	declared := declaredErrors(t)
	if len(declared) != len(every) {
		t.Errorf("package client declares %v; this test knows %d", declared, len(every))
	}
	seen := map[string]string{For(errors.New("nobody knows")).Text: "an unknown error"}
	for _, name := range declared {
		s := For(fmt.Errorf("list tokens: %w", every[name]))
		if other, taken := seen[s.Text]; taken {
			t.Errorf("%s has the sentence of %s: %s", name, other, s.Text)
		}
		seen[s.Text] = name
		speaks(t, name, s)
	}
	for _, code := range codes {
		s := For(&client.Problem{Kind: client.ErrDenied, Code: code})
		if other, taken := seen[s.Text]; taken {
			t.Errorf("%s has the sentence of %s: %s", code, other, s.Text)
		}
		seen[s.Text] = code
		speaks(t, code, s)
	}
}

func TestWhatStopsAHandoverIsSaid(t *testing.T) {
	seen := map[string]error{For(errors.New("nobody knows")).Text: nil}
	for _, err := range []error{
		handover.ErrExists, handover.ErrFolder, handover.ErrNotAllowed, handover.ErrFull, handover.ErrNotPrivate, handover.ErrNotSaved,
		handover.ErrNoRecipient, handover.ErrPrivateKey, handover.ErrOtherSSHKey, handover.ErrOneRecipient,
	} {
		s := For(fmt.Errorf("save: %w", err))
		if other, taken := seen[s.Text]; taken {
			t.Errorf("%v has the sentence of %v: %s", err, other, s.Text)
		}
		seen[s.Text] = err
		speaks(t, err.Error(), s)
	}
}

// declaredErrors are the names of client's Err… variables, from its source.
func declaredErrors(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../client/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(v.Names[0].Name, "Err") {
			names = append(names, v.Names[0].Name)
		}
		return true
	})
	return names
}

// speaks checks what makes a sentence: translated and whole.
func speaks(t *testing.T, name string, s Sentence) {
	t.Helper()
	if strings.HasPrefix(s.Text, "words.") || strings.Contains(s.Text, "{{") || strings.Contains(s.Text, "<no value>") {
		t.Errorf("%s is not translated: %s", name, s.Text)
	}
	if !strings.HasSuffix(s.Text, ".") || strings.Count(s.Text, " ") < 3 {
		t.Errorf("%s is not a sentence: %q", name, s.Text)
	}
}

func TestTheServersExactReasonGoesBeforeTheKind(t *testing.T) {
	plain := For(&client.Problem{Kind: client.ErrDenied, Code: "denied"})
	exact := For(fmt.Errorf("create: %w", &client.Problem{Kind: client.ErrDenied, Code: "policy_none"}))
	if plain.Text != For(client.ErrDenied).Text || exact.Text == plain.Text || !strings.Contains(exact.Text, "None") {
		t.Errorf("plain %q, exact %q", plain.Text, exact.Text)
	}
}

func TestAServersFailureNamesTheRequestForItsOperator(t *testing.T) {
	s := For(&client.Problem{Kind: client.ErrServer, Code: "internal", RequestID: "req-7Qd2"})
	if !strings.Contains(s.Text, "req-7Qd2") {
		t.Error(s.Text)
	}
	if strings.Contains(For(client.ErrServer).Text, "request") {
		t.Errorf("names a request that nobody told: %s", For(client.ErrServer).Text)
	}
}

func TestABusyServersWaitIsSaidInWholeSeconds(t *testing.T) {
	s := For(&client.Problem{Kind: client.ErrBusy, RetryAfter: 1500 * time.Millisecond})
	if !strings.Contains(s.Text, "2 s") {
		t.Error(s.Text)
	}
}

func TestAnUnknownErrorsOwnTextIsNeverShown(t *testing.T) {
	s := For(errors.New("dial tcp 10.0.0.1: secret internals"))
	if strings.Contains(s.Text, "internals") || s.Action != "Try again" {
		t.Errorf("%+v", s)
	}
	speaks(t, "unknown", s)
}

func TestTimeAndCancellationOfOurOwnHaveSentencesToo(t *testing.T) {
	if got, want := For(context.DeadlineExceeded), For(client.ErrTimeout); got != want {
		t.Errorf("deadline: %+v", got)
	}
	speaks(t, "canceled", For(context.Canceled))
}

func TestSigningInIsOfferedWhereItHelps(t *testing.T) {
	for _, err := range []error{client.ErrSignInExpired, client.ErrSignInRefused} {
		if s := For(err); s.Action != "Sign in again" {
			t.Errorf("%v offers %q", err, s.Action)
		}
	}
}

func TestNoButtonIsOfferedWhereTheSameAgainCannotHelp(t *testing.T) {
	for _, err := range []error{
		client.ErrDenied, client.ErrDataNewer, client.ErrCertificate, client.ErrNotFound,
		&client.Problem{Kind: client.ErrDenied, Code: "sign_in_required"},
		&client.Problem{Kind: client.ErrDenied, Code: "policy_none"}, &client.Problem{Kind: client.ErrInvalid, Code: "idempotency"},
	} {
		if s := For(err); s.Action != "" {
			t.Errorf("%v offers %q", err, s.Action)
		}
	}
}

func TestEveryReasonToRefuseAFieldHasASentenceOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, code := range []string{"required", "too_long", "too_short", "past", "unknown", "not_within", "taken", "foreign", "format", "never heard of"} {
		text := Field(client.FieldError{Field: "expiresAt", Code: code})
		if other, taken := seen[text]; taken || strings.HasPrefix(text, "words.") || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: %q (same as %q)", code, text, other)
		}
		seen[text] = code
	}
}

func TestAnUnknownReasonIsToldInTheServersWords(t *testing.T) {
	text := Field(client.FieldError{Code: "lunar_phase", Detail: "only at full moon"})
	if !strings.Contains(text, "only at full moon") {
		t.Error(text)
	}
}

func TestACertificateIsSaidByTheCheckThatFailed(t *testing.T) {
	seen := map[string]bool{}
	for check := client.CertificateOther; check <= client.CertificateNotYetValid; check++ {
		s := For(fmt.Errorf("discover: %w", &client.CertificateError{Host: "tokens.example.com", Check: check, Reason: errors.New("x509")}))
		if seen[s.Text] || !strings.Contains(s.Text, "nothing was sent") {
			t.Errorf("check %d: %s", check, s.Text)
		}
		seen[s.Text] = true
	}
}

func TestASignOutSaysWhichHalfIsNotConfirmed(t *testing.T) {
	for _, c := range []struct {
		err  error
		want []bool
	}{
		{nil, []bool{true, true}},
		{&client.SignOutError{Revoke: client.ErrOffline, Pending: true}, []bool{false, false}},
		{&client.SignOutError{Revoke: client.ErrOffline}, []bool{false, true}},
		{&client.SignOutError{Delete: client.ErrKeyring}, []bool{true, false}},
	} {
		var got []bool
		for _, s := range SignOutSteps(c.err, false) {
			got = append(got, s.Done)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v", c.err, got)
		}
		if (SignedOut(c.err, false) == "") != (c.err == nil) {
			t.Errorf("%v: %q", c.err, SignedOut(c.err, false))
		}
	}
}

func TestOfAPastedTokenNothingIsSaidToHaveEnded(t *testing.T) {
	for _, err := range []error{nil, &client.SignOutError{Delete: client.ErrKeyring}} {
		server := SignOutSteps(err, true)[0]
		if !server.Done || !server.GoesOn || !strings.Contains(server.Text, "goes on working") || strings.Contains(server.Text, "has ended") {
			t.Errorf("%v: %+v", err, server)
		}
	}
}

func TestASignOutThatLeftSomethingInALockedFileSaysSo(t *testing.T) {
	text := SignedOut(&client.SignOutError{Delete: client.ErrFileLocked}, false)
	if !strings.Contains(text, "still be in your encrypted file") || !strings.Contains(text, "passphrase") || strings.Contains(text, "keyring") {
		t.Errorf("it says %q", text)
	}
}

// Also when nothing could be done, no server was to be told the end of it.
func TestOfAPastedTokenItIsNeverSaidThatItsServerHasNotConfirmed(t *testing.T) {
	err := &client.SignOutError{Revoke: client.ErrKeyring, Delete: client.ErrKeyring}
	steps := SignOutSteps(err, true)
	if !steps[0].Done || !steps[0].GoesOn || steps[1].Done || strings.Contains(SignedOut(err, true), "server") {
		t.Errorf("%+v, %q", steps, SignedOut(err, true))
	}
}
