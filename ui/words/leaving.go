package words

import (
	"errors"
	"strings"

	"keyfob/client"
	"keyfob/ui/i18n"
)

// Step is one half of a sign-out, as it went.
type Step struct {
	Done   bool
	Text   string
	GoesOn bool // what signed in still works, as it should
}

// SignOutSteps says of both halves of a sign-out how they went: at the server,
// and on this computer. A nil err is one where all is confirmed. A token that was
// pasted is not ended at the server.
func SignOutSteps(err error, pasted bool) []Step {
	e, ok := errors.AsType[*client.SignOutError](err)
	if !ok {
		if err != nil {
			return []Step{{Text: For(err).Text}}
		}
		e = &client.SignOutError{}
	}
	server, keyring := Step{Done: true, Text: i18n.T("leaving.revoked")}, Step{Done: true, Text: i18n.T("leaving.deleted")}
	switch {
	case pasted: // whatever could not be done here
		server = Step{Done: true, Text: i18n.T("leaving.pasted"), GoesOn: true}
	case e.Lost:
		server = Step{Text: i18n.T("leaving.lost")}
	case e.Revoke != nil:
		server = Step{Text: notRevoked(e.Revoke)}
	}
	switch {
	case e.Delete != nil:
		keyring = Step{Text: notDeleted(e.Delete) + " " + For(e.Delete).Text}
	case e.Pending:
		keyring = Step{Text: i18n.T("leaving.pending")}
	}
	return []Step{server, keyring}
}

// notRevoked does not ask the person to try again, where Keyfob does.
func notRevoked(err error) string {
	switch {
	case errors.Is(err, client.ErrOffline):
		return i18n.T("leaving.offline")
	case errors.Is(err, client.ErrTimeout):
		return i18n.T("leaving.timeout")
	}
	return i18n.T("leaving.notRevoked") + " " + For(err).Text
}

func notDeleted(err error) string {
	if errors.Is(err, client.ErrFileLocked) {
		return i18n.T("leaving.notDeletedInFile")
	}
	return i18n.T("leaving.notDeleted")
}

// SignedOut is what of a sign-out is not confirmed, in sentences; empty if all
// is. Pasted is as in SignOutSteps.
func SignedOut(err error, pasted bool) string {
	var out []string
	for _, s := range SignOutSteps(err, pasted) {
		if !s.Done {
			out = append(out, s.Text)
		}
	}
	return strings.Join(out, " ")
}
