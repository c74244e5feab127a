package secret

import (
	"errors"
	"time"

	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/words"
)

// sayActivation tells beforehand of a server on which a new token takes a while
// (requirement 100).
func (d *Dialog) sayActivation() {
	if d.p.Activation > 0 {
		d.result.say(widget.LowImportance, i18n.T("secret.activation", "Seconds", seconds(d.p.Activation)))
	}
}

// startTest shows the secret to the server, to see as whom it works. A copy of
// it goes: the dialog's own may be wiped while the server is still being asked.
func (d *Dialog) startTest() {
	d.testIt.Disable()
	d.say(widget.LowImportance, i18n.T("secret.testing"))
	shown := client.NewSecret(d.p.Secret.Reveal())
	task.Go(func() { d.test(shown) })
}

func (d *Dialog) test(shown client.Secret) {
	who, err := d.p.Test(d.ctx, shown)
	shown.Wipe()
	task.Do(func() { d.tested(who, err) })
}

func (d *Dialog) tested(who client.UserRef, err error) {
	if d.ctx.Err() != nil {
		return
	}
	d.testIt.Enable()
	switch {
	case err == nil:
		d.say(widget.SuccessImportance, i18n.T("secret.works", "Name", nameOf(who)))
	case errors.Is(err, client.ErrNotWorking) && time.Since(d.opened) < d.p.Activation:
		d.say(widget.WarningImportance, i18n.T("secret.notActive", "Seconds", seconds(d.p.Activation)))
	default:
		d.say(widget.DangerImportance, i18n.T("secret.notTested")+" "+words.For(err).Text)
	}
}

// nameOf is a name and, where it is another, the login.
func nameOf(who client.UserRef) string {
	if who.Name == "" || who.Name == who.Login {
		return who.Login
	}
	return who.Name + " (" + who.Login + ")"
}

func seconds(d time.Duration) int { return int(d.Seconds()) }
