package secret

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/handover"
	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

const formWidth = 208

// uses is the row of ways to pass the secret on without showing it: the form to
// pass it on in, and what to do with that.
func (d *Dialog) uses() fyne.CanvasObject {
	d.form = widgets.NewSelect(formTexts(), func(string) { d.sayForWhom() })
	d.forWhom = widgets.NewQuiet("", theme.SizeNameCaption)
	d.form.SetSelectedIndex(0)
	d.testIt = widgets.NewButton(i18n.T("secret.test"), d.startTest)
	widgets.SetVisible(d.testIt, d.p.Test != nil)
	return widgets.NewFlow(8,
		container.NewGridWrap(fyne.NewSize(formWidth, d.testIt.MinSize().Height), d.form),
		widgets.NewButton(i18n.T("secret.copyAs"), d.copyAs),
		widgets.NewButton(i18n.T("secret.save"), d.askSave),
		widgets.NewButton(i18n.T("secret.seal"), d.askSeal),
		layout.NewSpacer(),
		d.testIt,
	)
}

// formTexts name handover.Forms.
func formTexts() []string {
	names := map[string]string{
		handover.Env.Name:        i18n.T("secret.formEnv"),
		handover.Header.Name:     i18n.T("secret.formHeader"),
		handover.Curl.Name:       i18n.T("secret.formCurl"),
		handover.CurlConfig.Name: i18n.T("secret.formCurlConfig"),
		handover.Netrc.Name:      i18n.T("secret.formNetrc"),
		handover.Postman.Name:    i18n.T("secret.formPostman"),
		handover.Kubernetes.Name: i18n.T("secret.formKubernetes"),
		handover.Plain.Name:      i18n.T("secret.formPlain"),
	}
	out := make([]string, len(handover.Forms))
	for i, f := range handover.Forms {
		out[i] = names[f.Name]
	}
	return out
}

// sayForWhom says in a line what the chosen form is for, or what to mind with it.
func (d *Dialog) sayForWhom() {
	d.forWhom.SetText(map[string]string{
		handover.Env.Name:        i18n.T("secret.forEnv"),
		handover.Header.Name:     i18n.T("secret.forHeader"),
		handover.Curl.Name:       i18n.T("secret.forCurl"),
		handover.CurlConfig.Name: i18n.T("secret.forCurlConfig"),
		handover.Netrc.Name:      i18n.T("secret.forNetrc"),
		handover.Postman.Name:    i18n.T("secret.forPostman"),
		handover.Kubernetes.Name: i18n.T("secret.forKubernetes"),
		handover.Plain.Name:      i18n.T("secret.forPlain"),
	}[d.chosenForm().Name])
}

func (d *Dialog) chosenForm() handover.Form { return handover.Forms[max(d.form.SelectedIndex(), 0)] }

// card is the secret and what its forms say beside it.
func (d *Dialog) card() handover.Card {
	try := d.p.Example
	if try == "" || d.p.Token.Kind == client.SAT {
		try = d.p.Server
	}
	return handover.Card{
		Secret: d.p.Secret, Server: d.p.Server, Try: try, App: d.p.Token.App.Name, Login: d.p.Token.ActsAs.Login,
	}
}

func (d *Dialog) copyAs() {
	text := d.chosenForm().Text(d.card())
	defer text.Wipe()
	d.copyToKeep(text.Reveal(), i18n.T("secret.copiedAs", "Form", d.form.Selected))
}

// askSave saves the chosen form to a file.
func (d *Dialog) askSave() {
	form := d.chosenForm()
	d.showSave(d.form.Selected, form.FileName(d.card()), form.Text(d.card()), func(path string) {
		d.keep(closeSaved)
		d.say(widget.SuccessImportance, i18n.T("secret.saved", "Path", path))
	})
}

// askSeal seals the chosen form, to be copied or saved.
func (d *Dialog) askSeal() { d.showSeal(d.chosenForm()) }

// say tells what came of testing, saving or sealing.
func (d *Dialog) say(how widget.Importance, text string) {
	d.result.say(how, text)
	d.dialog.SetSize(size) // lays out anew
}
