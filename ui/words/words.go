// Package words makes the sentences that people read when something failed:
// what happened, and what to do next. It is the one place that does; the rest
// of the program passes errors on and looks at them with errors.Is and As.
//
// A view shows a Sentence with a button named Action, which does the same once
// more: where signing in is what helps, that asks for it in place. Without an
// Action there is no button. A dialog with fields shows an error by its Form.
package words

import (
	"context"
	"errors"
	"math"

	"keyfob/client"
	"keyfob/client/handover"
	"keyfob/ui/i18n"
)

// Sentence is a failure as people read it.
type Sentence struct {
	Text   string // whole sentences: what happened and what to do next
	Action string // the button that does the same once more; empty: that does not help
}

// byCode are the failures that a server names more exactly than by their kind.
func byCode(code string) (Sentence, bool) {
	s, ok := map[string]Sentence{
		"policy_none":        {Text: i18n.T("words.policyNone")},
		"policy_admins":      {Text: i18n.T("words.policyAdmins")},
		"app_disabled":       {Text: i18n.T("words.appDisabled")},
		"idempotency":        {Text: i18n.T("words.idempotency")},
		"no_system_user":     {Text: i18n.T("words.noSystemUser")},
		"insufficient_scope": {Text: i18n.T("words.scope")},
		"sign_in_required":   {Text: i18n.T("words.interactive")},
		"unavailable":        {Text: i18n.T("words.unavailable"), Action: i18n.T("words.tryAgain")},
	}[code]
	return s, ok
}

type kind struct {
	err error
	Sentence
}

// byKind is every error of package client. The order matters to an error that
// wraps two.
func byKind() []kind {
	return []kind{
		{client.ErrNoKeyring, Sentence{Text: i18n.T("words.noKeyring"), Action: i18n.T("words.tryAgain")}},
		{client.ErrSignInExpired, Sentence{Text: i18n.T("words.signInExpired"), Action: i18n.T("words.signIn")}},
		{client.ErrSignInStopped, Sentence{Text: i18n.T("words.signInStopped"), Action: i18n.T("words.signIn")}},
		{client.ErrCodeExpired, Sentence{Text: i18n.T("words.codeExpired"), Action: i18n.T("words.signIn")}},
		{client.ErrTokenRefused, Sentence{Text: i18n.T("words.tokenRefused")}},
		{client.ErrTokenWeak, Sentence{Text: i18n.T("words.tokenWeak")}},
		{client.ErrTokenNarrow, Sentence{Text: i18n.T("words.tokenNarrow")}},
		{client.ErrNotWorking, Sentence{Text: i18n.T("words.notWorking"), Action: i18n.T("words.tryAgain")}},
		{client.ErrOtherAccount, Sentence{Text: i18n.T("words.otherAccount"), Action: i18n.T("words.signIn")}},
		{client.ErrLocked, Sentence{Text: i18n.T("words.locked"), Action: i18n.T("words.tryAgain")}},
		{client.ErrKeyring, Sentence{Text: i18n.T("words.keyring"), Action: i18n.T("words.tryAgain")}},
		{client.ErrNoBrowser, Sentence{Text: i18n.T("words.noBrowser"), Action: i18n.T("words.tryAgain")}},
		{client.ErrSignInRefused, Sentence{Text: i18n.T("words.signInRefused"), Action: i18n.T("words.signIn")}},
		{client.ErrBadAddress, Sentence{Text: i18n.T("words.badAddress")}},
		{client.ErrInsecure, Sentence{Text: i18n.T("words.insecure")}},
		{client.ErrCertificate, Sentence{Text: i18n.T("words.certificate")}},
		{client.ErrNoCertificate, Sentence{Text: i18n.T("words.noCertificate")}},
		{client.ErrNotAServer, Sentence{Text: i18n.T("words.notAServer")}},
		{client.ErrTimeout, Sentence{Text: i18n.T("words.timeout"), Action: i18n.T("words.tryAgain")}},
		{client.ErrOffline, Sentence{Text: i18n.T("words.offline"), Action: i18n.T("words.tryAgain")}},
		{client.ErrGarbled, Sentence{Text: i18n.T("words.garbled"), Action: i18n.T("words.tryAgain")}},
		{client.ErrDenied, Sentence{Text: i18n.T("words.denied")}},
		{client.ErrNotFound, Sentence{Text: i18n.T("words.notFound")}},
		{client.ErrConflict, Sentence{Text: i18n.T("words.conflict"), Action: i18n.T("words.tryAgain")}},
		{client.ErrInvalid, Sentence{Text: i18n.T("words.invalid")}},
		{client.ErrLimit, Sentence{Text: i18n.T("words.limit")}},
		{client.ErrBusy, Sentence{Text: i18n.T("words.busy"), Action: i18n.T("words.tryAgain")}},
		{client.ErrServer, Sentence{Text: i18n.T("words.server"), Action: i18n.T("words.tryAgain")}},
		{client.ErrDataInUse, Sentence{Text: i18n.T("words.dataInUse"), Action: i18n.T("words.tryAgain")}},
		{client.ErrDataUnwritable, Sentence{Text: i18n.T("words.dataUnwritable"), Action: i18n.T("words.tryAgain")}},
		{client.ErrDataNewer, Sentence{Text: i18n.T("words.dataNewer")}},
		{client.ErrFileLocked, Sentence{Text: i18n.T("words.fileLocked")}},
		{client.ErrPassphrase, Sentence{Text: i18n.T("words.passphrase")}},
		{client.ErrFileDamaged, Sentence{Text: i18n.T("words.fileDamaged")}},
		{client.ErrFileThere, Sentence{Text: i18n.T("words.fileThere")}},
		{handover.ErrExists, Sentence{Text: i18n.T("words.fileExists")}},
		{handover.ErrFolder, Sentence{Text: i18n.T("words.noFolder")}},
		{handover.ErrNotAllowed, Sentence{Text: i18n.T("words.fileDenied")}},
		{handover.ErrFull, Sentence{Text: i18n.T("words.diskFull"), Action: i18n.T("words.tryAgain")}},
		{handover.ErrNotPrivate, Sentence{Text: i18n.T("words.fileNotPrivate")}},
		{handover.ErrNotSaved, Sentence{Text: i18n.T("words.fileNotSaved"), Action: i18n.T("words.tryAgain")}},
		{handover.ErrNoRecipient, Sentence{Text: i18n.T("words.noRecipient")}},
		{handover.ErrPrivateKey, Sentence{Text: i18n.T("words.privateKey")}},
		{handover.ErrOtherSSHKey, Sentence{Text: i18n.T("words.otherSSHKey")}},
		{handover.ErrOneRecipient, Sentence{Text: i18n.T("words.oneRecipient")}},
		{context.DeadlineExceeded, Sentence{Text: i18n.T("words.timeout"), Action: i18n.T("words.tryAgain")}},
		{context.Canceled, Sentence{Text: i18n.T("words.canceled"), Action: i18n.T("words.tryAgain")}},
	}
}

// For is the sentence for err. An error that nobody gave a meaning is called
// unexpected; its text, made for logs, is never shown.
func For(err error) Sentence {
	var p client.Problem
	if problem := (*client.Problem)(nil); errors.As(err, &problem) {
		p = *problem
	}
	s := find(err, p.Code)
	if e, ok := errors.AsType[*client.CertificateError](err); ok {
		s.Text = certificate(e)
	}
	switch {
	case (errors.Is(err, client.ErrTokenWeak) || errors.Is(err, client.ErrTokenNarrow)) && p.Detail != "":
		s.Text += " " + i18n.T("words.field.refused", "Reason", p.Detail)
	case p.RetryAfter > 0:
		s.Text += " " + i18n.T("words.retryAfter", "Seconds", int(math.Ceil(p.RetryAfter.Seconds())))
	case errors.Is(err, client.ErrServer) && p.RequestID != "":
		s.Text += " " + i18n.T("words.requestID", "ID", p.RequestID)
	}
	return s
}

// certificate says which check a server's certificate failed.
func certificate(e *client.CertificateError) string {
	switch e.Check {
	case client.CertificateUnknownAuthority:
		return i18n.T("words.certificate.authority")
	case client.CertificateWrongHost:
		return i18n.T("words.certificate.host", "Host", e.Host)
	case client.CertificateExpired:
		return i18n.T("words.certificate.expired")
	case client.CertificateNotYetValid:
		return i18n.T("words.certificate.early")
	}
	return i18n.T("words.certificate")
}

// find looks for what the server named, then for the kind.
func find(err error, code string) Sentence {
	if s, ok := byCode(code); ok {
		return s
	}
	for _, k := range byKind() {
		if errors.Is(err, k.err) {
			return k.Sentence
		}
	}
	return Sentence{Text: i18n.T("words.unexpected"), Action: i18n.T("words.tryAgain")}
}

// Field is the sentence that stands at a bad field. For a reason that this
// program does not know it is the server's own, if it gave one.
func Field(f client.FieldError) string {
	known := map[string]string{
		"required":   i18n.T("words.field.required"),
		"too_long":   i18n.T("words.field.tooLong"),
		"too_short":  i18n.T("words.field.tooShort"),
		"past":       i18n.T("words.field.past"),
		"unknown":    i18n.T("words.field.unknown"),
		"not_within": i18n.T("words.field.tooMuch"),
		"taken":      i18n.T("words.field.taken"),
		"foreign":    i18n.T("words.field.foreign"),
		"format":     i18n.T("words.field.format"),
	}
	switch text, ok := known[f.Code]; {
	case ok:
		return text
	case f.Detail != "":
		return i18n.T("words.field.refused", "Reason", f.Detail)
	}
	return i18n.T("words.field.invalid")
}
