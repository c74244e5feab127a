package tokens

import (
	"context"
	"errors"
	"strings"
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

// CreateParams is what the dialog that creates a token works with.
type CreateParams struct {
	Window   fyne.Window
	Title    string
	Subtitle string
	Rules    client.Capabilities

	// App is the fixed application of a SAT; nil lets the person choose one
	// of Apps, which may block.
	App  *client.App
	Apps func(context.Context) ([]client.App, error)

	Create  func(context.Context, client.NewToken) (client.Token, client.Secret, error)
	Created func(client.Token, client.Secret)
	Closed  func() // the dialog, however it did; may be nil
	Now     func() time.Time
}

// Create is the dialog that creates a token. It stays open, with all that was
// typed, until the server has answered with a token.
type Create struct {
	p       CreateParams
	dialog  *widgets.Dialog
	form    words.Form
	attempt string
	sent    bool // so there may be a token already
	cancel  context.CancelFunc

	description *widgets.Field
	label       *widgets.Entry
	app         *widgets.Field
	appSelect   *widgets.Select // nil where the application is fixed
	apps        []client.App
	loading     bool
	expiry      *expiryField
	scopes      *ScopePicker
}

// ShowCreate opens the dialog.
func ShowCreate(p CreateParams) *Create {
	c := &Create{p: p, attempt: client.NewAttempt()}
	c.label = widgets.NewEntry()
	c.label.OnChanged = func(string) { c.labelChanged() }
	c.description = widgets.NewField(i18n.T("create.description"), c.label, i18n.T("create.descriptionHint"))
	c.expiry = newExpiryField(p.Rules.Expiry, p.Now, c.changed)
	c.scopes = NewScopePicker(c.changed)
	c.app = c.appField()
	scopes := widgets.NewField(i18n.T("create.scopes"), c.scopes.Content, "")
	content := container.NewVBox(c.description, c.app, c.expiry.field, scopes)
	c.dialog = widgets.NewDialog(p.Window, p.Title, p.Subtitle, content)
	c.form = words.Form{Dialog: c.dialog, Fields: map[string]*widgets.Field{
		"description": c.description, "appId": c.app, "expiresAt": c.expiry.field, "scopes": scopes,
	}}
	c.dialog.SetSubmit(i18n.T("create.submit"), widget.HighImportance, c.submit)
	c.dialog.SetRefused(c.sayMissing)
	c.dialog.SetCancel(i18n.T("dialog.cancel"), c.close)
	c.dialog.OnClosed = p.Closed
	c.dialog.SetEntered(c.entered)
	c.dialog.SetSize(fyne.NewSize(600, 0))
	c.changed()
	c.dialog.Show()
	if p.App == nil {
		c.askApps()
	}
	return c
}

// changed enables the submit button when the form can be sent (requirement 63).
// A changed wish is a new attempt: the server answers the same one with the
// same token.
func (c *Create) changed() {
	if c.dialog == nil {
		return
	}
	c.attempt = client.NewAttempt()
	if len(c.scopes.Chosen()) > 0 {
		c.form.Fields["scopes"].SetError("")
	}
	c.form.Fields["scopes"].SetHint(scopesHint(c.scopes.Chosen()))
	_, err := c.expiry.value()
	c.dialog.SetUnfinished(strings.TrimSpace(c.label.Text) == "")
	c.dialog.SetSubmitEnabled(err == nil && c.chosenApp() != nil && len(c.scopes.Chosen()) > 0 && c.labelProblem() == "")
	c.dialog.Fit()
}

// entered reports whether the form is not as it was opened.
func (c *Create) entered() bool {
	return c.sent || c.label.Text != "" || c.appSelect != nil && c.appSelect.SelectedIndex() > 0 || c.expiry.entered() || c.scopes.entered()
}

// scopesHint says why the form cannot be sent yet.
func scopesHint(chosen []string) string {
	if len(chosen) == 0 {
		return i18n.T("create.scopesNone")
	}
	return ""
}

// labelChanged says at the field what the rules have against the description.
func (c *Create) labelChanged() {
	c.description.SetError(c.labelProblem())
	c.changed()
}

// labelProblem checks the label rule before the server does (requirement 56).
func (c *Create) labelProblem() string {
	rule, n := c.p.Rules.Label, len([]rune(strings.TrimSpace(c.label.Text)))
	switch unseen := words.Unseen(c.label.Text); {
	case unseen != "":
		return unseen
	case rule.Required && n == 0:
		return i18n.T("create.labelRequired")
	case n < rule.MinLength && (rule.Required || n > 0):
		return i18n.T("create.labelShort", "Min", rule.MinLength)
	case rule.MaxLength > 0 && n > rule.MaxLength:
		return i18n.T("create.labelLong", "Max", rule.MaxLength)
	}
	return ""
}

func (c *Create) submit() {
	at, err := c.expiry.value()
	app := c.chosenApp()
	if err != nil || app == nil {
		return
	}
	c.form.Clear()
	wish := client.NewToken{
		Description: strings.TrimSpace(c.label.Text),
		AppID:       app.ID,
		ExpiresAt:   at,
		Scopes:      c.scopes.Chosen(),
		Attempt:     c.attempt,
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel, c.sent = cancel, true
	c.dialog.SetBusy(true, i18n.T("create.busy"))
	task.Go(func() { c.create(ctx, wish) })
}

func (c *Create) create(ctx context.Context, wish client.NewToken) {
	token, secret, err := c.p.Create(ctx, wish)
	task.Do(func() { c.created(token, secret, err) })
}

func (c *Create) created(token client.Token, secret client.Secret, err error) {
	c.cancel()
	c.dialog.SetBusy(false, "")
	if err != nil {
		c.fail(err)
		return
	}
	c.dialog.Hide()
	c.p.Created(token, secret)
}

// fail says what went wrong; having stopped to wait is no failure.
func (c *Create) fail(err error) {
	if errors.Is(err, context.Canceled) {
		c.dialog.SetError(i18n.T("create.cancelled"), "", nil)
		return
	}
	c.form.Fail(err, c.submit)
}

// close leaves the dialog; while the server is asked it only stops asking, so
// that an answer on its way is not lost unseen.
func (c *Create) close() {
	if c.dialog.Busy() {
		c.cancel()
		return
	}
	c.dialog.Hide()
}
