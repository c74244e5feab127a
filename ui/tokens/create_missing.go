package tokens

import (
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

// sayMissing says at the first field that is missing what it wants, and takes the focus there. A description is wanted
// also where it may be left out: Enter held down makes no token that nobody can tell apart.
func (c *Create) sayMissing() {
	_, noDate := c.expiry.value()
	switch {
	case c.labelProblem() != "":
		c.description.SetError(c.labelProblem())
		widgets.Focus(c.label)
	case c.chosenApp() == nil:
		c.app.SetError(c.appProblem())
		widgets.Focus(c.appSelect)
	case noDate != nil:
		c.expiry.field.SetError(expirySentence(noDate))
		widgets.Focus(c.expiry.date)
	case len(c.scopes.Chosen()) > 0: // nothing is missing but what may be
		c.description.SetError(i18n.T("create.labelWanted"))
		widgets.Focus(c.label)
	default:
		c.form.Fields["scopes"].SetError(i18n.T("create.scopesNone"))
		c.scopes.focus()
	}
	c.dialog.Fit()
}

// appProblem says why there is no application yet.
func (c *Create) appProblem() string {
	switch {
	case c.loading:
		return i18n.T("create.appsWait")
	case len(c.apps) == 0:
		return c.appSelect.PlaceHolder // which says why
	}
	return i18n.T("create.appRequired")
}
