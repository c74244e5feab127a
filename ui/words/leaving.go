package words

import (
	"errors"
	"strings"

	"keyfob/client"
	"keyfob/ui/i18n"
)

// Step is one half of a sign-out, as it went.
type Step struct {
	Done bool
	Text string
}

// SignOutSteps says of both halves of a sign-out how they went: at the server,
// and on this computer. A nil err is one where all is confirmed.
func SignOutSteps(err error) []Step {
	e, ok := errors.AsType[*client.SignOutError](err)
	if !ok {
		if err != nil {
			return []Step{{false, For(err).Text}}
		}
		e = &client.SignOutError{}
	}
	server, keyring := Step{true, i18n.T("leaving.revoked")}, Step{true, i18n.T("leaving.deleted")}
	switch {
	case e.Lost:
		server = Step{false, i18n.T("leaving.lost")}
	case e.Revoke != nil:
		server = Step{false, i18n.T("leaving.notRevoked") + " " + For(e.Revoke).Text}
	}
	switch {
	case e.Delete != nil:
		keyring = Step{false, notDeleted(e.Delete) + " " + For(e.Delete).Text}
	case e.Pending:
		keyring = Step{false, i18n.T("leaving.pending")}
	}
	return []Step{server, keyring}
}

func notDeleted(err error) string {
	if errors.Is(err, client.ErrFileLocked) {
		return i18n.T("leaving.notDeletedInFile")
	}
	return i18n.T("leaving.notDeleted")
}

// SignedOut is what of a sign-out is not confirmed, in sentences; empty if all
// is.
func SignedOut(err error) string {
	var out []string
	for _, s := range SignOutSteps(err) {
		if !s.Done {
			out = append(out, s.Text)
		}
	}
	return strings.Join(out, " ")
}
