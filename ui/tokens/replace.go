package tokens

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// ReplaceParams is what the dialog that replaces a token works with.
type ReplaceParams struct {
	Window fyne.Window
	Token  client.Token
	Rotate func(ctx context.Context, id string, r client.Rotation) (client.Token, client.Secret, error)
	Done   func(client.Token, client.Secret)
	Left   func() // given up while it is not known whether the token was replaced
}

// overlaps are how long the old token may live on beside the new one.
var overlaps = []struct {
	key string
	of  time.Duration
}{
	{"replace.now", 0}, {"replace.hour", time.Hour}, {"replace.day", 24 * time.Hour}, {"replace.week", client.OverlapMax},
}

// Replace is the help for a lost secret: a new token in place of the old one,
// which ends, as one action (requirement 14). The server does both in one
// step, so that neither can fail without the other, and a full limit is no
// hindrance. A repeated attempt replaces once.
type Replace struct {
	p       ReplaceParams
	dialog  *widgets.Dialog
	ends    *widgets.Field
	overlap int // of overlaps
	attempt string
	unsure  bool // an attempt may have come through
	cancel  context.CancelFunc
}

// ShowReplace opens the dialog.
func ShowReplace(p ReplaceParams) *Replace {
	r := &Replace{p: p}
	text := widget.NewLabel(i18n.T("replace.text"))
	text.Wrapping = fyne.TextWrapWord
	names := make([]string, len(overlaps))
	for i, o := range overlaps {
		names[i] = i18n.T(o.key)
	}
	r.ends = widgets.NewField(i18n.T("replace.ends"), widgets.NewChips(names, 0, r.choose), "")
	r.dialog = widgets.NewDialog(p.Window, i18n.T("replace.title"), title(p.Token)+"  ·  "+p.Token.App.Name, container.NewVBox(widgets.Flush(text), r.ends))
	r.dialog.SetSubmit(i18n.T("replace.submit"), widget.HighImportance, r.submit)
	r.dialog.SetCancel(i18n.T("dialog.cancel"), r.close)
	r.dialog.SetSize(fyne.NewSize(660, 0))
	r.dialog.SetEntered(func() bool { return r.overlap != 0 || r.unsure })
	r.choose(0)
	r.dialog.Show()
	r.dialog.Fit() // texts that wrap know their height only now
	return r
}

// choose makes another wish, and so another attempt.
func (r *Replace) choose(overlap int) {
	r.overlap, r.attempt = overlap, client.NewAttempt()
	if overlap == 0 {
		r.ends.SetHint(i18n.T("replace.nowHint"))
		return
	}
	r.ends.SetHint(i18n.T("replace.laterHint"))
}

func (r *Replace) submit() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.dialog.SetError("", "", nil)
	r.dialog.SetBusy(true, i18n.T("replace.busy"))
	wish := client.Rotation{Overlap: overlaps[r.overlap].of, Attempt: r.attempt}
	task.Go(func() { r.rotate(ctx, wish) })
}

func (r *Replace) rotate(ctx context.Context, wish client.Rotation) {
	t, s, err := r.p.Rotate(ctx, r.p.Token.ID, wish)
	task.Do(func() { r.rotated(t, s, err) })
}

func (r *Replace) rotated(t client.Token, s client.Secret, err error) {
	r.cancel()
	r.dialog.SetBusy(false, "")
	if err == nil {
		r.dialog.Hide()
		r.p.Done(t, s)
		return
	}
	at := words.For(err)
	if r.unsure = unsure(err); r.unsure {
		at.Text += " " + i18n.T("replace.unsure")
		at.Action = i18n.T("words.tryAgain")
	}
	r.dialog.SetError(at.Text, at.Action, r.submit)
}

// unsure reports whether the server may have done what was asked although it
// did not say so.
func unsure(err error) bool {
	for _, kind := range []error{client.ErrOffline, client.ErrTimeout, client.ErrGarbled, client.ErrServer, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// close leaves the dialog; while the server is asked it only stops asking, so
// that an answer on its way is not lost unseen.
func (r *Replace) close() {
	if r.dialog.Busy() {
		r.cancel()
		return
	}
	r.dialog.Hide()
	if r.unsure {
		r.p.Left()
	}
}
