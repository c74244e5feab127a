package secret

import (
	"context"
	"math"
	"time"

	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/internal/crash"
	"keyfob/ui/clipboard"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
)

func (d *Dialog) copyPlain() { d.copyToKeep(d.p.Secret.Reveal(), i18n.T("secret.copied")) }

// copyToKeep copies what the person can use, not what is sealed for another.
func (d *Dialog) copyToKeep(text, done string) {
	d.toKeep = d.copies + 1
	d.startCopy(text, done)
}

// startCopy lends text to the clipboard. The text gets a wrapper of its own:
// the dialog's secret may be wiped while the system is still being asked.
func (d *Dialog) startCopy(text, done string) {
	d.copies++
	ctx, turn := d.ctx, d.copies
	lent := client.NewSecret(text)
	go func() { // for as long as the loan: no task, whose end is waited for
		defer crash.Guard()
		d.copy(ctx, turn, lent, done)
	}()
}

func (d *Dialog) copy(ctx context.Context, turn int, text client.Secret, done string) {
	loan, err := d.p.Clipboard.Copy(ctx, text)
	text.Wipe()
	if err != nil {
		d.tell(turn, widget.DangerImportance, i18n.T("secret.notCopied"))
		return
	}
	d.follow(ctx, turn, loan, done)
}

// follow says each second how long the loan still has, and then how it ended.
func (d *Dialog) follow(ctx context.Context, turn int, loan clipboard.Loan, done string) {
	until := time.Now().Add(loan.For)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		d.tell(turn, widget.SuccessImportance, done+" "+remaining(loan, until))
		select {
		case <-second.C:
		case end := <-loan.End:
			d.tellEnd(turn, end)
			return
		case <-ctx.Done():
			return
		}
	}
}

func remaining(loan clipboard.Loan, until time.Time) string {
	if loan.For == 0 {
		return i18n.T("secret.notCleared") + caveat(loan.Reach)
	}
	left := int(math.Ceil(time.Until(until).Seconds()))
	return i18n.T("secret.clearedIn", "Seconds", max(left, 0)) + caveat(loan.Reach)
}

// caveat is what this desktop cannot promise.
func caveat(r clipboard.Reach) string {
	switch r {
	case clipboard.Bridged:
		return " " + i18n.T("secret.reachBridged")
	case clipboard.Windows:
		return " " + i18n.T("secret.reachWindows")
	case clipboard.Pasteboard:
		return " " + i18n.T("secret.reachPasteboard")
	case clipboard.Sure:
	}
	return ""
}

func (d *Dialog) tellEnd(turn int, end clipboard.End) {
	switch end {
	case clipboard.Cleared:
		d.tell(turn, widget.LowImportance, i18n.T("secret.cleared"))
	case clipboard.Replaced:
		d.tell(turn, widget.LowImportance, i18n.T("secret.replaced"))
	case clipboard.NotCleared:
		d.tell(turn, widget.DangerImportance, i18n.T("secret.clearFailed"))
	case clipboard.Superseded: // the later copy speaks
	}
}

// tell writes the status line, unless a later copy has it or the dialog is
// gone.
func (d *Dialog) tell(turn int, how widget.Importance, text string) {
	task.Do(func() {
		if turn == d.copies && d.ctx.Err() == nil {
			d.noteCopy(turn, how)
			d.status.say(how, text)
			d.dialog.Fit()
		}
	})
}

// noteCopy notes whether the clipboard has what the person can use.
func (d *Dialog) noteCopy(turn int, how widget.Importance) {
	switch {
	case turn != d.toKeep, d.kept == closeSaved:
	case how == widget.SuccessImportance:
		d.keep(closeCopied)
	default:
		d.keep("")
	}
}
